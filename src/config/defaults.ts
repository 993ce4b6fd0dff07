/** What holds where the configuration says nothing. docs/configuration.md shows the same values, and a test compares them. */
import type { TimerPair } from "../ir/deployment.ts";

export const DEFAULTS = {
  listen: "127.0.0.1:8080",
  drainSecs: 30,
  /** Load balancers close a connection that is silent for 60 s, as a rule; some do it after 30. */
  streamOpenAfterMs: 15_000,
  bodiesMb: 256,
  bodiesUnknownMb: 8,
  decisionsRing: 1_000,
  decisionsPath: "ringmain-decisions.db",
  maxConcurrent: 64,
  queueMax: 1_000,
  queueWaitMs: 30_000,
  healthIntervalSecs: 30,
  healthTimeoutSecs: 5,
  baseCooldownSecs: 15,
  maxCooldownSecs: 120,
  tripWindowSecs: 30,
  tripThreshold: 0.5,
  tripMinRequests: 5,
  tripFailures: 3,
  failoverDeadlineSecs: 120,
  failoverCap: 3,
  waitMs: 5_000,
  /** As long as the longest cache of a prompt that agents ask for. */
  affinityTtlSecs: 3_600,
  accountId: "default",
  dbPath: "ringmain.db",
  keepDays: 90,
  rememberSecs: 86_400,
  rememberBytes: 1_048_576,
  displayUpdateSecs: 5,
  pressureBelow: 0.2,
  statePath: "ringmain-state.db",
  upstreamClient: "sockets",
} as const;

/** Milliseconds; 0 is none. A stream may be silent for long while a model thinks, and has no end of its own. */
export const DEFAULT_TIMERS: TimerPair = {
  buffered: { connectMs: 10_000, firstByteMs: 120_000, idleMs: 120_000, totalMs: 600_000 },
  streamed: { connectMs: 10_000, firstByteMs: 120_000, idleMs: 300_000, totalMs: 0 },
};

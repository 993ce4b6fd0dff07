/** Records, transitions and a small deployment with every default filled in, for the folds that are tested with them. */

import { UNKNOWN_CAPABILITIES } from "../../src/ir/capability.ts";
import type { Deployment, Lane, Target, Timers } from "../../src/ir/deployment.ts";
import type { LaneFacts } from "../../src/ir/lane-facts.ts";
import type { AttemptRecord, ExchangeRecord, Spending } from "../../src/ir/record.ts";
import type { Usage } from "../../src/ir/usage.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import type { Gauges } from "../../src/observability/gauges.ts";
import { type StatsDocument, statsDocument } from "../../src/observability/stats.ts";
import type { Transition } from "../../src/observability/transition.ts";
import { doorOf, EMPTY_DEPLOYMENT, providerOf } from "../harness/deployments.ts";
import { MAKER } from "../harness/dialects.ts";

export const START_WALL_MS = Date.UTC(2026, 0, 1);

export function usage(counts: Partial<Usage>): Usage {
  return { ...UNKNOWN_USAGE, ...counts };
}

/** `usage`, `usageEstimated` and `costNanos` are those of the answer. */
export type RecordOver = Partial<ExchangeRecord & Spending>;

export function record(members: RecordOver = {}): ExchangeRecord {
  const { usage: used, usageEstimated = false, costNanos = 8_700_000, ...others } = members;
  const answer = {
    usage: used === undefined ? usage({ freshInputTokens: 1200, outputTokens: 340 }) : used,
    usageEstimated,
    costNanos,
  };
  return {
    id: "req-0001",
    startedWallMs: START_WALL_MS,
    durationMs: 842,
    firstByteMs: 210,
    openedMs: null,
    queuedMs: 0,
    ingress: "anthropic",
    operation: "chat",
    target: "fast",
    asked: "fast",
    stream: true,
    caller: "token-1",
    status: 200,
    outcome: "answered",
    failure: null,
    attempts: [attempt()],
    offered: ["acme/default/sonnet"],
    skipped: [],
    answer,
    losses: [],
    lossCount: 0,
    requestBytes: 1024,
    answerBytes: 2048,
    ...others,
  };
}

export function attempt(members: Partial<AttemptRecord> = {}): AttemptRecord {
  return {
    lane: "acme/default/sonnet",
    provider: "acme",
    account: "default",
    model: "sonnet",
    upstreamModel: "sonnet-4",
    egress: "anthropic",
    way: "relay",
    outcome: "answered",
    ambiguous: false,
    status: 200,
    startedMs: 2,
    firstByteMs: 208,
    durationMs: 838,
    retryAfterMs: null,
    reportedModel: "sonnet-4",
    quotas: [],
    ...members,
  };
}

export const REFUSED = record({
  id: "req-0002",
  durationMs: 1,
  firstByteMs: 1,
  target: "unresolved",
  asked: null,
  caller: null,
  status: 401,
  outcome: "refused",
  failure: "unauthenticated",
  attempts: [],
  usage: null,
  costNanos: null,
});

export const RESCUED = record({
  id: "req-0003",
  durationMs: 12_345,
  firstByteMs: 10_400,
  queuedMs: 35,
  attempts: [
    attempt({ outcome: "timeout", status: null, ambiguous: true, durationMs: 10_000, reportedModel: null }),
    attempt({
      lane: "zenith/team/large",
      provider: "zenith",
      account: "team",
      model: "large",
      egress: "openai",
      way: "translate",
    }),
  ],
  costNanos: null,
  losses: [{ field: "top_k", how: "dropped", detail: "the protocol has no such option" }],
  lossCount: 3,
});

export const CUT = record({
  id: "req-0004",
  outcome: "cut",
  failure: "network",
  attempts: [attempt({ outcome: "cut" })],
  usageEstimated: true,
});

export const EXHAUSTED = record({
  id: "req-0005",
  durationMs: 3,
  firstByteMs: 3,
  status: 503,
  outcome: "failed",
  failure: "no-eligible-lane",
  attempts: [attempt({ outcome: "billing", status: 402 })],
  usage: null,
  costNanos: null,
});

export const CLIENT_GONE = record({
  id: "req-0006",
  status: 499,
  outcome: "client-gone",
  failure: "client-gone",
  firstByteMs: null,
  attempts: [attempt({ outcome: "abandoned", status: null })],
  usage: null,
  costNanos: null,
});

export const RECORDS = [record(), REFUSED, RESCUED, CUT, EXHAUSTED, CLIENT_GONE] as const;

export function transition(members: Partial<Transition> = {}): Transition {
  return {
    wallMs: START_WALL_MS + 5000,
    target: "fast",
    lane: "acme/default/sonnet",
    from: "healthy",
    to: "cooling-down",
    because: "timeout",
    forMs: 30_000,
    ...members,
  };
}

export const GAUGES: Gauges = {
  inflight: 7,
  openStreams: 4,
  queues: [{ target: "fast", waiting: 2 }],
  lanes: [
    { lane: "acme/default/sonnet", label: "cooling-down", inflight: 0 },
    { lane: "zenith/team/large", label: "healthy", inflight: 7 },
  ],
  cells: [{ target: "fast", lane: "acme/default/sonnet", state: "open" }],
  sinkFailures: new Map([["decisions", 1]]),
  process: {
    version: "1.2.3",
    commit: "abcdef0",
    uptimeMs: 61_500,
    residentBytes: 50_000_000,
    eventLoopLagMaxMs: 12,
  },
};

export function deployment(members: Partial<Deployment> = {}): Deployment {
  const lanes = [lane("acme/default/sonnet", "anthropic"), lane("zenith/team/large", "openai")];
  return {
    ...EMPTY_DEPLOYMENT,
    revision: "rev-1",
    drainMs: 30_000,
    auth: { mode: "token", clientTokens: [] },
    decisionsRing: 100,
    providers: { acme: providerOf("acme"), zenith: providerOf("zenith") },
    lanes: Object.fromEntries(lanes.map((each) => [each.id, each])),
    targets: {
      fast: target("fast", "pool", lanes),
      sonnet: target("sonnet", "model", lanes.slice(0, 1)),
      large: target("large", "model", lanes.slice(1)),
    },
    ...members,
  };
}

export function lane(id: string, protocol: string, members: Partial<Lane> = {}): Lane {
  const [providerName = "", account = "", model = ""] = id.split("/");
  return {
    id,
    provider: providerName,
    account,
    model,
    doors: [doorOf(protocol)],
    upstreamModel: `${model}-4`,
    canonical: { id: model, proven: false },
    sealIssuer: "shared",
    credential: { kind: "env", name: "KEY" },
    slots: { group: model, max: 20 },
    queue: { max: 1_000, maxWaitMs: 30_000 },
    maxRequests: null,
    defaultMaxOutputTokens: null,
    dialect: MAKER,
    capabilities: UNKNOWN_CAPABILITIES,
    pinned: false,
    sortKey: 0,
    routing: true,
    cooldownMs: null,
    pressureBelow: 0.2,
    timers: { buffered: TIMERS, streamed: TIMERS },
    prices: null,
    ...members,
  };
}

const TIMERS: Timers = { connectMs: 1000, firstByteMs: 1000, idleMs: 1000, totalMs: 0 };

function target(name: string, kind: Target["kind"], lanes: readonly Lane[]): Target {
  return {
    name,
    kind,
    select: "weighted",
    policySettings: null,
    members: lanes.map(({ id, model }) => ({ model, weight: 1, lanes: [id], contextMax: null })),
    substitutes: [],
    demandsReasoning: false,
    exactFailover: false,
    breaker: { baseCooldownMs: 1000, maxCooldownMs: 60_000, trip: { mode: "consecutive", failures: 3 } },
    failover: { deadlineMs: 120_000, cap: 3, exclusions: [], keep: [], prefer: "same-model" },
    onExhausted: { action: "reject" },
    affinity: null,
    cacheMarks: true,
    quality: null,
    translation: "lenient",
    identity: "record",
    timers: null,
  };
}

/** A `/stats` document with a cell for each lane and nothing counted yet. */
export function stats(members: Partial<StatsDocument> = {}): StatsDocument {
  const configured = deployment();
  const lanes = Object.values(configured.lanes).map(
    ({ id, maxRequests, routing }): LaneFacts => ({
      lane: id,
      inflight: 0,
      ok: 0,
      err: 0,
      clientFault: 0,
      usable: routing,
      label: "unknown",
      disabledBy: null,
      waitRemainingMs: 0,
      budgetLeft: maxRequests,
      quotas: [],
      cells: [{ target: "fast", state: "closed", usable: routing, cooldownRemainingMs: 0, streak: 0 }],
    }),
  );
  return { ...statsDocument(configured, { version: "1", uptimeMs: 0, lanes, totals: {} }), ...members };
}

/**
 * What explicit words put out: a lane that waits because its upstream said until when, and a lane or account that is
 * hard out because of its credential, its bill or a missing model. Pure steps, with the same tickets as the breaker.
 */

import type { Failure } from "../ir/failure.ts";
import type { HealthLabel } from "../ir/lane-facts.ts";
import { unreachable } from "../std/unreachable.ts";
import { HINT_MS_MAX, PROBE_SILENT_MS_MAX, type Ticket } from "./breaker.ts";

export type Standing = FreeStanding | OutStanding;

export interface FreeStanding {
  readonly kind: "free";
  /** Counts goings out and comings back. */
  readonly epoch: number;
}

/** Stays after `untilMs` until an attempt that began later succeeds: until then nobody knows that it works again. */
export interface OutStanding {
  readonly kind: "out";
  readonly epoch: number;
  readonly how: "wait" | "hard-out";
  readonly failure: Failure;
  readonly untilMs: number;
  /** How long it was put out for, which tells a long exhaustion from a short limit. */
  readonly lengthMs: number;
  /** Times in a row for the same kind of failure; pauses grow with it. */
  readonly times: number;
  /** Number of the single test after a hard-out; null: none under way. A wait that is over needs no test. */
  readonly probe: number | null;
  readonly probeSinceMs: number;
  readonly probesTaken: number;
}

export type StandingSignal =
  | { readonly kind: "put-out"; readonly how: "wait" | "hard-out"; readonly failure: Failure; readonly ticket: Ticket }
  | { readonly kind: "probe-taken" }
  | { readonly kind: "succeeded"; readonly ticket: Ticket }
  /** Anything that says nothing about why it is out. */
  | { readonly kind: "neutral"; readonly ticket: Ticket }
  | { readonly kind: "recovered" };

export const FREE: FreeStanding = { kind: "free", epoch: 0 };

/** A wait above this reads as exhausted: somebody's window, not a burst. */
const EXHAUSTED_ABOVE_MS = 300_000;
const CREDENTIAL_OUT_MS = 1_800_000;
const MODEL_MISSING_OUT_MS = 300_000;
const BILLING_PAUSE_MS_MIN = 300_000;
const BILLING_PAUSE_MS_MAX = 3_600_000;
/** A known reset of a bill is believed up to a month away. */
const BILLING_RESET_MS_MAX = 31 * 86_400_000;
/** 5 minutes doubled this often is above the maximum. */
const PAUSE_DOUBLINGS_MAX = 4;

/** True while it may not be tried at all. */
export function isOut(standing: Standing, nowMs: number): standing is OutStanding {
  return standing.kind === "out" && (nowMs < standing.untilMs || isBeingTested(standing, nowMs));
}

/** True when the next attempt must be a test of its own. */
export function isTestDue(standing: Standing, nowMs: number): boolean {
  return standing.kind === "out" && standing.how === "hard-out" && !isOut(standing, nowMs);
}

export function isBeingTested(standing: Standing, nowMs: number): boolean {
  return standing.kind === "out" && standing.probe !== null && nowMs - standing.probeSinceMs < PROBE_SILENT_MS_MAX;
}

export function stepStanding(standing: Standing, signal: StandingSignal, nowMs: number): Standing {
  switch (signal.kind) {
    case "put-out":
      return putOut(standing, signal, nowMs);
    case "recovered":
      return standing.kind === "free" ? standing : { kind: "free", epoch: standing.epoch + 1 };
    case "probe-taken":
      if (standing.kind === "free" || !isTestDue(standing, nowMs)) return standing;
      return {
        ...standing,
        probe: standing.probesTaken + 1,
        probesTaken: standing.probesTaken + 1,
        probeSinceMs: nowMs,
      };
    case "succeeded":
      if (standing.kind === "free" || signal.ticket.epoch !== standing.epoch) return standing;
      return { kind: "free", epoch: standing.epoch + 1 };
    case "neutral":
      return standing.kind === "out" && isTheTest(standing, signal.ticket) ? { ...standing, probe: null } : standing;
    default:
      return unreachable(signal);
  }
}

/** The ticket of an attempt admitted now; the test's when one has just been taken for it. */
export function standingTicket(standing: Standing, isTest: boolean): Ticket {
  return { epoch: standing.epoch, probe: isTest && standing.kind === "out" ? standing.probe : null };
}

function isTheTest(standing: OutStanding, ticket: Ticket): boolean {
  return ticket.epoch === standing.epoch && ticket.probe !== null && ticket.probe === standing.probe;
}

type PutOut = Extract<StandingSignal, { kind: "put-out" }>;

function putOut(standing: Standing, signal: PutOut, nowMs: number): Standing {
  if (standing.kind === "free") return outAfresh(standing, signal, { times: 1, nowMs });
  const isNews = signal.ticket.epoch === standing.epoch;
  if (isNews) {
    const times = signal.failure.kind === standing.failure.kind ? standing.times + 1 : 1;
    return outAfresh(standing, signal, { times, nowMs });
  }
  // A straggler from before it was put out: it may lengthen the stay, or turn a wait into a hard-out, nothing else.
  if (standing.how === "wait" && signal.how === "hard-out") return outAfresh(standing, signal, { times: 1, nowMs });
  if (standing.how === "hard-out" && signal.how === "wait") return standing;
  const lengthMs = outMs(signal.failure, standing.times);
  return nowMs + lengthMs > standing.untilMs ? { ...standing, untilMs: nowMs + lengthMs, lengthMs } : standing;
}

function outAfresh(
  standing: Standing,
  signal: PutOut,
  facts: { readonly times: number; readonly nowMs: number },
): OutStanding {
  const lengthMs = outMs(signal.failure, facts.times);
  return {
    kind: "out",
    epoch: standing.epoch + 1,
    how: signal.how,
    failure: withoutBytes(signal.failure),
    untilMs: facts.nowMs + lengthMs,
    lengthMs,
    times: facts.times,
    probe: null,
    probeSinceMs: 0,
    probesTaken: standing.kind === "out" ? standing.probesTaken : 0,
  };
}

/** How long this failure puts out, by its kind. */
function outMs(failed: Failure, times: number): number {
  switch (failed.kind) {
    case "credential":
      return CREDENTIAL_OUT_MS;
    case "model-missing":
      return MODEL_MISSING_OUT_MS;
    case "billing":
      if (failed.retryAfterMs !== null) return Math.min(failed.retryAfterMs, BILLING_RESET_MS_MAX);
      return Math.min(BILLING_PAUSE_MS_MIN * 2 ** Math.min(times - 1, PAUSE_DOUBLINGS_MAX), BILLING_PAUSE_MS_MAX);
    default:
      return Math.min(failed.retryAfterMs ?? 0, HINT_MS_MAX);
  }
}

/** It may be told to other clients than the one it happened to: the words stay, that client's bytes and headers go. */
function withoutBytes(failed: Failure): Failure {
  const { upstream } = failed;
  return { ...failed, details: null, upstream: upstream === null ? null : { ...upstream, body: null, headers: {} } };
}

/** `unknown` once the time is over and nothing has succeeded yet. */
export function standingLabel(standing: OutStanding, nowMs: number): HealthLabel {
  if (nowMs >= standing.untilMs) return "unknown";
  if (standing.how === "wait") return standing.lengthMs > EXHAUSTED_ABOVE_MS ? "exhausted" : "rate-limited";
  if (standing.failure.kind === "credential") return "auth-failed";
  return standing.failure.kind === "billing" ? "exhausted" : "cooling-down";
}

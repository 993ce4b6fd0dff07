/**
 * Outages by explicit words of the upstream. A lane waits because the upstream said until when, an account
 * because its operator said for how long (`cooldown_secs`). A lane or account is hard out because of its credential, its bill or a missing model. Pure steps, with the same tickets as the breaker.
 */
import type { Failure } from "../ir/failure.ts";
import type { HealthLabel } from "../ir/lane-facts.ts";
import { unreachable } from "../std/unreachable.ts";
import { HINT_MS_MAX, PROBE_SILENT_MS_MAX, type Ticket } from "./breaker.ts";

export type Outage = NoOutage | OngoingOutage;

interface NoOutage {
  readonly kind: "free";
  /** Counts goings out and comings back. */
  readonly epoch: number;
}

/** Stays after `untilMs` until an attempt that began later succeeds: until then it is unknown whether it works again. */
export interface OngoingOutage {
  readonly kind: "out";
  readonly epoch: number;
  readonly how: "wait" | "hard-out";
  readonly failure: Failure;
  readonly untilMs: number;
  /** How long it was disabled for, which tells a long exhaustion from a short limit. */
  readonly lengthMs: number;
  /** Times in a row for the same kind of failure; pauses grow with it. */
  readonly times: number;
  /** Number of the single test after a hard-out; null: none under way. A wait that is over needs no test. */
  readonly probe: number | null;
  readonly probeSinceMs: number;
  readonly probesTaken: number;
}

export type OutageSignal =
  | { readonly kind: "disabled"; readonly how: "wait" | "hard-out"; readonly failure: Failure; readonly ticket: Ticket }
  | { readonly kind: "probe-taken" }
  | { readonly kind: "succeeded"; readonly ticket: Ticket }
  /** Anything that says nothing about why it is out. */
  | { readonly kind: "neutral"; readonly ticket: Ticket }
  | { readonly kind: "recovered" };

export const NO_OUTAGE: NoOutage = { kind: "free", epoch: 0 };

/** A wait above this reads as exhausted: a quota's window, not a burst. */
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
export function isOut(outage: Outage, nowMs: number): outage is OngoingOutage {
  return outage.kind === "out" && (nowMs < outage.untilMs || isBeingTested(outage, nowMs));
}

/** True when the next attempt must be a test of its own. */
export function isTestDue(outage: Outage, nowMs: number): boolean {
  return outage.kind === "out" && outage.how === "hard-out" && !isOut(outage, nowMs);
}

export function isBeingTested(outage: Outage, nowMs: number): boolean {
  return outage.kind === "out" && outage.probe !== null && nowMs - outage.probeSinceMs < PROBE_SILENT_MS_MAX;
}

export function stepOutage(outage: Outage, signal: OutageSignal, nowMs: number): Outage {
  switch (signal.kind) {
    case "disabled":
      return disable(outage, signal, nowMs);
    case "recovered":
      return outage.kind === "free" ? outage : { kind: "free", epoch: outage.epoch + 1 };
    case "probe-taken":
      if (outage.kind === "free" || !isTestDue(outage, nowMs)) return outage;
      return {
        ...outage,
        probe: outage.probesTaken + 1,
        probesTaken: outage.probesTaken + 1,
        probeSinceMs: nowMs,
      };
    case "succeeded":
      if (outage.kind === "free" || signal.ticket.epoch !== outage.epoch) return outage;
      return { kind: "free", epoch: outage.epoch + 1 };
    case "neutral":
      return outage.kind === "out" && isTheTest(outage, signal.ticket) ? { ...outage, probe: null } : outage;
    default:
      return unreachable(signal);
  }
}

/** The ticket of an attempt admitted now; the test's when one has just been taken for it. */
export function outageTicket(outage: Outage, isTest: boolean): Ticket {
  return { epoch: outage.epoch, probe: isTest && outage.kind === "out" ? outage.probe : null };
}

function isTheTest(outage: OngoingOutage, ticket: Ticket): boolean {
  return ticket.epoch === outage.epoch && ticket.probe !== null && ticket.probe === outage.probe;
}

type DisableSignal = Extract<OutageSignal, { kind: "disabled" }>;

function disable(outage: Outage, signal: DisableSignal, nowMs: number): Outage {
  if (outage.kind === "free") return outAfresh(outage, signal, { times: 1, nowMs });
  const isCurrent = signal.ticket.epoch === outage.epoch;
  if (isCurrent) {
    const times = signal.failure.kind === outage.failure.kind ? outage.times + 1 : 1;
    return outAfresh(outage, signal, { times, nowMs });
  }
  // A straggler from before it was disabled: it may lengthen the stay, or turn a wait into a hard-out, nothing else.
  if (outage.how === "wait" && signal.how === "hard-out") return outAfresh(outage, signal, { times: 1, nowMs });
  if (outage.how === "hard-out" && signal.how === "wait") return outage;
  const lengthMs = outMs(signal.failure, outage.times);
  return nowMs + lengthMs > outage.untilMs ? { ...outage, untilMs: nowMs + lengthMs, lengthMs } : outage;
}

function outAfresh(
  outage: Outage,
  signal: DisableSignal,
  facts: { readonly times: number; readonly nowMs: number },
): OngoingOutage {
  const lengthMs = outMs(signal.failure, facts.times);
  return {
    kind: "out",
    epoch: outage.epoch + 1,
    how: signal.how,
    failure: withoutBytes(signal.failure),
    untilMs: facts.nowMs + lengthMs,
    lengthMs,
    times: facts.times,
    probe: null,
    probeSinceMs: 0,
    probesTaken: outage.kind === "out" ? outage.probesTaken : 0,
  };
}

/** How long this failure disables, by its kind. */
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
export function outageLabel(outage: OngoingOutage, nowMs: number): HealthLabel {
  if (nowMs >= outage.untilMs) return "unknown";
  if (outage.how === "wait" && outage.failure.kind !== "rate-limited") return "cooling-down";
  if (outage.how === "wait") return outage.lengthMs > EXHAUSTED_ABOVE_MS ? "exhausted" : "rate-limited";
  if (outage.failure.kind === "credential") return "auth-failed";
  return outage.failure.kind === "billing" ? "exhausted" : "cooling-down";
}

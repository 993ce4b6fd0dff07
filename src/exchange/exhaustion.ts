/** When no lane of a target serves: waiting for one that recovers by itself, and what the client is told in the end. */
import type { Lane, Target } from "../ir/deployment.ts";
import { type Failure, ruleOf } from "../ir/failure.ts";
import type { LaneChoice } from "../routing/decide.ts";
import { couldEverServe, nothingLeft } from "../routing/failover.ts";
import type { FailedOutcome } from "./answer/outcome.ts";
import type { World } from "./contract.ts";
import { alsoLacks } from "./lane/abilities.ts";
import { type LaneWaitEnd, waitForLane } from "./lane/lane-wait.ts";
import type { ClientCall } from "./request/call.ts";
import type { SharedState } from "./shared-state.ts";

/** `egress`: id of the protocol in which the lane was asked. */
export interface FailedAttempt {
  readonly lane: Lane;
  readonly failure: Failure;
  readonly egress: string;
  readonly durationMs: number;
}

/** What an exchange has come to. */
interface FinalLook {
  readonly world: World;
  readonly shared: SharedState;
  readonly call: ClientCall;
  readonly failures: readonly FailedAttempt[];
  /** Strict translation refused a lane, or its protocol cannot say what was asked; the answer if nothing else serves. */
  readonly lossesRefused: Failure | null;
  readonly deadlineMs: number;
  /** Of lanes that refused without doing any work: the moment until which each asked to be left alone. */
  readonly refusedUntil: ReadonlyMap<string, number>;
  /** Lanes whose account has too little left, and the moment it has more; null: never. */
  readonly cappedLanes: ReadonlyMap<string, number | null>;
}

/** What a run knows of lanes it may wait for. */
interface WaitingRun extends FinalLook {
  cappedLanes: FinalLook["cappedLanes"];
  readonly tried: Set<string>;
  askedAgain: ReadonlySet<string>;
  waitedMs: number;
}

/** A target none of whose lanes serves now. `isCapped`: no lane that was not tried may be. */
export interface ExhaustedTarget {
  readonly target: Target;
  readonly decision: LaneChoice;
  readonly isCapped: boolean;
}

/** How long a request may wait in all for a lane that is out; the client's own wish goes before the target's. */
export function waitMsMax({ onExhausted }: Target, { wishes }: Pick<ClientCall, "wishes">): number {
  return wishes?.maxWaitMs ?? (onExhausted.action === "wait" ? onExhausted.maxMs : 0);
}

/**
 * For a lane that is out by itself for a while, for a slot, for another request's test, and for one that refused this very
 * request and said when to come back. A lane that was tried is asked a second time only here. `forMs`: left of what may be waited.
 */
export function waitForRecovery(
  run: WaitingRun,
  { exhausted, forMs }: { readonly exhausted: readonly ExhaustedTarget[]; readonly forMs: number },
): "late" | Promise<LaneWaitEnd> {
  const now = run.world.effects.nowMs();
  const untilMs = Math.min(now + forMs, run.deadlineMs);
  if (untilMs <= now) return "late";
  const wait: Wakers = { full: [], changing: new Set(), moments: [], isTested: false };
  for (const each of exhausted) addWakers(run, each, now, wait);
  const backAtMs = wait.moments.length === 0 ? null : Math.min(...wait.moments);
  const isBackInTime = backAtMs !== null && backAtMs <= untilMs;
  // For what nothing announces in time it is not worth waiting.
  if (!isBackInTime && wait.full.length === 0 && !wait.isTested) return "late";
  return waitForLane(run, { ...wait, backAtMs, untilMs }).then((how) => {
    const wokenMs = run.world.effects.nowMs();
    run.waitedMs += wokenMs - now;
    if (how === "woken") letBackIn(run, wokenMs + TIMER_ROUNDING_MS);
    return how;
  });
}

/** A timer may be that early. */
const TIMER_ROUNDING_MS = 1;

/** `isTested`: another request is finding out whether one of the lanes works again. */
interface Wakers {
  readonly full: Lane[];
  readonly changing: Set<string>;
  readonly moments: number[];
  isTested: boolean;
}

/** What may bring lanes of this target back for this request. */
function addWakers(
  run: WaitingRun,
  { target, decision, isCapped }: ExhaustedTarget,
  nowMs: number,
  wait: Wakers,
): void {
  for (const lane of couldEverServe(decision, run.world.deployment.lanes)) {
    const mayAskAgain = run.refusedUntil.has(lane.id) && !run.askedAgain.has(lane.id);
    if (!mayAskAgain && (isCapped || run.tried.has(lane.id))) continue;
    const { eligible, full, probing } = run.shared.health.condition(target, lane, nowMs);
    if (full) wait.full.push(lane);
    if (probing && !eligible && !full) {
      wait.isTested = true;
      wait.changing.add(lane.id);
    }
    const readyMs = readyAtMsOf(run, target, lane, nowMs);
    // One that is ready now was looked at already: something else keeps it from serving.
    if (readyMs === null || readyMs <= nowMs) continue;
    wait.moments.push(readyMs);
    // Another request, or the operator, may bring it back sooner.
    wait.changing.add(lane.id);
  }
}

/** Lanes may be asked for a second time, and accounts looked at again, whose moment has come. */
function letBackIn(run: WaitingRun, nowMs: number): void {
  run.cappedLanes = new Map([...run.cappedLanes].filter(([, atMs]) => atMs === null || atMs > nowMs));
  for (const [id, atMs] of run.refusedUntil) {
    if (atMs > nowMs || run.askedAgain.has(id)) continue;
    run.tried.delete(id);
    run.askedAgain = new Set(run.askedAgain).add(id);
  }
}

/** By its health, and by what it told this very request; null: it does not recover by itself. */
function readyAtMsOf(
  { shared, refusedUntil, cappedLanes }: FinalLook,
  target: Target,
  lane: Lane,
  nowMs: number,
): number | null {
  const hasRoomMs = cappedLanes.get(lane.id);
  if (hasRoomMs === null) return null;
  const recoversMs = shared.health.recoversAtMs(target, [lane], nowMs);
  return recoversMs === null ? null : Math.max(recoversMs, refusedUntil.get(lane.id) ?? 0, hasRoomMs ?? 0);
}

const REFUSAL_STATUSES: ReadonlySet<number | null> = new Set([429, 503]);

/** How long a vendor that refused before it did any work asks to wait; null: it did not say, or may have done the work. */
export function refusalHintMs({ failure: failed, status, billed }: FailedOutcome): number | null {
  const isRefusal = REFUSAL_STATUSES.has(status) && billed === undefined && ruleOf(failed).next === "next-lane";
  return isRefusal ? failed.retryAfterMs : null;
}

/** What a client would be told now, had nothing been tried. */
export function nothingLeftFor(input: {
  readonly world: World;
  readonly shared: SharedState;
  readonly call: ClientCall;
  readonly target: Target;
  readonly decision: LaneChoice;
}): Failure {
  const nothing = {
    failures: [],
    lossesRefused: null,
    deadlineMs: Number.POSITIVE_INFINITY,
    refusedUntil: new Map<string, number>(),
    cappedLanes: new Map<string, number | null>(),
  };
  return finalFailure({ ...input, ...nothing }, input.target, input.decision).failure;
}

/** What the client is told; `from`: protocol id of the lane whose words these are, null: ours. */
export function finalFailure(
  run: FinalLook,
  target: Target,
  decision: LaneChoice,
): { failure: Failure; from: string | null } {
  const { world, shared, call } = run;
  if (run.lossesRefused !== null && run.failures.length === 0) return { failure: run.lossesRefused, from: null };
  const { lanes } = world.deployment;
  const nowMs = world.effects.nowMs();
  const couldServe = couldEverServe(decision, lanes);
  const final = nothingLeft({
    target,
    lanes,
    needs: call.request.facts.needs,
    alsoLacks: (lane) => alsoLacks(call, lane),
    references: call.request.facts.references ?? [],
    protocol: call.ingress.id,
    couldServe,
    attempts: run.failures,
    stored: couldServe.flatMap((lane) => {
      const { failure } = shared.health.condition(target, lane, nowMs);
      return failure === null ? [] : [{ lane, failure }];
    }),
    left: decision.left,
    nowMs,
    deadlineMs: run.deadlineMs,
    mayWait: waitMsMax(target, call) > 0,
    recoversAtMs: (lane) => readyAtMsOf(run, target, lane, nowMs),
  });
  const from = run.failures.find(({ failure }) => failure.upstream !== null && failure.upstream === final.upstream);
  return { failure: final, from: from?.egress ?? null };
}

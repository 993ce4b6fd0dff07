/** When no lane of a target serves: waiting for one that recovers by itself, and what the client is told in the end. */
import type { Lane, Target } from "../ir/deployment.ts";
import { type Failure, ruleOf } from "../ir/failure.ts";
import type { LaneChoice } from "../routing/decide.ts";
import { couldEverServe, nothingLeft } from "../routing/failover.ts";
import type { StopSignal } from "../std/stop-signal.ts";
import type { FailedOutcome } from "./answer/outcome.ts";
import type { World } from "./contract.ts";
import type { ClientCall } from "./request/call.ts";
import type { SharedState } from "./shared-state.ts";

/** `egress`: id of the protocol in which the lane was asked. */
export interface FailedAttempt {
  readonly lane: Lane;
  readonly failure: Failure;
  readonly egress: string;
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

/**
 * For a lane that is out by itself for a while, or one that refused this very request and said when to come back. A lane
 * that was tried is asked a second time only here. `isCapped`: no lane that was not tried may be.
 */
export function waitForRecovery(
  run: WaitingRun,
  about: {
    readonly target: Target;
    readonly decision: LaneChoice;
    readonly isCapped: boolean;
    readonly maxMs: number;
  },
): "not-in-time" | Promise<"recovered" | "abandoned"> {
  const { effects, deployment } = run.world;
  const { target, isCapped } = about;
  const now = effects.nowMs();
  const readyMs = (lane: Lane): number | null => {
    const mayAskAgain = run.refusedUntil.has(lane.id) && !run.askedAgain.has(lane.id);
    return !mayAskAgain && (isCapped || run.tried.has(lane.id)) ? null : readyAtMsOf(run, target, lane, now);
  };
  const moments = couldEverServe(about.decision, deployment.lanes).flatMap((lane) => readyMs(lane) ?? []);
  const readyAtMs = Math.min(...moments);
  // A timer rounds down, and a lane that is looked at too soon is still out.
  const waitMs = Math.ceil(readyAtMs - now);
  // One that is ready now was looked at already: something else keeps it from serving.
  if (!(waitMs > 0) || run.waitedMs + waitMs > about.maxMs || now + waitMs > run.deadlineMs) return "not-in-time";
  return sleepUntil(run, readyAtMs, waitMs);
}

async function sleepUntil(run: WaitingRun, readyAtMs: number, waitMs: number): Promise<"recovered" | "abandoned"> {
  if (!(await sleep(run.world.effects.setTimer, waitMs, run.call.signal))) return "abandoned";
  run.waitedMs += waitMs;
  run.cappedLanes = new Map([...run.cappedLanes].filter(([, atMs]) => atMs === null || atMs > readyAtMs));
  for (const [id, atMs] of run.refusedUntil) {
    if (atMs > readyAtMs || run.askedAgain.has(id)) continue;
    run.tried.delete(id);
    run.askedAgain = new Set(run.askedAgain).add(id);
  }
  return "recovered";
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

/** False when the signal fired first. */
function sleep(setTimer: World["effects"]["setTimer"], ms: number, signal: StopSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const onAbort = (): void => {
      cancel();
      resolve(false);
    };
    const cancel = setTimer(ms, () => {
      signal.removeEventListener("abort", onAbort);
      resolve(true);
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
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
    recoversAtMs: (lane) => readyAtMsOf(run, target, lane, nowMs),
  });
  const from = run.failures.find(({ failure }) => failure.upstream !== null && failure.upstream === final.upstream);
  return { failure: final, from: from?.egress ?? null };
}

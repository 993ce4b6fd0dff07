/** When to stop trying, and what the client is told then. Exhaustion tells the truth: what failed, and when to come back. */
import { missingCapabilities, type Needs } from "../ir/capability.ts";
import type { Lane, Target } from "../ir/deployment.ts";
import {
  ACCOUNT_MESSAGES,
  FAILURES,
  type Failure,
  type FailureKind,
  failure,
  type GatewayDetails,
} from "../ir/failure.ts";
import type { Exclusion } from "./condition.ts";
import type { LaneChoice, LeftOut } from "./decide.ts";

/** `cap`: further lanes after the first. */
export function mayTryAnother({ lanesTried, cap }: { readonly lanesTried: number; readonly cap: number }): boolean {
  return lanesTried <= cap;
}

/** Reasons that no waiting ends, for this request. A tried lane did serve, or could have. */
const LASTING: ReadonlySet<Exclusion> = new Set<Exclusion>([
  "disabled",
  "not-routed",
  "excluded",
  "other-protocol",
  "no-operation",
  "unpriced",
  "budget",
  "lacks-capability",
  "breaks-keep",
  "too-small",
  "used-up",
]);

const PASSING: ReadonlySet<Exclusion> = new Set<Exclusion>([
  "hard-out",
  "waiting",
  "breaker-open",
  "half-open",
  "full",
]);

/** Lanes of the last decision that could serve this request at some time, the tried ones among them. */
export function couldEverServe(
  decision: Pick<LaneChoice, "offered" | "left">,
  lanes: Readonly<Record<string, Lane>>,
): readonly Lane[] {
  const able = decision.left.filter(({ because }) => !LASTING.has(because)).flatMap(({ lane }) => lanes[lane] ?? []);
  return [...decision.offered, ...able];
}

/** For `least-bad`: the lane whose breaker opens the way soonest, the first on ties; null: none is out by statistics alone. Admit it with `insist`. */
export function leastBad(decision: Pick<LaneChoice, "left">, lanes: Readonly<Record<string, Lane>>): Lane | null {
  let best: LeftOut | null = null;
  for (const each of decision.left) {
    if (each.because !== "breaker-open" && each.because !== "half-open") continue;
    // Half-open: its cooldown is over already.
    if (best === null || (each.untilMs ?? 0) < (best.untilMs ?? 0)) best = each;
  }
  return best === null ? null : (lanes[best.lane] ?? null);
}

export interface NothingLeft {
  readonly target: Target;
  readonly lanes: Readonly<Record<string, Lane>>;
  readonly needs: Needs;
  /** From `couldEverServe`. */
  readonly couldServe: readonly Lane[];
  /** What was tried, in order; lanes of a fallback pool included. */
  readonly attempts: readonly { readonly lane: Lane; readonly failure: Failure }[];
  /** `Condition.failure` of lanes that wait or are hard out. */
  readonly stored: readonly { readonly lane: Lane; readonly failure: Failure }[];
  readonly left: LaneChoice["left"];
  readonly nowMs: number;
  /** Moment after which no attempt may start; null: time does not matter. */
  readonly deadlineMs: number | null;
  /** From `Health.recoversAtMs` over the lanes that could serve. */
  readonly recoversAtMs: number | null;
}

/** The failure the client sees. Its words are the client's: a name it asked for, a time, an ability; never our machinery. */
export function nothingLeft(input: NothingLeft): Failure {
  const answer =
    neverPossible(input) ??
    tooLarge(input) ??
    promiseKept(input) ??
    onlyLane(input) ??
    sharedCause(input) ??
    exhausted(input);
  return { ...answer, details: detailsOf(input) };
}

/** A wait below this would be told as no wait at all. */
const RETRY_MS_MIN = 1_000;

function untilRecovery({ recoversAtMs, nowMs }: NothingLeft): number | null {
  return recoversAtMs === null ? null : Math.max(RETRY_MS_MIN, recoversAtMs - nowMs);
}

/** The filters alone emptied the list: nothing that is configured could ever serve this request. */
function neverPossible(input: NothingLeft): Failure | null {
  const { target, left, couldServe, attempts } = input;
  if (couldServe.length > 0 || attempts.length > 0) return null;
  const reasons = new Set(left.map((each) => each.because));
  if (reasons.has("budget")) {
    const message = `What is left of a budget is too little for every model that could take this request to "${target.name}".`;
    return failure("budget-exceeded", message);
  }
  if (reasons.has("lacks-capability")) {
    const missing = missingOf(input);
    return failure(
      "no-capable-lane",
      `The model "${target.name}" cannot take this request: it does not support ${missing.join(", ")}.`,
    );
  }
  if (reasons.has("no-operation")) {
    return failure("no-capable-lane", `The model "${target.name}" does not support this operation.`);
  }
  if (reasons.has("other-protocol"))
    return failure("missing-protocol", `The model "${target.name}" is not available through this API.`);
  return null;
}

/** What every lane that was left out for it lacks; where they lack different things, all of those. */
function missingOf({ lanes, left, needs }: NothingLeft): readonly string[] {
  const each = left
    .filter(({ because }) => because === "lacks-capability")
    .flatMap(({ lane }) => lanes[lane] ?? [])
    .map((lane) => missingCapabilities(needs, lane.capabilities));
  const all = [...new Set(each.flat())];
  const shared = all.filter((missing) => each.every((list) => list.includes(missing)));
  return shared.length > 0 ? shared : all;
}

/** Too long or too large where it was tried last, and nothing with more room is merely out for now. */
function tooLarge({ attempts, left }: NothingLeft): Failure | null {
  const last = attempts.at(-1)?.failure;
  if (last === undefined || FAILURES[last.kind].next !== "larger-lane") return null;
  return left.some(({ because }) => PASSING.has(because)) ? null : last;
}

/** Lanes remain, but serving from them would break what a failover must keep. */
function promiseKept(input: NothingLeft): Failure | null {
  const { target, left } = input;
  if (!left.some(({ because }) => because === "breaks-keep")) return null;
  if (target.failover.keep.includes("model") || target.substitutes.length > 0) {
    const message = `The exact model behind "${target.name}" is not available right now, and no other may stand in for it.`;
    return failure("exact-model-unavailable", message, untilRecovery(input));
  }
  const message = `The model "${target.name}" is not available right now, and no other is known to be as able.`;
  return failure("no-capable-fallback", message, untilRecovery(input));
}

/** Exactly one lane could ever serve: what it said is the answer, with its status and the time left of its wait. */
function onlyLane(input: NothingLeft): Failure | null {
  const [only] = input.couldServe;
  if (only === undefined || input.couldServe.length !== 1) return null;
  const attempted = input.attempts.findLast(({ lane }) => lane.id === only.id)?.failure;
  if (attempted !== undefined) return withRetry(attempted, attempted.retryAfterMs);
  const stored = input.stored.find(({ lane }) => lane.id === only.id)?.failure;
  if (stored === undefined) return null;
  const untilMs = input.left.find(({ lane }) => lane === only.id)?.untilMs ?? null;
  const remainingMs = stored.retryAfterMs === null || untilMs === null ? null : untilMs - input.nowMs;
  return withRetry(stored, remainingMs);
}

function withRetry(failed: Failure, retryAfterMs: number | null): Failure {
  return { ...failed, retryAfterMs: retryAfterMs === null ? null : Math.max(RETRY_MS_MIN, retryAfterMs) };
}

/** Every lane is out for its credential or its bill: that is the cause, and no waiting mends it. */
function sharedCause(input: NothingLeft): Failure | null {
  const { couldServe, attempts, stored } = input;
  const kinds = couldServe.map(({ id }) => {
    const evidence = attempts.findLast(({ lane }) => lane.id === id) ?? stored.find(({ lane }) => lane.id === id);
    return evidence?.failure.kind ?? null;
  });
  if (kinds.length === 0 || !kinds.every((kind) => kind === "credential" || kind === "billing")) return null;
  const kind = lastAccountKind(input) ?? (kinds.includes("credential") ? "credential" : "billing");
  return failure(kind, ACCOUNT_MESSAGES[kind]);
}

type AccountKind = keyof typeof ACCOUNT_MESSAGES;

function lastAccountKind({ attempts }: NothingLeft): AccountKind | null {
  const kind = attempts.at(-1)?.failure.kind;
  return kind === "credential" || kind === "billing" ? kind : null;
}

function exhausted(input: NothingLeft): Failure {
  const { target, nowMs, deadlineMs, attempts, left } = input;
  const retryAfterMs = untilRecovery(input);
  if (deadlineMs !== null && nowMs >= deadlineMs) {
    return failure(
      "deadline-exceeded",
      `The model "${target.name}" did not answer within the time allowed.`,
      retryAfterMs,
    );
  }
  if (attempts.length > 0 && left.some(({ because }) => because === "lacks-capability")) {
    const message = `The model "${target.name}" failed, and nothing else configured for it can take this request.`;
    return failure("no-capable-fallback", message, retryAfterMs);
  }
  const advice = retryAfterMs === null ? "Try again later." : `Try again in ${seconds(retryAfterMs)}.`;
  return failure("no-eligible-lane", `The model "${target.name}" cannot be served right now. ${advice}`, retryAfterMs);
}

function seconds(ms: number): string {
  const whole = Math.ceil(ms / 1_000);
  return whole === 1 ? "1 second" : `${whole} seconds`;
}

function detailsOf(input: NothingLeft): GatewayDetails {
  const { attempts, left, nowMs, recoversAtMs } = input;
  const tried = attempts.map(
    ({ lane, failure: failed }): { lane: string; failure: FailureKind; status: number | null } => ({
      lane: lane.id,
      failure: failed.kind,
      status: failed.upstream?.status ?? null,
    }),
  );
  const skipped = left.filter(({ because }) => because !== "tried").map(({ lane, because }) => ({ lane, because }));
  const recoversInMs = recoversAtMs === null ? null : Math.max(0, recoversAtMs - nowMs);
  return { tried, skipped, recoversInMs, losses: [] };
}

/** When to stop trying, and what the client is told then. Exhaustion tells the truth: what failed, and when to come back. */
import { missingCapabilities, type Needs } from "../ir/capability.ts";
import type { Lane, Target } from "../ir/deployment.ts";
import type { Reference } from "../ir/facts.ts";
import { ACCOUNT_MESSAGES, FAILURES, type Failure, failure, type GatewayDetails } from "../ir/failure.ts";
import type { Exclusion } from "./condition.ts";
import type { LaneChoice, LeftOut } from "./decide.ts";
import { brokenPromises } from "./keep.ts";

/** `cap`: further lanes after the first. */
export function mayTryAnother({ lanesTried, cap }: { readonly lanesTried: number; readonly cap: number }): boolean {
  return lanesTried <= cap;
}

/** Reasons that no waiting ends, for this request. A tried lane did serve, or could have. */
const LASTING: ReadonlySet<Exclusion> = new Set<Exclusion>([
  "disabled",
  "not-routed",
  "parked",
  "excluded",
  "other-protocol",
  "no-operation",
  "unpriced",
  "budget",
  "lacks-capability",
  "held-elsewhere",
  "data-policy",
  "breaks-keep",
  "too-small",
  "used-up",
]);

const PASSING: ReadonlySet<Exclusion> = new Set<Exclusion>([
  "capped",
  "hard-out",
  "not-listed",
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

/** For `least-bad`: the lane whose breaker opens the way soonest, the first on ties; null: none is out by statistics alone. Admit it with `ignoreBreaker`. */
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
  /** What else a lane cannot do for the request, or is not known to do where that counts. */
  readonly alsoLacks: (lane: Lane) => readonly string[];
  /** What the request refers to. */
  readonly references: readonly Reference[];
  /** What the client speaks, by its id. */
  readonly protocol: string;
  /** From `couldEverServe`. */
  readonly couldServe: readonly Lane[];
  /** What was tried, in order; lanes of a fallback pool included. */
  readonly attempts: readonly { readonly lane: Lane; readonly failure: Failure; readonly durationMs: number }[];
  /** `Condition.failure` of lanes that wait or are hard out. */
  readonly stored: readonly { readonly lane: Lane; readonly failure: Failure }[];
  readonly left: LaneChoice["left"];
  readonly nowMs: number;
  /** Moment after which no attempt may start; null: time does not matter. */
  readonly deadlineMs: number | null;
  /** The request may wait for a lane that is out. */
  readonly mayWait: boolean;
  /** When a lane that could serve recovers by itself, now at the earliest; null: it will not. */
  readonly recoversAtMs: (lane: Lane) => number | null;
}

/** The failure the client sees. Its words are the client's: a name it asked for, a time, an ability; never our machinery. */
export function nothingLeft(input: NothingLeft): Failure {
  const answer =
    neverPossible(input) ??
    belowThreshold(input) ??
    tooLarge(input) ??
    promiseBroken(input) ??
    onlyLane(input) ??
    sharedCause(input) ??
    exhausted(input);
  return { ...answer, details: detailsOf(input) };
}

/** A wait below this would be told as no wait at all. */
const RETRY_MS_MIN = 1_000;

function untilRecovery(input: NothingLeft): number | null {
  const earliestMs = earliestRecoveryMs(input);
  return earliestMs === null ? null : Math.max(RETRY_MS_MIN, earliestMs - input.nowMs);
}

function earliestRecoveryMs({ couldServe, recoversAtMs }: NothingLeft): number | null {
  const moments = couldServe.flatMap((lane) => recoversAtMs(lane) ?? []);
  return moments.length === 0 ? null : Math.min(...moments);
}

/** The filters alone emptied the list: nothing that is configured could ever serve this request. */
function neverPossible(input: NothingLeft): Failure | null {
  const { target, left, couldServe, attempts } = input;
  if (couldServe.length > 0 || attempts.length > 0 || isAbleParked(input)) return null;
  const reasons = new Set(left.map((each) => each.because));
  if (reasons.has("budget")) {
    const message = `What is left of a budget is too little for every model that could take this request to "${target.name}".`;
    return failure("budget-exceeded", message);
  }
  const [reference] = input.references;
  if (reasons.has("held-elsewhere") && reference !== undefined) {
    const about = reference.sealed === true ? `open ${reference.member}` : `look up what ${reference.member} refers to`;
    const message = `Nothing behind "${target.name}" can ${about}. Send the content itself, such as the earlier turns of the conversation, instead.`;
    return { ...failure("no-capable-lane", message), param: reference.member };
  }
  if (reasons.has("data-policy")) {
    const message = `Nothing behind "${target.name}" is known to keep what this request says of its data. Ask for a model that is, or without that wish.`;
    return failure("constraint-filtered", message);
  }
  if (reasons.has("lacks-capability")) {
    const missing = missingOf(input);
    return failure(
      "no-capable-lane",
      `The model "${target.name}" cannot take this request: it does not support ${missing.join(", ")}. Ask for, or add, one that does.`,
    );
  }
  if (reasons.has("no-operation")) {
    return failure("no-capable-lane", `The model "${target.name}" does not support this operation.`);
  }
  if (reasons.has("other-protocol")) {
    return failure(
      "missing-protocol",
      `Nothing behind "${target.name}" speaks ${input.protocol}, this client's protocol, and translation is off. Add a model to it whose provider speaks ${input.protocol}, or allow translation.`,
    );
  }
  return null;
}

/** The operator has taken out of service what can take this request: it may come back. */
function isAbleParked({ left, lanes, needs }: NothingLeft): boolean {
  return left.some(({ lane: id, because }) => {
    const lane = because === "parked" ? lanes[id] : undefined;
    return lane !== undefined && missingCapabilities(needs, lane.capabilities).length === 0;
  });
}

/** What every lane that was left out for it lacks; where they lack different things, all of those. */
function missingOf(input: NothingLeft): readonly string[] {
  const { lanes, left } = input;
  const each = left
    .filter(({ because }) => because === "lacks-capability")
    .flatMap(({ lane }) => lanes[lane] ?? [])
    .map((lane) => lackedBy(input, lane));
  const all = [...new Set(each.flat())];
  const shared = all.filter((missing) => each.every((list) => list.includes(missing)));
  return shared.length > 0 ? shared : all;
}

function lackedBy({ needs, alsoLacks }: NothingLeft, lane: Lane): readonly string[] {
  return [...missingCapabilities(needs, lane.capabilities), ...alsoLacks(lane)];
}

/** By the lane the promise was made with. */
function brokenBy({ target, lanes, attempts, needs }: NothingLeft, lane: Lane | undefined): readonly string[] {
  const own = target.kind === "model" ? target.members[0]?.lanes[0] : undefined;
  const first = own === undefined ? attempts[0]?.lane : lanes[own];
  return first === undefined || lane === undefined ? [] : brokenPromises(target.failover.keep, first, lane, needs);
}

/** Answers came, and none was good enough. Another try may give a better one, so the wait is what any lane takes. */
function belowThreshold(input: NothingLeft): Failure | null {
  if (!input.attempts.some(({ failure: { kind } }) => kind === "low-quality")) return null;
  const message = `No answer for "${input.target.name}" was good enough to be passed on.`;
  return failure("no-suitable-model-available", message, untilRecovery(input));
}

/** Too long or too large where it was tried last, and nothing with more room is merely out for now. */
function tooLarge({ attempts, left }: NothingLeft): Failure | null {
  const last = attempts.at(-1)?.failure;
  if (last === undefined || FAILURES[last.kind].next !== "larger-lane") return null;
  return left.some(({ because }) => PASSING.has(because)) ? null : last;
}

/**
 * Nothing that keeps the target's promise serves now: the same model, what a failover must keep, or an ability that
 * others lack. It is said as such even where one lane alone could have kept it.
 */
function promiseBroken(input: NothingLeft): Failure | null {
  const { target, left } = input;
  const { keep } = target.failover;
  const breaks = left.some(({ because }) => because === "breaks-keep");
  // "Another model answered" says by itself that the promise was not kept.
  const isSaid = isOutOfTime(input) || input.attempts.at(-1)?.failure.kind === "wrong-model";
  if (!breaks && (isSaid || input.couldServe.length === 0)) return null;
  if (target.exactFailover || keep.includes("model")) {
    const message = `The exact model behind "${target.name}" is not available right now, and no other may stand in for it.`;
    return failure("exact-model-unavailable", message, untilRecovery(input));
  }
  if (breaks || keep.length > 0) {
    const message = `The model "${target.name}" is not available right now, and no other is known to be as able.`;
    return failure("no-capable-fallback", message, untilRecovery(input));
  }
  if (!left.some(({ because }) => because === "lacks-capability")) return null;
  const missing = missingOf(input).join(", ");
  const message = `What serves "${target.name}" with ${missing} is not available right now, and nothing else behind it can take this request.`;
  return failure("no-capable-fallback", message, untilRecovery(input));
}

function isOutOfTime({ nowMs, deadlineMs }: NothingLeft): boolean {
  return deadlineMs !== null && nowMs >= deadlineMs;
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
  const causes = couldServe.map(({ id }) => {
    const evidence = attempts.findLast(({ lane }) => lane.id === id) ?? stored.find(({ lane }) => lane.id === id);
    return evidence?.failure ?? null;
  });
  if (causes.length === 0 || !causes.every(isOfAccount)) return null;
  const last = attempts.at(-1)?.failure ?? null;
  const cause = isOfAccount(last) ? last : (causes.find(({ kind }) => kind === "credential") ?? causes[0]);
  return cause === undefined ? null : withRetry(cause, null);
}

function isOfAccount(failed: Failure | null): failed is Failure {
  return failed?.kind === "credential" || failed?.kind === "billing";
}

function exhausted(input: NothingLeft): Failure {
  const { target } = input;
  const retryAfterMs = untilRecovery(input);
  if (isOutOfTime(input)) {
    return failure(
      "deadline-exceeded",
      `The model "${target.name}" did not answer within the time allowed.`,
      retryAfterMs,
    );
  }
  const advice = retryAfterMs === null ? "Try again later." : `Try again in ${seconds(retryAfterMs)}.`;
  const kind = input.mayWait ? "no-suitable-model-available" : "no-eligible-lane";
  return failure(kind, `The model "${target.name}" cannot be served right now. ${advice}`, retryAfterMs);
}

function seconds(ms: number): string {
  const whole = Math.ceil(ms / 1_000);
  return whole === 1 ? "1 second" : `${whole} seconds`;
}

/** Characters of a vendor's sentence in the details: enough to know it by. */
const WORDS_CHARS_MAX = 300;

function detailsOf(input: NothingLeft): GatewayDetails {
  const { attempts, left, lanes, nowMs, couldServe } = input;
  const inMs = (atMs: number | null): number | null => (atMs === null ? null : Math.max(0, Math.ceil(atMs - nowMs)));
  const recoversInMs = (lane: Lane | undefined): number | null =>
    lane === undefined || !couldServe.includes(lane) ? null : inMs(input.recoversAtMs(lane));
  return {
    tried: attempts.map(({ lane, failure: failed, durationMs }) => ({
      lane: lane.id,
      failure: failed.kind,
      status: failed.upstream?.status ?? null,
      message: Object.hasOwn(ACCOUNT_MESSAGES, failed.kind)
        ? null
        : (failed.upstream?.message?.slice(0, WORDS_CHARS_MAX) ?? null),
      durationMs: Math.round(durationMs),
      recoversInMs: recoversInMs(lane),
    })),
    skipped: left
      .filter(({ because }) => because !== "tried")
      .map(({ lane, because }) => {
        const known = because === "lacks-capability" ? lanes[lane] : undefined;
        const lacks = known === undefined ? {} : { lacks: lackedBy(input, known) };
        const broken = because === "breaks-keep" ? { breaks: brokenBy(input, lanes[lane]) } : {};
        return { lane, because, ...lacks, ...broken, recoversInMs: recoversInMs(lanes[lane]) };
      }),
    recoversInMs: inMs(earliestRecoveryMs(input)),
    losses: [],
  };
}

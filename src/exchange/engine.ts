/**
 * The one attempt engine: models, pools, fallback pools, least-bad, waiting and probes all go through this loop. It
 * decides, admits and attempts until something may be committed or nothing is left. Its length is that of one loop over
 * what a run remembers, which would be harder to follow in two files.
 */
import type { Pass } from "../governance/admission.ts";
import { promptRoom } from "../ir/capability.ts";
import type { Lane, Target } from "../ir/deployment.ts";
import { type Failure, ruleOf } from "../ir/failure.ts";
import { type LaneSwitch, RECORD_LANES_MAX } from "../ir/record.ts";
import { SURELY_SHARE } from "../routing/considered-lane.ts";
import type { LaneChoice } from "../routing/decide.ts";
import { leastBad, mayTryAnother } from "../routing/failover.ts";
import { unreachable } from "../std/unreachable.ts";
import type { AnsweredOutcome, FailedOutcome, Outcome, StreamingOutcome } from "./answer/outcome.ts";
import type { AnswerRule } from "./answer/verdict.ts";
import { type Attempt, openAttempt } from "./attempt.ts";
import type { World } from "./contract.ts";
import {
  type ExhaustedTarget,
  type FailedAttempt,
  finalFailure,
  refusalHintMs,
  waitForRecovery,
  waitMsMax,
} from "./exhaustion.ts";
import { firstByteCapOf } from "./first-byte-cap.ts";
import type { LaneWaitEnd } from "./lane/lane-wait.ts";
import { waitForSlot } from "./lane/slot-queue.ts";
import { look, stuckTo } from "./lane-look.ts";
import { type IntendedLane, intendedLane, laneSwitch } from "./lane-switch.ts";
import type { RecordBuilder } from "./record-builder.ts";
import type { ClientCall } from "./request/call.ts";
import { sessionKeyOf } from "./request/session.ts";
import { trimmedCall } from "./request/trim.ts";
import type { SharedState } from "./shared-state.ts";
import { betterStandIn, type StandIn } from "./stand-in.ts";

export type Served =
  | {
      readonly kind: "served";
      readonly outcome: AnsweredOutcome | StreamingOutcome;
      readonly lane: Lane;
      /** Under way until the answer has left. */
      readonly attempt: Attempt;
      /** null: the lane that was meant for the request. */
      readonly switch: LaneSwitch | null;
    }
  /** `from`: protocol id of the lane whose words these are; null: ours. */
  | { readonly kind: "failed"; readonly failure: Failure; readonly from: string | null }
  | { readonly kind: "abandoned" };

export interface ServeInput {
  readonly world: World;
  readonly shared: SharedState;
  readonly call: ClientCall;
  readonly record: Pick<RecordBuilder, "startedMs" | "attempts" | "offered" | "skipped" | "queuedMs" | "trimmed">;
  readonly target: Target;
  /** What the request was admitted with; null: it has no limits. */
  readonly pass: Pick<Pass, "affords" | "holdAccount" | "accountFullForMs" | "releaseAccount"> | null;
  /** What an answer must pass before it may reach the client. */
  readonly rulesOf: (target: Target) => readonly AnswerRule[];
}

/** What one exchange has tried so far, over every pool it went through. */
interface Run extends Omit<ServeInput, "target" | "call"> {
  /** Once, where its target says so: a shorter one takes its place. */
  call: ClientCall;
  readonly deadlineMs: number;
  readonly tried: Set<string>;
  /** Targets none of whose lanes serves, with the last look at each. The first is the one that was asked for. */
  readonly exhausted: (ExhaustedTarget & Place)[];
  /** Those of them that the request has been at since it began, or went on after a wait. */
  visited: number;
  /** Whose account has too little left for one more attempt, and the moment it has more; null: never. */
  cappedLanes: ReadonlyMap<string, number | null>;
  readonly failures: FailedAttempt[];
  first: Lane | null;
  intended: IntendedLane | null;
  needsRoomBeyond: number | null;
  lossesRefused: Failure | null;
  /** Lanes that refused without doing any work, and until when each asked to be left alone. */
  refusedUntil: ReadonlyMap<string, number>;
  /** Lanes that may be asked a second time, or were. */
  askedAgain: ReadonlySet<string>;
  /** Of the request's session at the target it is at; null: none. */
  sessionKey: string | null;
  /** False: only the pick and the runner-up are wanted. */
  ranksAll: boolean;
  /** Spent on lanes that were out. */
  waitedMs: number;
  /** Spent in queues for slots. */
  slotWaitedMs: number;
  /** Of the answers with too low a grade, the best that may be served all the same; null: none. */
  standIn: StandIn | null;
}

/** Of nearly every exchange: made when there is something to keep. */
const NO_MOMENTS: ReadonlyMap<string, number> = new Map();
const NO_LANES: ReadonlySet<string> = new Set();

export function serve({ world, shared, call, record, target, pass, rulesOf }: ServeInput): Promise<Served> {
  const run: Run = {
    world,
    shared,
    call,
    record,
    pass,
    rulesOf,
    deadlineMs: call.startedMs + target.failover.deadlineMs,
    tried: new Set(),
    exhausted: [],
    visited: 0,
    cappedLanes: NO_MOMENTS,
    failures: [],
    first: null,
    intended: null,
    needsRoomBeyond: null,
    lossesRefused: null,
    refusedUntil: NO_MOMENTS,
    askedAgain: NO_LANES,
    sessionKey: null,
    ranksAll: world.keepsDecisions,
    waitedMs: 0,
    slotWaitedMs: 0,
    standIn: null,
  };
  const place: Place = { target, lanesTried: 0 };
  return serveTarget(run, place).then((served) => {
    if (served.kind !== "exhausted") return orStandIn(run, served);
    return serveOn(run, place, served).then((later) => orStandIn(run, later));
  });
}

/** Nothing better came: the best of the answers with too low a grade, where one may be served. */
function orStandIn(run: Run, served: Served): Served {
  if (run.standIn === null || served.kind !== "failed") return served;
  const { lane, attempt, outcome } = run.standIn;
  attempt.standIn(outcome);
  return { kind: "served", outcome, lane, attempt, switch: switchTo(run, lane) };
}

function switchTo({ intended, world, call }: Run, lane: Lane): LaneSwitch | null {
  return laneSwitch(intended, lane, { lanes: world.deployment.lanes, needs: call.request.facts.needs });
}

async function serveOn(run: Run, place: Place, first: Exhausted): Promise<Served> {
  let exhausted = first;
  // Ends: every turn goes to a pool not visited yet, or was woken by a lane that changed, while there is time.
  for (let at = place; ; ) {
    noteExhausted(run, at.target, exhausted);
    const next = await afterExhaustion(run, at.target, exhausted);
    if (next.kind !== "place") return next;
    at = next.place;
    const served = await serveTarget(run, at);
    if (served.kind !== "exhausted") return served;
    exhausted = served;
  }
}

function noteExhausted(run: Run, target: Target, { decision, lanesTried }: Exhausted): void {
  const isCapped = !mayTryAnother({ lanesTried, cap: target.failover.cap });
  const at = run.exhausted.findIndex((each) => each.target.name === target.name);
  run.exhausted[at === -1 ? run.exhausted.length : at] = { target, decision, lanesTried, isCapped };
  run.visited = at === -1 ? run.exhausted.length : Math.max(run.visited, at + 1);
  noteSkipped(run, decision);
}

/** A target, and how many of its lanes count against its cap already. */
interface Place {
  readonly target: Target;
  readonly lanesTried: number;
}

/** No lane of the target serves now; `decision` is the last look at them. */
interface Exhausted {
  readonly kind: "exhausted";
  readonly decision: LaneChoice;
  readonly lanesTried: number;
}

async function serveTarget(run: Run, place: Place): Promise<Served | Exhausted> {
  const { target } = place;
  const { cap } = target.failover;
  run.sessionKey = sessionKeyOf(run.call, target);
  const { nowMs } = run.world.effects;
  let { lanesTried } = place;
  // Ends: every turn tries a lane (each at most twice) or waits once; the bound is the lanes there are.
  for (;;) {
    if (run.call.signal.aborted) return { kind: "abandoned" };
    const decision = look(run, target);
    run.intended ??= intendedLane(stuckTo(run, target), decision, run.world.deployment.lanes);
    if (nowMs() >= run.deadlineMs) return { kind: "exhausted", decision: lookAtAll(run, target), lanesTried };
    const isCapped = !mayTryAnother({ lanesTried, cap });
    const pick = isCapped ? pickAgain(run, decision) : decision.pick;
    if (shortened(run, target, pick)) continue;
    if (pick === null) {
      if (isCapped) return { kind: "exhausted", decision, lanesTried };
      const slot = await slotFor(run, target, decision);
      if (slot === "woken") continue;
      if (slot === "abandoned") return { kind: "abandoned" };
      return { kind: "exhausted", decision, lanesTried };
    }
    // At once where no cap is asked about, so that nothing comes between looking and taking.
    const holding = holdAccount(run, pick);
    if (holding instanceof Promise ? !(await holding) || isTaken(run, target, pick) : !holding) continue;
    run.shared.selections.set(target.name, decision.selection);
    if (run.first === null) noteChoice(run, decision);
    const isLast = decision.runnerUp === null || lanesTried >= cap;
    const firstByteCapMs = isLast ? null : firstByteCapOf(run, target, pick);
    const { ignoreBreaker } = decision;
    const attempt = admitted(run, target, pick, { ignoreBreaker, firstByteCapMs });
    const served = attempt === null ? null : ended(run, target, pick, { attempt, outcome: await attempt.run() });
    if (served !== null) return served;
    if (!run.askedAgain.has(pick.id)) lanesTried++;
  }
}

async function slotFor(run: Run, target: Target, decision: LaneChoice): Promise<LaneWaitEnd> {
  const { world, shared, call, deadlineMs, record, slotWaitedMs: waitedMs } = run;
  const wishMs = call.wishes?.maxWaitMs ?? null;
  const maxMs = wishMs === null ? null : wishMs - record.queuedMs;
  const waitedBeforeMs = record.queuedMs;
  const slot = await queued(run, () =>
    waitForSlot({ world, shared, call, deadlineMs, target, decision, waitedMs, maxMs }),
  );
  run.slotWaitedMs += record.queuedMs - waitedBeforeMs;
  return slot;
}

/** For a refusal, which tells of each lane why it does not serve. */
function lookAtAll(run: Run, target: Target): LaneChoice {
  run.ranksAll = true;
  return look(run, target);
}

/** The cap bounds further lanes: one that is asked a second time is none. */
function pickAgain({ askedAgain }: Run, { offered }: LaneChoice): Lane | null {
  return offered.find(({ id }) => askedAgain.has(id)) ?? null;
}

/** Time that is waited before a lane is asked. What is known at once was not waited for, however long the look took. */
async function queued<T>({ world, record }: Run, wait: () => T | Promise<T>): Promise<T> {
  const startedMs = world.effects.nowMs();
  const waiting = wait();
  if (!(waiting instanceof Promise)) return waiting;
  const how = await waiting;
  record.queuedMs += world.effects.nowMs() - startedMs;
  return how;
}

/** False: the caps of the lane's account leave too little for one more attempt. */
function holdAccount(run: Run, lane: Lane): boolean | Promise<boolean> {
  const { pass } = run;
  const holding = pass === null ? true : pass.holdAccount(lane);
  if (holding === true) return true;
  const told = (isHeld: boolean): boolean => {
    if (isHeld) return true;
    const forMs = pass?.accountFullForMs(lane) ?? null;
    const untilMs = forMs === null ? null : run.world.effects.nowMs() + forMs;
    run.cappedLanes = new Map(run.cappedLanes).set(lane.id, untilMs);
    return false;
  };
  return holding instanceof Promise ? holding.then(told) : told(holding);
}

/** Another request took the lane's last slot while its account was asked about: look again. */
function isTaken({ shared, world, pass }: Run, target: Target, lane: Lane): boolean {
  const isFull = shared.health.condition(target, lane, world.effects.nowMs()).because === "full";
  if (isFull) pass?.releaseAccount(lane);
  return isFull;
}

interface LaneAsk {
  readonly ignoreBreaker: boolean;
  readonly firstByteCapMs: number | null;
}

/** null: another request took the lane just then. */
function admitted(run: Run, target: Target, lane: Lane, { ignoreBreaker, firstByteCapMs }: LaneAsk): Attempt | null {
  const { world, shared, call, record, pass } = run;
  const now = world.effects.nowMs();
  // Before the slot is taken: an operator's list may throw.
  const rules = run.rulesOf(target);
  const guard = shared.health.admit(target, lane, now, ignoreBreaker);
  run.tried.add(lane.id);
  if (guard === null) {
    pass?.releaseAccount(lane);
    return null;
  }
  run.first ??= lane;
  shared.lastUsedMs.set(lane.id, now);
  const isEvidence = call.request.facts.operation === "count" ? never : always;
  const given = { world, shared, call, record, target, lane, guard, firstByteCapMs, rules, isEvidence };
  if (run.sessionKey === null) return openAttempt(given);
  return openAttempt({ ...given, onServed: () => noteSession(run, target, lane) });
}

const always = (): boolean => true;
/** A failed count says nothing of the lane: an estimate can take its place. */
const never = (): boolean => false;

interface EndedAttempt {
  readonly attempt: Attempt;
  readonly outcome: Outcome;
}

/** null: it failed and another may be tried. */
function ended(run: Run, target: Target, lane: Lane, { attempt, outcome }: EndedAttempt): Served | null {
  switch (outcome.kind) {
    case "answered":
    case "streaming":
      return {
        kind: "served",
        outcome,
        lane,
        attempt,
        switch: switchTo(run, lane),
      };
    case "abandoned":
      attempt.end(outcome);
      return outcome;
    case "failed":
      attempt.end(outcome);
      run.pass?.releaseAccount(lane);
      noteRefusal(run, lane, outcome);
      run.standIn = betterStandIn(run.standIn, { lane, attempt, failed: outcome });
      return (
        afterFailure(run, target, {
          lane,
          failure: outcome.failure,
          egress: attempt.egress.id,
          durationMs: attempt.durationMs,
        }) ?? (attempt.grade?.isLast === true && outcome.graded !== undefined ? gradedEnough(run, target) : null)
      );
    default:
      return unreachable(outcome);
  }
}

/** A count or an embedding leaves nothing behind that a session would come back to. */
function noteSession({ world, shared, call, sessionKey }: Run, target: Target, lane: Lane): void {
  if (sessionKey === null || call.request.facts.operation !== "chat") return;
  shared.sessions.served(target, sessionKey, lane.id, world.effects.nowMs());
}

/** As many answers were graded as may be for one request. */
function gradedEnough(run: Run, target: Target): Served {
  return { kind: "failed", ...finalFailure(run, target, look(run, target)) };
}

/** Only what a vendor refused unseen: all else it may have worked on. */
function noteRefusal(run: Run, lane: Lane, outcome: FailedOutcome): void {
  const hintMs = refusalHintMs(outcome);
  if (hintMs === null) return;
  run.refusedUntil = new Map(run.refusedUntil).set(lane.id, run.world.effects.nowMs() + hintMs);
}

function afterFailure(run: Run, target: Target, attempt: FailedAttempt): Served | null {
  const { lane, failure: failed, egress } = attempt;
  if (run.intended?.id === lane.id) run.intended.reason = failed.kind;
  // No request was sent: this lane cannot serve it, or only with a loss that is refused. Another one may.
  if (failed.kind === "losses-refused" || failed.kind === "no-capable-lane") {
    run.lossesRefused ??= failed;
    return null;
  }
  run.failures.push(attempt);
  if (ruleOf(failed).next === "answer") {
    return { kind: "failed", failure: failed, from: failed.upstream === null ? null : egress };
  }
  if (failed.kind === "context-length") {
    if (target.onOverflow === "error") return { kind: "failed", failure: failed, from: egress };
    run.needsRoomBeyond = Math.max(run.needsRoomBeyond ?? 0, roomOf(target, lane) ?? 0);
  }
  return null;
}

/**
 * True: turns were left out, and lanes are to be looked at again. Before a lane is asked that surely cannot hold the
 * request, or when lanes have said so and none has more room.
 */
function shortened(run: Run, target: Target, pick: Lane | null): boolean {
  const { onOverflow } = target;
  if (onOverflow !== "trim-oldest" && onOverflow !== "trim-middle") return false;
  const { call } = run;
  if (call.trimmed !== undefined || call.translation === "strict") return false;
  const { inputTokensEstimate } = call.request.facts;
  const tooSmall = run.failures.filter(({ failure: { kind } }) => kind === "context-length");
  const room = pick === null ? (run.needsRoomBeyond ?? 0) : (roomOf(target, pick) ?? 0);
  const isSurelySmall = pick !== null && room > 0 && room < inputTokensEstimate * SURELY_SHARE;
  if (!isSurelySmall && (pick !== null || tooSmall.length === 0)) return false;
  const shorter = trimmedCall(call, onOverflow, tokensFor(call, { room, wasRefused: !isSurelySmall }));
  if (shorter === null) return false;
  run.call = shorter;
  run.record.trimmed = shorter.trimmed ?? null;
  run.needsRoomBeyond = null;
  for (const { lane } of tooSmall) run.tried.delete(lane.id);
  if (tooSmall.length > 0) run.askedAgain = new Set([...run.askedAgain, ...tooSmall.map(({ lane }) => lane.id)]);
  return true;
}

/** `room` 0: not known. What a vendor refused was too long whatever the estimate says. */
function tokensFor(
  { request: { facts } }: ClientCall,
  { room, wasRefused }: { readonly room: number; readonly wasRefused: boolean },
): number {
  const { inputTokensEstimate, maxOutputTokens } = facts;
  if (room === 0) return inputTokensEstimate * UNKNOWN_ROOM_SHARE;
  const fits = room - Math.min(maxOutputTokens ?? ANSWER_TOKENS, room / 2);
  return wasRefused ? Math.min(fits, inputTokensEstimate * REFUSED_SHARE) : fits;
}

const UNKNOWN_ROOM_SHARE = 0.5;
const REFUSED_SHARE = 0.75;
/** Left for an answer of which nothing is said. */
const ANSWER_TOKENS = 4_096;

/** Tokens the lane was too small with; null: unknown. */
function roomOf(target: Target, lane: Lane): number | null {
  const member = target.members.find((each) => each.lanes.includes(lane.id));
  return member?.contextMax ?? promptRoom(lane.capabilities);
}

/** What the first choice was made among, for the record. */
function noteChoice(run: Run, decision: LaneChoice): void {
  run.record.offered = decision.offered.slice(0, RECORD_LANES_MAX).map(({ id }) => id);
  noteSkipped(run, decision);
}

function noteSkipped({ record }: Run, { left }: LaneChoice): void {
  record.skipped = left.slice(0, RECORD_LANES_MAX).map(({ lane, because }) => ({ lane, because }));
}

// ---------------------------------------------------------------- nothing left

/** What the target's policy does next: another target, an answer after all, a wait, or the failure. */
async function afterExhaustion(
  run: Run,
  target: Target,
  { decision }: Exhausted,
): Promise<Served | { readonly kind: "place"; readonly place: Place }> {
  const { onExhausted } = target;
  if (run.world.effects.nowMs() < run.deadlineMs) {
    switch (onExhausted.action) {
      case "reject":
      case "wait":
        break;
      case "fallback-pool": {
        const place = fallbackPlace(run, onExhausted.pool);
        if (place !== null) return { kind: "place", place };
        break;
      }
      case "least-bad": {
        const served = await tryLeastBad(run, target, decision);
        if (served !== null) return served;
        break;
      }
    }
    const how = await recovery(run, target);
    if (how === "abandoned") return { kind: "abandoned" };
    const [first] = run.exhausted;
    if (how === "woken" && first !== undefined) {
      run.visited = 0;
      return { kind: "place", place: first };
    }
  }
  return { kind: "failed", ...finalFailure(run, target, decision) };
}

/** null: it has been asked already, and nothing has changed since. */
function fallbackPlace(run: Run, pool: string): Place | null {
  const target = run.world.deployment.targets[pool];
  if (target === undefined) return null;
  const at = run.exhausted.findIndex((each) => each.target.name === target.name);
  if (at !== -1 && at < run.visited) return null;
  return { target, lanesTried: run.exhausted[at]?.lanesTried ?? 0 };
}

function recovery(run: Run, target: Target): LaneWaitEnd | Promise<LaneWaitEnd> {
  const { call, record, exhausted } = run;
  const isWish = call.wishes !== null && call.wishes.maxWaitMs !== null;
  const forMs = waitMsMax(target, call) - (isWish ? record.queuedMs : run.waitedMs);
  return forMs <= 0 ? "late" : queued(run, () => waitForRecovery(run, { exhausted, forMs }));
}

/** A lane that the cap alone keeps out, else the soonest to recover of those only their breaker keeps out. */
async function tryLeastBad(run: Run, target: Target, decision: LaneChoice): Promise<Served | null> {
  const lane = decision.pick ?? leastBad(decision, run.world.deployment.lanes);
  if (lane === null || !(await holdAccount(run, lane))) return null;
  const attempt = admitted(run, target, lane, { ignoreBreaker: true, firstByteCapMs: null });
  return attempt === null ? null : ended(run, target, lane, { attempt, outcome: await attempt.run() });
}

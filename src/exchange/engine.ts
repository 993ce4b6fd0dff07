/**
 * The one attempt engine: models, pools, fallback pools, least-bad, waiting and probes all go through this loop. It
 * decides, admits, attempts and reports to the cell, until something may be committed or nothing is left.
 */
import type { Lane, Target } from "../ir/deployment.ts";
import { type Failure, ruleOf } from "../ir/failure.ts";
import type { QuotaFact } from "../ir/quota.ts";
import { RECORD_LANES_MAX } from "../observability/record.ts";
import { affinityKey } from "../routing/affinity.ts";
import { type Decision, decide } from "../routing/decide.ts";
import { couldEverServe, leastBad, mayAttemptAgain, nothingLeft } from "../routing/failover.ts";
import type { Guard } from "../routing/guard.ts";
import type { StopSignal } from "../std/stop-signal.ts";
import { type AnsweredOutcome, attempt, type Outcome, type StreamingOutcome } from "./attempt.ts";
import { unusable } from "./lane/eligibility.ts";
import { waitForSlot } from "./lane/slot-queue.ts";
import { type OpenAttempt, openAttempt } from "./open-attempt.ts";
import type { RecordBuilder } from "./record-builder.ts";
import type { Call, World } from "./request/call.ts";
import type { SharedState } from "./shared-state.ts";

export type Served =
  | {
      readonly kind: "served";
      readonly outcome: AnsweredOutcome | StreamingOutcome;
      readonly lane: Lane;
      readonly target: Target;
      readonly guard: Guard;
      readonly attempt: OpenAttempt;
      readonly switched: boolean;
    }
  /** `from`: protocol id of the lane whose words these are; null: ours. */
  | { readonly kind: "failed"; readonly failure: Failure; readonly from: string | null }
  | { readonly kind: "abandoned" };

/** What one exchange has tried so far, over every pool it went through. */
interface Run {
  readonly world: World;
  readonly shared: SharedState;
  readonly call: Call;
  readonly record: RecordBuilder;
  readonly deadlineMs: number;
  readonly tried: Set<string>;
  readonly visited: Set<string>;
  readonly failures: { readonly lane: Lane; readonly failure: Failure }[];
  first: Lane | null;
  needsRoomBeyond: number | null;
  /** Strict translation refused a lane, or its protocol cannot say what was asked; the answer if nothing else serves. */
  lossesRefused: Failure | null;
  waited: boolean;
}

export function serve(input: {
  world: World;
  shared: SharedState;
  call: Call;
  record: RecordBuilder;
  target: Target;
}): Promise<Served> {
  const { world, shared, call, record, target } = input;
  const run: Run = {
    world,
    shared,
    call,
    record,
    deadlineMs: call.startedMs + target.failover.deadlineMs,
    tried: new Set(),
    visited: new Set(),
    failures: [],
    first: null,
    needsRoomBeyond: null,
    lossesRefused: null,
    waited: false,
  };
  return serveTarget(run, target);
}

async function serveTarget(run: Run, target: Target): Promise<Served> {
  run.visited.add(target.name);
  const { nowMs } = run.world.effects;
  let attemptsMade = 0;
  // Ends: every turn tries a lane (each at most once) or waits once; the bound is the lanes there are.
  for (;;) {
    if (run.call.signal.aborted) return { kind: "abandoned" };
    if (!mayAttemptAgain({ nowMs: nowMs(), deadlineMs: run.deadlineMs, attemptsMade, cap: target.failover.cap })) {
      return await exhausted(run, target, look(run, target));
    }
    const decision = look(run, target);
    if (decision.pick === null) {
      const slot = await waitForSlot({ ...run, target, decision });
      if (slot === "free") continue;
      if (slot === "abandoned") return { kind: "abandoned" };
      return await exhausted(run, target, decision);
    }
    run.shared.selections.set(target.name, decision.selection);
    if (run.first === null) noteChoice(run, decision);
    const isLast = decision.runnerUp === null || attemptsMade >= target.failover.cap;
    const patienceMs = isLast ? null : patienceOf(run.deadlineMs - nowMs());
    const tried = await tryLane(run, target, decision.pick, { insist: decision.insist, patienceMs });
    if (tried !== null) return tried;
    attemptsMade++;
  }
}

/** What one look at the lanes needs of a run; explaining has no run and looks the same way. */
export type Looking = Pick<Run, "world" | "shared" | "call" | "tried" | "first" | "needsRoomBeyond">;

export function look(run: Looking, target: Target): Decision {
  const { world, shared, call } = run;
  const now = world.effects.nowMs();
  return decide({
    target,
    lanes: world.deployment.lanes,
    facts: call.request.facts,
    condition: (lane) => shared.health.condition(target, lane, now),
    usable: (lane) => unusable(world, call, lane),
    tried: run.tried,
    first: run.first,
    needsRoomBeyond: run.needsRoomBeyond,
    lastUsedMs: (laneId) => shared.lastUsedMs.get(laneId) ?? null,
    selection: shared.selections.get(target.name) ?? new Map(),
    affinityKey: target.affinity === null ? null : affinityKey(call.parts.headers, target.affinity),
  });
}

/** Of what is left of the failover deadline, while another lane could still serve within it. */
const PATIENCE_SHARE = 2 / 3;
/** A lane is not given up sooner for the sake of another. */
const PATIENCE_MS_MIN = 10_000;

/**
 * How long one lane may keep a request waiting for its first byte: otherwise a silent one would use up the whole
 * deadline, which by default is no longer than the limit for a first byte, and nobody else were ever asked.
 */
function patienceOf(leftMs: number): number {
  return Math.max(PATIENCE_MS_MIN, Math.floor(leftMs * PATIENCE_SHARE));
}

/** One lane tried and booked. null: it failed and another may be tried. */
async function tryLane(
  run: Run,
  target: Target,
  lane: Lane,
  { insist, patienceMs }: { readonly insist: boolean; readonly patienceMs: number | null },
): Promise<Served | null> {
  const { world, shared, call } = run;
  const now = world.effects.nowMs();
  const guard = shared.health.admit(target, lane, now, insist);
  run.tried.add(lane.id);
  if (guard === null) return null;
  run.first ??= lane;
  shared.lastUsedMs.set(lane.id, now);
  const opened = openAttempt(run, lane, now);
  const hear = (facts: readonly QuotaFact[]): void => {
    opened.hear(facts);
    shared.onChanges(shared.health.hear(lane, facts, world.effects.nowMs()));
  };
  let outcome: Outcome;
  try {
    outcome = await attempt({ world, call, target, lane, patienceMs, hear });
  } catch (error) {
    guard.release(world.effects.nowMs());
    opened.close({ outcome: "internal", ...NOTHING_BACK });
    throw error;
  }
  switch (outcome.kind) {
    case "answered":
    case "streaming":
      return { kind: "served", outcome, lane, target, guard, attempt: opened, switched: run.first.id !== lane.id };
    case "abandoned":
      guard.release(world.effects.nowMs());
      opened.close({ outcome: "abandoned", ...NOTHING_BACK });
      return { kind: "abandoned" };
    case "failed":
      return laneFailed(run, target, lane, { guard, opened, outcome });
  }
}

/** The attempt ended before anything came back; what the vendor did with it nobody knows. */
const NOTHING_BACK = {
  status: null,
  ambiguous: true,
  retryAfterMs: null,
  reportedModel: null,
  firstByte: false,
} as const;

function laneFailed(
  run: Run,
  target: Target,
  lane: Lane,
  tried: { guard: Guard; opened: OpenAttempt; outcome: Extract<Outcome, { kind: "failed" }> },
): Served | null {
  const { guard, opened, outcome } = tried;
  const failed = outcome.failure;
  const now = run.world.effects.nowMs();
  // A failed count says nothing of the lane: an estimate can take its place.
  const changes = run.call.request.facts.operation === "count" ? guard.abandoned(now) : guard.failed(failed, now);
  guard.release(now);
  run.shared.onChanges(changes);
  opened.close({
    outcome: failed.kind,
    status: outcome.status,
    ambiguous: outcome.mayHaveRun && AMBIGUOUS.has(failed.kind),
    retryAfterMs: failed.retryAfterMs,
    reportedModel: outcome.reportedModel,
    firstByte: false,
    billed: outcome.billed ?? null,
  });
  // Nothing was sent: this lane cannot do what was asked, or not without a loss. Another one may.
  if (failed.kind === "losses-refused" || failed.kind === "no-capable-lane") {
    run.lossesRefused ??= failed;
    return null;
  }
  run.failures.push({ lane, failure: failed });
  const rule = ruleOf(failed);
  if (rule.next === "answer")
    return { kind: "failed", failure: failed, from: failed.upstream === null ? null : lane.protocol };
  if (failed.kind === "context-length") {
    run.needsRoomBeyond = Math.max(run.needsRoomBeyond ?? 0, roomOf(target, lane) ?? 0);
  }
  return null;
}

/** Tokens the lane was too small with; null: unknown. */
function roomOf(target: Target, lane: Lane): number | null {
  const member = target.members.find((each) => each.lanes.includes(lane.id));
  return member?.contextMax ?? lane.capabilities.contextWindow;
}

/** Kinds after which nobody knows whether the vendor did the work. */
const AMBIGUOUS: ReadonlySet<string> = new Set(["timeout", "network", "malformed", "wrong-model"]);

/** What the first choice was made among, for the record. */
function noteChoice(run: Run, decision: Decision): void {
  run.record.offered = decision.offered.slice(0, RECORD_LANES_MAX).map(({ id }) => id);
  noteSkipped(run, decision);
}

function noteSkipped({ record }: Run, { left }: Decision): void {
  record.skipped = left.slice(0, RECORD_LANES_MAX).map(({ lane, because }) => ({ lane, because }));
}

// ---------------------------------------------------------------- nothing left

async function exhausted(run: Run, target: Target, decision: Decision): Promise<Served> {
  noteSkipped(run, decision);
  const { onExhausted } = target;
  const now = run.world.effects.nowMs();
  if (now < run.deadlineMs) {
    switch (onExhausted.action) {
      case "reject":
        break;
      case "fallback-pool": {
        const fallback = run.world.deployment.targets[onExhausted.pool];
        if (fallback !== undefined && !run.visited.has(fallback.name)) return await serveTarget(run, fallback);
        break;
      }
      case "least-bad": {
        const served = await tryLeastBad(run, target, decision);
        if (served !== null) return served;
        break;
      }
      case "wait": {
        const again = await waitForRecovery(run, target, onExhausted.maxMs);
        if (again === "abandoned") return { kind: "abandoned" };
        if (again === "recovered") return await serveTarget(run, target);
        break;
      }
    }
  }
  return { kind: "failed", ...finalFailure(run, target, decision) };
}

/** The soonest to recover of those only their breaker keeps out. */
async function tryLeastBad(run: Run, target: Target, decision: Decision): Promise<Served | null> {
  const lane = leastBad(decision, run.world.deployment.lanes);
  return lane === null ? null : await tryLane(run, target, lane, { insist: true, patienceMs: null });
}

/** Once per exchange, for lanes that were out when it looked; a lane that was tried is not tried again. */
async function waitForRecovery(
  run: Run,
  target: Target,
  maxMs: number,
): Promise<"recovered" | "not-in-time" | "abandoned"> {
  if (run.waited) return "not-in-time";
  run.waited = true;
  const { effects, deployment } = run.world;
  const now = effects.nowMs();
  const ids = target.members.flatMap((member) => member.lanes).filter((id) => !run.tried.has(id));
  const lanes = ids.flatMap((id) => deployment.lanes[id] ?? []);
  const at = run.shared.health.recoversAtMs(target, lanes, now);
  if (at === null || at - now > maxMs || at > run.deadlineMs) return "not-in-time";
  const done = await sleep(effects.setTimer, Math.max(0, at - now), run.call.signal);
  run.record.queuedMs += effects.nowMs() - now;
  if (!done) return "abandoned";
  return "recovered";
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
  readonly call: Call;
  readonly target: Target;
  readonly decision: Decision;
}): Failure {
  const nothing = { failures: [], lossesRefused: null, deadlineMs: Number.POSITIVE_INFINITY };
  return finalFailure({ ...input, ...nothing }, input.target, input.decision).failure;
}

type Ended = Pick<Run, "world" | "shared" | "call" | "failures" | "lossesRefused" | "deadlineMs">;

function finalFailure(run: Ended, target: Target, decision: Decision): { failure: Failure; from: string | null } {
  const { world, shared, call } = run;
  if (run.lossesRefused !== null && run.failures.length === 0) return { failure: run.lossesRefused, from: null };
  const { lanes } = world.deployment;
  const nowMs = world.effects.nowMs();
  const couldServe = couldEverServe(decision, lanes);
  const told = nothingLeft({
    target,
    lanes,
    needs: call.request.facts.needs,
    couldServe,
    attempts: run.failures,
    stored: couldServe.flatMap((lane) => {
      const { failure } = shared.health.condition(target, lane, nowMs);
      return failure === null ? [] : [{ lane, failure }];
    }),
    left: decision.left,
    nowMs,
    deadlineMs: run.deadlineMs,
    recoversAtMs: shared.health.recoversAtMs(target, couldServe, nowMs),
  });
  const from = run.failures.find(({ failure }) => failure.upstream !== null && failure.upstream === told.upstream);
  return { failure: told, from: from?.lane.protocol ?? null };
}

/**
 * The decision written plainly: every lane is looked at anew and all are put in order. What `decide` remembers between
 * looks and leaves undone must come to the same.
 */
import { lacksCapability } from "../../src/ir/capability.ts";
import type { Keep, Lane, Member, Target } from "../../src/ir/deployment.ts";
import { type Condition, type Exclusion, whyNotRouted } from "../../src/routing/condition.ts";
import type { DecideInput } from "../../src/routing/considered-lane.ts";
import type { LaneChoice, LeftOut } from "../../src/routing/decide.ts";
import { satisfiesKeep } from "../../src/routing/keep.ts";
import { rankBy } from "../../src/routing/policies/index.ts";
import type { Candidate } from "../../src/routing/policies/policy.ts";
import { sameModelFirst } from "../../src/routing/same-model.ts";
import { forgetCredits, type Selection } from "../../src/routing/swrr.ts";

export function plainDecide(input: DecideInput): LaneChoice {
  const entries = withoutSurelySmall(input, consideredLanesOf(input));
  const left = entries.some(isOut) ? entries.filter(isOut) : NONE;
  const offerable = left.length === 0 ? entries : entries.filter((entry) => entry.because === null);
  // In a fallback pool it is that pool's first pick that counts, although others were tried before.
  const tried = triedOf(input, entries);
  const isFirstPick = tried.length === 0;
  const selection =
    isFirstPick && left.length > 0 ? forgetCredits(input.selection, membersSatOut(entries)) : input.selection;
  const { order: plain, next } = orderOf(input, offerable, selection);
  const { stuckTo = null } = input;
  const stuck =
    input.target.affinity === null || stuckTo === null ? undefined : entries.find(({ lane }) => lane.id === stuckTo);
  const order = inTurn(input, { plain, tried, stuck });
  const last = order.length === 0 ? lastLane(left) : null;
  const ignoreBreaker = last !== null && last.condition?.full !== true;
  const offered = last !== null && ignoreBreaker ? [last.lane] : order;
  return {
    pick: offered[0] ?? null,
    ignoreBreaker,
    offered,
    // Were it not the last one, its breaker would be the reason; as the last one it only needs a slot.
    left:
      left.length === 0
        ? NONE
        : left.flatMap((entry) =>
            entry !== last
              ? leftOut(entry)
              : ignoreBreaker
                ? []
                : leftOut({ ...entry, because: "full", untilMs: null }),
          ),
    selection: isFirstPick ? next : input.selection,
    runnerUp: offered[1] ?? null,
  };
}

const NONE: readonly never[] = [];

function isOut({ because }: ConsideredLane): boolean {
  return because !== null;
}

interface Turn {
  /** By the policy. */
  readonly plain: readonly Lane[];
  readonly tried: readonly Lane[];
  /** The lane that has the session. */
  readonly stuck: ConsideredLane | undefined;
}

/** The policy's order as this exchange goes through it: the session's lane while it is well, and the same model before others. */
function inTurn({ target }: DecideInput, { plain, tried, stuck }: Turn): readonly Lane[] {
  const isWell = stuck?.because === null && stuck.condition?.probing !== true;
  const kept = stuck !== undefined && isWell ? [stuck.lane, ...plain.filter((lane) => lane !== stuck.lane)] : plain;
  if (target.failover.prefer === "any") return kept;
  // A session whose lane is out goes on with the same model too.
  const begun = stuck === undefined || isWell ? tried : [...tried, stuck.lane];
  return sameModelFirst(kept, begun);
}

/** Lanes of this target that this exchange tried, in that order. */
function triedOf({ tried }: DecideInput, entries: readonly ConsideredLane[]): readonly Lane[] {
  if (tried.size === 0) return NONE;
  return [...tried].flatMap((id) => entries.find(({ lane }) => lane.id === id)?.lane ?? []);
}

// ---------------------------------------------------------------- filters

/** One lane of the target, looked at once. */
interface ConsideredLane {
  readonly lane: Lane;
  /** A substitute stands under a member of its own, after all others. */
  readonly member: Member;
  readonly isSubstitute: boolean;
  readonly because: Exclusion | null;
  readonly untilMs: number | null;
  readonly condition: Condition | null;
}

function consideredLanesOf(input: DecideInput): readonly ConsideredLane[] {
  const entries: ConsideredLane[] = [];
  for (const named of namedLanesOf(input.target)) {
    const lane = Object.hasOwn(input.lanes, named.id) ? input.lanes[named.id] : undefined;
    if (lane !== undefined) entries.push(look(input, lane, named));
  }
  return entries;
}

/** Where a target names a lane; of several places the first counts. */
interface NamedLane {
  readonly id: string;
  readonly member: Member;
  readonly isSubstitute: boolean;
}

function namedLanesOf(target: Target): readonly NamedLane[] {
  const spots = new Map<string, NamedLane>();
  const add = (member: Member, isSubstitute: boolean): void => {
    for (const id of member.lanes) if (!spots.has(id)) spots.set(id, { id, member, isSubstitute });
  };
  for (const member of target.members) add(member, false);
  for (const id of target.substitutes) add({ model: id, weight: 1, lanes: [id], contextMax: null }, true);
  return [...spots.values()];
}

/**
 * The estimate of a prompt errs to the high side. No known prompt has more than 5.8 bytes a token, so a window below
 * this share of the estimate is too small.
 */
const SURELY_SHARE = 0.6;

/** Lanes that surely cannot hold the prompt are spared it while another may; alone, the vendor itself says that it is too long. */
function withoutSurelySmall(input: DecideInput, entries: readonly ConsideredLane[]): readonly ConsideredLane[] {
  const least = input.facts.inputTokensEstimate * SURELY_SHARE;
  const isSmall = (entry: ConsideredLane): boolean => {
    if (entry.because !== null) return false;
    const room = roomOf(entry);
    return room !== null && room < least;
  };
  if (!entries.some(isSmall) || !entries.some((entry) => entry.because === null && !isSmall(entry))) return entries;
  return entries.map((entry) => (isSmall(entry) ? { ...entry, because: "too-small" } : entry));
}

/** Tokens; null: unknown, which passes. */
function roomOf({ lane, member }: Pick<ConsideredLane, "lane" | "member">): number | null {
  return member.contextMax ?? lane.capabilities.contextWindow;
}

/** Lasting reasons before passing ones, so that what is left out says what would have to change. */
function look(input: DecideInput, lane: Lane, named: NamedLane): ConsideredLane {
  const lasting = unfit(input, lane, named);
  const { member, isSubstitute } = named;
  if (lasting !== null) return { lane, member, isSubstitute, because: lasting, untilMs: null, condition: null };
  const condition = input.condition(lane);
  const { because, untilMs } = condition;
  return { lane, member, isSubstitute, because, untilMs, condition };
}

/** Why this lane cannot serve this request whatever its health; null: it can. */
function unfit(input: DecideInput, lane: Lane, { member, isSubstitute }: NamedLane): Exclusion | null {
  const { target, facts, tried } = input;
  if (member.weight <= 0) return "disabled";
  if (!lane.routing) return whyNotRouted(lane);
  if (target.failover.exclusions.length > 0 && target.failover.exclusions.includes(lane.model)) return "excluded";
  const unusable = input.usable(lane);
  if (unusable !== null) return unusable;
  if (lacksCapability(facts.needs, lane.capabilities)) return "lacks-capability";
  if (breaksKeep(input, lane, isSubstitute)) return "breaks-keep";
  if (input.affords?.(lane) === false) return "budget";
  if (tried.size > 0 && tried.has(lane.id)) return "tried";
  if (input.needsRoomBeyond === null) return null;
  const room = member.contextMax ?? lane.capabilities.contextWindow;
  return room !== null && room <= input.needsRoomBeyond ? "too-small" : null;
}

/** A pool compares with the lane chosen first, a named model with itself; a substitute is always the same model. */
function breaksKeep(input: DecideInput, lane: Lane, isSubstitute: boolean): boolean {
  const { target, lanes, first } = input;
  const own = target.kind === "model" ? target.members[0]?.lanes[0] : undefined;
  const reference = own === undefined ? first : (lanes[own] ?? first);
  if (reference === null) return false;
  const keep: readonly Keep[] = isSubstitute ? ["model", ...target.failover.keep] : target.failover.keep;
  return !satisfiesKeep(keep, reference, lane, input.facts.needs);
}

/**
 * The last lane stays although its breaker is open: when nothing else stands against the only lane that could
 * serve now, it is tried. Another lane that is merely busy, tried already or open as well is an alternative.
 */
function lastLane(left: readonly ConsideredLane[]): ConsideredLane | null {
  const able = left.filter((entry) => entry.because === "tried" || entry.because === "full" || isStatistical(entry));
  const [only] = able;
  return only !== undefined && able.length === 1 && isStatistical(only) ? only : null;
}

function isStatistical(entry: ConsideredLane): boolean {
  return entry.because === "breaker-open" || entry.because === "half-open";
}

function leftOut(entry: ConsideredLane): readonly LeftOut[] {
  const { lane, because, untilMs } = entry;
  return because === null ? [] : [{ lane: lane.id, because, untilMs }];
}

// ---------------------------------------------------------------- order

/** Members first, by the target's policy; then the substitutes, by the same. */
function orderOf(
  input: DecideInput,
  entries: readonly ConsideredLane[],
  selection: Selection,
): { order: readonly Lane[]; next: Selection } {
  const affinityKey = input.target.affinity === null ? null : (input.affinityKey ?? null);
  const own: Candidate[] = [];
  const substitutes: Candidate[] = [];
  for (const entry of entries) (entry.isSubstitute ? substitutes : own).push(candidate(input, entry));
  const { select, policySettings: settings } = input.target;
  const given = {
    selection,
    affinityKey,
    figuresOf: input.figures,
    facts: input.facts,
  };
  const ranking = rankBy(select, { ...given, settings, candidates: own });
  const order: Lane[] = [];
  for (const { lane } of ranking.order) order.push(lane);
  if (substitutes.length > 0) {
    for (const each of rankBy("ranked", { ...given, settings: null, candidates: substitutes }).order)
      order.push(each.lane);
  }
  return { order, next: ranking.next };
}

function candidate(input: DecideInput, entry: ConsideredLane): Candidate {
  const { lane, member, condition } = entry;
  return { lane, member, label: condition?.label ?? "unknown", lastUsedMs: input.lastUsedMs(lane.id) };
}

/**
 * Members of which no lane is offered because of their health. Their credits are dropped while they sit out, so that
 * they come back with none: an old credit would give a recovered member a burst, an old debt would starve it.
 */
function membersSatOut(entries: readonly ConsideredLane[]): readonly string[] {
  const members = [...new Set(entries.map((entry) => entry.member))];
  return members
    .filter((member) => {
      const own = entries.filter((entry) => entry.member === member);
      return own.every((entry) => entry.because !== null) && own.some((entry) => isUnwell(entry));
    })
    .map((member) => member.model);
}

const OUT_BY_WORDS: ReadonlySet<Exclusion> = new Set<Exclusion>(["waiting", "hard-out", "not-listed"]);

function isUnwell(entry: ConsideredLane): boolean {
  return isStatistical(entry) || OUT_BY_WORDS.has(entry.because ?? "full");
}

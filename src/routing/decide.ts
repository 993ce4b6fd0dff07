/**
 * Which lane next: filters say who is left out and why, a policy orders the rest. Pure, so the same inputs give the same
 * decision and every decision can be explained. Filters never reorder, policies never filter.
 */
import type { Lane } from "../ir/deployment.ts";
import type { Exclusion } from "./condition.ts";
import {
  type ConsideredLane,
  candidate,
  type DecideInput,
  isSurelyRoomy,
  look,
  type NamedLanes,
  namedLanesOf,
  SURELY_SHARE,
} from "./considered-lane.ts";
import { rankBy } from "./policies/index.ts";
import type { Candidate } from "./policies/policy.ts";
import { quickPick } from "./quick-pick.ts";
import { sameModelFirst } from "./same-model.ts";
import { forgetCredits, type Selection } from "./swrr.ts";

export interface LaneChoice {
  /** null: no lane may serve now. */
  readonly pick: Lane | null;
  /** The pick's breaker is open or under test, but it is the last lane: pass this on to `Health.admit`. */
  readonly ignoreBreaker: boolean;
  /** Best first; the pick is the first. */
  readonly offered: readonly Lane[];
  /** Where `ranksAll` is false and a lane was picked, it may lack some, as what is offered may lack all behind the runner-up. */
  readonly left: readonly LeftOut[];
  /** What to decide with next time; advanced only by an exchange's first pick among the lanes of this target. */
  readonly selection: Selection;
  readonly runnerUp: Lane | null;
}

export interface LeftOut {
  readonly lane: string;
  readonly because: Exclusion;
  readonly untilMs: number | null;
}

export function decide(input: DecideInput): LaneChoice {
  const named = namedLanesOf(input);
  const quick = quickPick(input, named);
  if (quick === null) return decideAmongAll(input, named);
  const { pick, runnerUp, selection } = quick;
  const offered = runnerUp === null ? [pick] : [pick, runnerUp];
  return { pick, ignoreBreaker: false, offered, left: NONE, selection, runnerUp };
}

function decideAmongAll(input: DecideInput, named: NamedLanes): LaneChoice {
  const looked: ConsideredLane[] = [];
  for (const each of named.lanes) looked.push(look(input, each));
  const entries = withoutSurelySmall(input, named, looked);
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
    input.target.affinity === null || stuckTo === null
      ? undefined
      : entries.find(({ named: { lane } }) => lane.id === stuckTo);
  const order = inTurn(input, { plain, tried, stuck });
  const last = order.length === 0 ? lastLane(left) : null;
  const ignoreBreaker = last !== null && last.condition?.full !== true;
  const offered = last !== null && ignoreBreaker ? [last.named.lane] : order;
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
  const kept =
    stuck !== undefined && isWell ? [stuck.named.lane, ...plain.filter((lane) => lane !== stuck.named.lane)] : plain;
  if (target.failover.prefer === "any") return kept;
  // A session whose lane is out goes on with the same model too.
  const begun = stuck === undefined || isWell ? tried : [...tried, stuck.named.lane];
  return sameModelFirst(kept, begun);
}

/** Lanes of this target that this exchange tried, in that order. */
function triedOf({ tried }: DecideInput, entries: readonly ConsideredLane[]): readonly Lane[] {
  if (tried.size === 0) return NONE;
  return [...tried].flatMap((id) => entries.find(({ named }) => named.lane.id === id)?.named.lane ?? []);
}

// ---------------------------------------------------------------- filters

/** Lanes that surely cannot hold the prompt are spared it while another may; alone, the vendor itself says that it is too long. */
function withoutSurelySmall(
  input: DecideInput,
  named: NamedLanes,
  entries: readonly ConsideredLane[],
): readonly ConsideredLane[] {
  if (isSurelyRoomy(input, named)) return entries;
  const least = input.facts.inputTokensEstimate * SURELY_SHARE;
  const isSmall = ({ because, named: { room } }: ConsideredLane): boolean =>
    because === null && room !== null && room < least;
  if (!entries.some(isSmall) || !entries.some((entry) => entry.because === null && !isSmall(entry))) return entries;
  return entries.map((entry) => (isSmall(entry) ? { ...entry, because: "too-small" } : entry));
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
  const { named, because, untilMs } = entry;
  return because === null ? [] : [{ lane: named.lane.id, because, untilMs }];
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
  for (const entry of entries) (entry.named.isSubstitute ? substitutes : own).push(candidate(input, entry));
  const { select, policySettings: settings } = input.target;
  const given = { selection, affinityKey, figuresOf: input.figures, facts: input.facts };
  const ranking = rankBy(select, { ...given, settings, candidates: own });
  const order: Lane[] = [];
  for (const { lane } of ranking.order) order.push(lane);
  if (substitutes.length > 0) {
    for (const each of rankBy("ranked", { ...given, settings: null, candidates: substitutes }).order)
      order.push(each.lane);
  }
  return { order, next: ranking.next };
}

/**
 * Members of which no lane is offered because of their health. Their credits are dropped while they sit out, so that
 * they come back with none: an old credit would give a recovered member a burst, an old debt would starve it.
 */
function membersSatOut(entries: readonly ConsideredLane[]): readonly string[] {
  const members = [...new Set(entries.map(({ named }) => named.member))];
  return members
    .filter((member) => {
      const own = entries.filter(({ named }) => named.member === member);
      return own.every((entry) => entry.because !== null) && own.some((entry) => isUnwell(entry));
    })
    .map((member) => member.model);
}

const OUT_BY_WORDS: ReadonlySet<Exclusion> = new Set<Exclusion>(["waiting", "hard-out", "not-listed"]);

function isUnwell(entry: ConsideredLane): boolean {
  return isStatistical(entry) || OUT_BY_WORDS.has(entry.because ?? "full");
}

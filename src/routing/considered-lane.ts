/**
 * One lane of a target as a decision looks at it: whether anything stands against it for this request, now. What never
 * changes of a target is found out once.
 */
import { isKnownToServe, lacksCapability, promptRoom } from "../ir/capability.ts";
import type { Keep, Lane, Member, Target } from "../ir/deployment.ts";
import type { Facts } from "../ir/facts.ts";
import { type Condition, type Exclusion, whyNotRouted } from "./condition.ts";
import { satisfiesKeep } from "./keep.ts";
import type { Candidate } from "./policies/policy.ts";
import type { LaneFigures } from "./recent-attempts.ts";
import type { Selection } from "./swrr.ts";

export interface DecideInput {
  readonly target: Target;
  readonly lanes: Readonly<Record<string, Lane>>;
  readonly facts: Facts;
  /** Closed over health and now. */
  readonly condition: (lane: Lane) => Condition;
  /** What only the exchange can tell: another payload with `translation: off`, an operation that is not offered. null: usable. */
  readonly usable: (lane: Lane) => Exclusion | null;
  /** False: what is left of the caller's budget is too little for it. Absent: it has none. */
  readonly affords?: (lane: Lane) => boolean;
  /** Lane ids of this exchange. */
  readonly tried: ReadonlySet<string>;
  /** Lane chosen first in this exchange; null: none yet. */
  readonly first: Lane | null;
  /** Tokens: after a lane was too small, only those with more room or unknown room. null: none was. */
  readonly needsRoomBeyond: number | null;
  readonly lastUsedMs: (laneId: string) => number | null;
  readonly selection: Selection;
  /** Closed over health and now, like `condition`. */
  readonly figures: (lane: Lane) => LaneFigures;
  /** Of the request's session, for targets that have affinity; absent or null: it belongs to none. */
  readonly affinityKey?: string | null;
  /** Lane id that served the session last; absent or null: none. */
  readonly stuckTo?: string | null;
  /** False: only the pick and the runner-up are wanted where no others need to be looked at. Absent: all lanes are. */
  readonly ranksAll?: boolean;
}

/** One lane of the target, looked at once. */
export interface ConsideredLane {
  readonly named: NamedLane;
  readonly because: Exclusion | null;
  readonly untilMs: number | null;
  readonly condition: Condition | null;
}

/** Where a target names a lane; of several places the first counts. */
interface NamedLane {
  readonly lane: Lane;
  /** A substitute stands under a member of its own, after all others. */
  readonly member: Member;
  readonly isSubstitute: boolean;
  /** Tokens; null: unknown, which passes. */
  readonly room: number | null;
  /** The last look that found nothing against it, and what a policy was given then: most looks find the same. */
  fit: ConsideredLane | null;
  candidate: Candidate | null;
}

/** What never changes of a target, made once and gone with it. */
export interface NamedLanes {
  readonly from: DecideInput["lanes"];
  readonly lanes: readonly NamedLane[];
  /** Their one member, where they are of one model and health and use alone tell them apart; null: they differ. */
  readonly alike: Member | null;
  /** Tokens. */
  readonly leastRoom: number;
  /** To write into while one decision is made. */
  readonly usedMs: Float64Array;
}

const NAMED_LANES = new WeakMap<Target, NamedLanes>();

export function namedLanesOf({ target, lanes: from }: DecideInput): NamedLanes {
  const known = NAMED_LANES.get(target);
  if (known?.from === from) return known;
  const spots = new Map<string, NamedLane>();
  const add = (member: Member, isSubstitute: boolean): void => {
    for (const id of member.lanes) {
      const lane = Object.hasOwn(from, id) ? from[id] : undefined;
      if (lane === undefined || spots.has(id)) continue;
      const room = member.contextMax ?? promptRoom(lane.capabilities);
      spots.set(id, { lane, member, isSubstitute, room, fit: null, candidate: null });
    }
  };
  for (const member of target.members) add(member, false);
  for (const id of target.substitutes) add({ model: id, weight: 1, lanes: [id], contextMax: null }, true);
  const lanes = [...spots.values()];
  const leastRoom = Math.min(...lanes.map(({ room }) => room ?? Number.POSITIVE_INFINITY));
  const made: NamedLanes = { from, lanes, alike: alikeOf(lanes), leastRoom, usedMs: new Float64Array(lanes.length) };
  NAMED_LANES.set(target, made);
  return made;
}

function alikeOf(lanes: readonly NamedLane[]): Member | null {
  const [first] = lanes;
  if (first === undefined || first.member.weight <= 0) return null;
  const { member } = first;
  const { model, sortKey } = first.lane;
  const isAlike = lanes.every(
    ({ lane, ...each }) =>
      each.member === member && !each.isSubstitute && !lane.pinned && lane.model === model && lane.sortKey === sortKey,
  );
  return isAlike ? member : null;
}

/**
 * The estimate of a prompt errs to the high side. No known prompt has more than 5.8 bytes a token, so a window below
 * this share of the estimate is too small.
 */
export const SURELY_SHARE = 0.6;

/** Not even the smallest of them is surely too small. */
export function isSurelyRoomy({ facts }: DecideInput, { leastRoom }: NamedLanes): boolean {
  return leastRoom >= facts.inputTokensEstimate * SURELY_SHARE;
}

/** Lasting reasons before passing ones, so that what is left out says what would have to change. */
export function look(input: DecideInput, named: NamedLane): ConsideredLane {
  const lasting = unfit(input, named);
  if (lasting !== null) return { named, because: lasting, untilMs: null, condition: null };
  const condition = input.condition(named.lane);
  const { because, untilMs } = condition;
  if (because !== null) return { named, because, untilMs, condition };
  if (named.fit?.condition === condition) return named.fit;
  const fit = { named, because, untilMs, condition };
  named.fit = fit;
  return fit;
}

/** Why this lane cannot serve this request whatever its health; null: it can. */
function unfit(input: DecideInput, named: NamedLane): Exclusion | null {
  const { target, facts, tried } = input;
  const { lane, member, isSubstitute, room } = named;
  if (member.weight <= 0) return "disabled";
  if (!lane.routing) return whyNotRouted(lane);
  if (target.failover.exclusions.length > 0 && target.failover.exclusions.includes(lane.model)) return "excluded";
  const unusable = input.usable(lane);
  if (unusable !== null) return unusable;
  if (lacksCapability(facts.needs, lane.capabilities)) return "lacks-capability";
  if (lane.unknown === "deny" && !isKnownToServe(facts.needs, lane.capabilities)) return "lacks-capability";
  if (breaksKeep(input, lane, isSubstitute)) return "breaks-keep";
  if (input.affords?.(lane) === false) return "budget";
  if (tried.size > 0 && tried.has(lane.id)) return "tried";
  if (input.needsRoomBeyond === null) return null;
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

/** As a policy is given it. */
export function candidate(input: DecideInput, { named, condition }: ConsideredLane): Candidate {
  const { lane, member, candidate: last } = named;
  const label = condition?.label ?? "unknown";
  const lastUsedMs = input.lastUsedMs(lane.id);
  if (last !== null && last.label === label && last.lastUsedMs === lastUsedMs) return last;
  const made = { lane, member, label, lastUsedMs };
  named.candidate = made;
  return made;
}

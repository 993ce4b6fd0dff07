/**
 * Many accounts of one model: where health and use alone tell lanes apart, the first two that are well in the order of
 * their use are the pick and the runner-up, and no other lane needs to be looked at.
 */
import type { Lane } from "../ir/deployment.ts";
import { type DecideInput, isSurelyRoomy, look, type NamedLanes } from "./considered-lane.ts";
import { comesFirst, isWell, NEVER_USED_MS } from "./policies/rank.ts";
import { pickSwrr, type Selection } from "./swrr.ts";

interface QuickPick {
  readonly pick: Lane;
  /** null: it is the only lane. */
  readonly runnerUp: Lane | null;
  readonly selection: Selection;
}

/** Lanes that are looked at before all are: those that are out for long were used the longest ago. */
const LOOKED_AT_MAX = 8;

/** null: it takes a look at all of them. */
export function quickPick(input: DecideInput, named: NamedLanes): QuickPick | null {
  if (input.tried.size > 0 || named.alike === null) return null;
  if (named.lanes.length === 1) return onlyLane(input, named);
  return input.ranksAll === false && isMeant(input, named) ? firstTwo(input, named) : null;
}

/** Nothing is to be ordered, and nothing comes before it. */
function onlyLane(input: DecideInput, named: NamedLanes): QuickPick | null {
  const [only] = named.lanes;
  if (only === undefined || look(input, only).because !== null) return null;
  return { pick: only.lane, runnerUp: null, selection: nextOf(input, named) };
}

function firstTwo(input: DecideInput, named: NamedLanes): QuickPick | null {
  const { lanes, usedMs } = named;
  let place = 0;
  for (const { lane } of lanes) usedMs[place++] = input.lastUsedMs(lane.id) ?? NEVER_USED_MS;
  let pick: Lane | null = null;
  for (let looked = 0; looked < LOOKED_AT_MAX && looked < lanes.length; looked += 1) {
    const at = leastUsed(named);
    const each = lanes[at];
    if (each === undefined) return null;
    usedMs[at] = Number.POSITIVE_INFINITY;
    const { because, condition } = look(input, each);
    if (because !== null || condition === null || !isWell(condition)) continue;
    if (pick !== null) return { pick, runnerUp: each.lane, selection: nextOf(input, named) };
    pick = each.lane;
  }
  return null;
}

function isMeant(input: DecideInput, named: NamedLanes): boolean {
  const { target, affinityKey = null, stuckTo = null } = input;
  if (named.lanes.length <= 2) return false;
  if (target.select !== "weighted" && target.select !== "ranked") return false;
  if (target.affinity !== null && (affinityKey !== null || stuckTo !== null)) return false;
  return isSurelyRoomy(input, named);
}

/** The place of the lane that was used the longest ago; of equals as rank has it. Those looked at are infinite. */
function leastUsed({ lanes, usedMs }: NamedLanes): number {
  let found = 0;
  let least = usedMs[0] ?? 0;
  for (let at = 1; at < usedMs.length; at += 1) {
    const used = usedMs[at] ?? 0;
    if (used > least) continue;
    if (used === least && !comesFirst(lanes[at]?.lane, lanes[found]?.lane)) continue;
    found = at;
    least = used;
  }
  return found;
}

function nextOf({ target, selection, affinityKey = null }: DecideInput, { alike }: NamedLanes): Selection {
  if (target.select !== "weighted" || alike === null) return selection;
  // A session chooses its own member; and a member that is picked alone gets back what it pays.
  if ((target.affinity !== null && affinityKey !== null) || selection.has(alike.model)) return selection;
  return pickSwrr(selection, [alike])?.next ?? selection;
}

/**
 * What a lane's vendor was found not to take at one door: remembered for a day after one repaired request. `lane/repair.ts` makes the
 * repairs. A signature is a matter of one conversation, so that its repair is not remembered.
 */
import type { Door, Lane } from "../ir/deployment.ts";
import type { RefusableSetting } from "../ir/dialect.ts";
import { createBoundedMap } from "../std/bounded.ts";

/** `reasoning_back`, `no_reasoning_back`: reasoning text of earlier turns is given back, or left out. */
export type RepairId =
  | "stream_usage"
  | "signatures"
  | "cache_marks"
  | "developer_role"
  | "reasoning_back"
  | "no_reasoning_back"
  | "compaction"
  | RefusableSetting;

export type Repairs = ReadonlySet<RepairId>;

export interface RepairMemory {
  of(lane: Lane, door: Door): Repairs;
  /** A repair at this door of the lane led to an answer. */
  remember(lane: Lane, door: Door, repair: RepairId): void;
}

const DOORS_MAX = 10_000;
const AGE_MAX_MS = 24 * 60 * 60_000;
const NO_REPAIRS: Repairs = new Set();

export function createRepairMemory(nowMs: () => number): RepairMemory {
  const byDoor = createBoundedMap<string, Repairs>(DOORS_MAX, AGE_MAX_MS);
  const known = (lane: Lane, door: Door): Repairs => byDoor.get(keyOf(lane, door), nowMs()) ?? NO_REPAIRS;
  return {
    of: (lane, door) => (byDoor.size() === 0 ? NO_REPAIRS : known(lane, door)),
    remember(lane, door, repair) {
      if (repair === "signatures") return;
      byDoor.set(keyOf(lane, door), new Set([...known(lane, door), repair]), nowMs());
    },
  };
}

/** A lane that asks for another model now starts anew. One door tells nothing of another. */
function keyOf({ id, upstreamModel }: Lane, { protocol }: Door): string {
  return `${id} ${upstreamModel} ${protocol}`;
}

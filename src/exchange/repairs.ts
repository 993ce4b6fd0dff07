/**
 * What a lane's vendor was found not to take: remembered for a day after one repaired request. `lane/repair.ts` makes the
 * repairs. A signature is a matter of one conversation, so that its repair is not remembered.
 */
import type { Lane } from "../ir/deployment.ts";
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
  | RefusableSetting;

export type Repairs = ReadonlySet<RepairId>;

export interface RepairMemory {
  of(lane: Lane): Repairs;
  /** A repair of this lane led to an answer. */
  remember(lane: Lane, repair: RepairId): void;
}

const LANES_MAX = 10_000;
const AGE_MAX_MS = 24 * 60 * 60_000;
const NO_REPAIRS: Repairs = new Set();

export function createRepairMemory(nowMs: () => number): RepairMemory {
  const byLane = createBoundedMap<string, Repairs>(LANES_MAX, AGE_MAX_MS);
  const known = (lane: Lane): Repairs => byLane.get(keyOf(lane), nowMs()) ?? NO_REPAIRS;
  return {
    of: (lane) => (byLane.size() === 0 ? NO_REPAIRS : known(lane)),
    remember(lane, repair) {
      if (repair === "signatures") return;
      byLane.set(keyOf(lane), new Set([...known(lane), repair]), nowMs());
    },
  };
}

/** A lane that asks for another model now starts anew. */
function keyOf({ id, upstreamModel }: Lane): string {
  return `${id} ${upstreamModel}`;
}

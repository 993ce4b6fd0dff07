/**
 * The lane with the shortest time to the first byte, by the 95th percentile of its recent answers. A lane of which
 * nothing is known is asked first, by one request at a time, so that each lane gets its measure.
 */
import type { LaneFigures } from "../recent-attempts.ts";
import type { PolicyInput, Ranking } from "./policy.ts";
import { byRank } from "./rank.ts";

export function fastest({ candidates, selection, affinityKey, figuresOf }: PolicyInput): Ranking {
  const places = new Map(candidates.map(({ lane }) => [lane.id, placeOf(figuresOf(lane))]));
  const place = (id: string): number => places.get(id) ?? 0;
  const order = byRank(candidates, affinityKey).toSorted((one, other) => place(one.lane.id) - place(other.lane.id));
  return { order, next: selection };
}

/** Behind every time, and finite: equal ones compare as equal. */
const BEING_MEASURED = Number.MAX_SAFE_INTEGER - 1;
const ONLY_FAILED = Number.MAX_SAFE_INTEGER;

/** Smallest first: unmeasured, then by time, then what is being measured, then what only failed. */
function placeOf({ firstByteMs, successShare, inflight }: LaneFigures): number {
  if (firstByteMs !== null) return firstByteMs.p95;
  if (successShare !== null) return ONLY_FAILED;
  return inflight === 0 ? -1 : BEING_MEASURED;
}

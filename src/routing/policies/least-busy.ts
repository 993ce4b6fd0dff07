/** The lane with the fewest requests under way; between equals the rank. */
import type { PolicyInput, Ranking } from "./policy.ts";
import { byRank } from "./rank.ts";

export function leastBusy({ candidates, selection, affinityKey, figuresOf }: PolicyInput): Ranking {
  const busy = new Map(candidates.map(({ lane }) => [lane.id, figuresOf(lane).inflight]));
  const inflight = (id: string): number => busy.get(id) ?? 0;
  const order = byRank(candidates, affinityKey).toSorted(
    (one, other) => inflight(one.lane.id) - inflight(other.lane.id),
  );
  return { order, next: selection };
}

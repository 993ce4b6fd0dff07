/** The lane with the fewest requests under way; between equals the rank. A session with a key keeps its lane. */
import { byAffinity } from "../affinity.ts";
import type { PolicyInput, Ranking } from "./policy.ts";
import { byRank } from "./rank.ts";

export function leastBusy({ candidates, selection, affinityKey, figuresOf }: PolicyInput): Ranking {
  if (affinityKey !== null) {
    const order = byAffinity(affinityKey, candidates, { id: (each) => each.lane.id, weight: () => 1 });
    return { order, next: selection };
  }
  const busy = new Map(candidates.map(({ lane }) => [lane.id, figuresOf(lane).inflight]));
  const inflight = (id: string): number => busy.get(id) ?? 0;
  const order = byRank(candidates).toSorted((one, other) => inflight(one.lane.id) - inflight(other.lane.id));
  return { order, next: selection };
}

/** Rank alone, over all lanes of the target; weights mean nothing here. A session with a key keeps its lane. */
import { byAffinity } from "../affinity.ts";
import type { PolicyInput, Ranking } from "./policy.ts";
import { byRank } from "./rank.ts";

export function ranked(input: PolicyInput): Ranking {
  const { candidates, selection, affinityKey } = input;
  const order =
    affinityKey === null
      ? byRank(candidates)
      : byAffinity(affinityKey, candidates, { id: (each) => each.lane.id, weight: () => 1 });
  return { order, next: selection };
}

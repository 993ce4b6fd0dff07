/** Rank alone, over all lanes of the target; weights mean nothing here. */
import type { PolicyInput, Ranking } from "./policy.ts";
import { byRank } from "./rank.ts";

export function ranked({ candidates, selection, affinityKey }: PolicyInput): Ranking {
  return { order: byRank(candidates, affinityKey), next: selection };
}

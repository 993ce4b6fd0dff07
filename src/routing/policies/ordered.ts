/** Members in the order written: the first serves until it cannot, and again when it can. Rank chooses the lane inside one. */
import type { PolicyInput, Ranking } from "./policy.ts";
import { byRank } from "./rank.ts";

export function ordered({ candidates, selection, affinityKey }: PolicyInput): Ranking {
  const members = Map.groupBy(candidates, (each) => each.member);
  return { order: [...members.values()].flatMap((lanes) => byRank(lanes, affinityKey)), next: selection };
}

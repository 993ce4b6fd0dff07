/** Weights choose the member, rank chooses the lane inside it. A new session chooses its own member, each by its weight. */
import type { Member } from "../../ir/deployment.ts";
import { byAffinity } from "../affinity.ts";
import { bySwrr, pickSwrr } from "../swrr.ts";
import type { PolicyInput, Ranking } from "./policy.ts";
import { byRank } from "./rank.ts";

export function weighted(input: PolicyInput): Ranking {
  const { candidates, selection, affinityKey } = input;
  const [only] = candidates;
  // One lane: nothing to order, and a member that is picked alone gets back what it pays.
  if (only !== undefined && candidates.length === 1 && selection.has(only.member.model)) {
    return { order: candidates, next: selection };
  }
  const members = [...new Set(candidates.map((each) => each.member))];
  const lanesOf = (member: Member) => candidates.filter((each) => each.member === member);
  if (affinityKey !== null) {
    const order = byAffinity(affinityKey, members, { id: (member) => member.model, weight: (member) => member.weight });
    return { order: order.flatMap((member) => byRank(lanesOf(member), affinityKey)), next: selection };
  }
  const order = bySwrr(selection, members).flatMap((member) => byRank(lanesOf(member), null));
  return { order, next: pickSwrr(selection, members)?.next ?? selection };
}

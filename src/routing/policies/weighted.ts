/** Weights choose the member, rank chooses the lane inside it. A new session chooses its own member, each by its weight. */
import type { Member } from "../../ir/deployment.ts";
import { byAffinity } from "../affinity.ts";
import { bySwrr, pickSwrr } from "../swrr.ts";
import type { Candidate, PolicyInput, Ranking } from "./policy.ts";
import { byRank } from "./rank.ts";

export function weighted(input: PolicyInput): Ranking {
  const { candidates, selection, affinityKey } = input;
  const [only] = candidates;
  // One lane: nothing to order, and a member that is picked alone gets back what it pays.
  if (only !== undefined && candidates.length === 1 && selection.has(only.member.model)) {
    return { order: candidates, next: selection };
  }
  const members = membersOf(candidates);
  const lanesOf = (member: Member) =>
    members.length === 1 ? candidates : candidates.filter((each) => each.member === member);
  if (affinityKey !== null) {
    const order = byAffinity(affinityKey, members, { id: (member) => member.model, weight: (member) => member.weight });
    return { order: order.flatMap((member) => byRank(lanesOf(member), affinityKey)), next: selection };
  }
  const next = pickSwrr(selection, members)?.next ?? selection;
  if (members.length === 1) return { order: byRank(candidates, null), next };
  return { order: bySwrr(selection, members).flatMap((member) => byRank(lanesOf(member), null)), next };
}

/** In the order of their first lanes. */
function membersOf(candidates: readonly Candidate[]): readonly Member[] {
  const [first] = candidates;
  if (first !== undefined && candidates.every(({ member }) => member === first.member)) return [first.member];
  return [...new Set(candidates.map(({ member }) => member))];
}

/**
 * The table of policies, by what `select` may say. Pure rankers: they order, they never filter. A policy is a file here, a
 * row in this table and one in `schema.ts`, and what its keys come to in `ir/deployment.ts`; one alone does not compile.
 */
import type { PolicyId } from "../../ir/deployment.ts";
import { cheapest } from "./cheapest.ts";
import { fastest } from "./fastest.ts";
import { leastBusy } from "./least-busy.ts";
import { ordered } from "./ordered.ts";
import type { Policy, PolicyInput, Ranking } from "./policy.ts";
import { ranked } from "./ranked.ts";
import { weighted } from "./weighted.ts";

export const POLICIES: { readonly [Id in PolicyId]: Policy<Id> } = {
  weighted,
  ranked,
  least_busy: leastBusy,
  ordered,
  cheapest,
  fastest,
};

/** The candidates as this policy orders them. */
export function rankBy<Id extends PolicyId>(id: Id, input: PolicyInput<Id>): Ranking {
  return POLICIES[id](input);
}

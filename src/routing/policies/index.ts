/**
 * The table of policies, by what `select` may say. Pure rankers: they order, they never filter. A policy is a file here, a
 * row in this table, and its id in `ir/deployment.ts`; one without the other does not compile.
 */
import type { PolicyId } from "../../ir/deployment.ts";
import { leastBusy } from "./least-busy.ts";
import type { Policy } from "./policy.ts";
import { ranked } from "./ranked.ts";
import { weighted } from "./weighted.ts";

export const POLICIES: Readonly<Record<PolicyId, Policy>> = { weighted, ranked, least_busy: leastBusy };

/** The table of policies, keyed by what `select` may say. Pure rankers: they order, they never filter. */
import type { Policy } from "./policy.ts";
import { ranked } from "./ranked.ts";
import { weighted } from "./weighted.ts";

export const POLICIES = { weighted, ranked } as const satisfies Record<string, Policy>;

/**
 * What `select` may say, one row a policy: the keys a policy adds to pools and models, and what they come to. The
 * configuration reads this table and nothing else of the room.
 */
import type { z } from "zod";
import type { PolicyId, PolicySettings } from "../../ir/deployment.ts";
import { NO_KEYS, type PolicySchema } from "./policy-schema.ts";

/** The compiler asks for a row of every policy there is. */
export const POLICY_SCHEMAS = {
  weighted: NO_KEYS,
  ranked: NO_KEYS,
  least_busy: NO_KEYS,
  ordered: NO_KEYS,
  cheapest: NO_KEYS,
  fastest: NO_KEYS,
} as const satisfies { readonly [Id in PolicyId]: PolicySchema<PolicySettings[Id]> };

/** Keys of every policy together: a pool may name any. */
export const policyKeys = (_zod: typeof z) => ({});

export const isPolicyId = (word: string): word is PolicyId => Object.hasOwn(POLICY_SCHEMAS, word);

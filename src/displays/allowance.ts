/** Which allowances displays show: how much is used of quotas, caps and budgets. */
import type { Allowance } from "../ir/allowance.ts";

/** Shown at most; the first ones are. */
export const ALLOWANCES_MAX = 64;

/** The most used one; null: nothing is known of any. */
export function hottest(allowances: readonly Allowance[]): (Allowance & { readonly usedShare: number }) | null {
  let found: (Allowance & { readonly usedShare: number }) | null = null;
  for (const allowance of allowances) {
    const { usedShare } = allowance;
    if (usedShare !== null && (found === null || usedShare > found.usedShare)) found = { ...allowance, usedShare };
  }
  return found;
}

/**
 * How much of something limited is used: a vendor's quota, the cap of an account, a budget. Displays are told
 * what is known; what is unknown is not there.
 */
export interface Allowance {
  readonly kind: "quota" | "budget";
  /** Provider whose quota it is, or the label of a budget. Never a credential. */
  readonly name: string;
  /** Account it belongs to; null: to all of the provider, or to no account at all. */
  readonly account: string | null;
  /** Short, as it is drawn: `5h`, `7d`, `1d`, `30d`. */
  readonly window: string;
  /** 0 to 1, and more when it is overdrawn; null: not known. */
  readonly usedShare: number | null;
  /** When it is whole again; null: not known. */
  readonly resetsWallMs: number | null;
}

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

/** How much of something limited is used, for people: a vendor's quota, the cap of an account, a budget. */
export interface Allowance {
  /** quota: what an account of ours may be used. budget: what a group or a key may spend. */
  readonly kind: "quota" | "budget";
  /** Provider whose quota it is, or the label of a budget. Never a credential. */
  readonly name: string;
  /** Account it belongs to; null: to all of the provider, or to no account at all. */
  readonly account: string | null;
  /** Short, as it is drawn: `5h`, `7d`, `1d`, `30d`, `all`. */
  readonly window: string;
  /** 0 to 1, and more when it is overdrawn; null: not known. */
  readonly usedShare: number | null;
  /** When it is whole again; null: not known, or not by itself. */
  readonly resetsWallMs: number | null;
}

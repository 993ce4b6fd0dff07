/** What a vendor tells of its own limits beside every answer: how much is left, and when it is whole again. Types only. */

/** A kind of limit some vendor has, and the headers that tell of it. Lower-case names. */
export interface QuotaHeaders {
  /** What is limited, short, as it is drawn: `req`, `tok`, `5h`. Two rows of one name are two spellings of one thing. */
  readonly window: string;
  /** A lane is a model at an account; some limits are for all models of the account. */
  readonly scope: "lane" | "account";
  /** Counts that are left of a limit, or the share that is used, 0 to 1. */
  readonly amount:
    | { readonly kind: "counts"; readonly remaining: string; readonly limit: string }
    | { readonly kind: "share"; readonly used: string };
  /** null: its reset is unknown. */
  readonly reset: string | null;
}

export interface QuotaFact {
  readonly window: string;
  readonly scope: QuotaHeaders["scope"];
  /** 0 to 1. */
  readonly leftShare: number;
  /** null: not said. */
  readonly resetsInMs: number | null;
}

/** How a simulated vendor misbehaves: one table, chosen by the first segment of its base URL. */

/** What goes wrong with one call; `none` is an answer. */
export type Mischief =
  | { readonly kind: "none" }
  /** 429 with `Retry-After`. */
  | { readonly kind: "rate-limited"; readonly retryAfterMs: number }
  | { readonly kind: "server-error" }
  /** The connection breaks before a byte of the answer. */
  | { readonly kind: "reset" }
  /** The answer begins well and the connection breaks in the middle of it. */
  | { readonly kind: "cut" }
  /** Says it is overloaded, in an answer whose status is 200. */
  | { readonly kind: "overloaded" }
  /** Answers, but nothing comes for that long. */
  | { readonly kind: "slow"; readonly firstByteMs: number };

interface Row {
  /** For the list people read; completes "this lane ...". */
  readonly says: string;
  readonly choose: (random: () => number, wallMs: number) => Mischief;
}

const NONE: Mischief = { kind: "none" };
const LIMITED: Mischief = { kind: "rate-limited", retryAfterMs: 5_000 };
const SLOW_FIRST_BYTE_MS = 6_000;

/** The failing vendor is out for the first part of every period, so that a breaker can be watched opening and closing. */
const OUTAGE_EVERY_MS = 60_000;
const OUTAGE_MS = 25_000;

export const TEMPERS = {
  steady: { says: "answers every call", choose: () => NONE },
  limited: {
    says: "refuses one call in three with 429 and Retry-After: 5",
    choose: (random) => (random() < 1 / 3 ? LIMITED : NONE),
  },
  failing: {
    says: "is out (500) for the first 25 seconds of every minute",
    choose: (_random, wallMs) => (wallMs % OUTAGE_EVERY_MS < OUTAGE_MS ? { kind: "server-error" } : NONE),
  },
  resetting: {
    says: "breaks two connections in five before it answers",
    choose: (random) => (random() < 2 / 5 ? { kind: "reset" } : NONE),
  },
  cutting: {
    says: "breaks every second answer in the middle",
    choose: (random) => (random() < 1 / 2 ? { kind: "cut" } : NONE),
  },
  overloaded: {
    says: "says it is overloaded inside a 200, two calls in five",
    choose: (random) => (random() < 2 / 5 ? { kind: "overloaded" } : NONE),
  },
  slow: {
    says: "lets every second call wait 6 seconds for its first byte",
    choose: (random) => (random() < 1 / 2 ? { kind: "slow", firstByteMs: SLOW_FIRST_BYTE_MS } : NONE),
  },
  flaky: {
    says: "fails more than every second call, each time in another way",
    choose: (random) => {
      const drawn = random();
      if (drawn < 0.1) return LIMITED;
      if (drawn < 0.3) return { kind: "server-error" };
      if (drawn < 0.45) return { kind: "reset" };
      return drawn < 0.6 ? { kind: "overloaded" } : NONE;
    },
  },
} as const satisfies Record<string, Row>;

export type Temper = keyof typeof TEMPERS;

export const isTemper = (word: string): word is Temper => Object.hasOwn(TEMPERS, word);

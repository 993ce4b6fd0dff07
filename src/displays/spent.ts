/** What was used over a stretch of time: a day that begins anew at midnight, and the last hour in parts. Fixed memory. */

export interface Spent {
  readonly requests: number;
  readonly tokens: number;
  /** Of what has a known price; null: nothing has. */
  readonly costNanos: number | null;
  /** Requests of unknown cost. */
  readonly unpriced: number;
}

export interface Used {
  readonly tokens: number;
  readonly costNanos: number | null;
  readonly isPriced: boolean;
}

export const NOTHING_SPENT: Spent = { requests: 0, tokens: 0, costNanos: null, unpriced: 0 };

/** Several workers tell of midnight in any order: what is late by less than this counts in the new day. */
const LATE_MS_MAX = 3_600_000;

/** A wall clock that jumps back into the day before begins that day anew. */
export function createDay(dayOf: (wallMs: number) => number) {
  let day = Number.NaN;
  let newestMs = Number.NEGATIVE_INFINITY;
  let spent = NOTHING_SPENT;
  return {
    add(wallMs: number, used: Used): void {
      const isLate = wallMs < newestMs && newestMs - wallMs < LATE_MS_MAX;
      const now = isLate ? day : dayOf(wallMs);
      spent = plusUsed(now === day ? spent : NOTHING_SPENT, used);
      day = now;
      if (!isLate) newestMs = wallMs;
    },
    show: (wallMs: number): Spent => (dayOf(wallMs) === day ? spent : NOTHING_SPENT),
  };
}

export const BURN_PARTS = 12;
export const BURN_PART_MS = 300_000;

export function createBurn() {
  const slots = Array.from({ length: BURN_PARTS }, () => ({ part: Number.NaN, spent: NOTHING_SPENT }));
  const slotOf = (part: number) => slots[((part % BURN_PARTS) + BURN_PARTS) % BURN_PARTS];
  return {
    add(wallMs: number, used: Used): void {
      const part = Math.floor(wallMs / BURN_PART_MS);
      const slot = slotOf(part);
      if (slot === undefined) return;
      slot.spent = plusUsed(slot.part === part ? slot.spent : NOTHING_SPENT, used);
      slot.part = part;
    },
    /** Oldest first; the last one is still being filled. */
    show(wallMs: number): Spent[] {
      const last = Math.floor(wallMs / BURN_PART_MS);
      return Array.from({ length: BURN_PARTS }, (_, at) => {
        const part = last - BURN_PARTS + 1 + at;
        const slot = slotOf(part);
        return slot?.part === part ? slot.spent : NOTHING_SPENT;
      });
    },
  };
}

export function sumOf(parts: readonly Spent[]): Spent {
  return parts.reduce(
    (sum, part) => ({
      requests: sum.requests + part.requests,
      tokens: sum.tokens + part.tokens,
      costNanos: plus(sum.costNanos, part.costNanos),
      unpriced: sum.unpriced + part.unpriced,
    }),
    NOTHING_SPENT,
  );
}

function plusUsed(spent: Spent, used: Used): Spent {
  return {
    requests: spent.requests + 1,
    tokens: spent.tokens + used.tokens,
    costNanos: plus(spent.costNanos, used.costNanos),
    unpriced: spent.unpriced + (used.isPriced ? 0 : 1),
  };
}

/** Unknown and unknown stay unknown. */
export function plus(sum: number | null, more: number | null): number | null {
  return sum === null || more === null ? (sum ?? more) : sum + more;
}

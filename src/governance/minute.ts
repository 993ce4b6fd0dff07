/**
 * How much of a limit a minute is used: a bucket that fills again as each thing taken becomes a minute old. No 60
 * seconds, wherever they begin, exceed the limit. A bucket that fills evenly, or a window that is emptied at once,
 * would let twice as much through around its edge.
 */

export interface Minute {
  /** Taken within the last minute. */
  used(nowMs: number): number;
  take(count: number, nowMs: number): void;
  /** What was taken and not used, newest first. */
  giveBack(count: number, nowMs: number): void;
  /** Until `count` more fit below the limit, if nothing else is taken; null: never. */
  fitsInMs(count: number, limit: number, nowMs: number): number | null;
}

const MINUTE_MS = 60_000;
const SLOT_MS = 1_000;
/** A minute, and the slot that is being filled. */
const SLOTS = 61;

export function createMinute(): Minute {
  const slots = new Float64Array(SLOTS);
  /** When something was last taken of a slot: a minute later all of it is free, and not sooner. */
  const takenMs = new Float64Array(SLOTS);
  let total = 0;
  /** Number of the newest slot since the clock began. */
  let newest = 0;

  const empty = (slot: number): void => {
    total -= slots[slot] ?? 0;
    slots[slot] = 0;
  };
  const advance = (nowMs: number): void => {
    const now = Math.floor(nowMs / SLOT_MS);
    const steps = Math.min(Math.max(0, now - newest), SLOTS);
    for (let step = 0; step < steps; step++) empty((now - step) % SLOTS);
    newest = Math.max(newest, now);
    const oldest = (newest + 1) % SLOTS;
    if (nowMs - (takenMs[oldest] ?? 0) >= MINUTE_MS) empty(oldest);
  };

  return {
    used(nowMs) {
      advance(nowMs);
      return total;
    },
    take(count, nowMs) {
      advance(nowMs);
      slots[newest % SLOTS] = (slots[newest % SLOTS] ?? 0) + count;
      takenMs[newest % SLOTS] = nowMs;
      total += count;
    },
    giveBack(count, nowMs) {
      advance(nowMs);
      let rest = count;
      for (let age = 0; age < SLOTS && rest > 0; age++) {
        const at = (newest - age + SLOTS * SLOTS) % SLOTS;
        const part = Math.min(slots[at] ?? 0, rest);
        slots[at] = (slots[at] ?? 0) - part;
        total -= part;
        rest -= part;
      }
    },
    fitsInMs(count, limit, nowMs) {
      advance(nowMs);
      if (total + count <= limit) return 0;
      if (count > limit) return null;
      let left = total;
      for (let age = SLOTS - 1; age >= 0; age--) {
        const slot = (newest - age + SLOTS * SLOTS) % SLOTS;
        left -= slots[slot] ?? 0;
        if (left + count <= limit) return Math.max(1, (takenMs[slot] ?? 0) + MINUTE_MS - nowMs);
      }
      return null;
    },
  };
}

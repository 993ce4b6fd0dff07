/**
 * How much of a limit a minute is used: a bucket that fills again as each thing taken becomes a minute old. In no minute,
 * wherever it begins, is more taken than the limit; a bucket that fills evenly, or a window that is emptied at once, would
 * let twice as much through around its edge.
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

const SLOT_MS = 1_000;
/** A minute, and the slot that is being filled. */
const SLOTS = 61;

export function createMinute(): Minute {
  const slots = new Float64Array(SLOTS);
  let total = 0;
  /** Number of the newest slot since the clock began. */
  let newest = 0;

  const advance = (nowMs: number): void => {
    const now = Math.floor(nowMs / SLOT_MS);
    if (now <= newest) return;
    const steps = Math.min(now - newest, SLOTS);
    for (let step = 0; step < steps; step++) {
      const at = (now - step) % SLOTS;
      total -= slots[at] ?? 0;
      slots[at] = 0;
    }
    newest = now;
  };

  return {
    used(nowMs) {
      advance(nowMs);
      return total;
    },
    take(count, nowMs) {
      advance(nowMs);
      slots[newest % SLOTS] = (slots[newest % SLOTS] ?? 0) + count;
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
        const slot = newest - age;
        left -= slots[(slot + SLOTS * SLOTS) % SLOTS] ?? 0;
        if (left + count <= limit) return Math.max(1, (slot + SLOTS) * SLOT_MS - nowMs);
      }
      return null;
    },
  };
}

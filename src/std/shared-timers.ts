/**
 * Many timers of few lengths behind few real ones. Timers of one length end in the order they began, so each length
 * needs one real timer, for its oldest. Nearly all timers here are bounds that are cancelled early, which costs one
 * entry of a Set. Never early, and as late as a real timer at most. When the last timer of a length is cancelled, the
 * real timer ends once more and is not armed again.
 */
import type { Cancel } from "./effects.ts";

export type SetTimer = (ms: number, fire: () => void) => Cancel;

interface SharedTimersInput {
  readonly nowMs: () => number;
  /** The real one. */
  readonly setTimer: SetTimer;
}

/** Shorter ones really end and are few: they keep a timer of their own. */
export const SHARED_MS_MIN = 1_000;
/** Lengths of whole milliseconds come from the configuration; beyond this many, and computed ones, have timers of their own. */
export const SHARED_LENGTHS_MAX = 64;

interface Waiting {
  readonly dueMs: number;
  readonly fire: () => void;
}

export function createSharedTimers({ nowMs, setTimer }: SharedTimersInput): SetTimer {
  /** By length; a Set iterates in the order of arrival, which is the order of their ends. */
  const byLength = new Map<number, Set<Waiting>>();

  /** One real timer per length: ends what is due, then waits for the oldest that is not. */
  const arm = (lengthMs: number, waiting: Set<Waiting>, waitMs: number): void => {
    setTimer(Math.max(0, Math.ceil(waitMs)), () => {
      try {
        for (const each of waiting) {
          if (each.dueMs > nowMs()) break;
          waiting.delete(each);
          each.fire();
        }
      } finally {
        // Also when one threw: the others must not be lost with it.
        const [oldest] = waiting;
        if (oldest === undefined) byLength.delete(lengthMs);
        else arm(lengthMs, waiting, oldest.dueMs - nowMs());
      }
    });
  };

  return (ms, fire) => {
    let waiting = byLength.get(ms);
    if (waiting === undefined) {
      if (!Number.isInteger(ms) || ms < SHARED_MS_MIN || byLength.size >= SHARED_LENGTHS_MAX) return setTimer(ms, fire);
      waiting = new Set();
      byLength.set(ms, waiting);
      arm(ms, waiting, ms);
    }
    const held = waiting;
    const entry: Waiting = { dueMs: nowMs() + ms, fire };
    held.add(entry);
    return () => {
      held.delete(entry);
    };
  };
}

/** Runs rounds of work one after the other: a round begins now or within a time, and what comes while one runs waits for the next. */
import type { Cancel, Effects } from "../std/effects.ts";

export interface Rounds {
  /** Begins a round, or lets another one follow the one under way. Resolves when no round is due any more. */
  now(): Promise<void>;
  /** At the latest; the soonest of several calls holds. */
  within(ms: number): void;
  /** What the timer was set for is being done. */
  clearTimer(): void;
  isRunning(): boolean;
}

interface RoundsOptions extends Pick<Effects, "nowMs" | "setTimer"> {
  /** The time of `within` has come; a round follows. */
  readonly onTime: () => void;
  /** Must not reject. */
  readonly round: () => Promise<void>;
}

export function createRounds({ nowMs, setTimer, onTime, round }: RoundsOptions): Rounds {
  let running: Promise<void> | null = null;
  let isDue = false;
  let cancelTimer: Cancel | null = null;
  let timerAtMs = Number.POSITIVE_INFINITY;

  const run = async (): Promise<void> => {
    try {
      while (isDue) {
        isDue = false;
        await round();
      }
    } finally {
      // In the same turn as the last look at what is due, so that no call falls between the two.
      running = null;
    }
  };
  const now = (): Promise<void> => {
    isDue = true;
    // It begins when `running` is set, so that a call from within the round does not begin another one.
    running ??= Promise.resolve().then(run);
    return running;
  };
  const clearTimer = (): void => {
    cancelTimer?.();
    cancelTimer = null;
    timerAtMs = Number.POSITIVE_INFINITY;
  };
  return {
    now,
    within(ms) {
      const atMs = nowMs() + ms;
      if (atMs >= timerAtMs) return;
      clearTimer();
      timerAtMs = atMs;
      cancelTimer = setTimer(ms, () => {
        clearTimer();
        onTime();
        void now();
      });
    },
    clearTimer,
    isRunning: () => running !== null,
  };
}

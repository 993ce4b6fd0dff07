/** Requests that wait for a lane to change: a test of it that ends, a success, a reset. Each is woken once and looks again. */
import type { Cancel } from "../std/effects.ts";

export interface LaneWaiters {
  /** As many as there are requests that wait. */
  readonly size: number;
  onChange(lanes: ReadonlySet<string>, wake: () => void): Cancel;
  changed(lane: string): void;
}

interface LaneWaiter {
  readonly lanes: ReadonlySet<string>;
  readonly wake: () => void;
}

export function createLaneWaiters(): LaneWaiters {
  const waiters = new Set<LaneWaiter>();
  return {
    get size() {
      return waiters.size;
    },
    onChange(lanes, wake) {
      const waiter = { lanes, wake };
      waiters.add(waiter);
      return () => waiters.delete(waiter);
    },
    changed(lane) {
      if (waiters.size === 0) return;
      for (const waiter of [...waiters]) {
        if (!waiter.lanes.has(lane)) continue;
        waiters.delete(waiter);
        waiter.wake();
      }
    },
  };
}

/** How long the event loop was held up: the longest delay of a timer since the last look. */
import type { Effects } from "../std/effects.ts";

const LAG_EVERY_MS = 1_000;

/** What it returns is called at every look; it measures until the process ends. */
export function watchLag({ nowMs, setTimer }: Pick<Effects, "nowMs" | "setTimer">): () => number {
  let maxMs = 0;
  const arm = (): void => {
    const dueMs = nowMs() + LAG_EVERY_MS;
    setTimer(LAG_EVERY_MS, () => {
      maxMs = Math.max(maxMs, nowMs() - dueMs);
      arm();
    });
  };
  arm();
  return () => {
    const seen = maxMs;
    maxMs = 0;
    return seen;
  };
}

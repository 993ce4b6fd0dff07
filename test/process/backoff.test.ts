// How long to wait before a worker that ended is started again.
import { expect, test } from "bun:test";
import { restartDelayMs } from "../../src/process/backoff.ts";

test("pauses double up to a bound, and are never shorter than half", () => {
  const longest = [1, 2, 3, 10, 1_000].map((ends) => restartDelayMs(ends, () => 1));
  expect(longest).toEqual([50, 100, 200, 10_000, 10_000]);
  expect(restartDelayMs(1, () => 0)).toBe(25);
});

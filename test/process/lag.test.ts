// How long the event loop was held up, as the longest delay of a timer since the last look.
import { expect, test } from "bun:test";
import { watchLag } from "../../src/process/lag.ts";

test("the longest delay since the last look is told once", () => {
  let nowMs = 0;
  let fire = (): void => undefined;
  const lag = watchLag({
    nowMs: () => nowMs,
    setTimer(_ms, act) {
      fire = act;
      return () => undefined;
    },
  });
  for (const atMs of [1_000, 2_300, 3_310]) {
    nowMs = atMs;
    fire();
  }
  expect([lag(), lag()]).toEqual([300, 0]);
});

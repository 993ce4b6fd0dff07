// The real clock, chance and timers, as far as a test may rely on them.
import { expect, test } from "bun:test";
import { type RealTimers, realEffects } from "../../src/process/real-effects.ts";

test.each<RealTimers>(["shared", "own", "quiet"])(
  "a cancelled timer of a process with %s timers does not end",
  async (timers) => {
    const { nowMs, setTimer } = realEffects(timers);
    const ended: string[] = [];
    const beganMs = nowMs();
    setTimer(0, () => ended.push("cancelled"))();
    await new Promise<void>((resolve) => {
      setTimer(1, resolve);
    });
    expect(ended).toEqual([]);
    expect(nowMs()).toBeGreaterThan(beganMs);
  },
);

test("random ids have the length asked for and differ", () => {
  const { randomId } = realEffects("own");
  expect(randomId(24)).toMatch(/^[0-9A-Za-z]{24}$/);
  expect(randomId(24)).not.toBe(randomId(24));
});

// Shared timers: for whoever sets one they are timers of their own; behind them there are few real ones, and none at rest.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { createSharedTimers, type SetTimer, SHARED_LENGTHS_MAX, SHARED_MS_MIN } from "../../src/std/shared-timers.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";

type Step =
  | { readonly do: "set"; readonly ms: number; readonly rearm: boolean }
  | { readonly do: "cancel"; readonly which: number }
  | { readonly do: "pass"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("set"), ms: fc.constantFrom(5, 1000, 1000.4, 2500, 60_000), rearm: fc.boolean() }),
  fc.record({ do: fc.constant("cancel"), which: fc.nat({ max: 8 }) }),
  fc.record({ do: fc.constant("pass"), ms: fc.constantFrom(0, 1, 400, 999, 1000, 30_000) }),
);

/** What fired and when, by the number of the timer, those of one moment in the order of their numbers. */
function firings(steps: readonly Step[], sharing: boolean): string[] {
  const effects = createVirtualEffects();
  const setTimer: SetTimer = sharing ? createSharedTimers(effects) : effects.setTimer;
  const fired: { atMs: number; index: number }[] = [];
  const cancels: (() => void)[] = [];
  const set = (ms: number, rearm: boolean): void => {
    const index = cancels.length;
    cancels.push(() => undefined);
    cancels[index] = setTimer(ms, () => {
      fired.push({ atMs: Math.ceil(effects.nowMs()), index });
      if (rearm) set(ms, false);
    });
  };
  for (const each of steps) {
    if (each.do === "set") set(each.ms, each.rearm);
    else if (each.do === "cancel") cancels[each.which]?.();
    else effects.advance(each.ms);
  }
  effects.advance(200_000);
  expect(effects.timersPending()).toBe(0);
  return fired.map(({ atMs, index }) => `${index} at ${atMs}`).toSorted();
}

test("they fire when timers of their own would, whatever is cancelled", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      // A timer armed anew by another begins where that one fired; a real one fires in whole milliseconds.
      const whole = steps.filter((each) => each.do !== "set" || !each.rearm || Number.isInteger(each.ms));
      expect(firings(whole, true)).toEqual(firings(whole, false));
    }),
  );
});

test("a thousand of one length need one real timer, which ends with them", () => {
  const effects = createVirtualEffects();
  const setTimer = createSharedTimers(effects);
  const cancels = Array.from({ length: 1000 }, () => setTimer(60_000, () => undefined));
  expect(effects.timersPending()).toBe(1);
  for (const cancel of cancels) cancel();
  effects.advance(60_000);
  expect(effects.timersPending()).toBe(0);
});

test("one that throws takes none of the others with it", () => {
  const effects = createVirtualEffects();
  const setTimer = createSharedTimers(effects);
  let fired = 0;
  setTimer(2000, () => {
    throw new Error("a bug");
  });
  setTimer(2000, () => {
    fired += 1;
  });
  expect(() => effects.advance(2000)).toThrow("a bug");
  effects.advance(0);
  expect(fired).toBe(1);
});

test.each([
  ["a short one", SHARED_MS_MIN - 1],
  ["no length at all", Number.NaN],
])("%s has a timer of its own", (_what, ms) => {
  const effects = createVirtualEffects();
  const setTimer = createSharedTimers(effects);
  for (const cancel of [setTimer(ms, () => undefined), setTimer(ms, () => undefined)]) cancel();
  expect(effects.timersPending()).toBe(0);
});

test("lengths beyond the bound have timers of their own", () => {
  const effects = createVirtualEffects();
  const setTimer = createSharedTimers(effects);
  for (let index = 0; index < SHARED_LENGTHS_MAX; index += 1) setTimer(SHARED_MS_MIN + index, () => undefined);
  setTimer(90_000, () => undefined)();
  expect(effects.timersPending()).toBe(SHARED_LENGTHS_MAX);
});

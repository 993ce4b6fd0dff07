// What the benchmark makes of its rounds: a budget is exceeded only beyond the noise.
import { expect, test } from "bun:test";
import { judge, ratios, summarise, turnsThereAndBack } from "../../scripts/bench/statistics.ts";

test.each([
  ["one round has no noise", [4], { median: 4, noise: 0, least: 4 }],
  ["few rounds count as they are", [3, 1, 2], { median: 2, noise: 1, least: 1 }],
  ["an even number", [1, 2, 4, 9], { median: 3, noise: 4, least: 1 }],
  ["of five or more the best and the worst are no noise", [100, 3, 2, 1, 0], { median: 2, noise: 1, least: 0 }],
])("%s", (_name, values, wanted) => {
  expect(summarise(values)).toEqual(wanted);
});

test("no rounds are no result", () => {
  expect(() => summarise([])).toThrow();
  expect(() => ratios([1], [])).toThrow();
});

test("ratios are taken round by round", () => {
  expect(ratios([2, 9], [1, 3])).toEqual([2, 3]);
});

test("turns go there and back, so that a steady drift hits all alike", () => {
  expect(turnsThereAndBack(3)).toEqual([0, 1, 2, 2, 1, 0]);
  expect(turnsThereAndBack(0)).toEqual([]);
  const sums = [0, 0, 0];
  for (const [moment, at] of turnsThereAndBack(3).entries()) sums[at] = (sums[at] ?? 0) + moment;
  expect(sums).toEqual([5, 5, 5]);
});

test.each([
  [2, 0.1, "ok"],
  [3, 0, "ok"],
  [3.2, 0.3, "noise"],
  [3.4, 0.3, "over"],
] as const)("%d ± %d beside a budget of 3 is %s", (median, noise, wanted) => {
  expect(judge({ median, noise, least: median }, 3)).toBe(wanted);
});

// What the benchmark makes of its rounds: a budget is exceeded only beyond the noise.
import { expect, test } from "bun:test";
import { formatReport, judgeRow, type Row } from "../../scripts/bench/report.ts";
import { judge, ratios, summarise } from "../../scripts/bench/statistics.ts";

test.each([
  ["one round has no noise", [4], { median: 4, noise: 0 }],
  ["few rounds count as they are", [3, 1, 2], { median: 2, noise: 1 }],
  ["an even number", [1, 2, 4, 9], { median: 3, noise: 4 }],
  ["of five or more the best and the worst do not count", [100, 3, 2, 1, 0], { median: 2, noise: 1 }],
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

test.each([
  [2, 0.1, "ok"],
  [3, 0, "ok"],
  [3.2, 0.3, "noise"],
  [3.4, 0.3, "over"],
] as const)("%d ± %d beside a budget of 3 is %s", (median, noise, wanted) => {
  expect(judge({ median, noise }, 3)).toBe(wanted);
});

const ROW: Row = {
  what: "a row",
  value: { median: 90, noise: 2 },
  unit: "µs",
  reference: { name: "nginx", value: { median: 30, noise: 1 } },
  ratio: { median: 3, noise: 0.1 },
  budget: { of: "ratio", max: 2 },
};

test.each([
  ["by its ratio", ROW, "over"],
  ["by its value", { ...ROW, budget: { of: "value", max: 100 } }, "ok"],
  ["not without a reference", { ...ROW, reference: null, ratio: null }, null],
  ["not without a budget", { ...ROW, budget: null }, null],
] as const)("a row is judged %s", (_name, row, wanted) => {
  expect(judgeRow(row).verdict).toBe(wanted);
});

test("the table shows value, reference, ratio, budget and verdict", () => {
  expect(
    formatReport([judgeRow(ROW)])
      .split("\n")
      .at(2)
      ?.split(/ {2,}/),
  ).toEqual(["a row", "90.0 ± 2.00 µs", "nginx 30.0 µs", "3.00 ± 0.10 ×", "≤ 2 ×", "over"]);
});

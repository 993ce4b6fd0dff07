// The table of the benchmark, and what its gate fails for.
import { expect, test } from "bun:test";
import { BUDGETS, type Budget } from "../../scripts/bench/budgets.ts";
import { formatReport, gateFailures, judgeRow, type Row } from "../../scripts/bench/report.ts";
import { MEASUREMENTS, selectRows } from "../../scripts/bench/rows.ts";
import { summariseCells } from "../../scripts/bench/rows-cells.ts";
import type { Verdict } from "../../scripts/bench/statistics.ts";

const ROW: Row = {
  id: "a-row",
  what: "what a row measures",
  unit: "µs",
  series: [
    { name: "nginx", values: [30, 29, 31] },
    { name: "Ringmain, token", values: [90, 87, 95] },
    { name: "Ringmain, key", values: [120, 115, 130] },
  ],
  reference: "nginx",
};
const RATIO: Budget = { contender: "Ringmain, token", of: "ratio", max: 2 };
const WIDE: Budget = { contender: "Ringmain", of: "value", max: 118 };

test.each<[string, Row, Budget, readonly (Verdict | null)[]]>([
  ["by its ratio, of the contender it names alone", ROW, RATIO, ["over"]],
  ["by its value, of every contender whose name begins so", ROW, WIDE, ["ok", "noise"]],
  ["not where the reference is missing", { ...ROW, series: ROW.series.slice(1) }, RATIO, [null]],
  ["the reference not beside itself", ROW, { ...RATIO, contender: "" }, ["over", "over"]],
])("a row is judged %s", (_name, row, budget, wanted) => {
  expect(judgeRow(row, [budget]).flatMap(({ budgets }) => budgets.map(({ verdict }) => verdict))).toEqual([...wanted]);
});

test.each<[string, Budget, number]>([
  ["beyond its budget", RATIO, 1],
  ["not within the noise", { ...RATIO, max: 2.98 }, 0],
  ["not for what is over budget and held", { ...RATIO, held: 4 }, 0],
  ["beyond what was held", { ...RATIO, max: 1, held: 2 }, 1],
])("the gate fails %s", (_name, budget, wanted) => {
  expect(gateFailures(judgeRow(ROW, [budget]))).toHaveLength(wanted);
});

test("the gate says what is and what may be", () => {
  expect(gateFailures(judgeRow(ROW, [RATIO]))).toEqual(["a-row, Ringmain, token: 3.00 ×, may be 2.00 ×"]);
});

test("the table has a line for every contender", () => {
  const [, , nginx, token, key] = formatReport(judgeRow(ROW, [RATIO]))
    .split("\n")
    .map((line) => line.trim().split(/ {2,}/));
  expect(nginx).toEqual(["a-row", "nginx", "30.0 ± 1.00 µs", "29.0"]);
  expect(token).toEqual(["Ringmain, token", "90.0 ± 4.00 µs", "87.0", "3.00 ± 0.03 ×", "≤ 2 ×", "over"]);
  expect(key).toEqual(["Ringmain, key", "120 ± 7.50 µs", "115", "4.00 ± 0.11 ×"]);
});

test("rows are chosen by the beginnings of their names", () => {
  const ids = (words: readonly string[]) => selectRows(words).map(({ id }) => id);
  expect(ids([])).toEqual(MEASUREMENTS.map(({ id }) => id));
  expect(ids(["chunk", "keys"])).toEqual(["chunk-relayed", "chunk-from-anthropic", "chunk-from-openai", "keys"]);
  expect(() => selectRows(["speed"])).toThrow("there is no row speed");
});

test("names of rows are unique, and every budget belongs to one", () => {
  const ids = MEASUREMENTS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const orphans = Object.keys(BUDGETS).filter((id) => !ids.some((own) => id === own || id.startsWith(own)));
  expect(orphans).toEqual([]);
});

test("cells are summed up as the middle of the relayed, and the dearest", () => {
  const ids = ["a", "b", "c"];
  const cells = ids.flatMap((client) => ids.map((lane) => ({ client, lane })));
  const rounds = [
    [10, 20, 30, 40, 12, 50, 60, 70, 14],
    [12, 22, 32, 42, 14, 52, 62, 72, 16],
  ];
  const series = summariseCells(cells, rounds);
  expect(series.slice(0, 3)).toEqual([
    { name: "middle of the relayed", values: [12, 14] },
    { name: "dearest: c client, b lane", values: [70, 72] },
    { name: "c client, a lane", values: [60, 62] },
  ]);
});

// What the matrix takes for a regression, and that its table is read as it was written.
import { describe, expect, test } from "bun:test";
import { embeddedTable, readTable } from "../../src/cli/matrix-table.ts";
import { deviations, pinnedLosses, runPair, writeTable } from "./grid.ts";
import { PAIRS } from "./translate.ts";

test("a table reads as it was written, a crossing without losses too", () => {
  const table = [
    { kind: "requests", client: "one", lane: "one", whole: 7, lossy: 0, losses: {} },
    { kind: "streams", client: "one", lane: "two", whole: 5, lossy: 2, losses: { "x[] dropped: y, z": ["a, b", "c"] } },
  ];
  expect(readTable(writeTable(table))).toEqual(table);
});

describe("a regression", () => {
  const pair = PAIRS.find(({ name }) => name === "openai > anthropic");
  if (pair === undefined) throw new Error("no such pair");
  const result = runPair("requests", pair);
  const known = pinnedLosses(result, embeddedTable());
  const [first = ""] = Object.keys(known);

  test("is a loss that was not pinned", () => {
    const { [first]: _gone, ...fewer } = known;
    expect(deviations(result, fewer)[0]).toContain(`not pinned: ${first}`);
  });
  test("is a pinned loss in another case", () => {
    const moved = { ...known, [first]: [] };
    expect(deviations(result, moved)).toHaveLength(1);
  });
  test("is a pinned loss that is gone, because what became of it is unknown", () => {
    const more = { ...known, "x dropped: y": ["plain"] };
    expect(deviations(result, more)).toEqual(["a pinned loss that is gone: x dropped: y (plain)"]);
  });
  test("is nothing where all is as pinned", () => {
    expect(deviations(result, known)).toEqual([]);
  });
});

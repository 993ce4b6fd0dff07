/** Smooth weighted round-robin: the exact order, exact shares, and what happens to those that sit out. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { bySwrr, forgetCredits, pickSwrr, type Selection, type Weighted } from "../../src/routing/swrr.ts";

const weights = (numbers: readonly number[]): Weighted[] =>
  numbers.map((weight, index) => ({ model: "abcdefgh"[index] ?? "", weight }));

function picks(
  members: readonly Weighted[],
  count: number,
  start: Selection = new Map(),
): { names: string; selection: Selection } {
  let selection = start;
  let names = "";
  for (let step = 0; step < count; step++) {
    const pick = pickSwrr(selection, members);
    names += pick?.member.model ?? "-";
    selection = pick?.next ?? selection;
  }
  return { names, selection };
}

test.each([
  ["5/1/1", [5, 1, 1], "aabacaa", 7],
  ["1/2/3", [1, 2, 3], "cbacbc", 6],
  ["1/1/1", [1, 1, 1], "abcabc", 6],
  ["2/1", [2, 1], "abaaba", 6],
  ["one alone", [7], "aaaa", 4],
  ["nobody", [], "--", 2],
] as const)("weights %s", (_name, numbers, expected, count) => {
  expect(picks(weights(numbers), count).names).toBe(expected);
});

test("a member that sits out keeps its credit, and the others share what is its in proportion", () => {
  const all = weights([2, 1, 1]);
  const begun = picks(all, 2);
  const without = picks(all.slice(1), 6, begun.selection);
  expect(begun.names + without.names).toBe("abccbcbc");
  expect(without.selection.get("a")).toBe(begun.selection.get("a"));
});

test("forgotten credits start from nothing, the others stay", () => {
  const { selection } = picks(weights([5, 1, 1]), 3);
  const kept = forgetCredits(selection, ["a"]);
  expect(kept.has("a")).toBe(false);
  expect(kept.get("b")).toBe(selection.get("b"));
  expect(forgetCredits(selection, ["unseen"])).toBe(selection);
});

describe("properties", () => {
  const anyWeights = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }).map(weights);

  test("over any window of the sum of weights each member is picked exactly its weight", () => {
    fc.assert(
      fc.property(anyWeights, fc.nat({ max: 100 }), (members, skip) => {
        const total = members.reduce((sum, each) => sum + each.weight, 0);
        const window = picks(members, skip + total).names.slice(skip);
        expect(members.map((each) => window.split(each.model).length - 1)).toEqual(members.map((each) => each.weight));
      }),
      { numRuns: 150 },
    );
  });

  test("the order of those who would stand in begins with the pick and leaves nobody out", () => {
    fc.assert(
      fc.property(anyWeights, fc.nat({ max: 40 }), (members, skip) => {
        const { selection } = picks(members, skip);
        const order = bySwrr(selection, members);
        expect(order[0]).toBe(pickSwrr(selection, members)?.member as Weighted);
        expect(order.map((each) => each.model).toSorted()).toEqual(members.map((each) => each.model).toSorted());
      }),
      { numRuns: 100 },
    );
  });

  test("picking changes nothing that was handed in", () => {
    fc.assert(
      fc.property(anyWeights, (members) => {
        const selection = new Map([["a", 3]]);
        pickSwrr(selection, members);
        expect([...selection]).toEqual([["a", 3]]);
      }),
    );
  });
});

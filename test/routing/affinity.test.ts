/** Sessions stay where they are, and only those of a lane that is out move. */
import { describe, expect, test } from "bun:test";
import { affinityKey, byAffinity } from "../../src/routing/affinity.ts";

const settings = { headerNames: ["X-Session-Id", "x-thread"] };

test.each([
  ["the first header that says something", { "x-session-id": "s1", "x-thread": "t1" }, "s1"],
  ["a blank one says nothing", { "x-session-id": "  ", "x-thread": "t1" }, "t1"],
  ["none", { other: "x" }, null],
  ["not found on the prototype", {}, null],
  ["too long to be a name", { "x-session-id": "s".repeat(1_025) }, null],
])("key: %s", (_name, headers, expected) => {
  expect(affinityKey(headers as Record<string, string>, settings)).toBe(expected);
});

test("no affinity configured, no key", () => {
  expect(affinityKey({ "x-session-id": "s1" }, null)).toBeNull();
});

describe("choice", () => {
  const read = { id: (each: { id: string }) => each.id, weight: (each: { weight: number }) => each.weight };
  const items = [
    { id: "a", weight: 1 },
    { id: "b", weight: 2 },
    { id: "c", weight: 5 },
  ];
  const keys = Array.from({ length: 4_000 }, (_, index) => `session-${index}`);
  const first = (key: string, among: typeof items) => byAffinity(key, among, read)[0]?.id ?? "";

  test("does not depend on the order they are listed in", () => {
    const reversed = items.toReversed();
    expect(keys.filter((key) => first(key, items) !== first(key, reversed))).toEqual([]);
  });

  test("when one goes, only its own sessions move, each to its second", () => {
    const without = items.filter((each) => each.id !== "b");
    const moved = keys.filter((key) => first(key, items) !== first(key, without));
    expect(moved.length).toBe(keys.filter((key) => first(key, items) === "b").length);
    expect(moved.filter((key) => first(key, without) !== byAffinity(key, items, read)[1]?.id)).toEqual([]);
  });

  test("weights give their shares, within a tenth", () => {
    const share = (id: string) => keys.filter((key) => first(key, items) === id).length / keys.length;
    for (const { id, weight } of items)
      expect(Math.abs(share(id) - weight / 8)).toBeLessThan(0.1 * (weight / 8) + 0.01);
  });

  // Pinned: sessions must find their lane again after a restart or an update.
  test("the same over restarts", () => {
    expect(
      keys
        .slice(0, 12)
        .map((key) => first(key, items))
        .join(""),
    ).toMatchInlineSnapshot(`"ccbbccccaacc"`);
  });
});

/** Sessions stay where they are, and only those of a lane that is out move. */
import { describe, expect, test } from "bun:test";
import { sessionNameOf } from "../../src/governance/request-headers.ts";
import { byAffinity, sessionName } from "../../src/routing/affinity.ts";
import { stickyBy } from "../harness/deployments.ts";

const settings = stickyBy("x-mine", "x-thread");

describe("name", () => {
  test.each([
    ["the first configured header that says something", { "x-mine": "s1", "x-thread": "t1" }, "s1"],
    ["a blank one says nothing", { "x-mine": "  ", "x-thread": "t1" }, "t1"],
    ["an agent's own comes after", { "x-session-id": "a", "x-thread": "t1" }, "t1"],
    ["Claude Code", { "x-claude-code-session-id": "cc" }, "cc"],
    ["Codex", { "session-id": "cx", "thread-id": "th" }, "cx"],
    ["Codex of before", { session_id: "cx" }, "cx"],
    ["a thread alone", { "thread-id": "th" }, "th"],
    ["OpenCode", { "x-session-affinity": "oc" }, "oc"],
    ["anybody", { "x-session-id": "any" }, "any"],
    ["none, then the body's", { other: "x" }, "body"],
    ["not found on the prototype", {}, "body"],
    ["too long to be a name", { "x-mine": "s".repeat(1_025) }, "body"],
  ])("%s", (_name, headers, expected) => {
    const said = headers as Record<string, string>;
    expect(sessionName({ headers: said, agent: sessionNameOf(said), body: "body" }, settings)).toBe(expected);
  });

  test.each([
    ["none", undefined, true, null],
    ["blank", " ", true, null],
    ["too long", "s".repeat(1_025), true, null],
    ["headers alone count", "body", false, null],
  ])("of the body: %s", (_name, said, body, expected) => {
    expect(sessionName({ headers: {}, agent: null, body: said }, { ...settings, body })).toBe(expected);
  });
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

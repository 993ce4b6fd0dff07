// The `/stats` document: the fields existing tools read, and what was added beside them.
import { describe, expect, test } from "bun:test";
import type { LaneFacts } from "../../src/ir/lane-facts.ts";
import { createTotals, statsDocument } from "../../src/observability/stats.ts";
import { expectGolden } from "./golden.ts";
import { deployment, lane, RECORDS, record } from "./samples.ts";

const FACTS: LaneFacts = {
  lane: "acme/default/sonnet",
  inflight: 3,
  ok: 10,
  err: 2,
  clientFault: 1,
  usable: false,
  label: "cooling-down",
  disabledBy: null,
  waitRemainingMs: 0,
  budgetLeft: 4,
  quotas: [{ window: "req", scope: "lane", leftShare: 0.05, resetsInMs: 11_400 }],
  cells: [
    { target: "fast", state: "open", usable: false, cooldownRemainingMs: 12_001, streak: 2 },
    { target: "sonnet", state: "closed", usable: true, cooldownRemainingMs: 0, streak: 0 },
  ],
};

function document(lanes: readonly LaneFacts[]) {
  const totals = createTotals(deployment());
  for (const each of RECORDS) totals.sink.record(each);
  return statsDocument(deployment(), { version: "1.2.3", uptimeMs: 61_999, lanes, totals: totals.byTarget() });
}

test("the document", () => {
  const text = `${JSON.stringify(document([FACTS]), null, 2)}\n`;
  expectGolden(new URL("./goldens/stats.json", import.meta.url), text);
});

describe("the fields tools read", () => {
  test("a pool names its members", () => {
    expect(document([]).pools).toEqual({ fast: ["sonnet", "large"] });
  });

  test("cooldown and streak are those of the worst cell", () => {
    expect(document([FACTS]).lanes[0]).toMatchObject({
      cooldown_remaining_s: 13,
      streak: 2,
      free_slots: 17,
      budget: 4,
    });
  });

  test("a wait of the lane itself counts where it is longer", () => {
    expect(document([{ ...FACTS, waitRemainingMs: 60_000 }]).lanes[0]).toMatchObject({ cooldown_remaining_s: 60 });
  });

  test("dead is true exactly while there is a reason", () => {
    expect(document([{ ...FACTS, disabledBy: "credential" }]).lanes[0]).toMatchObject({
      dead: true,
      dead_reason: "credential",
    });
    expect(document([FACTS]).lanes[0]).toMatchObject({ dead: false, dead_reason: null });
  });

  test("a lane nobody has reported on is there, with no limit and nothing against it", () => {
    expect(document([]).lanes[1]).toMatchObject({
      model: "large",
      ok: 0,
      budget: -1,
      usable: true,
      label: "unknown",
      cells: [],
    });
  });

  test("free slots never go below none", () => {
    expect(document([{ ...FACTS, inflight: 99 }]).lanes[0]).toMatchObject({ free_slots: 0 });
  });
});

test("lanes stand in the order of the configuration, whatever order facts come in", () => {
  const ids = ["z/a/m", "a/a/m", "m/a/m"];
  const ordered = deployment({ lanes: Object.fromEntries(ids.map((id) => [id, lane(id, "openai")])) });
  const lanes = ids.toReversed().map((id) => ({ ...FACTS, lane: id }));
  const { lanes: shown } = statsDocument(ordered, { version: "1", uptimeMs: 0, lanes, totals: {} });
  expect(shown.map(({ id }) => id)).toEqual(ids);
});

test("accounts gather their lanes", () => {
  const lanes = Object.fromEntries(["p/one/a", "p/one/b", "p/two/a"].map((id) => [id, lane(id, "openai")]));
  const facts = [{ ...FACTS, lane: "p/one/b", label: "auth-failed" as const, usable: false, inflight: 2 }];
  const { accounts } = statsDocument(deployment({ lanes }), { version: "1", uptimeMs: 0, lanes: facts, totals: {} });
  expect(accounts).toEqual([
    { provider: "p", account: "one", lanes: 2, usable_lanes: 1, inflight: 2, labels: ["auth-failed", "unknown"] },
    { provider: "p", account: "two", lanes: 1, usable_lanes: 1, inflight: 0, labels: ["unknown"] },
  ]);
});

test("a target that is not configured is one line, however many names were tried", () => {
  const totals = createTotals(deployment());
  for (const target of ["x", "y", "__proto__", "constructor"]) totals.sink.record(record({ target }));
  const byTarget = totals.byTarget();
  expect(Object.keys(byTarget)).toEqual(["unresolved"]);
  expect(
    statsDocument(deployment(), { version: "1", uptimeMs: 0, lanes: [], totals: byTarget }).unresolved_requests,
  ).toBe(4);
});

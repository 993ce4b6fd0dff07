// The ring of the newest decisions: what is found in it, by which filters, in which pages.
import { expect, test } from "bun:test";
import type { ExchangeRecord } from "../../src/ir/record.ts";
import { createDecisions, type DecisionFilter } from "../../src/observability/decisions.ts";
import { createSinks } from "../../src/observability/sinks.ts";
import { attempt, deployment, record, START_WALL_MS, transition } from "./samples.ts";

function filled(ring: number, records: readonly ExchangeRecord[]) {
  const told: number[] = [];
  const decisions = createDecisions({
    ring,
    firstSeq: 1,
    deployment: deployment(),
    onDecision: ({ seq }) => told.push(seq),
  });
  for (const each of records) decisions.sink.record(each);
  return { decisions, told };
}

const numbered = (count: number): ExchangeRecord[] =>
  Array.from({ length: count }, (_, index) => record({ id: `r${index + 1}` }));

test.each([
  [3, 0, 10, []],
  [3, 2, 10, ["r2", "r1"]],
  [3, 5, 10, ["r5", "r4", "r3"]],
  [3, 5, 2, ["r5", "r4"]],
  [0, 5, 10, []],
])("a ring of %i after %i records, %i asked for", (ring, count, limit, ids) => {
  const { decisions, told } = filled(ring, numbered(count));
  expect(decisions.list({ before: null, limit }).decisions.map(({ id }) => id)).toEqual(ids);
  // Whoever keeps them elsewhere hears of each, ring or no ring.
  expect(told).toHaveLength(count);
});

test("what is told of to none is made when it is looked at, under the deployment of its time", () => {
  const renamed = { ...deployment(), targets: {} };
  const pages = [false, true].map((isTold) => {
    const told: number[] = [];
    const decisions = createDecisions({
      ring: 10,
      firstSeq: 1,
      deployment: deployment(),
      onDecision: ({ seq }) => told.push(seq),
      isTold: () => isTold,
    });
    decisions.sink.record(record({ id: "r1" }));
    decisions.reconfigure({ ring: 10, firstSeq: 1, deployment: renamed });
    decisions.sink.record(record({ id: "r2" }));
    expect(told).toEqual(isTold ? [1, 2] : []);
    expect(decisions.find("r1")).toEqual(decisions.list({ before: 2, limit: 1 }).decisions[0] ?? null);
    return decisions.list({ before: null, limit: 10 });
  });
  expect(pages[0]).toEqual(pages[1]);
  expect(pages[0]?.decisions.map(({ id, select }) => [id, select === null])).toEqual([
    ["r2", true],
    ["r1", false],
  ]);
});

test("pages follow each other without a gap or a repetition, while new ones arrive", () => {
  const { decisions } = filled(100, numbered(7));
  const seen: string[] = [];
  let before: number | null = null;
  for (let page = 0; page < 10; page += 1) {
    const listed = decisions.list({ before, limit: 3 });
    seen.push(...listed.decisions.map(({ id }) => id));
    decisions.sink.record(record({ id: "new" }));
    before = listed.next;
    if (before === null) break;
  }
  expect(seen).toEqual(["r7", "r6", "r5", "r4", "r3", "r2", "r1"]);
});

const MIXED: readonly ExchangeRecord[] = [
  record({ id: "plain" }),
  record({ id: "other-caller", caller: "token-2" }),
  record({ id: "failed", outcome: "failed", failure: "no-eligible-lane", status: 503 }),
  record({
    id: "switched",
    attempts: [attempt({ outcome: "timeout" }), attempt({ lane: "zenith/team/large", model: "large" })],
  }),
  record({ id: "later", startedWallMs: START_WALL_MS + 60_000, target: "sonnet" }),
];

test.each<[DecisionFilter, readonly string[]]>([
  [{}, ["later", "switched", "failed", "other-caller", "plain"]],
  [{ caller: "token-2" }, ["other-caller"]],
  [{ outcome: "failed" }, ["failed"]],
  [{ failure: "no-eligible-lane" }, ["failed"]],
  [{ lane: "zenith/team/large" }, ["switched"]],
  [{ served: "other_model" }, ["switched"]],
  [{ target: "sonnet" }, ["later"]],
  [{ sinceMs: START_WALL_MS + 60_000 }, ["later"]],
  [{ untilMs: START_WALL_MS + 60_000, caller: "token-2" }, ["other-caller"]],
  [{ target: "nobody" }, []],
])("filtered by %j", (filter, ids) => {
  const { decisions } = filled(100, MIXED);
  expect(decisions.list({ ...filter, before: null, limit: 10 }).decisions.map(({ id }) => id)).toEqual([...ids]);
});

test("a decision is found until newer ones push it out", () => {
  const { decisions } = filled(3, numbered(5));
  expect(decisions.find("r3")?.id).toBe("r3");
  expect(decisions.find("r2")).toBeNull();
  expect(decisions.find("never")).toBeNull();
  expect(filled(0, numbered(1)).decisions.find("r1")).toBeNull();
});

test("a sink that throws is counted and the others are told all the same", () => {
  const { decisions } = filled(1, []);
  const broken = {
    name: "broken",
    record: () => {
      throw new Error("full");
    },
    transition: () => undefined,
  };
  const sinks = createSinks([broken, decisions.sink]);
  sinks.record(record({ id: "r1" }));
  sinks.transition(transition());
  expect(decisions.find("r1")?.id).toBe("r1");
  expect([...sinks.failures]).toEqual([["broken", 1]]);
});

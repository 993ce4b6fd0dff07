// The ring of the newest records.
import { expect, test } from "bun:test";
import { createDecisions } from "../../src/observability/decisions.ts";
import { createSinks } from "../../src/observability/sinks.ts";
import { record, transition } from "./samples.ts";

function filled(recordsMax: number, count: number) {
  const decisions = createDecisions(recordsMax);
  for (let index = 1; index <= count; index += 1) decisions.sink.record(record({ id: `r${index}` }));
  return decisions;
}

test.each([
  [3, 0, 10, []],
  [3, 2, 10, ["r2", "r1"]],
  [3, 5, 10, ["r5", "r4", "r3"]],
  [3, 5, 2, ["r5", "r4"]],
  [3, 5, 0, []],
  [3, 5, -1, []],
  [0, 5, 10, []],
])("a ring of %i after %i records, %i asked for", (recordsMax, count, max, ids) => {
  expect(
    filled(recordsMax, count)
      .list(max)
      .map(({ id }) => id),
  ).toEqual(ids);
});

test("a record is found until newer ones push it out", () => {
  const decisions = filled(3, 5);
  expect(decisions.find("r3")).toEqual(record({ id: "r3" }));
  expect(decisions.find("r2")).toBeNull();
  expect(decisions.find("never")).toBeNull();
  expect(filled(0, 1).find("r1")).toBeNull();
});

test("a sink that throws is counted and the others are told all the same", () => {
  const decisions = createDecisions(1);
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

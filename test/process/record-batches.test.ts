// Records and transitions on their way to the supervisor, many in one message.
import { expect, test } from "bun:test";
import type { FromWorker } from "../../src/process/messages.ts";
import { BATCH_MS, BATCH_ROWS_MAX, createBatches, HELD_MS, HELD_ROWS_TOLD } from "../../src/process/record-batches.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";
import { record } from "../observability/samples.ts";
import { recordedSend } from "./recorded-send.ts";

test("rows are sent together, after a moment or when there are many", () => {
  const time = createVirtualEffects();
  const { sent, send } = recordedSend<FromWorker>();
  const batches = createBatches({ send, setTimer: time.setTimer });
  const transition = { ...{ wallMs: 0, target: null, lane: "l", from: "a", to: "b" }, because: "probe", forMs: null };
  for (let count = 0; count < 3; count += 1) batches.sink.transition(transition);
  time.advance(BATCH_MS - 1);
  expect(sent.length).toBe(0);
  time.advance(1);
  expect(sent.map((message) => (message.kind === "observed" ? message.body.transitions.length : 0))).toEqual([3]);
  for (let count = 0; count < BATCH_ROWS_MAX; count += 1) batches.sink.transition(transition);
  expect(sent.length).toBe(2);
  batches.flush();
  expect(sent.length).toBe(2);
  expect(time.timersPending()).toBe(0);
});

test("what is wanted when it is asked for is held: the newest, of which a few go from time to time", () => {
  const time = createVirtualEffects();
  const { sent, send } = recordedSend<FromWorker>();
  const batches = createBatches({ send, setTimer: time.setTimer });
  batches.observe("asked", 200);
  const told = () =>
    sent
      .splice(0)
      .flatMap((each) => (each.kind === "observed" ? each.body.records : []))
      .map(({ id }) => id);
  const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `r${from + at}`);
  const add = (from: number, to: number) => {
    for (const id of ids(from, to)) batches.sink.record(record({ id }));
  };
  add(0, 1_000);
  expect(told()).toEqual([]);
  batches.flush();
  expect(told()).toEqual(ids(800, 1_000));
  expect(time.timersPending()).toBe(0);
  add(0, 150);
  time.advance(HELD_MS);
  expect(told()).toEqual(ids(0, HELD_ROWS_TOLD));
  time.advance(HELD_MS);
  expect(told()).toEqual(ids(HELD_ROWS_TOLD, 150));
  expect(time.timersPending()).toBe(0);
  add(0, 3);
  batches.observe("soon", 200);
  expect(told()).toEqual(ids(0, 3));
  add(3, 5);
  time.advance(BATCH_MS);
  expect(told()).toEqual(ids(3, 5));
});

// Records and transitions on their way to the supervisor, many in one message.
import { expect, test } from "bun:test";
import type { FromWorker } from "../../src/process/messages.ts";
import { BATCH_MS, BATCH_ROWS_MAX, createBatches } from "../../src/process/record-batches.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";
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

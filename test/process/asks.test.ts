// Questions to every worker: answered when all have replied, or with what came in time.
import { expect, test } from "bun:test";
import { createAsks } from "../../src/process/asks.ts";
import { createVirtualEffects, settle } from "../harness/virtual-effects.ts";

test("a question is answered when all have replied, when the rest is gone, or when the time is over", async () => {
  const time = createVirtualEffects();
  const asked: [string, number][] = [];
  const answers: number[] = [];
  const asks = createAsks<string>({ ask: (worker, id) => asked.push([worker, id]), setTimer: time.setTimer });
  const figures = { stats: {}, metrics: { counters: {}, gauges: {}, histograms: {} } };
  const start = async () => void answers.push((await asks.start(["a", "b"])).length);

  const first = start();
  asks.replied("a", 1, figures);
  asks.replied("a", 1, figures);
  await settle();
  expect(answers).toEqual([]);
  asks.replied("b", 1, figures);
  await first;
  expect(answers).toEqual([2]);

  const second = start();
  asks.replied("a", 2, figures);
  asks.gone("b");
  await second;
  expect(answers).toEqual([2, 1]);

  const third = start();
  time.advance(1_000);
  asks.replied("a", 3, figures);
  await third;
  expect(answers).toEqual([2, 1, 0]);
  expect(asked.length).toBe(6);
  expect(time.timersPending()).toBe(0);
});

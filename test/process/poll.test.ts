// Questions to every worker: answered when all have replied, or with what came in time.
import { expect, test } from "bun:test";
import { createPoll } from "../../src/process/poll.ts";
import { createVirtualEffects, settle } from "../harness/virtual-effects.ts";
import { stats } from "../observability/samples.ts";

test("a question is answered when all have replied, when the rest is gone, or when the time is over", async () => {
  const time = createVirtualEffects();
  const asked: [string, number][] = [];
  const answers: number[] = [];
  const poll = createPoll<string>({ ask: (worker, id) => asked.push([worker, id]), setTimer: time.setTimer });
  const figures = { stats: stats(), metrics: { counters: {}, gauges: {}, histograms: {} } };
  const start = async () => void answers.push((await poll.figures(["a", "b"])).length);

  const first = start();
  poll.replied("a", 1, figures);
  poll.replied("a", 1, figures);
  await settle();
  expect(answers).toEqual([]);
  poll.replied("b", 1, figures);
  await first;
  expect(answers).toEqual([2]);

  const second = start();
  poll.replied("a", 2, figures);
  poll.gone("b");
  await second;
  expect(answers).toEqual([2, 1]);

  const third = start();
  time.advance(1_000);
  poll.replied("a", 3, figures);
  await third;
  expect(answers).toEqual([2, 1, 0]);
  expect(asked.length).toBe(6);
  expect(time.timersPending()).toBe(0);
});

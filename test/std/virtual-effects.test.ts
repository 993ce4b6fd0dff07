/** The virtual world behaves like one: time stands still, timers fire in order, chance repeats, fetches obey signals. */
import { describe, expect, test } from "bun:test";
import type { FetchInit } from "../../src/std/effects.ts";
import { answerInOrder, answerNever, createVirtualEffects } from "../harness/virtual-effects.ts";

const init = (signal: AbortSignal): FetchInit => ({
  method: "POST",
  headers: {},
  body: null,
  signal,
  redirect: "manual",
});

describe("timers", () => {
  test("fire by moment, then by making, each at its own time", () => {
    const effects = createVirtualEffects({ startMs: 1000 });
    const fired: string[] = [];
    const mark = (name: string) => () => fired.push(`${name}@${effects.nowMs()}`);
    effects.setTimer(20, mark("late"));
    effects.setTimer(10, mark("first"));
    effects.setTimer(10, mark("second"));
    effects.setTimer(15, mark("cancelled"))();
    effects.setTimer(10, () => effects.setTimer(5, mark("nested")));
    effects.advance(19);
    expect(fired).toEqual(["first@1010", "second@1010", "nested@1015"]);
    expect([effects.nowMs(), effects.timersPending()]).toEqual([1019, 1]);
    effects.advance(1);
    expect(fired.at(-1)).toBe("late@1020");
  });

  test("the wall clock follows, and jumps alone", () => {
    const effects = createVirtualEffects({ startWallMs: 5000 });
    effects.advance(10);
    effects.jumpWall(-1000);
    expect([effects.nowMs(), effects.wallMs()]).toEqual([10, 4010]);
  });

  test("run lets promises settle between timers", async () => {
    const effects = createVirtualEffects();
    const moments: number[] = [];
    const wait = (ms: number) => new Promise<void>((resolve) => effects.setTimer(ms, resolve));
    const loop = async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await wait(10);
        moments.push(effects.nowMs());
      }
    };
    const done = loop();
    await effects.run(100);
    await done;
    expect(moments).toEqual([10, 20, 30]);
    expect(effects.nowMs()).toBe(100);
  });

  test("one that re-arms itself without end is found", () => {
    const effects = createVirtualEffects();
    const rearm = () => {
      effects.setTimer(0, rearm);
    };
    rearm();
    expect(() => effects.advance(1)).toThrow("re-arms");
  });
});

test("the same seed gives the same chance, another seed another", () => {
  const draw = (seed: number) => {
    const effects = createVirtualEffects({ seed });
    return [effects.random(), effects.random(), effects.randomId(12)];
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(String(draw(7)[2])).toMatch(/^[0-9A-Za-z]{12}$/);
});

test("chance is spread over [0, 1)", () => {
  const effects = createVirtualEffects({ seed: 3 });
  const tenths = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 10_000; draw += 1) {
    const tenth = Math.floor(effects.random() * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  expect(tenths).toHaveLength(10);
  expect(Math.min(...tenths)).toBeGreaterThan(800);
});

describe("fetch", () => {
  test("answers by the script, then refuses, and remembers the calls", async () => {
    const effects = createVirtualEffects({ answer: answerInOrder([() => new Response("one")]) });
    const { signal } = new AbortController();
    effects.advance(5);
    expect(await (await effects.fetch("http://a.invalid/", init(signal))).text()).toBe("one");
    await expect(effects.fetch("http://b.invalid/", init(signal))).rejects.toThrow("no answer left");
    expect(effects.calls.map(({ url, atMs }) => [url, atMs])).toEqual([
      ["http://a.invalid/", 5],
      ["http://b.invalid/", 5],
    ]);
  });

  test("a silent upstream ends by the signal", async () => {
    const effects = createVirtualEffects({ answer: answerNever });
    const controller = new AbortController();
    const answer = effects.fetch("http://a.invalid/", init(controller.signal));
    effects.setTimer(10, () => controller.abort(new Error("deadline")));
    effects.advance(10);
    await expect(answer).rejects.toThrow("deadline");
    await expect(effects.fetch("http://a.invalid/", init(controller.signal))).rejects.toThrow("deadline");
  });

  test("without a script every call is refused", async () => {
    const effects = createVirtualEffects();
    await expect(effects.fetch("http://a.invalid/", init(new AbortController().signal))).rejects.toThrow(
      "no answer scripted",
    );
  });
});

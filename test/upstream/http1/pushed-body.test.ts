// A body that is pushed: the same chunks as when it is asked for, nothing in a pause, and what waits is bounded.
import { describe, expect, test } from "bun:test";
import type { PushedBody, UpstreamChunk } from "../../../src/upstream/contract.ts";
import { BodySource } from "../../../src/upstream/http1/body-source.ts";
import { pushedBody } from "../../../src/upstream/pushed-body.ts";
import { createSeededRandom, settle } from "../../harness/virtual-effects.ts";

const END: UpstreamChunk = { kind: "end" };

function sourceOf(isWhole = false) {
  const seen = { waits: 0, isSocketPaused: false, took: 0 };
  const source = new BodySource(isWhole, {
    pause() {
      seen.isSocketPaused = true;
    },
    resume() {
      seen.isSocketPaused = false;
    },
    took() {
      seen.took += 1;
    },
    waits() {
      seen.waits += 1;
    },
  });
  return { source, seen };
}

function takerOf() {
  const taken: { text: string; endings: UpstreamChunk[] } = { text: "", endings: [] };
  const take = (chunk: UpstreamChunk): void => {
    if (chunk.kind !== "bytes") taken.endings.push(chunk);
    else if (taken.endings.length > 0) throw new Error("bytes after the ending");
    else taken.text += Buffer.from(chunk.bytes).toString("latin1");
  };
  return { taken, take };
}

test("a chunk is given at once, and the wait for the next one is told once", () => {
  const { source, seen } = sourceOf();
  const { taken, take } = takerOf();
  const body = source.pushTo(take);
  source.push(Buffer.from("early"));
  expect(taken.text).toBe("");
  body.resume();
  expect([taken.text, seen.waits]).toEqual(["early", 1]);
  source.push(Buffer.from(" now"));
  expect([taken.text, seen.waits, seen.took]).toEqual(["early now", 2, 2]);
  source.end(END);
  expect([taken.endings, seen.waits]).toEqual([[END], 2]);
  body.resume();
  expect(taken.endings).toHaveLength(1);
});

test("a reader that pauses as it takes is given nothing more, and the connection waits at 64 KiB", () => {
  const { source, seen } = sourceOf();
  const { taken, take } = takerOf();
  const body: PushedBody = source.pushTo((chunk) => {
    take(chunk);
    body.pause();
  });
  body.resume();
  source.push(Buffer.from("one"));
  source.push(Buffer.alloc(60_000, "x"));
  expect([taken.text, seen.isSocketPaused, seen.waits]).toEqual(["one", false, 1]);
  source.push(Buffer.alloc(60_000, "y"));
  expect([taken.text, seen.isSocketPaused]).toEqual(["one", true]);
  source.end(END);
  expect(taken.endings).toEqual([]);
  body.resume();
  expect([taken.text.length, seen.isSocketPaused, taken.endings.length]).toEqual([120_003, false, 0]);
  body.resume();
  expect(taken.endings).toEqual([END]);
});

describe("an ending", () => {
  for (const isPaused of [false, true]) {
    test(`by a break is given once and drops what is held${isPaused ? ", after a pause" : ""}`, () => {
      const { source } = sourceOf();
      const { taken, take } = takerOf();
      const body = source.pushTo(take);
      if (isPaused) source.push(Buffer.from("held"));
      else body.resume();
      source.break({ kind: "aborted" });
      source.push(Buffer.from("late"));
      source.end(END);
      body.resume();
      expect(taken).toEqual({ text: "", endings: [{ kind: "aborted" }] });
    });
  }
  test("of a body in one piece follows the piece", () => {
    const { source } = sourceOf(true);
    const { taken, take } = takerOf();
    source.pushTo(take).resume();
    source.push(Buffer.from("a"));
    source.push(Buffer.from("b"));
    expect(taken.text).toBe("");
    source.end(END);
    expect(taken).toEqual({ text: "ab", endings: [END] });
  });
});

test("pushed and asked bodies give the same bytes in order, however they are cut and paused", async () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const random = createSeededRandom(seed);
    const text = Array.from({ length: Math.floor(random() * 40) }, (_, at) =>
      `${at}:`.padEnd(1 + random() * 4_000, "z"),
    );
    for (const isAsked of [false, true]) {
      const { source } = sourceOf();
      const { taken, take } = takerOf();
      let isPaused = false;
      const upstream = {
        next: () => source.next(),
        idled: () => undefined,
        begun: () => undefined,
        cancel: () => undefined,
      };
      const pushed = isAsked ? upstream : { ...upstream, pushTo: source.pushTo.bind(source) };
      const body = pushedBody(pushed, (chunk) => {
        expect(isPaused).toBe(false);
        take(chunk);
        if (random() < 0.3) {
          isPaused = true;
          body.pause();
        }
      });
      const goOn = async (): Promise<void> => {
        isPaused = false;
        body.resume();
        if (isAsked) await settle();
      };
      await goOn();
      for (const piece of text) {
        source.push(Buffer.from(piece));
        if (isAsked) await settle();
        if (isPaused && random() < 0.5) await goOn();
      }
      source.end(END);
      for (let turn = 0; taken.endings.length === 0 && turn < 100; turn += 1) await goOn();
      expect(taken).toEqual({ text: text.join(""), endings: [END] });
    }
  }
});

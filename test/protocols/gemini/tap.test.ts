// The tap of a relayed stream: quick where a frame is only text, whole where it says more, never another answer than parsing.
import { describe, expect, test } from "bun:test";
import { frame, payload } from "./builders.ts";

const USAGE = {
  usageMetadata: {
    promptTokenCount: 9,
    candidatesTokenCount: 2,
    totalTokenCount: 11,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: 9 }],
  },
};

describe("a stream", () => {
  test("begins with the first words, counts in every frame, settles with the finish", () => {
    const tap = payload.createTap();
    const notes = [
      frame([{ text: "" }], {}, USAGE),
      frame([{ text: "a" }], {}, USAGE),
      frame([{ text: 'quoted "finishReason": "STOP" and {"error"' }], {}, USAGE),
      frame([{ text: "" }], { finishReason: "STOP" }, USAGE),
    ].map((each) => tap.frame(each));
    expect(notes.map(({ meaningful, settled, finish }) => [meaningful, settled, finish])).toEqual([
      [false, false, null],
      [true, false, null],
      [true, false, null],
      [true, true, "STOP"],
    ]);
    expect(notes.map(({ usage }) => usage?.outputTokens)).toEqual([2, 2, 2, 2]);
  });

  test("usage inside arguments is nobody's usage", () => {
    const tap = payload.createTap();
    tap.frame(frame([{ text: "a" }]));
    expect(
      tap.frame(frame([{ functionCall: { name: "f", args: { usageMetadata: { promptTokenCount: 99 } } } }])).usage,
    ).toBeNull();
  });

  test("an error, a refused prompt, and what is no JSON", () => {
    const tap = payload.createTap();
    expect(
      tap.frame({ event: null, data: '{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}' }),
    ).toMatchObject({ failure: { meaning: "overloaded" }, settled: true });
    expect(
      payload.createTap().frame({ event: null, data: '{"promptFeedback":{"blockReason":"SAFETY"}}' }),
    ).toMatchObject({ meaningful: true, settled: true, finish: "SAFETY", failure: null });
    expect(payload.createTap().frame({ event: null, data: "x" })).toMatchObject({
      meaningful: false,
      settled: false,
      failure: null,
    });
  });
});

describe("a whole answer", () => {
  test("without candidates it is none, unless the prompt was refused", () => {
    expect(payload.createTap().body({}).failure).not.toBeNull();
    expect(payload.createTap().body({ promptFeedback: { blockReason: "OTHER" } })).toMatchObject({
      failure: null,
      finish: "OTHER",
      meaningful: true,
    });
  });
});

/** Events of the vendor as ours, as its own reference shows them and as servers bend them. */

import { describe, expect, test } from "bun:test";
import type { IrEvent } from "../../../src/ir/event.ts";
import { createAccumulator } from "../../../src/ir/fold.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { frame, read } from "./streams.ts";

const DONE: Frame = { event: null, data: "[DONE]" };
const message = (inner: JsonObject) => ({ delta: { message: inner } });
const START = frame("message-start", { id: "i", ...message({ role: "assistant", content: [] }) });
const startText = (index: number, type = "text") =>
  frame("content-start", { index, ...message({ content: { type, text: "" } }) });
const say = (index: number, text: string) => frame("content-delta", { index, ...message({ content: { text } }) });
const think = (index: number, thinking: string) =>
  frame("content-delta", { index, ...message({ content: { thinking } }) });
const endText = (index: number) => frame("content-end", { index });
const plan = (tool_plan: string) => frame("tool-plan-delta", message({ tool_plan }));
const startCall = (index: number, id: string | undefined, name: string) =>
  frame("tool-call-start", {
    index,
    ...message({ tool_calls: { id, type: "function", function: { name, arguments: "" } } }),
  });
const args = (index: number, text: string) =>
  frame("tool-call-delta", { index, ...message({ tool_calls: { function: { arguments: text } } }) });
const endCall = (index: number) => frame("tool-call-end", { index });
const cite = (citation: JsonObject) => frame("citation-start", { index: 0, ...message({ citations: citation }) });
const END = frame("message-end", { delta: { finish_reason: "COMPLETE", usage: { tokens: { output_tokens: 2 } } } });
const types = (events: readonly IrEvent[]) => events.map(({ type }) => type);

function answerOf(...frames: readonly Frame[]) {
  const events = read(frames);
  const accumulator = createAccumulator();
  for (const event of events) accumulator.push(event);
  const lost = accumulator.losses().map(({ field }) => field);
  return { events, lost, blocks: accumulator.response().choices[0]?.blocks ?? [], response: accumulator.response() };
}

describe("answers", () => {
  test("text", () => {
    const { events, response } = answerOf(START, startText(0), say(0, "Hel"), say(0, "lo"), endText(0), END, DONE);
    expect(types(events)).toEqual([
      "start",
      "block-start",
      "text-delta",
      "text-delta",
      "usage",
      "block-end",
      "finish",
      "end",
    ] as const);
    expect(response).toMatchObject({ id: "i", model: null, usage: { outputTokens: 2 } });
  });

  test("thoughts, text, the plan and calls become one row of blocks", () => {
    const { blocks, lost } = answerOf(
      START,
      startText(0, "thinking"),
      think(0, "Hm."),
      endText(0),
      startText(1),
      say(1, "So."),
      endText(1),
      plan("I will "),
      plan("look."),
      startCall(0, "a", "f"),
      args(0, '{"x":'),
      args(0, "1}"),
      endCall(0),
      startCall(1, "b", "g"),
      endCall(1),
      END,
    );
    expect(blocks).toMatchObject([
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "So." },
      { type: "text", text: "I will look." },
      { type: "tool-call", id: "a", name: "f", arguments: '{"x":1}' },
      { type: "tool-call", id: "b", name: "g", arguments: "" },
    ]);
    expect(lost).toEqual([]);
  });

  test("calls side by side keep their arguments apart", () => {
    const { blocks } = answerOf(
      START,
      startCall(0, "a", "f"),
      startCall(1, "b", "g"),
      args(1, "{2"),
      args(0, "{1"),
      args(1, "}"),
      args(0, "}"),
      END,
    );
    expect(blocks).toMatchObject([{ arguments: "{1}" }, { arguments: "{2}" }]);
  });

  test("an answer that calls tools waits for their results, whatever its word", () => {
    expect(read([START, startCall(0, "a", "f"), END]).find(({ type }) => type === "finish")).toMatchObject({
      finish: { reason: "tool-calls", raw: "COMPLETE" },
    });
  });

  test("citations, before and after the end of their text", () => {
    const { blocks, lost } = answerOf(
      START,
      startText(0),
      say(0, "So it is."),
      cite({ start: 0, end: 2, text: "So", sources: [], content_index: 0, type: "TEXT_CONTENT" }),
      endText(0),
      cite({ start: 3, end: 5, text: "it", sources: [] }),
      END,
    );
    expect(blocks).toMatchObject([{ citations: [{ start: 0 }, { start: 3 }] }]);
    expect(lost).toEqual([]);
  });

  test("a citation of thoughts, or of a text that is over, is a loss", () => {
    const { lost } = answerOf(
      START,
      startText(0),
      say(0, "So."),
      startText(1),
      say(1, "Yes."),
      cite({ content_index: 0 }),
      cite({ content_index: 1, type: "THINKING_CONTENT" }),
      END,
    );
    expect(lost).toEqual(["message.citations"]);
  });
});

describe("what servers leave out, repeat or add", () => {
  test("no start of the message, no start of the text, no number, a string for a part", () => {
    const { blocks, response } = answerOf(
      frame("content-delta", message({ content: { text: "Hel" } })),
      frame("content-delta", message({ content: "lo" })),
      END,
    );
    expect(blocks).toMatchObject([{ type: "text", text: "Hello" }]);
    expect(response.id).toBeNull();
  });

  test("no type in the JSON: the event line names it", () => {
    const { data } = say(0, "Hi");
    const events = read([START, { event: "content-delta", data: data.replace('"type":"content-delta",', "") }, END]);
    expect(types(events)).toContain("text-delta");
  });

  test("a call without an id gets one, the same each time", () => {
    const [first, second] = [1, 2].map(() => answerOf(START, startCall(0, undefined, "f"), END).blocks[0]);
    expect(first).toMatchObject({ id: expect.stringMatching(/^call_/) });
    expect(first).toEqual(second);
  });

  test("what nobody knows is a loss, told once, and no failure", () => {
    const { lost, events } = answerOf(
      frame("weather-report", { x: 1 }),
      START,
      frame("debug", { prompt: "..." }),
      frame("weather-report", { x: 2 }),
      args(7, "{}"),
      END,
      DONE,
    );
    expect(lost).toEqual(["event", "debug", "message.tool_calls"]);
    expect(events[0]?.type).toBe("start");
    expect(events.at(-1)?.type).toBe("end");
  });

  test("a kind of part that is new is carried whole", () => {
    const { events } = answerOf(
      START,
      startText(0, "chart"),
      frame("content-delta", { index: 0, ...message({ content: { x: 1 } }) }),
      END,
    );
    expect(events).toMatchObject([
      {},
      { type: "block-start", content: { type: "opaque", name: "chart" } },
      { type: "opaque-delta", value: { x: 1 } },
      {},
      { type: "block-end" },
      {},
      {},
    ]);
  });
});

describe("endings", () => {
  const failed = (...frames: readonly Frame[]) => read(frames).at(-1);

  test.each([
    ["[DONE] after the end", [START, END, DONE], "end"],
    ["no [DONE]", [START, END], "end"],
    ["no end", [START, startText(0), say(0, "Hi")], "failed"],
    ["[DONE] without an end", [START, startText(0), say(0, "Hi"), DONE], "failed"],
    ["nothing", [], "failed"],
    ["no JSON", [START, { event: null, data: "oops" }], "failed"],
    ["a list", [START, { event: null, data: "[]" }], "failed"],
  ] as const)("%s", (_name, frames, type) => {
    const events = read(frames);
    expect(events.filter(({ type: each }) => each === "end" || each === "failed")).toHaveLength(1);
    expect(events.at(-1)?.type).toBe(type);
  });

  test("an end that says ERROR or TIMEOUT is a failure, with the vendor's words", () => {
    const error = "You are past the per minute request limit";
    expect(failed(START, frame("message-end", { delta: { finish_reason: "ERROR", error } }))).toMatchObject({
      failure: { kind: "rate-limited", upstream: { message: error, type: "ERROR" } },
    });
    expect(failed(START, frame("message-end", { delta: { finish_reason: "TIMEOUT" } }))).toMatchObject({
      failure: { kind: "timeout" },
    });
    expect(failed({ event: null, data: '{"message":"invalid api token"}' })).toMatchObject({
      failure: { kind: "credential" },
    });
    expect(failed({ event: "error", data: '{"x":1}' })).toMatchObject({ failure: { kind: "server-error" } });
  });

  test("what comes after the end of the stream is nothing", () => {
    expect(types(read([START, END, DONE, say(0, "late"), END, DONE]))).toEqual(["start", "usage", "finish", "end"]);
  });
});

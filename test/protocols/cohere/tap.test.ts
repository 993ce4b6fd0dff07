/** What a relay must know of an answer it does not translate. */
import { describe, expect, test } from "bun:test";
import { cohere } from "../../../src/protocols/cohere/index.ts";
import { frame } from "./streams.ts";

const message = (inner: object) => ({ delta: { message: inner } });
const START = frame("message-start", { id: "i", ...message({}) });
const OPEN = frame("content-start", { index: 0, ...message({ content: { type: "text", text: "" } }) });
const say = (text: string) => frame("content-delta", { index: 0, ...message({ content: { text } }) });
const DONE = { event: null, data: "[DONE]" };
const end = (delta: object) => frame("message-end", { delta });
const tap = () => cohere.payload.createTap();

test("a stream: the first word is worth committing to, the next ones are pieces; the end settles it", () => {
  const watch = tap();
  const usage = { tokens: { input_tokens: 5, output_tokens: 2 } };
  const frames = [START, OPEN, say(""), say("H"), say("i"), end({ finish_reason: "MAX_TOKENS", usage }), DONE];
  const notes = frames.map((each) => watch.frame(each));
  expect(notes.map(({ meaningful }) => meaningful)).toEqual([false, false, false, true, true, false, false]);
  expect(notes.map(({ settled }) => settled)).toEqual([false, false, false, false, false, true, true]);
  expect(notes.map(({ terminal }) => terminal)).toEqual([false, false, false, false, false, false, true]);
  expect(notes[5]).toMatchObject({ finish: "MAX_TOKENS", usage: { outputTokens: 2 }, failure: null });
});

describe("worth committing to", () => {
  test.each([
    [frame("tool-plan-delta", message({ tool_plan: "I" })), true],
    [frame("tool-plan-delta", message({ tool_plan: "" })), false],
    [frame("content-delta", message({ content: { thinking: "H" } })), true],
    [frame("tool-call-start", message({ tool_calls: { function: { name: "f" } } })), true],
    [frame("tool-call-start", message({ tool_calls: {} })), false],
    [frame("content-start", message({ content: { type: "chart" } })), true],
    [frame("citation-end"), false],
    [end({ finish_reason: "COMPLETE" }), true],
    [end({ finish_reason: "ERROR" }), false],
    [{ event: null, data: "oops" }, false],
    [{ event: null, data: "5" }, false],
  ])("%j: %p", (each, meaningful) => {
    expect(tap().frame(each).meaningful).toBe(meaningful);
  });
});

test("trouble inside a stream, whatever its shape", () => {
  expect(tap().frame(end({ finish_reason: "ERROR", error: "internal server error" }))).toMatchObject({
    failure: { status: 500, message: "internal server error" },
    settled: true,
    finish: null,
  });
  expect(tap().frame({ event: null, data: '{"id":"i","message":"invalid api token"}' }).failure).toMatchObject({
    meaning: "credential",
  });
  expect(tap().frame({ event: "error", data: "{}" }).failure).not.toBeNull();
});

test("words of a text that look like an event are a text", () => {
  const watch = tap();
  watch.frame(say("first"));
  const text = '{"type":"message-end","delta":{"finish_reason":"ERROR"}}';
  expect(watch.frame(say(text))).toMatchObject({ failure: null, settled: false });
});

test("whole answers", () => {
  const answer = { id: "i", message: { role: "assistant", content: [] }, finish_reason: "COMPLETE" };
  expect(tap().body(answer)).toMatchObject({ meaningful: true, failure: null, terminal: true, finish: "COMPLETE" });
  expect(tap().body({ ...answer, finish_reason: "ERROR" }).failure).toMatchObject({ status: 500 });
  expect(tap().body({ message: "too many tokens: x" }).failure).toMatchObject({ meaning: "context-length" });
  expect(tap().body({}).failure).toMatchObject({ message: "The answer holds no message." });
});

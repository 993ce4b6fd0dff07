// The watcher beside a relay: what it says of each kind of frame and body.
import { describe, expect, test } from "bun:test";
import { UNKNOWN_USAGE } from "../../../src/ir/usage.ts";
import { payload } from "./builders.ts";

const note = (data: string) => payload.createTap().frame({ event: null, data });
const QUIET = {
  meaningful: false,
  usage: null,
  failure: null,
  settled: false,
  terminal: false,
  model: null,
  finish: null,
};

describe("frames", () => {
  test.each([
    ["text", '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}', true],
    ["empty text", '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}', false],
    [
      "empty text in other words",
      '{"index":0, "type": "content_block_delta", "delta": {"type": "text_delta", "text": ""}}',
      false,
    ],
    ["text in other words", '{ "type": "content_block_delta", "delta": {"text": "a"}}', true],
    [
      "text that looks empty",
      '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\\"text\\":\\"\\""}}',
      true,
    ],
    [
      "counted thinking",
      '{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"","estimated_tokens":9}}',
      false,
    ],
    [
      "a signature",
      '{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"x"}}',
      true,
    ],
    ["a block's start", '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}', false],
    ["a call", '{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t"}}', true],
    [
      "redacted thinking",
      '{"type":"content_block_start","index":0,"content_block":{"type":"redacted_thinking","data":"x"}}',
      true,
    ],
    ["a block's stop", '{"type":"content_block_stop","index":0}', false],
    ["a ping", '{"type": "ping"}', false],
    ["no JSON", "oops", false],
  ])("%s", (_name, data, meaningful) => {
    expect(note(data)).toEqual({ ...QUIET, meaningful });
  });

  test("usage adds up over the stream", () => {
    const tap = payload.createTap();
    const first = tap.frame({
      event: null,
      data: '{"type":"message_start","message":{"model":"m","usage":{"input_tokens":5,"output_tokens":1}}}',
    });
    const last = tap.frame({
      event: null,
      data: '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}',
    });
    expect(first).toEqual({ ...QUIET, model: "m", usage: { ...UNKNOWN_USAGE, freshInputTokens: 5, outputTokens: 1 } });
    expect(last).toEqual({
      ...QUIET,
      meaningful: true,
      settled: true,
      finish: "end_turn",
      usage: { ...UNKNOWN_USAGE, freshInputTokens: 5, outputTokens: 9 },
    });
    expect(tap.frame({ event: null, data: '{"type":"message_stop"}' })).toEqual({
      ...QUIET,
      meaningful: true,
      settled: true,
      terminal: true,
    });
  });

  test("an error inside a 200", () => {
    const { failure, terminal } = note('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}');
    expect([failure?.meaning, failure?.status, terminal]).toEqual(["overloaded", 529, true]);
  });
});

describe("bodies", () => {
  const body = (value: Record<string, unknown>) => payload.createTap().body(value);
  test.each([
    [
      "an answer",
      { content: [], model: "m", stop_reason: "end_turn" },
      { meaningful: true, failure: null, model: "m", finish: "end_turn" },
    ],
    [
      "an error",
      { type: "error", error: { type: "api_error", message: "x" } },
      { meaningful: false, failure: { type: "api_error", message: "x" } },
    ],
    ["another server's error", { error: { message: "x" } }, { failure: { message: "x" } }],
    ["nothing", {}, { meaningful: false, failure: { message: "The answer has no content." } }],
  ])("%s", (_name, value, expected) => {
    expect(body(value)).toMatchObject(expected);
  });
});

// Streams: the vendor's frames read, and any vendor's answer written as the vendor's frames, byte for byte.

import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IrEvent } from "../../../src/ir/event.ts";
import { failure } from "../../../src/ir/failure.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import { UNKNOWN_USAGE, type Usage } from "../../../src/ir/usage.ts";
import { writeSseFrame } from "../../../src/protocols/framing/sse.ts";
import { at } from "../../../src/std/json.ts";
import { answerContext, frame, payload, readEvents, writeEvents } from "./builders.ts";
import { collectMessage } from "./sdk-rules.ts";

const start = (over: object = {}): IrEvent => ({
  type: "start",
  sourceProtocol: "openai",
  id: "chatcmpl-1",
  model: "gpt-test",
  createdMs: null,
  serviceTier: null,
  extras: {},
  spelling: NO_SPELLING,
  ...over,
});
const usage = (over: Partial<Usage>): IrEvent => ({ type: "usage", usage: { ...UNKNOWN_USAGE, ...over } });
const opens = (block: number, type: "text" | "refusal"): IrEvent => ({
  type: "block-start",
  block,
  choice: 0,
  content: { type },
});
const thinks = (block: number): IrEvent => ({
  type: "block-start",
  block,
  choice: 0,
  content: { type: "reasoning", encrypted: null },
});
const calls = (block: number, id: string, kind: "function" | "custom" = "function"): IrEvent => ({
  type: "block-start",
  block,
  choice: 0,
  content: { type: "tool-call", id, name: `f_${id}`, kind },
});
const text = (block: number, piece: string): IrEvent => ({ type: "text-delta", block, text: piece, logprobs: null });
const args = (block: number, piece: string): IrEvent => ({ type: "arguments-delta", block, text: piece });
const ends = (block: number): IrEvent => ({ type: "block-end", block });
const finish = (reason: "stop" | "tool-calls" | "length"): IrEvent => ({
  type: "finish",
  choice: 0,
  finish: { reason, raw: reason, stopSequence: null },
});
const END: IrEvent = { type: "end" };

describe("written, byte for byte", () => {
  const cases: readonly [string, readonly IrEvent[]][] = [
    [
      "text",
      [
        start(),
        opens(0, "text"),
        text(0, "Hel"),
        text(0, 'lo "you"\n'),
        ends(0),
        finish("stop"),
        usage({ freshInputTokens: 5, outputTokens: 2 }),
        END,
      ],
    ],
    [
      "usage-first",
      [
        start(),
        usage({ freshInputTokens: 9, cacheReadTokens: 4 }),
        opens(0, "text"),
        text(0, "a"),
        ends(0),
        finish("length"),
        END,
      ],
    ],
    [
      "interleaved-calls",
      [
        start(),
        opens(0, "text"),
        text(0, "Both."),
        calls(1, "a"),
        args(1, '{"x"'),
        calls(2, "b"),
        args(2, '{"y"'),
        args(1, ":1}"),
        args(2, ":2}"),
        ends(0),
        ends(1),
        ends(2),
        finish("tool-calls"),
        END,
      ],
    ],
    ["call-without-arguments", [start(), calls(0, "a"), ends(0), finish("stop"), END]],
    [
      "free-text-call",
      [start(), calls(0, "a", "custom"), args(0, 'say "hi"\n'), args(0, "bye"), ends(0), finish("tool-calls"), END],
    ],
    [
      "reasoning",
      [
        start(),
        thinks(0),
        text(0, "hm"),
        { type: "signature-delta", block: 0, signature: { issuer: "gemini", value: "ab" } },
        { type: "signature-delta", block: 0, signature: { issuer: "gemini", value: "cd" } },
        ends(0),
        opens(1, "text"),
        text(1, "so"),
        ends(1),
        finish("stop"),
        END,
      ],
    ],
    ["refusal", [start(), opens(0, "refusal"), text(0, "I cannot."), ends(0), finish("stop"), END]],
    ["empty", [END]],
    [
      "heartbeat",
      [
        { type: "keep-alive" },
        start(),
        { type: "keep-alive" },
        opens(0, "text"),
        text(0, "a"),
        ends(0),
        finish("stop"),
        END,
      ],
    ],
    ["failed-before", [{ type: "failed", failure: failure("overloaded", "Overloaded.") }]],
    [
      "failed-after",
      [
        start(),
        opens(0, "text"),
        text(0, "Hal"),
        { type: "failed", failure: failure("network", "The connection broke.") },
        END,
      ],
    ],
  ];

  test.each(cases)("%s", (name, events) => {
    const frames = writeEvents(events);
    const bytes = frames.map(writeSseFrame).join("");
    const path = join(import.meta.dir, "golden", `${name}.sse`);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, bytes);
    expect(bytes).toBe(readFileSync(path, "utf8"));
  });

  test("interleaved calls come out whole and in order, as the SDK collects them", () => {
    const message = collectMessage(writeEvents(cases.find(([name]) => name === "interleaved-calls")?.[1] ?? []));
    expect(message["content"]).toMatchObject([
      { type: "text", text: "Both." },
      { type: "tool_use", id: "a", name: "f_a", input: { x: 1 } },
      { type: "tool_use", id: "b", name: "f_b", input: { y: 2 } },
    ]);
  });

  test("text that goes on after a call began becomes another block", () => {
    const events = [
      start(),
      opens(0, "text"),
      text(0, "a"),
      calls(1, "c"),
      args(1, "{}"),
      text(0, "b"),
      ends(1),
      text(0, "c"),
      END,
    ];
    expect(collectMessage(writeEvents(events))["content"]).toMatchObject([
      { text: "a" },
      { type: "tool_use" },
      { text: "bc" },
    ]);
  });

  test("the prompt's size is in the first event, exact or estimated, and corrected in the last", () => {
    const frames = writeEvents([
      start(),
      opens(0, "text"),
      text(0, "a"),
      usage({ freshInputTokens: 30, outputTokens: 1 }),
      END,
    ]);
    const data = frames.map((each) => JSON.parse(each.data) as unknown);
    expect(at(data[0], "message", "usage", "input_tokens")).toBe(42);
    expect(at(data.at(-2), "usage")).toEqual({ input_tokens: 30, output_tokens: 1 });
  });

  test("more held than any answer has is an error, not a loss of memory", () => {
    const writer = payload.createStreamWriter(answerContext());
    for (const event of [start(), calls(0, "a"), calls(1, "b")]) writer.push(event);
    const piece = "x".repeat(6 * 1024 * 1024);
    const frames = [1, 2, 3, 4].flatMap(() => writer.push(args(1, piece)));
    expect(frames.map((each) => each.event)).toEqual(["error"]);
    expect(writer.push(END)).toEqual([]);
  });

  test("losses are counted once, not per delta", () => {
    const writer = payload.createStreamWriter(answerContext());
    const second: IrEvent = { type: "block-start", block: 1, choice: 1, content: { type: "text" } };
    const foreign: IrEvent = {
      type: "block-start",
      block: 2,
      choice: 0,
      content: { type: "opaque", sourceProtocol: "openai", name: "x", value: {}, spelling: NO_SPELLING },
    };
    const probable: IrEvent = { type: "text-delta", block: 0, text: "a", logprobs: [1] };
    const events = [
      start({ extras: { fingerprint: 1 } }),
      opens(0, "text"),
      probable,
      probable,
      second,
      text(1, "z"),
      foreign,
      finish("stop"),
      END,
    ];
    const frames = events.flatMap((event) => writer.push(event));
    expect(writer.losses.map((loss) => loss.field)).toEqual([
      "fingerprint",
      "logprobs",
      "choices[1]",
      "x",
      "usage.input_tokens",
      "usage.output_tokens",
    ]);
    expect(collectMessage(frames)["content"]).toMatchObject([{ text: "aa" }]);
  });
});

describe("read", () => {
  const MESSAGE = {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-x",
    content: [],
    usage: { input_tokens: 3, output_tokens: 1 },
  };
  const OPEN = frame({ type: "message_start", message: MESSAGE });
  const STOP = frame({ type: "message_stop" });
  const done = (reason = "end_turn") =>
    frame({ type: "message_delta", delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: 2 } });
  const block = (index: number, content_block: object) => frame({ type: "content_block_start", index, content_block });
  const delta = (index: number, value: object) => frame({ type: "content_block_delta", index, delta: value });
  const close = (index: number) => frame({ type: "content_block_stop", index });
  const typesOf = (events: readonly IrEvent[]) => events.map((event) => event.type);

  test("the type in the JSON decides, not the event line", () => {
    const frames = [
      OPEN,
      block(0, { type: "text", text: "" }),
      delta(0, { type: "text_delta", text: "a" }),
      close(0),
      done(),
      STOP,
    ];
    expect(readEvents(frames.map((each) => ({ ...each, event: null })))).toEqual(readEvents(frames));
  });

  test.each([
    ["no input at all", {}, [], ["{}"]],
    ["an empty delta", {}, [""], ["{}"]],
    ["input in the start alone", { a: 1 }, [], ['{"a":1}']],
    ["input in deltas", {}, ['{"a"', ":1}"], ['{"a"', ":1}"]],
    ["input in both", { a: 1 }, ['{"b":2}'], ['{"b":2}']],
  ])("tool arguments: %s", (_name, input, pieces, expected) => {
    const frames = [
      OPEN,
      block(0, { type: "tool_use", id: "t", name: "f", input }),
      ...pieces.map((partial_json) => delta(0, { type: "input_json_delta", partial_json })),
      close(0),
      done("tool_use"),
      STOP,
    ];
    expect(readEvents(frames).flatMap((event) => (event.type === "arguments-delta" ? event.text : []))).toEqual(
      expected,
    );
  });

  test("thinking, its signature, and thinking that is hidden", () => {
    const events = readEvents([
      OPEN,
      block(0, { type: "thinking", thinking: "", signature: "" }),
      delta(0, { type: "thinking_delta", thinking: "", estimated_tokens: 5 }),
      delta(0, { type: "thinking_delta", thinking: "hm" }),
      delta(0, { type: "signature_delta", signature: "c2ln" }),
      close(0),
      block(1, { type: "redacted_thinking", data: "enc" }),
      close(1),
      done(),
      STOP,
    ]);
    expect(events.slice(2, 9)).toEqual([
      thinks(0),
      { type: "keep-alive" },
      text(0, "hm"),
      { type: "signature-delta", block: 0, signature: { issuer: "anthropic", value: "c2ln" } },
      ends(0),
      {
        type: "block-start",
        block: 1,
        choice: 0,
        content: { type: "reasoning", encrypted: { issuer: "anthropic", value: "enc" } },
      },
      ends(1),
    ]);
  });

  test("server tools are carried whole", () => {
    const value = { type: "server_tool_use", id: "s", name: "web_search", input: {} };
    const piece = { type: "input_json_delta", partial_json: "{}" };
    expect(readEvents([OPEN, block(0, value), delta(0, piece), close(0), done(), STOP]).slice(2, 5)).toEqual([
      {
        type: "block-start",
        block: 0,
        choice: 0,
        content: { type: "opaque", sourceProtocol: "anthropic", name: "server_tool_use", value, spelling: NO_SPELLING },
      },
      { type: "opaque-delta", block: 0, sourceProtocol: "anthropic", value: piece },
      ends(0),
    ]);
  });

  test.each([
    ["cut before the reason", [OPEN, block(0, { type: "text", text: "a" })], "failed"],
    ["cut after the reason", [OPEN, block(0, { type: "text", text: "a" }), done()], "end"],
    ["nothing at all", [], "failed"],
    ["no JSON", [OPEN, { event: null, data: "{oops" }], "failed"],
    ["no object", [OPEN, { event: null, data: "[DONE]" }], "failed"],
    ["a stop alone", [STOP], "end"],
    ["frames after the end", [OPEN, done(), STOP, block(0, { type: "text", text: "late" })], "end"],
  ])("%s", (_name, frames, ending) => {
    const types = typesOf(readEvents(frames));
    expect<string | undefined>(types.at(-1)).toBe(ending);
    expect(types.filter((type) => type === "end" || type === "failed")).toHaveLength(1);
  });

  test.each([
    ["overloaded_error", "Overloaded", "overloaded"],
    ["rate_limit_error", "slow down", "rate-limited"],
    ["api_error", "oops", "server-error"],
    ["timeout_error", "late", "timeout"],
    ["invalid_request_error", "prompt is too long: 9 tokens > 8 maximum", "context-length"],
    ["invalid_request_error", "no", "rejected"],
    ["new_error", "?", "server-error"],
  ])("an error inside the stream: %s %s", (type, message, kind) => {
    const last = readEvents([OPEN, frame({ type: "error", error: { type, message } })]).at(-1);
    expect(last).toMatchObject({ type: "failed", failure: { kind, upstream: { type, message } } });
  });

  test("settled when the reason has come", () => {
    const reader = payload.createStreamReader();
    reader.push(OPEN);
    expect(reader.settled).toBe(false);
    reader.push(done());
    expect(reader.settled).toBe(true);
  });

  test("a ping keeps alive, unknown things are losses, a missing start is made up", () => {
    const events = readEvents([
      frame({ type: "ping" }),
      delta(3, { type: "text_delta", text: "a" }),
      frame({ type: "news" }),
      frame({ type: "news" }),
      done(),
      STOP,
    ]);
    expect(typesOf(events)).toEqual([
      "keep-alive",
      "start",
      "block-start",
      "text-delta",
      "loss",
      "usage",
      "block-end",
      "finish",
      "end",
    ]);
  });

  test("a flood of blocks is refused", () => {
    const frames = Array.from({ length: 5000 }, (_, index) => block(index, { type: "text", text: "" }));
    expect(typesOf(readEvents([OPEN, ...frames])).at(-1)).toBe("failed");
  });
});

// Complete answers: of the vendor, read; of any vendor, written for a client of this protocol.
import { describe, expect, test } from "bun:test";
import { type IrBlock, NO_SPELLING } from "../../../src/ir/request.ts";
import type { FinishReason } from "../../../src/ir/response.ts";
import { UNKNOWN_USAGE } from "../../../src/ir/usage.ts";
import { writeFinish } from "../../../src/protocols/anthropic/finish.ts";
import { readUsage, writeUsage } from "../../../src/protocols/anthropic/usage.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { answerContext, callBlock, foreignResponse, payload, textBlock } from "./builders.ts";

const write = (blocks: readonly IrBlock[], over: Parameters<typeof foreignResponse>[1] = {}) => {
  const { value, losses } = payload.writeResponse(foreignResponse(blocks, over), answerContext());
  return { message: value, losses: losses.map((loss) => `${loss.how} ${loss.field}`) };
};
const reasoning = (over: object): IrBlock => ({
  type: "reasoning",
  text: "hm",
  signature: null,
  encrypted: null,
  extras: {},
  spelling: NO_SPELLING,
  ...over,
});

describe("writing", () => {
  test("every member the vendor's SDK promises is there", () => {
    const { message, losses } = write([textBlock("Hello")]);
    expect(losses).toEqual([]);
    expect(message).toEqual({
      id: "msg_010000000000000000000001",
      type: "message",
      role: "assistant",
      model: "gpt-test",
      content: [{ type: "text", text: "Hello" }],
      stop_reason: "end_turn",
      stop_sequence: null,
      stop_details: null,
      container: null,
      usage: {
        input_tokens: 7,
        output_tokens: 3,
        cache_creation: null,
        cache_creation_input_tokens: null,
        cache_read_input_tokens: null,
        output_tokens_details: null,
        server_tool_use: null,
        service_tier: null,
      },
    });
  });

  test.each([
    ["a call ends in tool_use, whatever the vendor said", [textBlock("a"), callBlock("c", "f", "{}")], "tool_use"],
    ["a refusal ends in refusal", [{ type: "refusal", text: "no", extras: {}, spelling: NO_SPELLING }], "refusal"],
    ["nothing at all is still an answer", [], "end_turn"],
  ] as const)("%s", (_name, blocks, word) => {
    expect(write(blocks).message["stop_reason"]).toBe(word);
  });

  test.each([
    ["unsigned", reasoning({}), { type: "thinking", thinking: "hm", signature: "" }],
    ["signed elsewhere", reasoning({ signature: { issuer: "gemini", value: "s" } }), { signature: "rm:s:gemini:s" }],
    [
      "encrypted elsewhere",
      reasoning({ encrypted: { issuer: "responses", value: "e" } }),
      { type: "thinking", signature: "rm:e:responses:e" },
    ],
    [
      "encrypted without text",
      reasoning({ text: "", encrypted: { issuer: null, value: "e" } }),
      { type: "redacted_thinking", data: "rm:e::e" },
    ],
  ])("reasoning, %s, comes back to its issuer alone", (_name, block, expected) => {
    const { message } = write([block, textBlock("so")]);
    expect((message["content"] as unknown[])[0]).toMatchObject(expected);
    // The client replays what it was given.
    const replayed = payload.readRequest({ messages: [{ role: "assistant", content: message["content"] }] });
    expect(replayed.value.turns[0]?.blocks[0]).toEqual(block);
  });

  test.each([
    ["broken", '{"a', { arguments: '{"a' }, ["approximated content[0].input"]],
    ["empty", "", {}, []],
  ])("%s arguments", (_name, text, input, losses) => {
    const { message, losses: found } = write([callBlock("c", "f", text)]);
    expect(message["content"]).toEqual([{ type: "tool_use", id: "c", name: "f", input, caller: { type: "direct" } }]);
    expect(found).toEqual(losses);
  });

  test("what has no place is a loss: other choices, media, foreign blocks, extras", () => {
    const image: IrBlock = {
      type: "image",
      source: { kind: "file", id: "f" },
      detail: null,
      cache: null,
      extras: {},
      spelling: NO_SPELLING,
    };
    const foreign: IrBlock = {
      type: "opaque",
      sourceProtocol: "openai",
      name: "annotation",
      value: {},
      spelling: NO_SPELLING,
    };
    const [choice] = foreignResponse([image, foreign, textBlock("x")]).choices;
    if (choice === undefined) throw new Error("a response has a choice");
    const { message, losses } = write([], {
      choices: [choice, { ...choice, index: 1 }],
      extras: { system_fingerprint: "f" },
      spelling: NO_SPELLING,
    });
    expect(message["content"]).toEqual([{ type: "text", text: "x" }]);
    expect(losses).toEqual([
      "dropped choices[1]",
      "dropped content[0]",
      "dropped content[1]",
      "dropped system_fingerprint",
    ]);
  });

  test("counts nobody reported are estimated, and said to be", () => {
    const { message, losses } = write([textBlock("x")], { usage: null, model: null });
    expect(message["usage"]).toMatchObject({ input_tokens: 42, output_tokens: 0 });
    expect(message["model"]).toBe("lane-model");
    expect(losses).toEqual(["approximated usage.input_tokens", "approximated usage.output_tokens"]);
  });
});

describe("reading", () => {
  test.each([
    ["an error", { type: "error", error: {} }, "The answer is an error, not a message."],
    ["nothing", {}, "The answer has no list of content blocks."],
  ])("%s is no answer", (_name, body, message) => {
    expect(() => payload.readResponse(body)).toThrow(new WireError(message));
  });

  test("an answer without usage, model and id is still one", () => {
    const { value } = payload.readResponse({ content: [{ type: "text", text: "x" }] });
    expect(value).toMatchObject({ id: null, model: null, usage: null, choices: [{ finish: null }] });
  });
});

describe("finish", () => {
  const none = { sourceProtocol: "openai", hasToolCalls: false, hasRefusal: false };
  test.each([
    ["stop", "end_turn"],
    ["stop-sequence", "stop_sequence"],
    ["length", "max_tokens"],
    ["content-filter", "refusal"],
    ["refusal", "refusal"],
    ["pause", "pause_turn"],
    ["context-length", "model_context_window_exceeded"],
    ["other", "end_turn"],
    ["tool-calls", "end_turn"],
  ] as const satisfies readonly (readonly [FinishReason, string])[])("%s is %s without calls", (reason, word) => {
    expect(writeFinish({ reason, raw: "x", stopSequence: null }, none).word).toBe(word);
  });

  test.each([
    ["stop", "tool_use"],
    ["tool-calls", "tool_use"],
    ["length", "max_tokens"],
    ["content-filter", "refusal"],
  ] as const)("%s is %s with calls", (reason, word) => {
    expect(writeFinish({ reason, raw: "x", stopSequence: null }, { ...none, hasToolCalls: true }).word).toBe(word);
  });

  test("a word the vendor invented is read as other and written back as it was", () => {
    const { value } = payload.readResponse({ content: [], stop_reason: "compaction" });
    expect(value.choices[0]?.finish).toEqual({ reason: "other", raw: "compaction", stopSequence: null });
    expect(payload.writeResponse(value, answerContext()).value["stop_reason"]).toBe("compaction");
    expect(payload.readResponse({ content: [], stop_reason: "constructor" }).value.choices[0]?.finish?.reason).toBe(
      "other",
    );
  });
});

describe("usage", () => {
  test.each([
    ["the least", { input_tokens: 1, output_tokens: 2 }, { freshInputTokens: 1, outputTokens: 2 }],
    [
      "both lifetimes",
      {
        input_tokens: 1,
        output_tokens: 2,
        cache_creation_input_tokens: 30,
        cache_read_input_tokens: 4,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      },
      { freshInputTokens: 1, outputTokens: 2, cacheWriteTokens: 10, cacheWrite1hTokens: 20, cacheReadTokens: 4 },
    ],
    ["one lifetime, unnamed", { cache_creation_input_tokens: 30 }, { cacheWriteTokens: 30 }],
    [
      "thinking",
      { output_tokens: 9, output_tokens_details: { thinking_tokens: 5 } },
      { outputTokens: 9, reasoningTokens: 5 },
    ],
    ["nulls", { input_tokens: null, cache_read_input_tokens: null }, {}],
    ["nonsense", { input_tokens: -1, output_tokens: 1.5, cache_creation: 3 }, {}],
  ])("%s", (_name, wire, expected) => {
    const usage = readUsage(wire);
    expect(usage).toEqual({ ...UNKNOWN_USAGE, ...expected });
    expect(readUsage(writeUsage(usage, { inputTokens: 0, outputTokens: 0 }, null))).toMatchObject(expected);
  });

  test("no object, no usage", () => {
    expect([readUsage(null), readUsage("7"), readUsage(undefined)]).toEqual([null, null, null]);
  });
});

/** Whole answers, in and out: usage and finish words by table, what compatible vendors do differently, what is lost. */
import { describe, expect, test } from "bun:test";
import { type IrBlock, NO_EXTRAS, NO_SPELLING } from "../../../src/ir/request.ts";
import { FINISH_REASONS, type IrChoice, type IrResponse } from "../../../src/ir/response.ts";
import { openai } from "../../../src/protocols/openai/index.ts";
import { readUsage, writeUsage } from "../../../src/protocols/openai/usage.ts";
import { createLosses } from "../../../src/protocols/shared/losses.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { CONTEXT, call, FOREIGN, foreignResponse, text, usage } from "./builders.ts";

const read = (body: JsonObject) => openai.payload.readResponse(body).value;
const answer = (message: JsonObject, choice: JsonObject = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop", ...choice }],
});
const choiceOf = (blocks: readonly IrBlock[], members: Partial<IrChoice> = {}): IrChoice => ({
  index: 0,
  blocks,
  finish: { reason: "stop", raw: "end_turn", stopSequence: null },
  logprobs: null,
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
  ...members,
});
const write = (response: IrResponse) => {
  const { value, losses } = openai.payload.writeResponse(response, CONTEXT);
  return { body: value, lost: losses.map(({ how, field }) => `${how} ${field}`) };
};
const messageOf = (blocks: readonly IrBlock[]) => {
  const { body, lost } = write(foreignResponse({ choices: [choiceOf(blocks)] }));
  return { choice: (body["choices"] as JsonObject[])[0], lost };
};

describe("reading", () => {
  const messages: [string, JsonObject, unknown[]][] = [
    ["text", { content: "Hi" }, [text("Hi")]],
    ["no text", { content: "" }, []],
    ["a refusal", { content: null, refusal: "No" }, [{ type: "refusal", text: "No" }]],
    [
      "DeepSeek's reasoning",
      { content: "Hi", reasoning_content: "Hm" },
      [{ type: "reasoning", text: "Hm" }, text("Hi")],
    ],
    ["OpenRouter's reasoning", { content: "Hi", reasoning: "Hm" }, [{ type: "reasoning", text: "Hm" }, text("Hi")]],
    ["null reasoning", { content: "Hi", reasoning: null }, [text("Hi")]],
    [
      "Mistral's parts",
      {
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "Hm" }] },
          { type: "text", text: "Hi" },
        ],
      },
      [{ type: "reasoning", text: "Hm" }, text("Hi")],
    ],
    [
      "an older call",
      { content: null, function_call: { name: "f", arguments: "{}" } },
      [{ type: "tool-call", name: "f", arguments: "{}", id: expect.stringMatching(/^call_/) }],
    ],
    [
      "arguments as an object, and no id",
      { content: null, tool_calls: [{ function: { name: "f", arguments: { a: 1 } } }] },
      [{ type: "tool-call", name: "f", arguments: '{"a":1}', id: expect.stringMatching(/^call_/) }],
    ],
    [
      "citations",
      {
        content: "See",
        annotations: [
          {
            type: "url_citation",
            url_citation: { url: "https://a.invalid", title: "A", start_index: 0, end_index: 3 },
          },
        ],
      },
      [
        {
          type: "text",
          text: "See",
          citations: [{ kind: "url", url: "https://a.invalid", title: "A", start: 0, end: 3 }],
        },
      ],
    ],
    [
      "audio",
      { content: null, audio: { id: "a", data: "AAAA", transcript: "Hi", expires_at: 1 } },
      [
        {
          type: "audio",
          transcript: "Hi",
          source: { kind: "base64", data: "AAAA" },
          extras: { id: "a", expires_at: 1 },
          spelling: NO_SPELLING,
        },
      ],
    ],
  ];
  test.each(messages)("%s", (_, message, blocks) => {
    expect(read(answer(message)).choices[0]?.blocks).toMatchObject(blocks as object[]);
    expect(read(answer(message)).choices[0]?.blocks).toHaveLength(blocks.length);
  });

  const finishes: [string | null, JsonObject, JsonObject | null][] = [
    ["stop", { content: "Hi" }, { reason: "stop", raw: "stop" }],
    ["length", { content: "Hi" }, { reason: "length", raw: "length" }],
    ["content_filter", { content: "Hi" }, { reason: "content-filter", raw: "content_filter" }],
    ["tool_calls", { content: "Hi" }, { reason: "tool-calls", raw: "tool_calls" }],
    ["stop", { tool_calls: [{ id: "c", function: { name: "f" } }] }, { reason: "tool-calls", raw: "stop" }],
    ["function_call", { function_call: { name: "f" } }, { reason: "tool-calls", raw: "function_call" }],
    ["stop", { refusal: "No" }, { reason: "refusal", raw: "stop" }],
    ["model_length", { content: "Hi" }, { reason: "length", raw: "model_length" }],
    ["never_heard_of", { content: "Hi" }, { reason: "other", raw: "never_heard_of" }],
    [null, { content: "Hi" }, null],
  ];
  test.each(finishes)("finish %p with %j", (finish_reason, message, finish) => {
    const found = read(answer(message, { finish_reason })).choices[0]?.finish ?? null;
    expect(found).toEqual(finish === null ? null : expect.objectContaining(finish));
  });

  test("several choices come ordered, and missing usage is tolerated", () => {
    const body = {
      choices: [
        { index: 1, message: { content: "b" } },
        { index: 0, message: { content: "a" } },
      ],
    };
    const response = read(body);
    expect(response.choices.map(({ index, blocks }) => [index, blocks])).toEqual([
      [0, [text("a")]],
      [1, [text("b")]],
    ]);
    expect(response).toMatchObject({ id: null, model: null, createdMs: null, usage: null });
  });

  test.each([
    {},
    { choices: [] },
    { choices: [{}] },
    { choices: "x" },
    { choices: [{ message: { tool_calls: [{}] } }] },
  ])("%j is no answer", (body) => {
    expect(() => read(body)).toThrow(WireError);
  });
});

describe("usage", () => {
  const rows: [string, JsonObject, object | null][] = [
    [
      "plain",
      { prompt_tokens: 5, completion_tokens: 3 },
      { freshInputTokens: 5, outputTokens: 3, cacheReadTokens: null },
    ],
    [
      "cached and written",
      {
        prompt_tokens: 100,
        completion_tokens: 3,
        prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
      },
      { freshInputTokens: 10, cacheReadTokens: 60, cacheWriteTokens: 30 },
    ],
    [
      "DeepSeek",
      { prompt_tokens: 10, completion_tokens: 3, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 },
      { freshInputTokens: 6, cacheReadTokens: 4 },
    ],
    [
      "xAI counts reasoning beside",
      { prompt_tokens: 10, completion_tokens: 3, total_tokens: 20, completion_tokens_details: { reasoning_tokens: 7 } },
      { outputTokens: 10, reasoningTokens: 7 },
    ],
    [
      "others count it within",
      { prompt_tokens: 10, completion_tokens: 9, total_tokens: 19, completion_tokens_details: { reasoning_tokens: 7 } },
      { outputTokens: 9, reasoningTokens: 7 },
    ],
    [
      "audio",
      {
        prompt_tokens: 10,
        completion_tokens: 9,
        prompt_tokens_details: { audio_tokens: 4 },
        completion_tokens_details: { audio_tokens: 2 },
      },
      { audioInputTokens: 4, audioOutputTokens: 2 },
    ],
    [
      "more cached than there is",
      { prompt_tokens: 5, prompt_tokens_details: { cached_tokens: 9 } },
      { freshInputTokens: 0 },
    ],
    ["not numbers", { prompt_tokens: "five", completion_tokens: -1 }, null],
    ["nothing", {}, null],
  ];
  test.each(rows)("%s", (_, wire, expected) => {
    expect(readUsage({ usage: wire })).toEqual(expected === null ? null : expect.objectContaining(expected));
  });

  test("totals hold every kind of prompt token", () => {
    const counts = usage({
      freshInputTokens: 1,
      cacheReadTokens: 20,
      cacheWriteTokens: 300,
      cacheWrite1hTokens: 4000,
      outputTokens: 7,
      reasoningTokens: 5,
    });
    expect(writeUsage(counts, CONTEXT, createLosses())).toEqual({
      prompt_tokens: 4321,
      completion_tokens: 7,
      total_tokens: 4328,
      prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 4300 },
      completion_tokens_details: { reasoning_tokens: 5 },
    });
  });

  test("unknown is not written as zero", () => {
    expect(writeUsage(null, CONTEXT, createLosses())).toBeNull();
    expect(writeUsage(usage({ reasoningTokens: 5 }), CONTEXT, createLosses())).toBeNull();
    expect(writeUsage(usage({ freshInputTokens: 5 }), CONTEXT, createLosses())).toEqual({
      prompt_tokens: 5,
      completion_tokens: 0,
      total_tokens: 5,
    });
  });
});

describe("writing", () => {
  test("an answer from another protocol has every member the vendor always sends", () => {
    const { body, lost } = write(
      foreignResponse({
        choices: [choiceOf([text("Hi")])],
        usage: usage({ freshInputTokens: 5, outputTokens: 3 }),
        serviceTier: "standard",
      }),
    );
    expect(body).toEqual({
      id: "chatcmpl-0123456789abcdefghijklmn",
      object: "chat.completion",
      created: 1_700_000_000,
      model: "their-model",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hi", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
    });
    expect(lost).toEqual([]);
  });

  test("the lane's model stands where the vendor names none", () => {
    expect(write(foreignResponse({ model: null })).body["model"]).toBe("upstream-model");
  });

  test("calls end the answer as calls, and one without arguments has an empty object", () => {
    expect(messageOf([call("c1", "f", "")])).toEqual({
      choice: {
        index: 0,
        message: {
          role: "assistant",
          content: null,
          refusal: null,
          tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }],
        },
        logprobs: null,
        finish_reason: "tool_calls",
      },
      lost: [],
    });
  });

  test("reasoning text is carried, its signature is lost", () => {
    const signature = { issuer: FOREIGN, value: "sealed" };
    const blocks: IrBlock[] = [
      { type: "reasoning", text: "Hm", signature, encrypted: null, extras: NO_EXTRAS, spelling: NO_SPELLING },
      { type: "reasoning", text: "", signature: null, encrypted: signature, extras: NO_EXTRAS, spelling: NO_SPELLING },
      text("Hi"),
    ];
    const { choice, lost } = messageOf(blocks);
    expect(choice).toMatchObject({ message: { content: "Hi", reasoning_content: "Hm" } });
    expect(lost).toEqual(["dropped choices[0].message.reasoning_content"]);
  });

  test("URLs are cited where the text they support ends", () => {
    const citation = { title: null, citedText: null, start: null, end: null, sourceProtocol: FOREIGN, raw: {} };
    const cited: IrBlock = {
      type: "text",
      text: "Hello",
      citations: [
        { ...citation, kind: "url", url: "https://a.invalid" },
        { ...citation, kind: "document", url: null },
      ],
      cache: null,
      extras: NO_EXTRAS,
      spelling: NO_SPELLING,
    };
    const { choice, lost } = messageOf([cited]);
    const url_citation = { url: "https://a.invalid", title: "https://a.invalid", start_index: 5, end_index: 5 };
    expect(choice).toMatchObject({ message: { annotations: [{ type: "url_citation", url_citation }] } });
    expect(lost).toEqual(["dropped choices[0].message.annotations"]);
  });

  test("what has no place is lost", () => {
    const { choice, lost } = messageOf([
      { type: "opaque", sourceProtocol: FOREIGN, name: "search", value: {}, spelling: NO_SPELLING },
    ]);
    expect(choice).toMatchObject({ message: { content: "" } });
    expect(lost).toEqual(["dropped choices[0].message.content"]);
  });

  test("every reason is one of the vendor's words", () => {
    const words = FINISH_REASONS.map((reason) => {
      const finish = { reason, raw: "x", stopSequence: null };
      const { body } = write(foreignResponse({ choices: [choiceOf([text("Hi")], { finish })] }));
      return [reason, (body["choices"] as JsonObject[])[0]?.["finish_reason"]];
    });
    expect(Object.fromEntries(words)).toEqual({
      stop: "stop",
      "stop-sequence": "stop",
      length: "length",
      "tool-calls": "tool_calls",
      "content-filter": "content_filter",
      refusal: "content_filter",
      pause: "stop",
      "context-length": "length",
      other: "stop",
    });
  });

  test("an answer read from this protocol comes back as it was, down to members nobody knows", () => {
    const body = {
      ...answer(
        {
          content: "See",
          refusal: null,
          reasoning_content: "Hm",
          annotations: [{ type: "url_citation", url_citation: { url: "https://a.invalid", extra: 1 } }],
          reasoning_details: [{ type: "reasoning.text" }],
        },
        { logprobs: { content: [] }, finish_reason: "odd_word", native_finish_reason: "x" },
      ),
      system_fingerprint: "fp",
      provider: "Someone",
      service_tier: "default",
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, cost: 0.1 },
    };
    expect(openai.payload.writeResponse(read(body), CONTEXT)).toEqual({ value: body, losses: [] });
  });
});

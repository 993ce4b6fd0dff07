// What must hold for any input: chunking changes nothing, a round trip loses nothing, streams end exactly once and are
// legal for the vendor's SDK, and no bytes do worse than a failed event or a WireError.

import { expect, test } from "bun:test";
import fc from "fast-check";
import type { IrEvent, StartedBlock } from "../../../src/ir/event.ts";
import { createAccumulator, eventsOf } from "../../../src/ir/fold.ts";
import { type IrBlock, NO_SPELLING } from "../../../src/ir/request.ts";
import type { FinishReason } from "../../../src/ir/response.ts";
import { FINISH_REASONS } from "../../../src/ir/response.ts";
import { UNKNOWN_USAGE } from "../../../src/ir/usage.ts";
import { createSseSplitter, writeSseFrame } from "../../../src/protocols/framing/sse.ts";
import { encodeUtf8 } from "../../../src/std/bytes.ts";
import { asObject, at, type JsonObject } from "../../../src/std/json.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { makersDialect } from "../../harness/dialects.ts";
import { answerContext, foreignRequest, OPTIONS, payload, readEvents, writeEvents } from "./builders.ts";
import { collectMessage } from "./sdk-rules.ts";

const words = fc.string({ unit: "grapheme", maxLength: 12 });
const someText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== "");

// ---------------------------------------------------------------- requests of this protocol

const cache = fc.option(fc.constantFrom({ type: "ephemeral" }, { type: "ephemeral", ttl: "1h" }), { nil: undefined });
const wireText = fc.record({ type: fc.constant("text"), text: words, cache_control: cache });
const wireImage = fc.record({
  type: fc.constant("image"),
  source: fc.constantFrom<JsonObject>(
    { type: "base64", media_type: "image/png", data: "AA==" },
    { type: "url", url: "https://img.invalid/a" },
    { type: "file", file_id: "file_1" },
  ),
  cache_control: cache,
});
const wireDocument = fc.record({
  type: fc.constant("document"),
  source: fc.constantFrom<JsonObject>(
    { type: "base64", media_type: "application/pdf", data: "AA==" },
    { type: "text", media_type: "text/plain", data: "d" },
    { type: "content", content: "c" },
    { type: "content", content: [{ type: "text", text: "c" }] },
  ),
  title: fc.option(words, { nil: undefined }),
  citations: fc.option(fc.record({ enabled: fc.boolean() }), { nil: undefined }),
});
const wireForeign = fc.record({
  type: fc.constantFrom("server_tool_use", "search_result", "hologram"),
  x: fc.jsonValue(),
});
const wireResult = fc.record({
  type: fc.constant("tool_result"),
  tool_use_id: words,
  content: fc.option(
    fc.oneof(words, fc.array(fc.oneof(wireText, wireImage, wireForeign), { minLength: 1, maxLength: 2 })),
    { nil: undefined },
  ),
  is_error: fc.option(fc.boolean(), { nil: undefined }),
});
const wireCall = fc.record({
  type: fc.constant("tool_use"),
  id: words,
  name: words,
  input: fc.dictionary(words, fc.jsonValue()),
  cache_control: cache,
});
const wireThinking = fc.oneof(
  fc.record({ type: fc.constant("thinking"), thinking: words, signature: fc.base64String({ minLength: 4 }) }),
  fc.record({ type: fc.constant("redacted_thinking"), data: fc.base64String({ minLength: 4 }) }),
);
const wireContent = fc.oneof(
  words,
  fc.array(fc.oneof(wireText, wireImage, wireDocument, wireForeign, wireResult, wireCall, wireThinking), {
    minLength: 1,
    maxLength: 4,
  }),
);
const wireRequest = fc.record(
  {
    model: fc.constant("m"),
    max_tokens: fc.nat(),
    messages: fc.array(fc.record({ role: fc.constantFrom("user", "assistant", "system"), content: wireContent }), {
      maxLength: 4,
    }),
    system: fc.oneof(someText, fc.array(wireText, { minLength: 1, maxLength: 2 })),
    temperature: fc.constantFrom(0, 0.5, 1),
    stop_sequences: fc.array(words, { minLength: 1, maxLength: 2 }),
    tool_choice: fc.constantFrom({ type: "any", disable_parallel_tool_use: true }, { type: "auto" }, { type: "new" }),
    tools: fc.array(
      fc.record({ name: words, input_schema: fc.dictionary(words, fc.jsonValue()), strict: fc.boolean() }),
      { minLength: 1, maxLength: 2 },
    ),
    thinking: fc.constantFrom<JsonObject>(
      { type: "adaptive", display: "omitted" },
      { type: "enabled", budget_tokens: 1024 },
      { type: "between_tools" },
    ),
    output_config: fc.constantFrom<JsonObject>(
      { effort: "low" },
      { format: { type: "json_schema", schema: {} } },
      { task_budget: 3 },
    ),
    metadata: fc.record({ user_id: words }),
    stream: fc.constant(true),
    novelty: fc.jsonValue().filter((value) => value !== null),
  },
  { requiredKeys: ["model", "max_tokens", "messages"] },
);

test("a request written back is the request that was read", () => {
  fc.assert(
    fc.property(wireRequest, (wire) => {
      const body: JsonObject = JSON.parse(JSON.stringify(wire));
      const { value, losses } = payload.readRequest(body);
      const written = payload.writeRequest(value, {
        ...OPTIONS,
        upstreamModel: "m",
        dialect: makersDialect("anthropic", "m"),
      });
      expect([losses, written.losses]).toEqual([[], []]);
      expect(written.value).toEqual(body);
    }),
  );
});

// ---------------------------------------------------------------- answers of any vendor

const sealed = fc.record({
  issuer: fc.constantFrom("anthropic", "gemini", null),
  value: fc.base64String({ minLength: 4 }),
});
const answerBlock: fc.Arbitrary<IrBlock> = fc.oneof(
  someText.map(
    (text): IrBlock => ({ type: "text", text, citations: [], cache: null, extras: {}, spelling: NO_SPELLING }),
  ),
  fc.tuple(words, fc.option(sealed)).map(
    ([text, signature]): IrBlock => ({
      type: "reasoning",
      text,
      signature,
      encrypted: null,
      extras: {},
      spelling: NO_SPELLING,
    }),
  ),
  fc.tuple(fc.constantFrom("c1", "c.2"), fc.dictionary(words, fc.jsonValue())).map(
    ([id, input]): IrBlock => ({
      type: "tool-call",
      id,
      name: "f",
      kind: "function",
      arguments: JSON.stringify(input),
      signature: null,
      cache: null,
      extras: {},
      spelling: NO_SPELLING,
    }),
  ),
);
const response = fc
  .record({
    blocks: fc.array(answerBlock, { maxLength: 5 }),
    reason: fc.constantFrom<FinishReason>(...FINISH_REASONS),
    sourceProtocol: fc.constantFrom("openai", "gemini"),
  })
  .map(({ blocks, reason, sourceProtocol }) => ({
    sourceProtocol,
    id: null,
    model: "m",
    createdMs: null,
    choices: [
      {
        index: 0,
        blocks,
        finish: { reason, raw: "x", stopSequence: null },
        logprobs: null,
        extras: {},
        spelling: NO_SPELLING,
      },
    ],
    usage: { ...UNKNOWN_USAGE, freshInputTokens: 3, cacheReadTokens: 1, outputTokens: 2 },
    serviceTier: null,
    extras: {},
    spelling: NO_SPELLING,
  }));

test("an answer of any vendor is read back with its blocks, and streamed it is the same message", () => {
  fc.assert(
    fc.property(response, (answer) => {
      const { value } = payload.writeResponse(answer, answerContext());
      const read = payload.readResponse(value).value;
      expect(read.choices[0]?.blocks).toEqual(answer.choices[0]?.blocks ?? []);
      expect(read.usage).toEqual(answer.usage);
      const streamed = collectMessage(writeEvents(eventsOf(answer)));
      expect(contentOf(streamed)).toEqual(contentOf(value));
      expect([streamed["stop_reason"], at(streamed, "usage", "output_tokens")]).toEqual([value["stop_reason"], 2]);
    }),
  );
});

/** Redaction is told at the end of a stream and at the start of a complete block; an absent list equals null. */
function contentOf(message: JsonObject): unknown {
  return ((message["content"] as JsonObject[] | undefined) ?? []).map(({ citations: _citations, ...block }) => block);
}

// ---------------------------------------------------------------- streams

const started: fc.Arbitrary<StartedBlock> = fc.oneof(
  fc.constantFrom<StartedBlock>({ type: "text" }, { type: "refusal" }, { type: "reasoning", encrypted: null }),
  fc
    .record({ issuer: fc.constantFrom("anthropic", "gemini"), value: fc.constant("e") })
    .map((encrypted): StartedBlock => ({ type: "reasoning", encrypted })),
  fc.constantFrom("function", "custom").map(
    (kind): StartedBlock => ({
      type: "tool-call",
      id: "t",
      name: "f",
      kind: kind === "custom" ? "custom" : "function",
    }),
  ),
  fc.constantFrom("anthropic", "openai").map(
    (sourceProtocol): StartedBlock => ({
      type: "opaque",
      sourceProtocol,
      name: "x",
      value: { type: "x" },
      spelling: NO_SPELLING,
    }),
  ),
);
const number = fc.nat({ max: 4 });
const event: fc.Arbitrary<IrEvent> = fc.oneof(
  fc
    .tuple(number, fc.nat({ max: 1 }), started)
    .map(([block, choice, content]): IrEvent => ({ type: "block-start", block, choice, content })),
  fc.tuple(number, words).map(([block, text]): IrEvent => ({ type: "text-delta", block, text, logprobs: null })),
  fc.tuple(number, words).map(([block, text]): IrEvent => ({ type: "arguments-delta", block, text })),
  fc.tuple(number, sealed).map(([block, signature]): IrEvent => ({ type: "signature-delta", block, signature })),
  number.map((block): IrEvent => ({ type: "block-end", block })),
  fc.constantFrom<IrEvent>(
    { type: "usage", usage: { ...UNKNOWN_USAGE, outputTokens: 4 } },
    { type: "finish", choice: 0, finish: { reason: "stop", raw: null, stopSequence: null } },
    { type: "keep-alive" },
    {
      type: "start",
      sourceProtocol: "openai",
      id: null,
      model: null,
      createdMs: null,
      serviceTier: null,
      extras: {},
      spelling: NO_SPELLING,
    },
  ),
);

test("whatever the events, the stream is one the SDK can collect, with exactly one ending", () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 10, maxLength: 40 }), fc.boolean(), (events, fails) => {
      const failed: IrEvent = {
        type: "failed",
        failure: { kind: "network", message: "x", retryAfterMs: null, upstream: null, details: null },
      };
      const frames = writeEvents([...events, fails ? failed : { type: "end" }, ...events, { type: "end" }]);
      const names = frames.map((frame) => frame.event);
      expect(names.filter((name) => name === "message_stop" || name === "error")).toEqual([
        fails ? "error" : "message_stop",
      ]);
      expect(names.filter((name) => name === "message_start").length).toBeLessThanOrEqual(1);
      expect(names.slice(0, 1)).toEqual([names.includes("message_start") ? "message_start" : "error"]);
      // Throws where blocks overlap, leave a gap or go on after their end.
      expect(() => collectMessage(fails ? frames.slice(0, 0) : frames)).not.toThrow();
      expect(typeof collectMessage(fails ? [] : frames)["stop_reason"]).toBe(fails ? "undefined" : "string");
    }),
  );
});

test("frames may be cut anywhere", () => {
  const frames = writeEvents(
    eventsOf({
      sourceProtocol: "openai",
      id: null,
      model: "m",
      createdMs: null,
      choices: [
        {
          index: 0,
          blocks: [
            {
              type: "reasoning",
              text: "é\n",
              signature: { issuer: "gemini", value: "s" },
              encrypted: null,
              extras: {},
              spelling: NO_SPELLING,
            },
            { type: "text", text: "naïve 🙂", citations: [], cache: null, extras: {}, spelling: NO_SPELLING },
            {
              type: "tool-call",
              id: "t",
              name: "f",
              kind: "function",
              arguments: '{"a":"\\n"}',
              signature: null,
              cache: null,
              extras: {},
              spelling: NO_SPELLING,
            },
          ],
          finish: { reason: "tool-calls", raw: "x", stopSequence: null },
          logprobs: null,
          extras: {},
          spelling: NO_SPELLING,
        },
      ],
      usage: { ...UNKNOWN_USAGE, freshInputTokens: 1, outputTokens: 1 },
      serviceTier: null,
      extras: {},
      spelling: NO_SPELLING,
    }),
  );
  for (const lineEnd of ["\n", "\r\n"]) {
    const bytes = encodeUtf8(frames.map(writeSseFrame).join("").replaceAll("\n", lineEnd));
    const whole = readEvents(frames);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const splitter = createSseSplitter();
      const pieces = [
        ...splitter.push(bytes.subarray(0, cut)),
        ...splitter.push(bytes.subarray(cut)),
        ...splitter.end(),
      ];
      expect(readEvents(pieces)).toEqual(whole);
    }
  }
});

const TYPES = [
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
  "ping",
  "error",
  "x",
];
const anyFrame = fc
  .oneof(
    words,
    fc.json(),
    fc
      .record(
        {
          type: fc.constantFrom(...TYPES),
          index: fc.oneof(fc.integer(), fc.jsonValue()),
          message: fc.jsonValue(),
          content_block: fc.oneof(
            fc.jsonValue(),
            fc.record({
              type: fc.constantFrom("text", "thinking", "tool_use", "redacted_thinking", "z"),
              input: fc.jsonValue(),
            }),
          ),
          delta: fc.oneof(
            fc.jsonValue(),
            fc.record({
              type: fc.constantFrom("text_delta", "input_json_delta", "signature_delta", "citations_delta", "q"),
              text: fc.jsonValue(),
              stop_reason: fc.jsonValue(),
            }),
          ),
          usage: fc.jsonValue(),
          error: fc.jsonValue(),
        },
        { requiredKeys: ["type"] },
      )
      .map((value) => JSON.stringify(value)),
  )
  .map((data) => ({ event: null, data }));

test("any frames give events with one ending, and neither the tap nor the fold throws", () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 12 }), (frames) => {
      const events = readEvents(frames);
      expect(events.filter((each) => each.type === "end" || each.type === "failed")).toHaveLength(1);
      expect(["end", "failed"]).toContain(events.at(-1)?.type ?? "");
      const accumulator = createAccumulator();
      for (const each of events) accumulator.push(each);
      expect(accumulator.response().choices.length).toBeGreaterThan(0);
      const tap = payload.createTap();
      for (const each of frames) expect(typeof tap.frame(each).meaningful).toBe("boolean");
    }),
  );
});

test("any body is read or refused in words", () => {
  const body = fc.oneof(
    fc.dictionary(
      fc.constantFrom(
        "messages",
        "system",
        "tools",
        "tool_choice",
        "content",
        "usage",
        "thinking",
        "output_config",
        "stop_reason",
      ),
      fc.jsonValue({ maxDepth: 4 }),
    ),
    wireRequest.map((wire) => ({ ...wire, messages: [{ role: "user", content: [{ type: "tool_result" }] }] })),
  );
  const outcome = (read: () => unknown): string => {
    try {
      read();
      return "read";
    } catch (error) {
      return error instanceof WireError ? "refused" : String(error);
    }
  };
  fc.assert(
    fc.property(body, (value) => {
      const json = asObject(JSON.parse(JSON.stringify(value))) ?? {};
      expect(["read", "refused"]).toContain(outcome(() => payload.readRequest(json)));
      expect(["read", "refused"]).toContain(outcome(() => payload.readResponse(json)));
      expect(outcome(() => payload.readFacts(json))).toBe("read");
      expect(outcome(() => payload.createTap().body(json))).toBe("read");
      expect(outcome(() => payload.readError({ status: 400, headers: {}, json, text: "" }))).toBe("read");
    }),
  );
});

// ---------------------------------------------------------------- requests of any protocol

const anyBlock: fc.Arbitrary<IrBlock> = fc.oneof(
  answerBlock,
  fc.constantFrom("c1", "c.2", "gone").map(
    (callId): IrBlock => ({
      type: "tool-result",
      callId,
      name: null,
      content: [],
      wasString: false,
      isError: null,
      cache: null,
      extras: {},
      spelling: NO_SPELLING,
    }),
  ),
);
const anyTurn = fc.record({
  role: fc.constantFrom("user" as const, "assistant" as const, "tool" as const, "system" as const),
  blocks: fc.array(anyBlock, { maxLength: 4 }),
  wasString: fc.constant(false),
  name: fc.constant(null),
  extras: fc.constant({}),
  spelling: fc.constant(NO_SPELLING),
});

test("whatever the turns, tool blocks stand as the vendor demands", () => {
  fc.assert(
    fc.property(fc.array(anyTurn, { maxLength: 8 }), (turns) => {
      const { value } = payload.writeRequest(foreignRequest({ turns }), OPTIONS);
      const messages = value["messages"] as { role: string; content: JsonObject[] }[];
      expect(messages.filter((message) => message.content.length === 0)).toEqual([]);
      expect(messages.filter((message, index) => messages[index - 1]?.role === message.role)).toEqual([]);
      const ids = messages.flatMap((message) => idsOf(message.content, "tool_use", "id"));
      expect(new Set(ids).size).toBe(ids.length);
      for (const [index, message] of messages.entries()) {
        const answered = idsOf(message.content, "tool_result", "tool_use_id");
        const asked = idsOf(messages[index - 1]?.content ?? [], "tool_use", "id");
        expect(answered.filter((id) => !asked.includes(id))).toEqual([]);
        expect(new Set(answered).size).toBe(answered.length);
        // Results come first.
        expect(idsOf(message.content.slice(0, answered.length), "tool_result", "tool_use_id")).toEqual(answered);
      }
    }),
  );
});

function idsOf(content: readonly JsonObject[], type: string, member: string): unknown[] {
  return content.filter((block) => block["type"] === type).map((block) => block[member]);
}

// What vendors reported of real answers, and what those answers cost: usage blocks out of recorded traffic, read by the protocol
// that carries them, priced by the vendors' public prices. Expected sums were worked out by hand, to the nano-dollar.
import { describe, expect, test } from "bun:test";
import { listPrices } from "../../src/config/list-prices.ts";
import { costOf } from "../../src/governance/prices.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import type { JsonObject } from "../../src/std/json.ts";

interface Row {
  readonly what: string;
  readonly protocol: keyof typeof BODIES;
  readonly baseUrl: string;
  readonly model: string;
  readonly usage: JsonObject;
  readonly nanos: number | null;
}

/** The least answer of each protocol that a usage block stands in. */
const BODIES = {
  anthropic: (model: string, usage: JsonObject): JsonObject => ({
    id: "msg_1",
    type: "message",
    role: "assistant",
    model,
    content: [{ type: "text", text: "x" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage,
  }),
  openai: (model: string, usage: JsonObject): JsonObject => ({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model,
    choices: [{ index: 0, message: { role: "assistant", content: "x" }, finish_reason: "stop" }],
    usage,
  }),
  responses: (model: string, usage: JsonObject): JsonObject => ({
    id: "resp_1",
    object: "response",
    created_at: 1,
    status: "completed",
    model,
    output: [],
    usage,
  }),
  gemini: (model: string, usage: JsonObject): JsonObject => ({
    candidates: [{ content: { role: "model", parts: [{ text: "x" }] }, finishReason: "STOP", index: 0 }],
    modelVersion: model,
    usageMetadata: usage,
  }),
  bedrock: (_model: string, usage: JsonObject): JsonObject => ({
    output: { message: { role: "assistant", content: [{ text: "x" }] } },
    stopReason: "end_turn",
    metrics: { latencyMs: 1 },
    usage,
  }),
  cohere: (_model: string, usage: JsonObject): JsonObject => ({
    id: "1",
    finish_reason: "COMPLETE",
    message: { role: "assistant", content: [{ type: "text", text: "x" }] },
    usage,
  }),
} as const;

const ANTHROPIC = "https://api.anthropic.com";
const OPENAI = "https://api.openai.com";
const GEMINI = "https://generativelanguage.googleapis.com";

const ROWS: readonly Row[] = [
  {
    what: "a prompt written to the short cache",
    protocol: "anthropic",
    baseUrl: ANTHROPIC,
    model: "claude-sonnet-4-5",
    usage: {
      cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 1069 },
      cache_creation_input_tokens: 1069,
      cache_read_input_tokens: 0,
      input_tokens: 7,
      output_tokens: 60,
      service_tier: "standard",
    },
    nanos: 7 * 3_000 + 1_069 * 3_750 + 60 * 15_000, // 4,929,750
  },
  {
    what: "a prompt written and read, with thinking inside the answer",
    protocol: "anthropic",
    baseUrl: ANTHROPIC,
    model: "claude-sonnet-4-5",
    usage: {
      input_tokens: 13,
      cache_creation_input_tokens: 234,
      cache_read_input_tokens: 2458,
      output_tokens: 138,
      output_tokens_details: { thinking_tokens: 61 },
    },
    nanos: 3_723_900,
  },
  {
    what: "the relay's own word for what it cost was $0.00256995",
    protocol: "openai",
    baseUrl: "https://openrouter.ai/api",
    model: "anthropic/claude-sonnet-4.6",
    usage: {
      completion_tokens: 100,
      completion_tokens_details: { audio_tokens: 0, image_tokens: 0, reasoning_tokens: 0 },
      cost: 0.00256995,
      prompt_tokens: 2649,
      prompt_tokens_details: { audio_tokens: 0, cache_write_tokens: 79, cached_tokens: 2569, video_tokens: 0 },
      total_tokens: 2749,
    },
    nanos: 2_569_950,
  },
  {
    what: "audio in the prompt",
    protocol: "openai",
    baseUrl: OPENAI,
    model: "gpt-audio-mini-2025-12-15",
    usage: {
      prompt_tokens: 20,
      completion_tokens: 49,
      total_tokens: 69,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 4, text_tokens: 16, image_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, text_tokens: 49 },
    },
    nanos: 16 * 600 + 4 * 10_000 + 49 * 2_400, // 167,200
  },
  {
    what: "two choices",
    protocol: "openai",
    baseUrl: OPENAI,
    model: "gpt-3.5-turbo-0125",
    usage: { prompt_tokens: 85, completion_tokens: 38, total_tokens: 123 },
    nanos: 99_500,
  },
  {
    what: "a model that is on no list",
    protocol: "openai",
    baseUrl: OPENAI,
    model: "gpt-3.5-turbo-0125-of-mine",
    usage: { prompt_tokens: 85, completion_tokens: 38, total_tokens: 123 },
    nanos: null,
  },
  {
    what: "reasoning inside the answer",
    protocol: "responses",
    baseUrl: OPENAI,
    model: "gpt-5-2025-08-07",
    usage: {
      input_tokens: 1889,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 1434,
      output_tokens_details: { reasoning_tokens: 1280 },
      total_tokens: 3323,
    },
    nanos: 16_701_250,
  },
  {
    what: "nothing special",
    protocol: "responses",
    baseUrl: OPENAI,
    model: "gpt-4o-mini-2024-07-18",
    usage: {
      input_tokens: 262,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 81,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 343,
    },
    nanos: 87_900,
  },
  {
    what: "thoughts beside the answer",
    protocol: "gemini",
    baseUrl: GEMINI,
    model: "gemini-3-flash-preview",
    usage: { candidatesTokenCount: 250, promptTokenCount: 125, thoughtsTokenCount: 456, totalTokenCount: 831 },
    nanos: 125 * 500 + (250 + 456) * 3_000, // 2,180,500
  },
  {
    what: "a prompt read from the cache, counted inside the prompt",
    protocol: "gemini",
    baseUrl: GEMINI,
    model: "gemini-2.5-flash",
    usage: { cachedContentTokenCount: 230, candidatesTokenCount: 37, promptTokenCount: 345, totalTokenCount: 382 },
    nanos: 115 * 300 + 230 * 30 + 37 * 2_500, // 133,900
  },
  {
    what: "a cached prompt",
    protocol: "bedrock",
    baseUrl: "https://bedrock-runtime.us-east-1.amazonaws.com",
    model: "anthropic.claude-opus-5-5",
    usage: {
      cacheReadInputTokenCount: 1322,
      cacheReadInputTokens: 1322,
      cacheWriteInputTokenCount: 0,
      cacheWriteInputTokens: 0,
      inputTokens: 2,
      outputTokens: 5,
      totalTokens: 1329,
    },
    nanos: 2 * 4_400 + 1_322 * 220 + 5 * 22_000, // 409,640
  },
  {
    what: "what is charged, not what the model saw: the vendor's own preamble is free",
    protocol: "cohere",
    baseUrl: "https://api.cohere.com",
    model: "command-r-plus-08-2024",
    usage: {
      billed_units: { input_tokens: 62, output_tokens: 28 },
      tokens: { input_tokens: 968, output_tokens: 83 },
    },
    nanos: 62 * 2_500 + 28 * 10_000, // 435,000
  },
  {
    what: "a prompt that was cached is billed as the vendor bills it",
    protocol: "cohere",
    baseUrl: "https://api.cohere.com",
    model: "command-a-03-2025",
    usage: {
      billed_units: { input_tokens: 11, output_tokens: 4 },
      tokens: { input_tokens: 506, output_tokens: 5 },
      cached_tokens: 448,
    },
    nanos: 11 * 2_500 + 4 * 10_000, // 67,500
  },
  {
    what: "pictures",
    protocol: "cohere",
    baseUrl: "https://api.cohere.com",
    model: "command-a-03-2025",
    usage: {
      billed_units: { input_tokens: 522, output_tokens: 65 },
      tokens: { input_tokens: 501, output_tokens: 65, image_tokens: 518 },
      cached_tokens: 480,
    },
    nanos: 522 * 2_500 + 65 * 10_000, // 1,955,000
  },
];

describe("usage blocks of real answers", () => {
  for (const row of ROWS) {
    const protocol: Protocol | undefined = Object.values(PROTOCOLS).find((each) => each.id === row.protocol);
    test(`${row.protocol}: ${row.what}`, () => {
      const read = protocol?.payload.readResponse(BODIES[row.protocol](row.model, row.usage)).value;
      expect<number | null>(costOf(read?.usage ?? null, listPrices(row.baseUrl, row.model))).toBe(row.nanos);
    });
  }
});

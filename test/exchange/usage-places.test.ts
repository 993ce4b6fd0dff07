// Usage is read wherever vendors put it, and is never taken for none: whole and streamed, relayed and translated. Each
// row names who writes it so.
import { describe, expect, test } from "bun:test";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, PRICES } from "../harness/deployments.ts";
import { type BodyStep, json, stream } from "../harness/scripted-answers.ts";

const CLIENTS = ["openai", "anthropic", "responses", "gemini", "cohere"] as const;

interface Row {
  readonly who: string;
  readonly protocol: string;
  readonly whole: object | null;
  readonly frames: readonly object[];
  /** Fresh, from the cache, out. */
  readonly counts: readonly [number, number | null, number];
}

const chunk = (over: object, delta: object = {}, finish: string | null = null, choice: object = {}): object => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: finish, ...choice }],
  ...over,
});
const HI = chunk({}, { role: "assistant", content: "Hi" });
const STOP = chunk({}, {}, "stop");
const body = (over: object, choice: object = {}): object => ({
  id: "c1",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop", ...choice }],
  ...over,
});
const usage = { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 };
const ZERO = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
const openai = { protocol: "openai", counts: [1000, null, 500] } as const;

const messages = (start: object, delta: object, stop: object = {}): object[] => [
  {
    type: "message_start",
    message: { id: "m1", type: "message", role: "assistant", model: "m", content: [], usage: start },
  },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hi" } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, ...delta },
  { type: "message_stop", ...stop },
];
const message = (counts: object): object => ({
  id: "m1",
  type: "message",
  role: "assistant",
  model: "m",
  content: [{ type: "text", text: "Hi" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: counts,
});

const candidate = (over: object, finishReason?: string): object => ({
  candidates: [{ index: 0, content: { role: "model", parts: [{ text: "Hi" }] }, finishReason }],
  modelVersion: "m",
  ...over,
});

const response = (over: object): object => ({
  id: "r1",
  object: "response",
  created_at: 1,
  model: "m",
  status: "completed",
  output: [
    {
      type: "message",
      id: "i1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Hi", annotations: [] }],
    },
  ],
  ...over,
});
const events = (last: object, beside: object = {}): object[] => [
  { type: "response.created", response: response({ status: "in_progress", output: [] }) },
  {
    type: "response.output_item.added",
    output_index: 0,
    item: { type: "message", id: "i1", role: "assistant", content: [] },
  },
  { type: "response.output_text.delta", output_index: 0, content_index: 0, item_id: "i1", delta: "Hi" },
  { type: "response.completed", response: response(last), ...beside },
];

const said = (end: object): object[] => [
  { type: "message-start", id: "m1", delta: { message: { role: "assistant" } } },
  { type: "content-start", index: 0, delta: { message: { content: { type: "text", text: "" } } } },
  { type: "content-delta", index: 0, delta: { message: { content: { text: "Hi" } } } },
  { type: "content-end", index: 0 },
  { type: "message-end", ...end },
];
const units = { tokens: { input_tokens: 1000, output_tokens: 500 } };
const chat = (over: object): object => ({
  id: "m1",
  message: { role: "assistant", content: [{ type: "text", text: "Hi" }] },
  finish_reason: "COMPLETE",
  ...over,
});

const ROWS: readonly Row[] = [
  {
    ...openai,
    who: "in the last choice (Kimi)",
    whole: body({}, { usage }),
    frames: [HI, chunk({}, {}, "stop", { usage })],
  },
  {
    ...openai,
    who: "in a member of its own (Groq)",
    whole: null,
    frames: [HI, chunk({ x_groq: { id: "r", usage } }, {}, "stop")],
  },
  {
    ...openai,
    who: "as text",
    whole: body({ usage: { prompt_tokens: "1000", completion_tokens: "500", total_tokens: "1500" } }),
    frames: [HI, STOP, { ...chunk({ usage: { prompt_tokens: "1000", completion_tokens: "500" } }), choices: [] }],
  },
  {
    ...openai,
    who: "by the names of Responses (mlx-vlm)",
    whole: body({ usage: { input_tokens: 1000, output_tokens: 500, total_tokens: 1500 } }),
    frames: [HI, chunk({ usage: { input_tokens: 1000, output_tokens: 500 } }, {}, "stop")],
  },
  {
    ...openai,
    who: "cached tokens beside the counts (Kimi)",
    whole: body({ usage: { ...usage, cached_tokens: 400 } }),
    frames: [HI, chunk({}, {}, "stop", { usage: { ...usage, cached_tokens: 400 } })],
    counts: [600, 400, 500],
  },
  {
    ...openai,
    who: "zeros until the last chunk",
    whole: null,
    frames: [chunk({ usage: ZERO }, { content: "Hi" }), chunk({ usage }, {}, "stop")],
  },
  {
    ...openai,
    who: "cumulative in every chunk",
    whole: null,
    frames: [chunk({ usage: { ...usage, completion_tokens: 1 } }, { content: "Hi" }), chunk({ usage }, {}, "stop")],
  },
  {
    ...openai,
    who: "in the first chunk alone",
    whole: null,
    frames: [chunk({ usage }, { role: "assistant", content: "Hi" }), STOP],
  },
  {
    ...openai,
    who: "null beside the choices, counts inside",
    whole: body({ usage: null }, { usage }),
    frames: [HI, chunk({ usage: null }, {}, "stop", { usage })],
  },
  {
    ...openai,
    who: "beside a choice that says nothing",
    whole: null,
    frames: [HI, STOP, chunk({ usage }, { content: "" })],
  },
  {
    who: "zeros at the start (Z.ai)",
    protocol: "anthropic",
    whole: message({ input_tokens: 600, cache_read_input_tokens: 400, output_tokens: 500 }),
    frames: messages(
      { input_tokens: 0, output_tokens: 0 },
      { usage: { input_tokens: 600, cache_read_input_tokens: 400, output_tokens: 500 } },
    ),
    counts: [600, 400, 500],
  },
  {
    who: "a zero prompt at the end",
    protocol: "anthropic",
    whole: null,
    frames: messages(
      { input_tokens: 600, cache_read_input_tokens: 400, output_tokens: 1 },
      { usage: { input_tokens: 0, output_tokens: 500 } },
    ),
    counts: [600, 400, 500],
  },
  {
    who: "with the last event",
    protocol: "anthropic",
    whole: null,
    frames: messages({ input_tokens: 0, output_tokens: 0 }, {}, { usage: { input_tokens: 1000, output_tokens: 500 } }),
    counts: [1000, null, 500],
  },
  {
    who: "inside the delta, as text",
    protocol: "anthropic",
    whole: message({ input_tokens: "1000", output_tokens: "500" }),
    frames: messages({}, { delta: { stop_reason: "end_turn", usage: { input_tokens: "1000", output_tokens: "500" } } }),
    counts: [1000, null, 500],
  },
  {
    who: "in the first frame alone",
    protocol: "gemini",
    whole: candidate(
      { usageMetadata: { promptTokenCount: "1000", candidatesTokenCount: "500", totalTokenCount: "1500" } },
      "STOP",
    ),
    frames: [
      candidate({ usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: 500, totalTokenCount: 1500 } }),
      candidate({}, "STOP"),
    ],
    counts: [1000, null, 500],
  },
  {
    who: "by the names of Chat Completions",
    protocol: "responses",
    whole: response({ usage }),
    frames: events({ usage }),
    counts: [1000, null, 500],
  },
  {
    who: "beside the answer",
    protocol: "responses",
    whole: null,
    frames: events({ usage: null }, { usage: { input_tokens: 1000, output_tokens: 500, total_tokens: 1500 } }),
    counts: [1000, null, 500],
  },
  {
    who: "beside the delta",
    protocol: "cohere",
    whole: chat({ meta: units }),
    frames: said({ delta: { finish_reason: "COMPLETE" }, usage: units }),
    counts: [1000, null, 500],
  },
];

describe.each([...ROWS])("$protocol: $who", ({ protocol, whole, frames, counts }) => {
  const done = protocol === "openai" ? "data: [DONE]\n\n" : "";
  const steps = [...frames.map((each) => `data: ${JSON.stringify(each)}\n\n`), done].filter((bytes) => bytes !== "");
  test.each([...CLIENTS].flatMap((client) => [false, true].map((streamed) => [client, streamed] as const)))(
    "for %s, streamed %p",
    async (client, streamed) => {
      if (!streamed && whole === null) return;
      const core = createCore({
        deployment: deploymentOf({ lanes: [laneOf("p/a/m", protocol, { prices: PRICES })] }),
        answer: streamed
          ? stream(steps.map((bytes): BodyStep => ({ do: "bytes", bytes })))
          : json(200, JSON.stringify(whole)),
      });
      const got = await core.ask({ protocol: client, body: question(client, { stream: streamed }) });
      expect(got.status).toBe(200);
      const [freshInputTokens, cacheReadTokens, outputTokens] = counts;
      expect(core.records[0]?.answer).toMatchObject({ usageEstimated: false });
      expect(core.records[0]?.answer.usage).toMatchObject({ freshInputTokens, cacheReadTokens, outputTokens });
    },
  );
});

// A call of a tool without parameters: vendors write `null`, its word in quotes, an empty text, or nothing at all. It is an
// empty object for every client and every lane, whole, streamed and in a history.
import { describe, expect, test } from "bun:test";
import { createAccumulator } from "../../src/ir/fold.ts";
import { type JsonObject, parseJson } from "../../src/std/json.ts";
import { contextFor } from "../corpus/translate.ts";
import { ALL, answerTo, speaking, toLane } from "../harness/crossing.ts";
import { judged } from "../harness/judged.ts";

/** `value`: what stands for the arguments; undefined: the member is left out. */
const NOTHING: readonly unknown[] = ["null", "", null, undefined, " null\n"];
const IDS = ALL.map(({ id }) => id);

const ANSWERS: Readonly<Record<string, (value: unknown) => JsonObject>> = {
  openai: (value) => ({
    choices: [
      {
        index: 0,
        message: {
          content: null,
          tool_calls: [{ id: "c1", type: "function", function: { name: "now", arguments: value } }],
        },
        finish_reason: "tool_calls",
      },
    ],
  }),
  responses: (value) => ({
    id: "r",
    object: "response",
    status: "completed",
    output: [{ type: "function_call", id: "fc_1", call_id: "c1", name: "now", arguments: value }],
  }),
  cohere: (value) => ({
    message: {
      role: "assistant",
      tool_calls: [{ id: "c1", type: "function", function: { name: "now", arguments: value } }],
    },
    finish_reason: "TOOL_CALL",
  }),
  anthropic: (value) => ({
    type: "message",
    role: "assistant",
    content: [{ type: "tool_use", id: "c1", name: "now", input: value }],
    stop_reason: "tool_use",
  }),
  gemini: (value) => ({
    candidates: [
      {
        content: { role: "model", parts: [{ functionCall: { id: "c1", name: "now", args: value } }] },
        finishReason: "STOP",
      },
    ],
  }),
  bedrock: (value) => ({
    output: { message: { role: "assistant", content: [{ toolUse: { toolUseId: "c1", name: "now", input: value } }] } },
    stopReason: "tool_use",
  }),
};

/** Frames of a stream in which the arguments come in these pieces; bedrock's as the JSON in its frames. */
const STREAMS: Readonly<
  Record<string, (pieces: readonly string[]) => readonly (readonly [event: string | null, data: unknown])[]>
> = {
  openai: (pieces) => [
    [
      null,
      {
        choices: [
          { index: 0, delta: { tool_calls: [{ index: 0, id: "c1", function: { name: "now", arguments: "" } }] } },
        ],
      },
    ],
    ...pieces.map(
      (text) =>
        [
          null,
          { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: text } }] } }] },
        ] as const,
    ),
    [null, { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] }],
  ],
  responses: (pieces) => [
    ["response.created", { type: "response.created", response: { id: "r", output: [] } }],
    [
      "response.output_item.added",
      {
        type: "response.output_item.added",
        output_index: 0,
        item: { type: "function_call", id: "fc_1", call_id: "c1", name: "now", arguments: "" },
      },
    ],
    ...pieces.map(
      (delta) =>
        [
          "response.function_call_arguments.delta",
          { type: "response.function_call_arguments.delta", output_index: 0, item_id: "fc_1", delta },
        ] as const,
    ),
    [
      "response.output_item.done",
      {
        type: "response.output_item.done",
        output_index: 0,
        item: { type: "function_call", id: "fc_1", call_id: "c1", name: "now", arguments: pieces.join("") },
      },
    ],
    ["response.completed", { type: "response.completed", response: { id: "r", status: "completed", output: [] } }],
  ],
  cohere: (pieces) => [
    ["message-start", { type: "message-start", id: "a" }],
    [
      "tool-call-start",
      {
        type: "tool-call-start",
        index: 0,
        delta: { message: { tool_calls: { id: "c1", function: { name: "now", arguments: "" } } } },
      },
    ],
    ...pieces.map(
      (text) =>
        [
          "tool-call-delta",
          { type: "tool-call-delta", index: 0, delta: { message: { tool_calls: { function: { arguments: text } } } } },
        ] as const,
    ),
    ["tool-call-end", { type: "tool-call-end", index: 0 }],
    ["message-end", { type: "message-end", delta: { finish_reason: "TOOL_CALL" } }],
  ],
  anthropic: (pieces) => [
    ["message_start", { type: "message_start", message: { id: "a", role: "assistant", content: [] } }],
    [
      "content_block_start",
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "tool_use", id: "c1", name: "now", input: null },
      },
    ],
    ...pieces.map(
      (text) =>
        [
          "content_block_delta",
          { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: text } },
        ] as const,
    ),
    ["content_block_stop", { type: "content_block_stop", index: 0 }],
    ["message_delta", { type: "message_delta", delta: { stop_reason: "tool_use" } }],
    ["message_stop", { type: "message_stop" }],
  ],
  bedrock: (pieces) => [
    ["messageStart", { role: "assistant" }],
    ["contentBlockStart", { contentBlockIndex: 0, start: { toolUse: { toolUseId: "c1", name: "now" } } }],
    ...pieces.map((input) => ["contentBlockDelta", { contentBlockIndex: 0, delta: { toolUse: { input } } }] as const),
    ["contentBlockStop", { contentBlockIndex: 0 }],
    ["messageStop", { stopReason: "tool_use" }],
  ],
};

describe.each(Object.entries(ANSWERS))("no arguments from %s", (lane, answer) => {
  for (const value of NOTHING) {
    test.each(IDS.filter((id) => id !== lane))(`whole, ${JSON.stringify(value)}, for %s`, (client) => {
      const [call] = answerTo(lane, client, answer(value)).choices[0]?.blocks ?? [];
      expect(call).toMatchObject({ type: "tool-call", name: "now", arguments: "{}" });
    });
  }
});

const PIECES = [[], [""], ["null"], ["nu", "ll"], ["n", "u", "l", "l", "\n"]];

describe.each(Object.entries(STREAMS))("no arguments streamed by %s", (lane, stream) => {
  for (const pieces of PIECES) {
    test.each(IDS)(`${JSON.stringify(pieces)}, for %s`, (client) => {
      const response = through(lane, client, stream(pieces));
      expect(response.choices[0]?.blocks).toMatchObject([{ type: "tool-call", name: "now", arguments: "{}" }]);
    });
  }

  test.each(IDS)("arguments that begin like the word, for %s", (client) => {
    const response = through(lane, client, stream(["\n", "{", '"n":', "null", "}"]));
    const [call] = response.choices[0]?.blocks ?? [];
    expect(call?.type === "tool-call" ? parseJson(call.arguments) : null).toEqual({ n: null });
  });

  test("a word cut short is no word", () => {
    const [call] = through(lane, "openai", stream(["nul"])).choices[0]?.blocks ?? [];
    expect(call).toMatchObject({ type: "tool-call", arguments: "nul" });
  });
});

const HISTORIES: Readonly<Record<string, (value: unknown) => JsonObject>> = {
  openai: (value) => ({
    model: "m",
    messages: [
      { role: "user", content: "?" },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c1", type: "function", function: { name: "now", arguments: value } }],
      },
      { role: "tool", tool_call_id: "c1", content: "12" },
    ],
  }),
  responses: (value) => ({
    model: "m",
    input: [
      { role: "user", content: "?" },
      { type: "function_call", call_id: "c1", name: "now", arguments: value },
      { type: "function_call_output", call_id: "c1", output: "12" },
    ],
  }),
  cohere: (value) => ({
    model: "m",
    messages: [
      { role: "user", content: "?" },
      { role: "assistant", tool_calls: [{ id: "c1", type: "function", function: { name: "now", arguments: value } }] },
      { role: "tool", tool_call_id: "c1", content: "12" },
    ],
  }),
  anthropic: (value) => ({
    model: "m",
    max_tokens: 9,
    messages: [
      { role: "user", content: "?" },
      { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "now", input: value }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: "12" }] },
    ],
  }),
  gemini: (value) => ({
    contents: [
      { role: "user", parts: [{ text: "?" }] },
      { role: "model", parts: [{ functionCall: { id: "c1", name: "now", args: value } }] },
      { role: "user", parts: [{ functionResponse: { id: "c1", name: "now", response: { output: "12" } } }] },
    ],
  }),
  bedrock: (value) => ({
    messages: [
      { role: "user", content: [{ text: "?" }] },
      { role: "assistant", content: [{ toolUse: { toolUseId: "c1", name: "now", input: value } }] },
      { role: "user", content: [{ toolResult: { toolUseId: "c1", content: [{ text: "12" }] } }] },
    ],
  }),
};

describe.each(Object.entries(HISTORIES))("no arguments in a history of %s", (client, history) => {
  for (const value of NOTHING) {
    test.each(IDS.filter((id) => id !== client))(`${JSON.stringify(value)}, for %s`, (lane) => {
      const { request, losses } = toLane(client, lane, history(value));
      const [call] =
        request.turns.find(({ role }) => role === "assistant")?.blocks.filter(({ type }) => type === "tool-call") ?? [];
      expect(call).toMatchObject({ type: "tool-call", name: "now", arguments: "{}" });
      expect(losses.filter(({ field }) => /arg|input/.test(field))).toEqual([]);
    });
  }
});

function through(lane: string, client: string, frames: readonly (readonly [event: string | null, data: unknown])[]) {
  const reader = speaking(lane).payload.createStreamReader();
  const events = frames.flatMap(([event, data]) => reader.push({ event, data: JSON.stringify(data) }));
  const writer = speaking(client).payload.createStreamWriter(contextFor(null));
  const back = speaking(client).payload.createStreamReader();
  const accumulator = createAccumulator();
  const written = judged([...events, ...reader.end()]).flatMap((event) => writer.push(event));
  for (const event of [...written.flatMap((frame) => back.push(frame)), ...back.end()]) accumulator.push(event);
  expect(accumulator.failed()).toBe(false);
  return accumulator.response();
}

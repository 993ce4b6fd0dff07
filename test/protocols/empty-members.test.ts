// Vendors fill members that they do not use: with null, an empty text, list or object. None of them is a call, sound, a
// refusal or a loss, in a whole answer, a stream, or a history that a client sends back.
import { describe, expect, test } from "bun:test";
import { openai } from "../../src/protocols/openai/index.ts";
import type { JsonObject } from "../../src/std/json.ts";
import { overTheWire } from "../corpus/meaning.ts";
import { contextFor } from "../corpus/translate.ts";
import { ALL, speaking, toClient, toLane } from "../harness/crossing.ts";

const EMPTY: Readonly<Record<string, unknown>> = {
  annotations: [],
  audio: { data: "", expires_at: 0, id: "", transcript: "" },
  function_call: { arguments: "", name: "" },
  refusal: "",
  tool_calls: [],
  reasoning_content: "",
  reasoning: "",
  reasoning_details: [],
};

const ODD: Readonly<Record<string, JsonObject>> = {
  "a list of calls with an empty one": {
    tool_calls: [{ id: "", type: "function", function: { name: "", arguments: "" } }],
  },
  "a list of calls with an empty object": { tool_calls: [{}] },
  "a call whose arguments are an empty object": { function_call: { name: "", arguments: "{}" } },
  "a call of nulls": { function_call: { name: null, arguments: null } },
  "an empty object for a call": { function_call: {} },
  "an empty object for sound": { audio: {} },
  "an annotation of nothing": { annotations: [{}] },
  "a member nobody knows": { citations: [], extra: {}, note: "" },
  nulls: { annotations: null, audio: null, function_call: null, refusal: null, tool_calls: null, reasoning: null },
};

const ROWS: readonly (readonly [string, JsonObject])[] = [
  ["all of them", { ...EMPTY }],
  ...Object.entries(EMPTY).map(([name, value]) => [name, { [name]: value }] as const),
  ...Object.entries(ODD).map(([name, value]) => [name, value] as const),
];

const CLIENTS = ALL.map(({ id }) => id);
const LOGPROBS = [null, {}, { content: null, refusal: null }, { content: [] }];

describe.each(ROWS)("empty: %s", (_name, members) => {
  test.each(CLIENTS)("a whole answer for %s", (client) => {
    for (const logprobs of LOGPROBS) {
      const message = { role: "assistant", content: "4", ...members };
      const body = {
        id: "",
        model: "",
        system_fingerprint: "",
        choices: [{ index: 0, message, finish_reason: "stop", logprobs }],
      };
      const { value, losses } = openai.payload.readResponse(overTheWire(body));
      expect(losses).toEqual([]);
      const written = speaking(client).payload.writeResponse(value, contextFor(null));
      expect(written.losses.filter(({ field }) => !/tokens/i.test(field))).toEqual([]);
      const back = speaking(client).payload.readResponse(overTheWire(written.value)).value;
      expect(back.choices[0]?.blocks).toMatchObject([{ type: "text", text: "4" }]);
      expect(back.choices[0]?.finish?.reason).toBe("stop");
      expect(openai.payload.createTap().body(overTheWire(body))).toMatchObject({ failure: null, finish: "stop" });
    }
  });

  test.each(CLIENTS)("a stream for %s", (client) => {
    for (const logprobs of LOGPROBS) {
      const chunk = (delta: JsonObject, finish_reason: string | null) =>
        `data: ${JSON.stringify({ id: "", model: "", choices: [{ index: 0, delta, finish_reason, logprobs }] })}\n\n`;
      const stream = [
        chunk({ role: "", content: "", ...members }, null),
        chunk({ content: "4", ...members }, null),
        chunk({ content: "", ...members }, "stop"),
        "data: [DONE]\n\n",
      ];
      const { response, losses, failure } = toClient("openai", client, stream.join(""));
      expect(failure).toBeNull();
      expect(losses.filter(({ field }) => !/tokens/i.test(field))).toEqual([]);
      expect(response.choices[0]?.blocks).toMatchObject([{ type: "text", text: "4" }]);
      expect(response.choices[0]?.finish?.reason).toBe("stop");
    }
  });

  test("commits a relayed stream to nothing", () => {
    const tap = openai.payload.createTap();
    const chunk = {
      choices: [{ index: 0, delta: { role: "assistant", content: "", ...members }, finish_reason: null }],
    };
    expect(tap.frame({ event: null, data: JSON.stringify(chunk) }).meaningful).toBe(false);
  });

  test.each(CLIENTS)("a history for %s", (lane) => {
    if (_name === "a list of calls with an empty object") return;
    const sent = toLane("openai", lane, {
      model: "m",
      messages: [
        { role: "user", content: "2+2?" },
        { role: "assistant", content: "4", ...members },
        { role: "user", content: "Sure?" },
      ],
    });
    const blocks = sent.request.turns.find(({ role }) => role === "assistant")?.blocks ?? [];
    expect(blocks.filter(({ type }) => type !== "reasoning" && type !== "refusal")).toMatchObject([
      { type: "text", text: "4" },
    ]);
  });
});

test("an empty call alone is no answer", () => {
  for (const call of [{}, { id: "", type: "function", function: { name: "", arguments: "" } }]) {
    const body = { choices: [{ index: 0, message: { content: "", tool_calls: [call] }, finish_reason: "tool_calls" }] };
    expect(() => openai.payload.readResponse(overTheWire(body))).toThrow("names no tool");
  }
});

test("pieces of arguments are no empty call, however little they say", () => {
  const delta = (tool_calls: unknown) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls } }] })}\n\n`;
  const piece = (text: string) => delta([{ index: 0, function: { arguments: text } }]);
  const stream = [
    delta([{ index: 0, id: "c1", type: "function", function: { name: "", arguments: "" } }]),
    delta([{ index: 0, function: { name: "now" } }]),
    ...["{", " ", "", '"a"', ":", "null", "}"].map(piece),
    'data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n',
  ];
  expect(toClient("openai", "openai", stream.join("")).response.choices[0]?.blocks).toMatchObject([
    { type: "tool-call", id: "c1", name: "now", arguments: '{ "a":null}' },
  ]);
});

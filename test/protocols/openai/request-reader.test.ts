/** What the reader makes of requests: each member, each spelling, and what it says of those it cannot understand. */

import { describe, expect, test } from "bun:test";
import { NO_NEEDS } from "../../../src/ir/capability.ts";
import { openai } from "../../../src/protocols/openai/index.ts";
import { type JsonObject, parseExact } from "../../../src/std/json.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { OPTIONS, readRequest, text } from "./builders.ts";

const user = (content: unknown) => ({ role: "user", content });
const body = (members: JsonObject) => ({ model: "m", messages: [user("Hi")], ...members });
const CALL = { id: "call_1", type: "function", function: { name: "look", arguments: '{"a":1}' } };

describe("messages", () => {
  test("leading system and developer messages are instructions, later ones turns", () => {
    const { instructions, turns } = readRequest({
      model: "m",
      messages: [
        { role: "developer", content: "Be brief." },
        { role: "system", content: [{ type: "text", text: "Be kind." }] },
        user("Hi"),
        { role: "system", content: "Be quick." },
      ],
    });
    expect(instructions.map(({ role, wasString }) => [role, wasString])).toEqual([
      ["developer", true],
      ["system", false],
    ]);
    expect(turns.map(({ role, blocks }) => [role, blocks])).toEqual([
      ["user", [text("Hi")]],
      ["system", [text("Be quick.")]],
    ]);
  });

  const parts: [string, JsonObject, JsonObject][] = [
    [
      "an image by data URI",
      { type: "image_url", image_url: { url: "data:image/jpeg;base64,AAAA", detail: "low" } },
      { type: "image", source: { kind: "base64", mediaType: "image/jpeg", data: "AAAA" }, detail: "low" },
    ],
    [
      "an image by URL",
      { type: "image_url", image_url: { url: "https://images.invalid/a.png" } },
      { type: "image", source: { kind: "url", url: "https://images.invalid/a.png", mediaType: null }, detail: null },
    ],
    [
      "an image by bare URL",
      { type: "image_url", image_url: "https://images.invalid/a.png" },
      { type: "image", source: { kind: "url", url: "https://images.invalid/a.png", mediaType: null } },
    ],
    [
      "audio",
      { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
      { type: "audio", source: { kind: "base64", mediaType: "audio/mp3", data: "AAAA" }, format: "mp3" },
    ],
    [
      "a file inline",
      { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" } },
      { type: "document", source: { kind: "base64", mediaType: "application/pdf", data: "AAAA" }, title: "a.pdf" },
    ],
    [
      "a file by id",
      { type: "file", file: { file_id: "file-1" } },
      { type: "document", source: { kind: "file", id: "file-1" }, title: null },
    ],
    ["a refusal", { type: "refusal", refusal: "No." }, { type: "refusal", text: "No." }],
    [
      "text with a cache mark",
      { type: "text", text: "Long", cache_control: { type: "ephemeral", ttl: "1h" } },
      { type: "text", text: "Long", cache: { lifetime: "1h" } },
    ],
    [
      "text with the vendor's own cache mark",
      { type: "text", text: "Long", prompt_cache_breakpoint: { mode: "explicit" } },
      { type: "text", text: "Long", cache: { lifetime: null } },
    ],
    [
      "reasoning as Mistral writes it",
      { type: "thinking", thinking: [{ type: "text", text: "Hm" }] },
      { type: "reasoning", text: "Hm" },
    ],
    ["a part nobody else has", { type: "video_url", video_url: {} }, { type: "opaque", name: "video_url" }],
  ];
  test.each(parts)("%s is read", (_, part, block) => {
    expect(readRequest(body({ messages: [user([part])] })).turns[0]?.blocks[0]).toMatchObject(block);
  });
  test.each(parts)("%s is written back as it came", (_, part) => {
    const wasString = { type: "image_url", image_url: { url: "https://images.invalid/a.png" } };
    const sent = body({ messages: [user([part, { type: "text", text: "and this" }])] });
    const back = openai.payload.writeRequest(readRequest(sent), { ...OPTIONS, upstreamModel: "m" });
    const expected = typeof part["image_url"] === "string" ? wasString : part;
    expect(back).toEqual({
      value: body({ messages: [user([expected, { type: "text", text: "and this" }])] }),
      losses: [],
    });
  });

  test("an assistant's reasoning, text, refusal, audio and calls are blocks in that order", () => {
    const custom = { id: "call_2", type: "custom", custom: { name: "shell", input: "ls" } };
    const message = {
      role: "assistant",
      content: "Text",
      reasoning_content: "Why",
      refusal: "No",
      audio: { id: "audio_1" },
      tool_calls: [CALL, custom],
    };
    const blocks = readRequest(body({ messages: [user("Hi"), message] })).turns[1]?.blocks ?? [];
    expect(blocks.map(({ type }) => type)).toEqual(["reasoning", "text", "refusal", "audio", "tool-call", "tool-call"]);
    expect(blocks[0]).toMatchObject({ text: "Why", signature: null });
    expect(blocks[4]).toMatchObject({ id: "call_1", name: "look", kind: "function", arguments: '{"a":1}' });
    expect(blocks[5]).toMatchObject({ id: "call_2", name: "shell", kind: "custom", arguments: "ls" });
  });

  test("tool messages stay turns of their own", () => {
    const { turns } = readRequest(
      body({
        messages: [
          { role: "assistant", content: null, tool_calls: [CALL] },
          { role: "tool", tool_call_id: "call_1", content: "one" },
          { role: "tool", tool_call_id: "call_2", content: [{ type: "text", text: "two" }], name: "look" },
        ],
      }),
    );
    expect(turns.map(({ role }) => role)).toEqual(["assistant", "tool", "tool"]);
    expect(turns[1]?.blocks[0]).toMatchObject({
      callId: "call_1",
      content: [text("one")],
      wasString: true,
      name: null,
    });
    expect(turns[2]?.blocks[0]).toMatchObject({
      callId: "call_2",
      content: [text("two")],
      wasString: false,
      name: "look",
    });
  });

  test("an older function result answers that function's latest call", () => {
    const { turns, tools, toolChoice } = readRequest({
      model: "m",
      functions: [{ name: "look", parameters: { type: "object" } }],
      function_call: { name: "look" },
      messages: [
        user("Hi"),
        { role: "assistant", content: null, function_call: { name: "look", arguments: "{}" } },
        { role: "function", name: "look", content: "seen" },
      ],
    });
    const [made] = turns[1]?.blocks ?? [];
    expect(made).toMatchObject({ type: "tool-call", name: "look", id: expect.stringMatching(/^call_[0-9a-v]{22}$/) });
    expect(turns[2]?.blocks[0]).toMatchObject({ type: "tool-result", callId: made?.type === "tool-call" && made.id });
    expect(tools).toMatchObject([{ type: "function", name: "look", parameters: { type: "object" } }]);
    expect(toolChoice).toEqual({ kind: "tool", name: "look" });
  });

  test("an answer sent back whole is no list of extras", () => {
    const echo = { role: "assistant", content: "Hi", refusal: null, annotations: [], audio: null, function_call: null };
    expect(readRequest(body({ messages: [echo] })).turns[0]).toMatchObject({
      blocks: [text("Hi")],
      extras: {},
    });
  });
});

describe("members", () => {
  const rows: [string, JsonObject, JsonObject][] = [
    ["max_tokens", { max_tokens: 5 }, { maxOutputTokens: 5 }],
    ["max_completion_tokens", { max_completion_tokens: 6, max_tokens: 5 }, { maxOutputTokens: 6 }],
    ["stop as text", { stop: "END" }, { stop: ["END"] }],
    ["stop as a list", { stop: ["A", "B"] }, { stop: ["A", "B"] }],
    ["null members", { stop: null, temperature: null, tools: null, n: null }, { stop: [], choices: null, extras: {} }],
    ["n", { n: 2 }, { choices: 2 }],
    ["logprobs", { logprobs: true, top_logprobs: 3 }, { logprobs: { top: 3 } }],
    ["parallel_tool_calls", { parallel_tool_calls: false }, { parallelToolCalls: false }],
    ["user", { user: "u" }, { user: "u" }],
    ["safety_identifier", { safety_identifier: "s", user: "u" }, { user: "s" }],
    ["metadata", { metadata: { a: "b" } }, { metadata: { a: "b" } }],
    ["metadata with other values", { metadata: { a: 1 } }, { metadata: null, extras: { metadata: { a: 1 } } }],
    ["service_tier", { service_tier: "flex" }, { serviceTier: "flex" }],
    ["format text", { response_format: { type: "text" } }, { outputFormat: { kind: "text" } }],
    ["format json", { response_format: { type: "json_object" } }, { outputFormat: { kind: "json" } }],
    [
      "format schema",
      { response_format: { type: "json_schema", json_schema: { name: "x", schema: {}, strict: true } } },
      { outputFormat: { kind: "json-schema", name: "x", description: null, schema: {}, strict: true } },
    ],
    [
      "format of a compatible vendor",
      { response_format: { type: "regex", pattern: "a" } },
      { outputFormat: null, extras: { response_format: { type: "regex", pattern: "a" } } },
    ],
    ["effort", { reasoning_effort: "high" }, { reasoning: { mode: null, effort: "high", budgetTokens: null } }],
    ["effort none", { reasoning_effort: "none" }, { reasoning: { mode: "disabled", effort: "none" } }],
    [
      "OpenRouter's reasoning",
      { reasoning: { max_tokens: 2000, exclude: true } },
      { reasoning: { mode: "enabled", effort: null, budgetTokens: 2000, display: "omitted" } },
    ],
    ["choice none", { tool_choice: "none" }, { toolChoice: { kind: "none" } }],
    ["choice auto", { tool_choice: "auto" }, { toolChoice: { kind: "auto" } }],
    ["choice required", { tool_choice: "required" }, { toolChoice: { kind: "required" } }],
    [
      "choice of a function",
      { tool_choice: { type: "function", function: { name: "f" } } },
      { toolChoice: { kind: "tool", name: "f" } },
    ],
    [
      "choice of a custom tool",
      { tools: [{ type: "custom", custom: { name: "c" } }], tool_choice: { type: "custom", custom: { name: "c" } } },
      { toolChoice: { kind: "tool", name: "c" } },
    ],
    [
      "allowed tools",
      {
        tool_choice: {
          type: "allowed_tools",
          allowed_tools: { mode: "required", tools: [{ type: "function", function: { name: "f" } }] },
        },
      },
      { toolChoice: { kind: "allowed", mode: "required", names: ["f"] } },
    ],
    [
      "a choice nobody knows",
      { tool_choice: { type: "x" } },
      { toolChoice: { kind: "opaque", sourceProtocol: "openai" } },
    ],
    [
      "sampling",
      { temperature: 0.5, top_p: 0.9, top_k: 4, seed: 1, presence_penalty: 1, frequency_penalty: -1 },
      { sampling: { temperature: 0.5, topP: 0.9, topK: 4, seed: 1, presencePenalty: 1, frequencyPenalty: -1 } },
    ],
    ["extras", { verbosity: "low", store: true }, { extras: { verbosity: "low", store: true } }],
  ];
  test.each(rows)("%s", (_, members, expected) => {
    expect(readRequest(body(members))).toMatchObject(expected);
  });
  test.each(rows)("%s goes back as it came", (_, members) => {
    const back = openai.payload.writeRequest(readRequest(body(members)), { ...OPTIONS, upstreamModel: "m" });
    const said = Object.entries(body(members)).filter(([, value]) => value !== null);
    expect(back).toEqual({ value: Object.fromEntries(said), losses: [] });
  });

  test("a default written out is not written back", () => {
    const back = openai.payload.writeRequest(readRequest(body({ logprobs: false, stream: false })), OPTIONS);
    expect(back).toEqual({ value: body({ model: OPTIONS.upstreamModel }), losses: [] });
  });

  test("spelling is not listed as extras, so that nobody calls it a loss", () => {
    const { extras, spelling } = readRequest(
      body({ max_tokens: 1, stop: "x", stream_options: { include_usage: true }, user: "u" }),
    );
    expect(Object.keys(extras)).toEqual([]);
    expect(spelling["stream_options"]).toEqual({ include_usage: true });
  });

  test("numbers beyond 2^53 and their digits survive", () => {
    const sent =
      '{"model":"m","messages":[{"role":"user","content":"Hi"}],"seed":9007199254740993,"logit_bias":{"1":1.0}}';
    const read = openai.payload.readRequest(parseExact(sent) as JsonObject);
    const back = openai.payload.writeRequest(read.value, { ...OPTIONS, upstreamModel: "m" });
    expect(JSON.stringify(back.value)).toBe(sent);
  });

  test("a grammar is flat in between, nested on the wire", () => {
    const grammar = { syntax: "lark", definition: "x" };
    const nested = { type: "custom", custom: { name: "sh", format: { type: "grammar", grammar } } };
    expect(readRequest(body({ tools: [nested] })).tools).toMatchObject([
      { type: "custom", name: "sh", format: { type: "grammar", ...grammar } },
    ]);
  });

  test("tools of each kind", () => {
    const flat = { type: "function", name: "flat", parameters: {} };
    const custom = { type: "custom", custom: { name: "shell", description: "d", format: { type: "text" } } };
    const odd = {
      type: "function",
      function: { name: "f", strict: true, x: 1 },
      cache_control: { type: "ephemeral" },
      y: 2,
    };
    const { tools } = readRequest(body({ tools: [flat, custom, odd, { type: "openrouter:web_search" }] }));
    expect(tools).toMatchObject([
      { type: "function", name: "flat", parameters: {}, strict: null },
      { type: "custom", name: "shell", format: { type: "text" } },
      {
        type: "function",
        name: "f",
        strict: true,
        cache: { lifetime: null },
        extras: { y: 2, function: { x: 1 } },
      },
      { type: "opaque", sourceProtocol: "openai", name: "openrouter:web_search" },
    ]);
  });
});

describe("what cannot be understood is named by its path", () => {
  const rows: [JsonObject, string][] = [
    [{ messages: [] }, "model must be a string"],
    [{ model: "m" }, "messages must be an array"],
    [body({ messages: ["x"] }), "messages[0] must be a message"],
    [body({ messages: [user("a"), user("b"), { role: "bot" }] }), "messages[2].role must be one of"],
    [body({ messages: [{ role: "user" }] }), "messages[0].content must be"],
    [body({ messages: [user([{ text: "a" }])] }), "messages[0].content[0].type must name"],
    [body({ messages: [user([{ type: "text" }])] }), "messages[0].content[0].text must be"],
    [body({ messages: [user([{ type: "image_url" }])] }), "messages[0].content[0].image_url.url must be"],
    [body({ messages: [user([{ type: "file", file: {} }])] }), "messages[0].content[0].file must hold"],
    [body({ messages: [{ role: "tool", content: "x" }] }), "messages[0].tool_call_id must be"],
    [body({ messages: [{ role: "function", content: "x" }] }), "messages[0].name must be"],
    [body({ messages: [{ role: "assistant", tool_calls: [{}] }] }), "messages[0].tool_calls[0].id must be"],
    [body({ messages: [{ role: "assistant", tool_calls: {} }] }), "messages[0].tool_calls must be"],
    [body({ temperature: "hot" }), "temperature must be a number"],
    [body({ stop: [1] }), "stop must be"],
    [body({ tools: {} }), "tools must be an array"],
    [body({ tools: [{}] }), "tools[0].type must be"],
    [body({ tools: [{ type: "function", function: {} }] }), "tools[0].function.name must be"],
    [body({ tool_choice: 1 }), "tool_choice must be"],
    [body({ response_format: { type: "json_schema" } }), "response_format.json_schema must be"],
  ];
  test.each(rows)("%j", (wrong, message) => {
    expect(() => readRequest(wrong)).toThrow(WireError);
    expect(() => readRequest(wrong)).toThrow(message);
  });
});

describe("facts", () => {
  const rows: [JsonObject, JsonObject][] = [
    [{}, { maxOutputTokens: null, usageAsked: true }],
    [{ stream: true }, { usageAsked: false }],
    [{ stream: true, stream_options: { include_usage: true } }, { usageAsked: true }],
    [{ max_tokens: 5, max_completion_tokens: 6 }, { maxOutputTokens: 6 }],
    [{ messages: "broken", tools: 5 }, { needs: { input: [], tools: false } }],
    [{ tools: [{}] }, { needs: { tools: true } }],
    [{ functions: [{}] }, { needs: { tools: true } }],
    [{ modalities: ["text", "audio"] }, { needs: { output: ["audio"] } }],
    [{ response_format: { type: "json_schema" } }, { needs: { structuredOutput: true } }],
    [{ reasoning_effort: "low" }, { needs: NO_NEEDS }],
    [{ reasoning_effort: "none" }, { needs: NO_NEEDS }],
    [
      {
        messages: [
          user([
            { type: "image_url" },
            { type: "image_url" },
            { type: "input_audio" },
            { type: "file" },
            { type: "x" },
          ]),
        ],
      },
      { needs: { input: ["image", "audio", "document"] } },
    ],
  ];
  test.each(rows)("%j", (members, expected) => {
    expect(openai.payload.readFacts({ model: "m", ...members })).toMatchObject(expected);
  });
});

/** Requests read from another protocol, fitted to what the vendor takes; what was cut is told. */

import { describe, expect, test } from "bun:test";
import type { Dialect } from "../../../src/ir/dialect.ts";
import { type IrRequest, type IrTool, NO_EXTRAS, NO_SAMPLING, NO_SPELLING } from "../../../src/ir/request.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { MAKER } from "../../harness/dialects.ts";
import { call, FOREIGN, foreignRequest, image, readRequest, result, text, turn, writeRequest } from "./builders.ts";

const messagesOf = (request: Partial<IrRequest>) => {
  const { body, lost } = writeRequest(foreignRequest(request));
  return { messages: body["messages"], lost };
};
const TOOL: IrTool = {
  type: "function",
  name: "look",
  description: null,
  parameters: null,
  strict: null,
  cache: null,
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
};
const WIRE_TOOL = { type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } };
const SEARCH: IrTool = { type: "opaque", sourceProtocol: FOREIGN, name: "web_search", value: {} };
const CALL = { id: "c1", type: "function", function: { name: "look", arguments: "{}" } };
const PDF = { kind: "base64", mediaType: "application/pdf", data: "AAAA" } as const;
const DOCUMENT = {
  type: "document",
  source: PDF,
  title: null,
  context: null,
  citations: null,
  cache: null,
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
} as const;

describe("turns", () => {
  test("results in a user turn follow the call they answer, in its order, before what the user says", () => {
    const { messages, lost } = messagesOf({
      turns: [
        turn("user", text("Look twice")),
        turn("assistant", text("I look"), call("c1", "look"), call("c2", "look")),
        turn("user", text("Here"), result("c1", text("one"), text("more")), result("c2", text("two"))),
      ],
    });
    expect(messages).toEqual([
      { role: "user", content: "Look twice" },
      { role: "assistant", content: "I look", tool_calls: [CALL, { ...CALL, id: "c2" }] },
      { role: "tool", tool_call_id: "c1", content: "one\nmore" },
      { role: "tool", tool_call_id: "c2", content: "two" },
      { role: "user", content: "Here" },
    ]);
    expect(lost).toEqual([]);
  });

  test("results that come late still stand behind their call", () => {
    const { messages } = messagesOf({
      turns: [
        turn("assistant", call("c1", "look")),
        turn("system", text("Be quick")),
        turn("tool", result("c1", text("one"))),
      ],
    });
    expect(messages).toEqual([
      { role: "assistant", content: null, tool_calls: [CALL] },
      { role: "tool", tool_call_id: "c1", content: "one" },
      { role: "system", content: "Be quick" },
    ]);
  });

  test("an image in a result follows as the user's, after every result", () => {
    const { messages, lost } = messagesOf({
      turns: [
        turn("assistant", call("c1", "look"), call("c2", "look")),
        turn("user", result("c1", text("seen"), image()), { ...result("c2", text("two")), isError: true }),
      ],
    });
    expect(messages).toEqual([
      { role: "assistant", content: null, tool_calls: [CALL, { ...CALL, id: "c2" }] },
      { role: "tool", tool_call_id: "c1", content: "seen" },
      { role: "tool", tool_call_id: "c2", content: "two" },
      { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,aW1n" } }] },
    ]);
    expect(lost).toEqual(["approximated messages[1].content[0]", "approximated messages[1].content[1].is_error"]);
  });

  test("a result nobody asked for is text, because the vendor refuses it as a result", () => {
    const { messages, lost } = messagesOf({ turns: [turn("user", result("c9", text("stray")))] });
    expect(messages).toEqual([{ role: "user", content: "stray" }]);
    expect(lost).toEqual(["approximated messages[0].content[0]"]);
  });

  test("an assistant turn with nothing left is not written", () => {
    const thought = {
      type: "reasoning",
      text: "Hm",
      signature: null,
      encrypted: null,
      extras: NO_EXTRAS,
      spelling: NO_SPELLING,
    } as const;
    const { messages, lost } = messagesOf({
      turns: [turn("user", text("Hi")), turn("assistant"), turn("assistant", text("")), turn("assistant", thought)],
    });
    expect(messages).toEqual([{ role: "user", content: "Hi" }]);
    expect(lost).toEqual(["dropped messages[3].content[0]"]);
  });

  test("texts of an assistant are one string, as its client would have read them", () => {
    const { messages } = messagesOf({ turns: [turn("assistant", text("The sky "), text("is blue."))] });
    expect(messages).toEqual([{ role: "assistant", content: "The sky is blue." }]);
  });

  test("instructions are one string each", () => {
    const { messages, lost } = messagesOf({
      turns: [],
      instructions: [
        {
          role: "system",
          blocks: [text("Be kind."), text("Be brief.")],
          wasString: false,
          extras: NO_EXTRAS,
          spelling: NO_SPELLING,
        },
      ],
    });
    expect(messages).toEqual([{ role: "system", content: "Be kind.\nBe brief." }]);
    expect(lost).toEqual([]);
  });

  test("long call ids are shortened alike in call and result", () => {
    const id = `call_${"x".repeat(60)}`;
    const { messages } = messagesOf({
      turns: [turn("assistant", call(id, "look")), turn("user", result(id, text("one")))],
    });
    expect(messages).toEqual([
      { role: "assistant", content: null, tool_calls: [{ ...CALL, id: expect.stringMatching(/^call_[0-9a-v]{22}$/) }] },
      { role: "tool", tool_call_id: expect.stringMatching(/^call_[0-9a-v]{22}$/), content: "one" },
    ]);
    const [made, answered] = messages as [{ tool_calls: [{ id: string }] }, { tool_call_id: string }];
    expect(made.tool_calls[0].id).toBe(answered.tool_call_id);
  });

  test("a call without arguments has an empty object", () => {
    const { messages } = messagesOf({ turns: [turn("assistant", call("c1", "look", ""))] });
    expect(messages).toEqual([{ role: "assistant", content: null, tool_calls: [CALL] }]);
  });

  const media: [string, Parameters<typeof turn>[1], unknown, string[]][] = [
    [
      "a PDF gets the file name the vendor demands",
      DOCUMENT,
      { type: "file", file: { file_data: "data:application/pdf;base64,AAAA", filename: "document.pdf" } },
      [],
    ],
    [
      "a text document is text",
      { ...DOCUMENT, source: { kind: "text", text: "Once" }, title: "t", context: "c", citations: true },
      "Once",
      [
        "dropped messages[0].content[0].context",
        "dropped messages[0].content[0].citations",
        "approximated messages[0].content[0]",
      ],
    ],
    [
      "a document by URL has no place",
      { ...DOCUMENT, source: { kind: "url", url: "https://files.invalid/a.pdf", mediaType: null } },
      null,
      ["dropped messages[0].content[0]"],
    ],
    [
      "a document of blocks is its blocks",
      { ...DOCUMENT, source: { kind: "blocks", blocks: [text("a")], wasString: false } },
      "a",
      ["approximated messages[0].content[0]"],
    ],
    [
      "a file in another vendor's store is lost",
      { ...DOCUMENT, source: { kind: "file", id: "f" } },
      null,
      ["dropped messages[0].content[0]"],
    ],
    [
      "a cache mark is lost",
      { type: "text", text: "Hi", citations: [], cache: { lifetime: "1h" }, extras: NO_EXTRAS, spelling: NO_SPELLING },
      "Hi",
      ["dropped messages[0].content[0].cache_control"],
    ],
    [
      "a block only its own protocol has is lost",
      { type: "opaque", sourceProtocol: FOREIGN, name: "search_result", value: {}, spelling: NO_SPELLING },
      null,
      ["dropped messages[0].content[0]"],
    ],
    [
      "audio keeps its format",
      {
        type: "audio",
        source: { ...PDF, mediaType: "audio/mpeg" },
        format: null,
        transcript: null,
        extras: NO_EXTRAS,
        spelling: NO_SPELLING,
      },
      { type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } },
      [],
    ],
  ];
  test.each(media)("%s", (_, block, content, lost) => {
    const written = messagesOf({ turns: [turn("user", block)] });
    const expected = typeof content === "string" ? content : [content];
    expect(written.messages).toEqual(content === null ? [] : [{ role: "user", content: expected }]);
    expect(written.lost).toEqual(lost);
  });
});

describe("tools", () => {
  const rows: [string, Partial<IrRequest>, JsonObject, string[]][] = [
    ["no parameters are an empty object", { tools: [TOOL] }, { tools: [WIRE_TOOL] }, []],
    [
      "another vendor's tool is dropped, and a choice of it is left to the model",
      { tools: [TOOL, SEARCH], toolChoice: { kind: "tool", name: "web_search" } },
      { tools: [WIRE_TOOL], tool_choice: "auto" },
      ["dropped tools[1]", "approximated tool_choice"],
    ],
    [
      "no choice is written when no tool is left",
      { tools: [SEARCH], toolChoice: { kind: "required" }, parallelToolCalls: false },
      {},
      ["dropped tools[0]", "dropped tool_choice"],
    ],
    [
      "a named tool",
      { tools: [TOOL], toolChoice: { kind: "tool", name: "look" }, parallelToolCalls: false },
      {
        tools: [WIRE_TOOL],
        tool_choice: { type: "function", function: { name: "look" } },
        parallel_tool_calls: false,
      },
      [],
    ],
    [
      "allowed tools that remain",
      { tools: [TOOL, SEARCH], toolChoice: { kind: "allowed", mode: "auto", names: ["look", "web_search"] } },
      {
        tools: [WIRE_TOOL],
        tool_choice: {
          type: "allowed_tools",
          allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "look" } }] },
        },
      },
      ["dropped tools[1]", "approximated tool_choice"],
    ],
    [
      "a name too long for the vendor drops the tool",
      { tools: [{ ...TOOL, name: "n".repeat(65) }] },
      {},
      ["dropped tools[0]"],
    ],
    [
      "marks and members of another protocol are lost",
      { tools: [{ ...TOOL, cache: { lifetime: null }, extras: { defer_loading: true }, spelling: NO_SPELLING }] },
      { tools: [WIRE_TOOL] },
      ["dropped tools[0].defer_loading", "dropped tools[0].cache_control"],
    ],
    [
      "a grammar, which this protocol nests",
      {
        tools: [
          {
            type: "custom",
            name: "sh",
            description: null,
            format: { type: "grammar", syntax: "lark", definition: "x" },
            extras: NO_EXTRAS,
            spelling: NO_SPELLING,
          },
        ],
      },
      {
        tools: [
          {
            type: "custom",
            custom: { name: "sh", format: { type: "grammar", grammar: { syntax: "lark", definition: "x" } } },
          },
        ],
      },
      [],
    ],
    [
      "a custom tool",
      {
        tools: [
          {
            type: "custom",
            name: "sh",
            description: "d",
            format: { type: "text" },
            extras: NO_EXTRAS,
            spelling: NO_SPELLING,
          },
        ],
      },
      { tools: [{ type: "custom", custom: { name: "sh", description: "d", format: { type: "text" } } }] },
      [],
    ],
  ];
  test.each(rows)("%s", (_, request, expected, lost) => {
    const written = writeRequest(foreignRequest(request));
    const { tools, tool_choice, parallel_tool_calls } = written.body;
    const said = Object.entries({ tools, tool_choice, parallel_tool_calls }).filter(([, value]) => value !== undefined);
    expect(Object.fromEntries(said)).toEqual(expected);
    expect(written.lost).toEqual(lost);
  });
});

describe("members", () => {
  const schema = {
    type: "object",
    properties: { a: { type: "string" } },
    required: ["a"],
    additionalProperties: false,
  };
  const format = { kind: "json-schema", name: null, description: null, strict: null } as const;
  const rows: [string, Partial<IrRequest>, JsonObject, string[]][] = [
    ["a limit", { maxOutputTokens: 9 }, { max_tokens: 9 }, []],
    ["five stops", { stop: ["a", "b", "c", "d", "e"] }, { stop: ["a", "b", "c", "d"] }, ["clamped stop"]],
    [
      "sampling out of range",
      { sampling: { ...NO_SAMPLING, temperature: 3, topK: 5, topP: 0.5 } },
      { temperature: 2, top_p: 0.5 },
      ["dropped top_k", "clamped temperature"],
    ],
    ["a plain user", { user: "team_a-1" }, { user: "team_a-1" }, []],
    [
      "a user the vendor would refuse",
      { user: '{"device":1}' },
      { user: expect.stringMatching(/^user_[0-9a-v]{22}$/) },
      ["approximated user"],
    ],
    ["metadata", { metadata: { a: "b" } }, {}, ["dropped metadata"]],
    ["a default tier", { serviceTier: "auto" }, {}, []],
    ["a tier of another vendor", { serviceTier: "batch" }, {}, ["dropped service_tier"]],
    [
      "extras of another protocol",
      { extras: { thinking_mode: 1 }, spelling: NO_SPELLING },
      {},
      ["dropped thinking_mode"],
    ],
    ["several answers", { choices: 2, logprobs: { top: 3 } }, { n: 2, logprobs: true, top_logprobs: 3 }, []],
    ["json", { outputFormat: { kind: "json" } }, { response_format: { type: "json_object" } }, []],
    ["text", { outputFormat: { kind: "text" } }, {}, []],
    [
      "a schema the vendor can hold to",
      { outputFormat: { ...format, schema } },
      { response_format: { type: "json_schema", json_schema: { name: "response", schema, strict: true } } },
      [],
    ],
    [
      "a schema it cannot hold to",
      { outputFormat: { ...format, schema: { ...schema, required: [] } } },
      {
        response_format: {
          type: "json_schema",
          json_schema: { name: "response", schema: { ...schema, required: [] } },
        },
      },
      ["approximated response_format"],
    ],
    ["a stream", { stream: true }, { stream: true, stream_options: { include_usage: true } }, []],
  ];
  test.each(rows)("%s", (_, request, expected, lost) => {
    const written = writeRequest(foreignRequest(request));
    expect(written.body).toEqual({ model: "some-model", messages: [{ role: "user", content: "Hello" }], ...expected });
    expect(written.lost).toEqual(lost);
  });

  test("the client's other stream options stay when usage is asked for", () => {
    const request = readRequest({
      model: "m",
      messages: [],
      stream: true,
      stream_options: { include_obfuscation: false, include_usage: false },
    });
    expect(writeRequest(request).body["stream_options"]).toEqual({ include_obfuscation: false, include_usage: true });
  });

  const limits: [Dialect["outputLimit"], number | null, JsonObject, string[]][] = [
    ["max_completion_tokens", null, { max_completion_tokens: 100 }, []],
    ["max_tokens", null, { max_tokens: 100 }, []],
    ["max_tokens", 50, { max_tokens: 50 }, ["clamped max_tokens"]],
  ];
  test.each(limits)(
    "a model that takes %s, with at most %p, gets %j",
    (outputLimit, maxOutputTokens, expected, lost) => {
      const request = foreignRequest({ maxOutputTokens: 100 });
      const written = writeRequest(request, { maxOutputTokens, dialect: { ...MAKER, outputLimit } });
      expect(written.body).toMatchObject(expected);
      expect(Object.keys(written.body).filter((name) => name.startsWith("max_"))).toEqual(Object.keys(expected));
      expect(written.lost).toEqual(lost);
    },
  );
});

describe("reasoning", () => {
  const none = { mode: null, effort: null, budgetTokens: null, display: null } as const;
  const rows: [string, Partial<NonNullable<IrRequest["reasoning"]>>, string | undefined, string[]][] = [
    ["o3", { effort: "high" }, "high", []],
    ["o3", { effort: "max" }, "high", ["approximated reasoning"]],
    ["gpt-5", { effort: "none", mode: "disabled" }, "minimal", ["approximated reasoning"]],
    ["gpt-5.1", { mode: "disabled" }, "none", []],
    ["gpt-5.1", { effort: "minimal" }, "low", ["approximated reasoning"]],
    ["gpt-5.1", { effort: "xhigh" }, "high", ["approximated reasoning"]],
    ["openai/gpt-5.2", { effort: "xhigh" }, "xhigh", []],
    ["gpt-6", { effort: "max" }, "max", []],
    ["gpt-5", { mode: "enabled", budgetTokens: 1024 }, "low", ["approximated reasoning"]],
    ["gpt-5", { mode: "enabled", budgetTokens: 10_000 }, "medium", ["approximated reasoning"]],
    ["gpt-5", { mode: "enabled", budgetTokens: 32_000 }, "high", ["approximated reasoning"]],
    ["gpt-5", { mode: "enabled" }, "medium", ["approximated reasoning"]],
    ["gpt-5", { mode: "adaptive", display: "omitted" }, undefined, []],
    ["gpt-5", { mode: "adaptive", display: "summarized" }, undefined, ["dropped reasoning.display"]],
    ["gpt-4o", { effort: "high" }, undefined, ["dropped reasoning"]],
    ["gpt-4o", { mode: "disabled" }, undefined, []],
    ["local-model", { effort: "low" }, "low", []],
    ["local-model", { mode: "disabled" }, undefined, ["dropped reasoning"]],
    ["local-model", { effort: "unheard-of" }, "medium", ["approximated reasoning"]],
  ];
  test.each(rows)("%s asked for %j is told %p", (upstreamModel, asked, effort, lost) => {
    const written = writeRequest(foreignRequest({ reasoning: { ...none, ...asked } }), { upstreamModel });
    expect(written.body["reasoning_effort"]).toBe(effort);
    expect(written.lost).toEqual(lost);
  });
});

// What a Messages request means in between, and which ones cannot be read.

import { describe, expect, test } from "bun:test";
import { NO_NEEDS } from "../../../src/ir/capability.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import { asObject, parseExact } from "../../../src/std/json.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { OPTIONS, payload, textBlock } from "./builders.ts";

const read = (body: Record<string, unknown>) =>
  payload.readRequest({ model: "m", max_tokens: 10, messages: [{ role: "user", content: "hi" }], ...body }).value;
const readContent = (...content: unknown[]) => read({ messages: [{ role: "user", content }] }).turns[0]?.blocks;

describe("blocks", () => {
  test.each([
    [
      "text",
      { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } },
      { text: "a", cache: { lifetime: "1h" } },
    ],
    [
      "a mark without a lifetime",
      { type: "text", text: "a", cache_control: { type: "ephemeral" } },
      { cache: { lifetime: null } },
    ],
    [
      "an unknown mark",
      { type: "text", text: "a", cache_control: { type: "lasting" } },
      { cache: null, extras: { cache_control: { type: "lasting" } } },
    ],
    [
      "base64 image",
      { type: "image", source: { type: "base64", media_type: "image/png", data: "AA==" } },
      { source: { kind: "base64", mediaType: "image/png", data: "AA==" } },
    ],
    [
      "url image",
      { type: "image", source: { type: "url", url: "https://img.invalid/a" } },
      { source: { kind: "url", url: "https://img.invalid/a", mediaType: null } },
    ],
    ["file image", { type: "image", source: { type: "file", file_id: "f1" } }, { source: { kind: "file", id: "f1" } }],
    [
      "text document",
      {
        type: "document",
        title: "T",
        context: "C",
        citations: { enabled: true },
        source: { type: "text", media_type: "text/plain", data: "d" },
      },
      { type: "document", title: "T", context: "C", citations: true, source: { kind: "text", text: "d" } },
    ],
    [
      "document of blocks",
      { type: "document", source: { type: "content", content: "plain" } },
      { source: { kind: "blocks", blocks: [textBlock("plain")], wasString: true } },
    ],
    [
      "tool use",
      { type: "tool_use", id: "t1", name: "f", input: { a: 1 }, caller: { type: "direct" } },
      {
        type: "tool-call",
        id: "t1",
        name: "f",
        arguments: '{"a":1}',
        kind: "function",
        extras: {},
        spelling: NO_SPELLING,
      },
    ],
    [
      "tool use by a server tool",
      { type: "tool_use", id: "t1", name: "f", input: {}, caller: { type: "code_execution_20250825", tool_id: "s" } },
      { extras: { caller: { type: "code_execution_20250825", tool_id: "s" } } },
    ],
    [
      "tool result",
      { type: "tool_result", tool_use_id: "t1", content: "r", is_error: true },
      { callId: "t1", content: [textBlock("r")], wasString: true, isError: true },
    ],
    ["empty tool result", { type: "tool_result", tool_use_id: "t1" }, { content: [], wasString: false, isError: null }],
    [
      "thinking",
      { type: "thinking", thinking: "hm", signature: "c2ln" },
      { text: "hm", signature: { issuer: "anthropic", value: "c2ln" }, encrypted: null },
    ],
    ["unsigned thinking", { type: "thinking", thinking: "hm", signature: "" }, { signature: null, encrypted: null }],
    [
      "thinking of another issuer",
      { type: "thinking", thinking: "hm", signature: "rm:s:gemini:c2:ln" },
      { signature: { issuer: "gemini", value: "c2:ln" } },
    ],
    [
      "encrypted by another issuer",
      { type: "thinking", thinking: "hm", signature: "rm:e:responses:x" },
      { signature: null, encrypted: { issuer: "responses", value: "x" } },
    ],
    [
      "signed by nobody known",
      { type: "thinking", thinking: "hm", signature: "rm:s::x" },
      { signature: { issuer: null, value: "x" } },
    ],
    [
      "redacted",
      { type: "redacted_thinking", data: "enc" },
      { text: "", encrypted: { issuer: "anthropic", value: "enc" } },
    ],
    [
      "a server tool",
      { type: "server_tool_use", id: "s", name: "web_search", input: {} },
      { type: "opaque", sourceProtocol: "anthropic", name: "server_tool_use" },
    ],
    [
      "an unheard-of block",
      { type: "hologram", x: 1 },
      { type: "opaque", name: "hologram", value: { type: "hologram", x: 1 } },
    ],
    ["an unheard-of source", { type: "image", source: { type: "s3" } }, { type: "opaque", name: "image" }],
  ])("%s", (_name, wire, expected) => {
    expect(readContent(wire)?.[0]).toMatchObject(expected);
  });

  test("numbers of tool arguments keep their digits", () => {
    const body = asObject(
      parseExact('{"type":"tool_use","id":"t","name":"f","input":{"n":12345678901234567890,"f":1.0}}'),
    );
    expect(readContent(body)?.[0]).toMatchObject({ arguments: '{"n":12345678901234567890,"f":1.0}' });
  });
});

describe("the rest", () => {
  test("a system prompt in blocks, the billing header kept apart", () => {
    const billing = { type: "text", text: "x-anthropic-billing-header: cc_version=1;" };
    const { instructions } = read({ system: [billing, { type: "text", text: "Be kind." }] });
    expect(instructions).toEqual([
      {
        role: "system",
        wasString: false,
        extras: {},
        spelling: NO_SPELLING,
        blocks: [
          {
            type: "opaque",
            sourceProtocol: "anthropic",
            name: "billing_header",
            isMetadata: true,
            value: billing,
            spelling: NO_SPELLING,
          },
          textBlock("Be kind."),
        ],
      },
    ]);
  });

  test("a system entry between the turns, as coding clients send it", () => {
    const content = [{ type: "text", text: "Now in French.", cache_control: { type: "ephemeral" } }];
    const { turns } = read({
      messages: [
        { role: "user", content: "hi" },
        { role: "system", content },
      ],
    });
    expect(turns.map((turn) => [turn.role, turn.wasString])).toEqual([
      ["user", true],
      ["system", false],
    ]);
  });

  test.each([
    ["auto", { type: "auto" }, { kind: "auto" }, null],
    ["any", { type: "any", disable_parallel_tool_use: true }, { kind: "required" }, false],
    ["none", { type: "none" }, { kind: "none" }, null],
    ["tool", { type: "tool", name: "f", disable_parallel_tool_use: false }, { kind: "tool", name: "f" }, true],
    [
      "a new word",
      { type: "sometimes" },
      { kind: "opaque", sourceProtocol: "anthropic", value: { type: "sometimes" } },
      null,
    ],
  ])("tool choice %s", (_name, wire, toolChoice, parallelToolCalls) => {
    expect(read({ tool_choice: wire })).toMatchObject({ toolChoice, parallelToolCalls });
  });

  test("tools: functions and those the vendor runs", () => {
    const server = { type: "web_search_20250305", name: "web_search", max_uses: 5 };
    const { tools } = read({
      tools: [
        {
          type: "custom",
          name: "f",
          description: "d",
          input_schema: { type: "object" },
          strict: true,
          defer_loading: true,
        },
        server,
      ],
    });
    expect(tools).toEqual([
      {
        type: "function",
        name: "f",
        description: "d",
        parameters: { type: "object" },
        strict: true,
        cache: null,
        extras: { defer_loading: true },
        spelling: NO_SPELLING,
      },
      {
        type: "opaque",
        sourceProtocol: "anthropic",
        name: "web_search_20250305",
        value: server,
      },
    ]);
  });

  test.each([
    [
      "budget",
      { thinking: { type: "enabled", budget_tokens: 2000 } },
      { mode: "enabled", budgetTokens: 2000, effort: null, display: null },
    ],
    [
      "adaptive with an effort",
      { thinking: { type: "adaptive", display: "omitted" }, output_config: { effort: "xhigh" } },
      { mode: "adaptive", budgetTokens: null, effort: "xhigh", display: "omitted" },
    ],
    [
      "effort alone",
      { output_config: { effort: "low" } },
      { mode: null, effort: "low", budgetTokens: null, display: null },
    ],
    [
      "disabled",
      { thinking: { type: "disabled" } },
      { mode: "disabled", effort: null, budgetTokens: null, display: null },
    ],
  ])("reasoning: %s", (_name, wire, reasoning) => {
    const request = read(wire);
    expect<unknown>(request.reasoning).toEqual(reasoning);
    expect(request.extras).toEqual({});
  });

  test("both spellings of a structured answer", () => {
    const format = { type: "json_schema", schema: { type: "object" } };
    const expected = { kind: "json-schema", schema: { type: "object" } };
    expect(read({ output_config: { format } }).outputFormat).toMatchObject(expected);
    expect(read({ output_format: format }).outputFormat).toMatchObject(expected);
  });

  test("what only this protocol has rides along and is written back", () => {
    const extras = {
      context_management: { edits: [] },
      mcp_servers: [{ type: "url" }],
      speed: "fast",
      thinking: { type: "between_tools" },
      output_config: { effort: "low", task_budget: { total: 1 } },
      metadata: { user_id: "u", tenant: "t" },
      temperature: "warm",
    };
    const request = read(extras);
    expect(request.extras).toEqual({
      ...extras,
      output_config: { task_budget: { total: 1 } },
      metadata: { tenant: "t" },
    });
    const written: object = payload.writeRequest(request, OPTIONS).value;
    expect(written).toMatchObject(extras);
  });
});

describe("what cannot be read", () => {
  test.each([
    ["no messages", { messages: undefined }, "messages must be a list."],
    ["a message that is text", { messages: ["hi"] }, "messages[0] must be an object."],
    [
      "an unknown role",
      { messages: [{ role: "tool", content: "" }] },
      "messages[0].role must be user, assistant or system.",
    ],
    [
      "null content",
      { messages: [{ role: "assistant", content: null }] },
      "messages[0].content must be a string or a list of content blocks.",
    ],
    [
      "a block without a type",
      { messages: [{ role: "user", content: [{}] }] },
      "messages[0].content[0].type must be a string.",
    ],
    [
      "a call without an id",
      { messages: [{ role: "user", content: [{ type: "tool_use", name: "f" }] }] },
      "messages[0].content[0].id must be a string.",
    ],
    [
      "a broken block inside a result",
      {
        messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: [{ type: "text" }] }] }],
      },
      "messages[0].content[0].content[0].text must be a string.",
    ],
    ["a system prompt that is a number", { system: 3 }, "system must be a string or a list of text blocks."],
    ["tools that are no list", { tools: {} }, "tools must be a list."],
    ["a tool without a name", { tools: [{ input_schema: {} }] }, "tools[0].name must be a string."],
  ])("%s", (_name, body, message) => {
    expect(() => read(body)).toThrow(new WireError(message));
  });
});

describe("facts", () => {
  test.each([
    ["nothing", {}, { maxOutputTokens: 10, needs: { input: [], tools: false, structuredOutput: false } }],
    [
      "an image in a tool result",
      { messages: [{ content: [{ type: "tool_result", content: [{ type: "image" }] }] }] },
      { needs: { input: ["image"] } },
    ],
    [
      "a PDF",
      { messages: [{ content: [{ type: "document", source: { type: "base64" } }] }] },
      { needs: { input: ["document"] } },
    ],
    [
      "a text called a document",
      { messages: [{ content: [{ type: "document", source: { type: "text" } }] }] },
      { needs: { input: [] } },
    ],
    ["tools", { tools: [{ name: "f" }] }, { needs: { tools: true } }],
    ["a schema", { output_config: { format: { type: "json_schema" } } }, { needs: { structuredOutput: true } }],
    ["a thinking budget", { thinking: { type: "enabled" } }, { needs: NO_NEEDS }],
    ["thinking if the model likes", { thinking: { type: "adaptive" } }, { needs: NO_NEEDS }],
    [
      "a body nobody could serve",
      { messages: 7, tools: "x", max_tokens: "many" },
      { maxOutputTokens: null, usageAsked: true },
    ],
  ])("%s", (_name, body, expected) => {
    expect(payload.readFacts({ max_tokens: 10, ...body })).toMatchObject(expected);
  });
});

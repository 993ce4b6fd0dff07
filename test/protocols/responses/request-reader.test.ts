/** What a Responses body becomes in between. */
import { describe, expect, test } from "bun:test";
import type { IrBlock, IrRequest, IrTurn } from "../../../src/ir/request.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { readRequest } from "./builders.ts";

/** The least a request holds, with this. */
const read = (members: object): IrRequest => readRequest({ model: "m", input: "Hi", ...members });
const turnsOf = (...input: unknown[]): readonly IrTurn[] => read({ input }).turns;
const told = (turns: readonly IrTurn[]) => turns.map(({ role, blocks }) => [role, ...blocks.map(short)]);

function short(block: IrBlock): string {
  switch (block.type) {
    case "text":
    case "refusal":
    case "reasoning":
      return `${block.type} ${block.text}`;
    case "tool-call":
      return `${block.kind} ${block.id} ${block.name} ${block.arguments}`;
    case "tool-result":
      return `result ${block.callId} ${block.content.map(short).join(", ")}`;
    case "image":
      return `image ${JSON.stringify(block.source)} ${block.detail}`;
    case "document":
      return `document ${JSON.stringify(block.source)} ${block.title}`;
    case "audio":
      return `audio ${JSON.stringify(block.source)} ${block.format}`;
    case "opaque":
      return `foreign ${block.sourceProtocol} ${block.name}`;
  }
}

describe("input", () => {
  const call = { type: "function_call", id: "fc_1", call_id: "c1", name: "look", arguments: "{}" };
  const output = { type: "function_call_output", call_id: "c1", output: "21" };
  const rows: [string, unknown, (readonly unknown[])[]][] = [
    ["a string", "Hi", [["user", "text Hi"]]],
    ["an empty string", "", [["user"]]],
    ["nothing, as with a stored prompt", undefined, []],
    ["null", null, []],
    ["an untyped message", [{ role: "user", content: "Hi" }], [["user", "text Hi"]]],
    ["a typed message", [{ type: "message", role: "user", content: "Hi" }], [["user", "text Hi"]]],
    [
      "parts",
      [
        {
          role: "user",
          content: [
            { type: "input_text", text: "a" },
            { type: "input_image", image_url: "https://x.invalid/a.png", detail: "low" },
            { type: "input_image", image_url: "data:image/png;base64,aW1n", detail: "auto" },
            { type: "input_image", file_id: "file-1" },
            { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,cGRm" },
            { type: "input_file", file_data: "cGRm" },
            { type: "input_file", file_url: "https://x.invalid/a.pdf" },
            { type: "input_file", file_id: "file-2" },
            { type: "input_audio", input_audio: { data: "d2F2", format: "wav" } },
            { type: "brand_new", x: 1 },
          ],
        },
      ],
      [
        [
          "user",
          "text a",
          'image {"kind":"url","url":"https://x.invalid/a.png","mediaType":null} low',
          'image {"kind":"base64","mediaType":"image/png","data":"aW1n"} null',
          'image {"kind":"file","id":"file-1"} null',
          'document {"kind":"base64","mediaType":"application/pdf","data":"cGRm"} a.pdf',
          'document {"kind":"base64","mediaType":null,"data":"cGRm"} null',
          'document {"kind":"url","url":"https://x.invalid/a.pdf","mediaType":null} null',
          'document {"kind":"file","id":"file-2"} null',
          'audio {"kind":"base64","mediaType":"audio/wav","data":"d2F2"} wav',
          "foreign responses brand_new",
        ],
      ],
    ],
    [
      "the assistant's side is one turn, in order",
      [
        { role: "user", content: "Hi" },
        { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hmm" }] },
        { type: "message", role: "assistant", id: "msg_1", content: [{ type: "output_text", text: "Let me look" }] },
        call,
        { type: "custom_tool_call", call_id: "c2", name: "sh", input: "ls" },
        { role: "assistant", content: "and" },
        output,
      ],
      [
        ["user", "text Hi"],
        ["assistant", "reasoning Hmm", "text Let me look", "function c1 look {}", "custom c2 sh ls", "text and"],
        ["tool", "result c1 text 21"],
      ],
    ],
    [
      "neighbouring results are one turn",
      [call, output, { type: "custom_tool_call_output", call_id: "c2", output: [{ type: "input_text", text: "ok" }] }],
      [
        ["assistant", "function c1 look {}"],
        ["tool", "result c1 text 21", "result c2 text ok"],
      ],
    ],
    [
      "a result then words",
      [call, output, { role: "user", content: "And?" }],
      [
        ["assistant", "function c1 look {}"],
        ["tool", "result c1 text 21"],
        ["user", "text And?"],
      ],
    ],
    [
      "results without words, and of other kinds",
      [
        { type: "function_call_output", call_id: "c1", output: "" },
        { type: "function_call_output", call_id: "c2", output: null },
        { type: "function_call_output", call_id: "c3", output: { a: 1 } },
      ],
      [["tool", "result c1 ", "result c2 ", 'result c3 text {"a":1}']],
    ],
    [
      "items nobody else has stay whole, on their own side",
      [
        { type: "web_search_call", id: "ws_1", status: "completed" },
        { type: "item_reference", id: "msg_9" },
        { id: "msg_8" },
        { type: "computer_call_output", call_id: "c9", output: {} },
        { type: "mcp_approval_response", approval_request_id: "a", approve: true },
      ],
      [
        [
          "assistant",
          "foreign responses web_search_call",
          "foreign responses item_reference",
          "foreign responses item_reference",
        ],
        ["tool", "foreign responses computer_call_output", "foreign responses mcp_approval_response"],
      ],
    ],
    [
      "a refusal",
      [{ role: "assistant", content: [{ type: "refusal", refusal: "No." }] }],
      [["assistant", "refusal No."]],
    ],
    [
      "an assistant's message without words",
      [
        { role: "assistant", content: null },
        { role: "assistant", content: "" },
      ],
      [["assistant", "text "]],
    ],
    [
      "a name that looks escaped is the client's own",
      [{ ...call, name: "x-u_a_u002eb" }],
      [["assistant", "function c1 x-u_a_u002eb {}"]],
    ],
    ["arguments as an object", [{ ...call, arguments: { a: 1 } }], [["assistant", 'function c1 look {"a":1}']]],
    ["a call that has only the item's id", [{ ...call, call_id: undefined }], [["assistant", "function fc_1 look {}"]]],
  ];
  test.each(rows)("%s", (_name, input, expected) => {
    expect(told(read({ input }).turns)).toEqual(expected as string[][]);
  });

  test("open thoughts are preferred to their summary, parts are told apart", () => {
    const summary = [
      { type: "summary_text", text: "A" },
      { type: "summary_text", text: "B" },
    ];
    expect(told(turnsOf({ type: "reasoning", summary }))).toEqual([["assistant", "reasoning A\n\nB"]]);
    const content = [{ type: "reasoning_text", text: "C" }];
    expect(told(turnsOf({ type: "reasoning", summary, content }))).toEqual([["assistant", "reasoning C"]]);
  });

  const seals: [string, string, object][] = [
    ["the vendor's own", "gAAAAA", { encrypted: { issuer: "responses", value: "gAAAAA" }, signature: null }],
    [
      "a tagged signature",
      "rm:s:anthropic:c2ln",
      { encrypted: null, signature: { issuer: "anthropic", value: "c2ln" } },
    ],
    ["a tagged secret", "rm:e:gemini:a:b", { encrypted: { issuer: "gemini", value: "a:b" }, signature: null }],
    ["a tag without an issuer", "rm:e::x", { encrypted: { issuer: null, value: "x" }, signature: null }],
    ["nothing", "", { encrypted: null, signature: null }],
  ];
  test.each(seals)("sealed reasoning: %s", (_name, encrypted_content, expected) => {
    const [turn] = turnsOf({ type: "reasoning", summary: [], encrypted_content });
    expect(turn?.blocks[0]).toMatchObject(expected);
  });

  test("citations of an earlier answer", () => {
    const annotation = { type: "url_citation", url: "https://x.invalid/", title: "X", start_index: 1, end_index: 3 };
    const file = { type: "file_citation", file_id: "file-1", filename: "a.pdf", index: 0 };
    const content = [{ type: "output_text", text: "So.", annotations: [annotation, file] }];
    const [turn] = turnsOf({ role: "assistant", content });
    expect(turn?.blocks[0]).toMatchObject({
      citations: [
        {
          kind: "url",
          url: "https://x.invalid/",
          title: "X",
          start: 1,
          end: 3,
          sourceProtocol: "responses",
          raw: annotation,
        },
        { kind: "document", url: null, title: "a.pdf", raw: file },
      ],
    });
  });
});

describe("instructions", () => {
  const instructionsOf = (members: object) =>
    read(members).instructions.map(({ role, blocks }) => [role, ...blocks.map(short)]);

  test("the field comes first, then system and developer messages ahead of the conversation", () => {
    const input = [
      { role: "developer", content: "Be kind." },
      { type: "message", role: "system", content: [{ type: "input_text", text: "Be fair." }] },
      { role: "user", content: "Hi" },
      { role: "developer", content: "Be formal." },
    ];
    expect(instructionsOf({ instructions: "Be brief.", input })).toEqual([
      ["system", "text Be brief."],
      ["developer", "text Be kind."],
      ["system", "text Be fair."],
    ]);
    expect(told(read({ input }).turns)).toEqual([
      ["user", "text Hi"],
      ["developer", "text Be formal."],
    ]);
  });

  test("none are needed, and items are taken for them", () => {
    expect(instructionsOf({})).toEqual([]);
    expect(instructionsOf({ instructions: null })).toEqual([]);
    expect(instructionsOf({ instructions: [{ role: "developer", content: "Be brief." }] })).toEqual([
      ["developer", "text Be brief."],
    ]);
  });
});

describe("tools", () => {
  const look = { type: "function", name: "look", description: "Looks", parameters: { type: "object" }, strict: true };
  const toolsOf = (...tools: unknown[]) => read({ tools }).tools;

  test("functions, custom tools and built-in ones", () => {
    const format = { type: "grammar", syntax: "lark", definition: "x" };
    expect(toolsOf(look, { type: "custom", name: "sh", format }, { type: "web_search" })).toMatchObject([
      { type: "function", name: "look", description: "Looks", parameters: { type: "object" }, strict: true },
      { type: "custom", name: "sh", description: null, format },
      {
        type: "opaque",
        sourceProtocol: "responses",
        name: "web_search",
        value: { type: "web_search" },
      },
    ]);
  });

  test("not strict is what every other protocol does unasked", () => {
    expect(toolsOf({ ...look, strict: false })[0]).toMatchObject({ strict: null });
  });

  test("a definition nested as in Chat Completions", () => {
    expect(
      toolsOf({ type: "function", name: "look", function: { name: "look", parameters: { a: 1 } } })[0],
    ).toMatchObject({ name: "look", parameters: { a: 1 } });
  });

  test("a namespace becomes flat tools", () => {
    const inner = [look, { type: "custom", name: "sh" }, { type: "odd" }];
    const tools = toolsOf(
      { type: "namespace", name: "mcp__files__", description: "Files", tools: inner },
      { type: "namespace", name: "web", tools: [look] },
      { type: "namespace", name: "empty", tools: [] },
    );
    expect(tools.map((tool) => [tool.type, tool.name])).toEqual([
      ["function", "mcp__files__look"],
      ["custom", "mcp__files__sh"],
      ["function", "web__look"],
      ["opaque", "namespace"],
    ]);
  });

  test("the same place has the same name in tools, calls and choices, however long", () => {
    const name = "x".repeat(80);
    const request = read({
      tools: [{ type: "namespace", name: "n", tools: [{ ...look, name }] }],
      input: [{ type: "function_call", call_id: "c1", namespace: "n", name, arguments: "{}" }],
      tool_choice: { type: "function", name },
    });
    const [tool] = request.tools;
    expect(tool?.name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(request.turns[0]?.blocks[0]).toMatchObject({ name: tool?.name });
    expect(request.toolChoice).toEqual({ kind: "tool", name: tool?.name ?? "" });
  });

  test("tools that stand in the input", () => {
    const item = {
      type: "additional_tools",
      role: "developer",
      tools: [{ type: "namespace", name: "n", tools: [look] }],
    };
    const request = read({
      input: [item, { role: "developer", content: "Be brief." }, { role: "user", content: "Hi" }],
    });
    expect(request.tools.map(({ name }) => name)).toEqual(["n__look"]);
    expect(request.instructions.map(({ blocks }) => blocks.length)).toEqual([0, 1]);
    expect(told(request.turns)).toEqual([["user", "text Hi"]]);
  });

  test("tools that stand between turns say nothing themselves", () => {
    const item = { type: "additional_tools", role: "developer", tools: [look] };
    const { tools, turns } = read({ input: [{ role: "user", content: "Hi" }, item] });
    expect(tools.map(({ name }) => name)).toEqual(["look"]);
    expect(told(turns)).toEqual([["user", "text Hi"], ["user"]]);
  });

  const choices: [unknown, unknown][] = [
    ["auto", { kind: "auto" }],
    ["none", { kind: "none" }],
    ["required", { kind: "required" }],
    [
      { type: "function", name: "look" },
      { kind: "tool", name: "look" },
    ],
    [
      { type: "custom", name: "sh" },
      { kind: "tool", name: "sh" },
    ],
    [
      { type: "function", namespace: "n", name: "look" },
      { kind: "tool", name: "n__look" },
    ],
    [
      { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "look" }] },
      { kind: "allowed", mode: "required", names: ["look"] },
    ],
    [
      { type: "allowed_tools", mode: "auto", tools: [{ type: "web_search" }] },
      {
        kind: "opaque",
        sourceProtocol: "responses",
        value: { type: "allowed_tools", mode: "auto", tools: [{ type: "web_search" }] },
      },
    ],
    [
      { type: "web_search_preview" },
      { kind: "opaque", sourceProtocol: "responses", value: { type: "web_search_preview" } },
    ],
    [
      { type: "mcp", server_label: "s", name: "x" },
      { kind: "opaque", sourceProtocol: "responses", value: { type: "mcp", server_label: "s", name: "x" } },
    ],
    ["odd", { kind: "opaque", sourceProtocol: "responses", value: "odd" }],
    [null, null],
    [undefined, null],
  ];
  test.each(choices)("choice %j", (tool_choice, expected) => {
    expect(read({ tool_choice }).toolChoice as unknown).toEqual(expected);
  });
});

describe("settings", () => {
  const format = { type: "json_schema", name: "a", schema: { type: "object" }, strict: true };
  const rows: [object, object][] = [
    [
      { max_output_tokens: 5, temperature: 0, top_p: 1 },
      { maxOutputTokens: 5, sampling: { temperature: 0, topP: 1 } },
    ],
    [{ parallel_tool_calls: false }, { parallelToolCalls: false }],
    [
      { reasoning: { effort: "low", summary: "auto" } },
      { reasoning: { mode: null, effort: "low", budgetTokens: null, display: "auto" } },
    ],
    [{ reasoning: { effort: "none" } }, { reasoning: { mode: "disabled", effort: "none" } }],
    [{ reasoning: { effort: null, summary: null } }, { reasoning: null }],
    [{ text: { format: { type: "text" } } }, { outputFormat: { kind: "text" } }],
    [{ text: { format: { type: "json_object" } } }, { outputFormat: { kind: "json" } }],
    [
      { text: { format } },
      {
        outputFormat: { kind: "json-schema", name: "a", description: null, schema: { type: "object" }, strict: true },
      },
    ],
    [{ include: ["message.output_text.logprobs"] }, { logprobs: { top: null } }],
    [{ top_logprobs: 3 }, { logprobs: { top: 3 } }],
    [{ top_logprobs: 0 }, { logprobs: null }],
    [{ user: "u" }, { user: "u" }],
    [{ user: "u", safety_identifier: "s" }, { user: "s" }],
    [{ metadata: { a: "b" } }, { metadata: { a: "b" } }],
    [{ metadata: {} }, { metadata: null }],
    [{ service_tier: "flex" }, { serviceTier: "flex" }],
    [{ stream: true }, { stream: true }],
  ];
  test.each(rows)("%j", (members, expected) => {
    expect(read(members)).toMatchObject(expected);
  });

  const extras: [object, Record<string, unknown>][] = [
    // Nothing is lost of what others do unasked.
    [{ store: false, background: false, truncation: "disabled", include: ["reasoning.encrypted_content"] }, {}],
    [{ stream_options: { include_obfuscation: false }, text: { verbosity: "medium" }, top_logprobs: 0 }, {}],
    [{ previous_response_id: null, conversation: null, prompt: null }, {}],
    // What is kept at the vendor, or done by it alone, is.
    [
      { store: true, background: true, previous_response_id: "resp_1", conversation: "conv_1" },
      { store: true, background: true, previous_response_id: "resp_1", conversation: "conv_1" },
    ],
    [{ text: { verbosity: "low" } }, { "text.verbosity": "low" }],
    [{ text: { format: { type: "odd" } } }, { "text.format": { type: "odd" } }],
    [{ include: ["file_search_call.results"] }, { include: ["file_search_call.results"] }],
    [{ metadata: { a: 1 } }, { metadata: { a: 1 } }],
    [
      { prompt_cache_key: "k", max_tool_calls: 2 },
      { prompt_cache_key: "k", max_tool_calls: 2 },
    ],
  ];
  test.each(extras)("only here: %j", (members, expected) => {
    expect({ ...read(members).extras }).toEqual(expected);
  });
});

describe("what cannot be understood names its place", () => {
  const rows: [object, string][] = [
    [{ model: 5 }, "model must be a string that names a model."],
    [{ input: 5 }, "input must be a string or an array of items."],
    [{ input: [5] }, "input[0] must be an item, an object with a type or a role."],
    [{ input: [{}] }, 'input[0].type must name the kind of item, such as "message".'],
    [{ input: [{ role: "tool" }] }, 'input[0].role must be one of user, assistant, system and developer: "tool"'],
    [{ input: [{ role: "user" }] }, "input[0].content must be a string or an array of content parts."],
    [{ input: [{ role: "user", content: [5] }] }, "input[0].content[0] must be a content part, an object with a type."],
    [{ input: [{ role: "user", content: [{ type: "input_text" }] }] }, "input[0].content[0].text must be a string."],
    [
      { input: [{ role: "user", content: [{ type: "input_image" }] }] },
      "input[0].content[0] must hold image_url (a URL or a data URI) or file_id.",
    ],
    [{ input: [{ type: "function_call", name: "x" }] }, "input[0].call_id must be the id of the call."],
    [
      { input: [{ type: "function_call", call_id: "c" }] },
      "input[0].name must be the name of the tool that is called.",
    ],
    [
      { input: [{ type: "function_call_output", output: "" }] },
      "input[0].call_id must be the id of the call it answers.",
    ],
    [{ tools: {} }, "tools must be an array of tools."],
    [{ tools: [5] }, "tools[0] must be a tool, an object with a type."],
    [{ tools: [{}] }, 'tools[0].type must name the kind of tool, such as "function".'],
    [{ tools: [{ type: "function" }] }, "tools[0].name must be a string."],
    [
      { tools: [{ type: "namespace", name: "n", tools: [{ type: "function" }] }] },
      "tools[0].tools[0].name must be a string.",
    ],
    [{ tool_choice: 5 }, "tool_choice must be a string or an object."],
    [{ max_output_tokens: "5" }, "max_output_tokens must be a number."],
    [{ instructions: 5 }, "instructions must be a string."],
  ];
  test.each(rows)("%j", (members, message) => {
    expect(() => read(members)).toThrow(new WireError(message));
  });
});

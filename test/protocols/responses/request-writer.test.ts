/** What a request of any protocol becomes on the vendor's wire, and what is lost on the way. */
import { describe, expect, test } from "bun:test";
import { type IrBlock, NO_EXTRAS, NO_SAMPLING, NO_SPELLING } from "../../../src/ir/request.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { call, foreignRequest, image, readRequest, result, text, turn, writeRequest } from "./builders.ts";

const custom = (id: string, input: string): IrBlock => ({ ...call(id, "sh", input), kind: "custom" }) as IrBlock;
const reasoning = (said: string, over: object = {}): IrBlock => {
  return {
    type: "reasoning",
    text: said,
    signature: null,
    encrypted: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
    ...over,
  };
};
const document = (over: object): IrBlock => {
  const source = { kind: "base64", mediaType: "application/pdf", data: "cGRm" } as const;
  const nothing = { context: null, citations: null, cache: null, extras: NO_EXTRAS, spelling: NO_SPELLING };
  return { type: "document", source, title: null, ...nothing, ...over };
};
const refusal = (said: string): IrBlock => ({ type: "refusal", text: said, extras: NO_EXTRAS, spelling: NO_SPELLING });

describe("a plain request", () => {
  test("nothing of it is stored", () => {
    expect(writeRequest(foreignRequest())).toEqual({
      body: { store: false, model: "some-model", input: [{ type: "message", role: "user", content: "Hello" }] },
      lost: [],
    });
  });

  test("a stream is asked for", () => {
    expect(writeRequest(foreignRequest({ stream: true })).body).toMatchObject({ stream: true });
  });
});

describe("instructions", () => {
  const instruction = (role: "system" | "developer", ...blocks: IrBlock[]) => {
    return { role, blocks, wasString: true, extras: NO_EXTRAS, spelling: NO_SPELLING };
  };

  test("texts are the field", () => {
    const instructions = [
      instruction("system", text("Be brief."), text("Be kind.")),
      instruction("developer", text("!")),
    ];
    expect(writeRequest(foreignRequest({ instructions })).body).toMatchObject({
      instructions: "Be brief.\nBe kind.\n!",
    });
  });

  test("media need a place in the input", () => {
    const instructions = [instruction("system", text("Look."), image()), instruction("developer", text("Brief."))];
    const { body } = writeRequest(foreignRequest({ instructions, turns: [] }));
    expect(body).not.toHaveProperty("instructions");
    expect(body["input"]).toEqual([
      {
        type: "message",
        role: "system",
        content: [
          { type: "input_text", text: "Look." },
          { type: "input_image", image_url: "data:image/png;base64,aW1n" },
        ],
      },
      { type: "message", role: "developer", content: [{ type: "input_text", text: "Brief." }] },
    ]);
  });

  test("between turns they stay where they are", () => {
    const turns = [turn("user", text("Hi")), turn("system", text("Be formal.")), turn("user", text("Go on"))];
    expect(writeRequest(foreignRequest({ turns })).body["input"]).toMatchObject([
      { role: "user" },
      { role: "system", content: "Be formal." },
      { role: "user" },
    ]);
  });
});

describe("turns", () => {
  const said = (content: unknown) => ({ type: "message", role: "assistant", content });
  const heard = (content: unknown) => ({ type: "message", role: "user", content });
  const rows: [string, IrBlock[][], unknown[], string[]][] = [
    ["words", [[], [text("a"), text("b")]], [said("ab")], []],
    [
      "words and calls keep their order",
      [[], [text("a"), call("c1", "look"), text("b")]],
      [said("a"), { type: "function_call", call_id: "c1", name: "look", arguments: "{}" }, said("b")],
      [],
    ],
    [
      "calls without arguments, and custom ones",
      [[], [call("c1", "look", ""), custom("c2", "ls")], [result("c1", text("a")), result("c2", text("ok"))]],
      [
        { type: "function_call", call_id: "c1", name: "look", arguments: "{}" },
        { type: "custom_tool_call", call_id: "c2", name: "sh", input: "ls" },
        { type: "function_call_output", call_id: "c1", output: "a" },
        { type: "custom_tool_call_output", call_id: "c2", output: "ok" },
      ],
      [],
    ],
    [
      "results of several texts, of none, and with media",
      [
        [],
        [call("c1", "look"), call("c2", "look"), call("c3", "look")],
        [result("c1", text("a"), text("b")), result("c2"), result("c3", text("a"), image())],
      ],
      [
        { type: "function_call", call_id: "c1", name: "look", arguments: "{}" },
        { type: "function_call", call_id: "c2", name: "look", arguments: "{}" },
        { type: "function_call", call_id: "c3", name: "look", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "a\nb" },
        { type: "function_call_output", call_id: "c2", output: "" },
        {
          type: "function_call_output",
          call_id: "c3",
          output: [
            { type: "input_text", text: "a" },
            { type: "input_image", image_url: "data:image/png;base64,aW1n" },
          ],
        },
      ],
      [],
    ],
    [
      "results in a user's turn come first",
      [[], [call("c1", "look")], [text("And?"), result("c1", text("ok"))]],
      [
        { type: "function_call", call_id: "c1", name: "look", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "ok" },
        heard("And?"),
      ],
      [],
    ],
    [
      "a result without its call is text",
      [[result("c9", text("ok"))]],
      [heard("ok")],
      ["approximated messages[0].content[0]"],
    ],
    [
      "a failed result",
      [[], [call("c1", "look")], [{ ...result("c1", text("bad")), isError: true }]],
      [
        { type: "function_call", call_id: "c1", name: "look", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "bad" },
      ],
      ["approximated messages[2].content[0].is_error"],
    ],
    ["a refusal", [[], [refusal("No.")]], [said([{ type: "refusal", refusal: "No." }])], []],
    ["an empty turn says nothing", [[text("Hi")], [], [text("")]], [heard("Hi")], []],
    ["media of an assistant", [[], [image(), text("a")]], [said("a")], ["dropped messages[1].content[0]"]],
    [
      "sound",
      [
        [
          text("a"),
          {
            type: "audio",
            source: { kind: "base64", mediaType: "audio/wav", data: "d2F2" },
            format: "wav",
            transcript: null,
            extras: NO_EXTRAS,
            spelling: NO_SPELLING,
          },
        ],
      ],
      [heard("a")],
      ["dropped messages[0].content[1]"],
    ],
    [
      "files",
      [
        [
          document({}),
          document({ title: "a.pdf" }),
          document({ source: { kind: "url", url: "https://x.invalid/a.pdf", mediaType: null } }),
          document({ source: { kind: "text", text: "plain" }, citations: true }),
          document({ source: { kind: "blocks", blocks: [text("x")], wasString: false }, context: "c" }),
          document({ source: { kind: "file", id: "file-1" } }),
        ],
      ],
      [
        heard([
          { type: "input_file", filename: "document.pdf", file_data: "data:application/pdf;base64,cGRm" },
          { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,cGRm" },
          { type: "input_file", file_url: "https://x.invalid/a.pdf" },
          { type: "input_text", text: "plain" },
          { type: "input_text", text: "x" },
        ]),
      ],
      [
        "dropped messages[0].content[3].citations",
        "approximated messages[0].content[3]",
        "dropped messages[0].content[4].context",
        "approximated messages[0].content[4]",
        "dropped messages[0].content[5]",
      ],
    ],
    [
      "blocks of another protocol",
      [[{ type: "opaque", sourceProtocol: "elsewhere", name: "search", value: {}, spelling: NO_SPELLING }, text("a")]],
      [heard("a")],
      ["dropped messages[0].content[0]"],
    ],
  ];
  test.each(rows)("%s", (_name, blocks, expected, losses) => {
    const turns = blocks.map((each, index) => turn(index % 2 === 0 ? "user" : "assistant", ...each));
    const { body, lost } = writeRequest(foreignRequest({ turns }));
    expect(body["input"]).toEqual(expected);
    expect(lost).toEqual(losses);
  });

  test("ids the vendor refuses are replaced, the same in call and result", () => {
    const id = `call:${"x".repeat(90)}`;
    const turns = [turn("assistant", call(id, "look")), turn("tool", result(id, text("ok")))];
    const input = writeRequest(foreignRequest({ turns })).body["input"] as JsonObject[];
    expect(String(input[0]?.["call_id"])).toMatch(/^call_[0-9a-v]{22}$/);
    expect(input[1]?.["call_id"]).toBe(input[0]?.["call_id"]);
  });
});

describe("reasoning of the past", () => {
  const own = { issuer: "responses", value: "gAAAAA" };
  const rows: [string, IrBlock, unknown[], string[]][] = [
    [
      "what the vendor sealed goes back",
      reasoning("Hmm", { encrypted: own }),
      [{ type: "reasoning", summary: [{ type: "summary_text", text: "Hmm" }], encrypted_content: "gAAAAA" }],
      [],
    ],
    [
      "also where another protocol carried it as a signature",
      reasoning("", { signature: own }),
      [{ type: "reasoning", summary: [], encrypted_content: "gAAAAA" }],
      [],
    ],
    ["open thoughts do not", reasoning("Hmm"), [], ["dropped messages[0].content[0]"]],
    [
      "nor anybody else's",
      reasoning("Hmm", { encrypted: { issuer: "anthropic", value: "x" } }),
      [],
      ["dropped messages[0].content[0]"],
    ],
    [
      "nor those of nobody known",
      reasoning("Hmm", { signature: { issuer: null, value: "x" } }),
      [],
      ["dropped messages[0].content[0]"],
    ],
  ];
  test.each(rows)("%s", (_name, block, expected, losses) => {
    const { body, lost } = writeRequest(foreignRequest({ turns: [turn("assistant", block)] }));
    expect(body["input"]).toEqual(expected);
    expect(lost).toEqual(losses);
  });

  test("sealed thoughts are asked for where the model has some, so that the next turn can bring them", () => {
    const include = (upstreamModel: string) => writeRequest(foreignRequest(), { upstreamModel }).body["include"];
    expect(["gpt-5", "openai/o3-mini", "openai.gpt-oss-20b"].map(include)).toEqual([
      ["reasoning.encrypted_content"],
      ["reasoning.encrypted_content"],
      ["reasoning.encrypted_content"],
    ]);
    expect(["gpt-4o", "gpt-5-chat-latest", "unheard-of"].map(include)).toEqual([undefined, undefined, undefined]);
  });
});

describe("tools", () => {
  const look = {
    type: "function",
    name: "look",
    description: "Looks",
    parameters: { type: "object", properties: { a: { type: "string" } } },
    strict: null,
    cache: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  } as const;
  const wire = { type: "function", name: "look", description: "Looks", parameters: look.parameters, strict: false };

  test("strictness is said, because the vendor takes silence for yes", () => {
    const tools = [
      look,
      { ...look, name: "b", strict: true },
      { ...look, name: "c", description: null, parameters: null },
    ];
    expect(writeRequest(foreignRequest({ tools })).body["tools"]).toEqual([
      wire,
      { ...wire, name: "b", strict: true },
      { type: "function", name: "c", parameters: { type: "object", properties: {} }, strict: false },
    ]);
    const strict = { ...look, parameters: null, strict: true };
    expect(writeRequest(foreignRequest({ tools: [strict] })).body["tools"]).toMatchObject([
      { parameters: { type: "object", properties: {}, required: [], additionalProperties: false }, strict: true },
    ]);
  });

  test("odd names are escaped, too long ones lost, other vendors' tools too", () => {
    const tools = [
      { ...look, name: "a.b" },
      { ...look, name: "x".repeat(129) },
      { type: "opaque", sourceProtocol: "elsewhere", name: "search", value: {} } as const,
    ];
    const { body, lost } = writeRequest(foreignRequest({ tools }));
    expect(body["tools"]).toMatchObject([{ name: "x-u_a_u002eb" }]);
    expect(lost).toEqual(["dropped tools[1]", "dropped tools[2]"]);
  });

  test("formats of free text stand as they are", () => {
    const grammar = { type: "grammar", syntax: "lark", definition: "x" };
    const tool = { type: "custom", name: "sh", description: null, extras: NO_EXTRAS, spelling: NO_SPELLING } as const;
    const tools = [
      { ...tool, format: grammar },
      { ...tool, format: { type: "text" } },
      { ...tool, format: null },
    ];
    expect(writeRequest(foreignRequest({ tools })).body["tools"]).toEqual([
      { type: "custom", name: "sh", format: grammar },
      { type: "custom", name: "sh", format: { type: "text" } },
      { type: "custom", name: "sh" },
    ]);
  });

  const rows: [Parameters<typeof foreignRequest>[0], unknown, string[]][] = [
    [{ toolChoice: { kind: "required" } }, "required", []],
    [{ toolChoice: { kind: "tool", name: "look" } }, { type: "function", name: "look" }, []],
    [{ toolChoice: { kind: "tool", name: "gone" } }, "auto", ["approximated tool_choice"]],
    [
      { toolChoice: { kind: "allowed", mode: "auto", names: ["look", "gone"] } },
      { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "look" }] },
      ["approximated tool_choice"],
    ],
    [{ toolChoice: { kind: "allowed", mode: "auto", names: ["gone"] } }, "none", ["approximated tool_choice"]],
    [{ toolChoice: { kind: "opaque", sourceProtocol: "elsewhere", value: {} } }, undefined, ["dropped tool_choice"]],
    [{ tools: [], toolChoice: { kind: "required" } }, undefined, ["dropped tool_choice"]],
    [{ tools: [], toolChoice: { kind: "auto" } }, undefined, []],
  ];
  test.each(rows)("choice %j", (members, expected, losses) => {
    const { body, lost } = writeRequest(foreignRequest({ tools: [look], ...members }));
    expect(body["tool_choice"]).toEqual(expected);
    expect(lost).toEqual(losses);
  });

  test("calls side by side are only spoken of where there are tools", () => {
    expect(writeRequest(foreignRequest({ parallelToolCalls: false })).body).not.toHaveProperty("parallel_tool_calls");
    expect(writeRequest(foreignRequest({ tools: [look], parallelToolCalls: false })).body).toMatchObject({
      parallel_tool_calls: false,
    });
  });
});

describe("settings", () => {
  const closed = { type: "object", properties: {}, additionalProperties: false };
  const rows: [Parameters<typeof foreignRequest>[0], Record<string, unknown>, string[]][] = [
    [{ maxOutputTokens: 100 }, { max_output_tokens: 100 }, []],
    [{ maxOutputTokens: 5 }, { max_output_tokens: 16 }, ["clamped max_tokens"]],
    [{ sampling: { ...NO_SAMPLING, temperature: 1, topP: 0.5 } }, { temperature: 1, top_p: 0.5 }, []],
    [{ sampling: { ...NO_SAMPLING, temperature: 3 } }, { temperature: 2 }, ["clamped temperature"]],
    [
      { sampling: { ...NO_SAMPLING, topK: 1, seed: 2, presencePenalty: 1, frequencyPenalty: 1 } },
      {},
      ["dropped top_k", "dropped seed", "dropped presence_penalty", "dropped frequency_penalty"],
    ],
    [{ stop: ["END"], choices: 2 }, {}, ["dropped stop", "dropped n"]],
    [{ choices: 1 }, {}, []],
    [{ logprobs: { top: 5 } }, { include: ["message.output_text.logprobs"], top_logprobs: 5 }, []],
    [{ user: "user-123" }, { user: "user-123" }, []],
    [{ user: "ada@x.invalid" }, { user: expect.stringMatching(/^user_[0-9a-v]{22}$/) }, ["approximated user"]],
    [{ metadata: { a: "b" } }, { metadata: { a: "b" } }, []],
    [{ metadata: { a: "x".repeat(513) } }, {}, ["dropped metadata"]],
    [{ serviceTier: "auto" }, {}, []],
    [{ serviceTier: "flex" }, { service_tier: "flex" }, []],
    [{ serviceTier: "standard_only" }, {}, ["dropped service_tier"]],
    [{ outputFormat: { kind: "text" } }, {}, []],
    [{ outputFormat: { kind: "json" } }, { text: { format: { type: "json_object" } } }, []],
    [
      { outputFormat: { kind: "json-schema", name: "a b", description: "d", schema: closed, strict: null } },
      {
        text: {
          format: {
            type: "json_schema",
            name: expect.stringMatching(/^a_b_[0-9a-v]{22}$/),
            description: "d",
            schema: closed,
            strict: true,
          },
        },
      },
      [],
    ],
    [
      {
        outputFormat: {
          kind: "json-schema",
          name: null,
          description: null,
          schema: { type: "object", properties: {} },
          strict: null,
        },
      },
      {
        text: {
          format: { type: "json_schema", name: "response", schema: { type: "object", properties: {} }, strict: false },
        },
      },
      ["approximated response_format"],
    ],
    [{ extras: { brand_new: 1 }, spelling: NO_SPELLING }, {}, ["dropped brand_new"]],
  ];
  test.each(rows)("%j", (members, expected, losses) => {
    const { body, lost } = writeRequest(foreignRequest(members));
    const { model: _model, input: _input, store: _store, ...rest } = body;
    expect(rest).toEqual(expected);
    expect(lost).toEqual(losses);
  });

  test("the lane's limit", () => {
    const { body, lost } = writeRequest(foreignRequest({ maxOutputTokens: 100 }), { maxOutputTokens: 50 });
    expect(body["max_output_tokens"]).toBe(50);
    expect(lost).toEqual(["clamped max_tokens"]);
  });

  const config = { mode: null, effort: null, budgetTokens: null, display: null } as const;
  const efforts: [string, object, unknown, string[]][] = [
    ["gpt-5", { effort: "low" }, { effort: "low" }, []],
    ["gpt-5", { effort: "xhigh" }, { effort: "high" }, ["approximated reasoning"]],
    ["gpt-5", { mode: "disabled" }, { effort: "minimal" }, ["approximated reasoning"]],
    ["gpt-5.1", { mode: "disabled" }, { effort: "none" }, []],
    ["gpt-5", { mode: "enabled", budgetTokens: 4096 }, { effort: "low" }, ["approximated reasoning"]],
    ["gpt-5", { mode: "enabled", budgetTokens: 64_000 }, { effort: "high" }, ["approximated reasoning"]],
    ["gpt-5", { mode: "adaptive" }, undefined, []],
    ["gpt-5", { mode: "adaptive", display: "omitted" }, undefined, []],
    ["gpt-5", { effort: "low", display: "auto" }, { effort: "low", summary: "auto" }, []],
    ["gpt-5", { mode: "adaptive", display: "summarized" }, { summary: "auto" }, ["approximated reasoning.display"]],
    ["gpt-4o", { effort: "low", display: "auto" }, undefined, ["dropped reasoning"]],
    ["gpt-4o", { mode: "disabled" }, undefined, []],
    ["unheard-of", { mode: "disabled" }, undefined, ["dropped reasoning"]],
    ["unheard-of", { effort: "max" }, { effort: "high" }, ["approximated reasoning"]],
  ];
  test.each(efforts)("thinking of %s: %j", (upstreamModel, over, expected, losses) => {
    const { body, lost } = writeRequest(foreignRequest({ reasoning: { ...config, ...over } }), { upstreamModel });
    expect(body["reasoning"]).toEqual(expected);
    expect(lost).toEqual(losses);
  });
});

describe("what came from here goes back as it was", () => {
  const look = { type: "function", name: "look", description: "L", parameters: { type: "object" }, strict: false };
  const rows: [string, JsonObject][] = [
    ["a string", { input: "Hi" }],
    ["nothing but a stored prompt", { prompt: { id: "pmpt_1" } }],
    [
      "settings",
      { input: "Hi", temperature: 1, top_p: null, max_output_tokens: 5, store: true, background: false, tools: [] },
    ],
    [
      "what an agent sends",
      {
        instructions: "",
        store: false,
        stream: true,
        include: ["reasoning.encrypted_content"],
        parallel_tool_calls: true,
        prompt_cache_key: "k",
        client_metadata: { a: "b" },
        reasoning: { effort: "medium", summary: "auto" },
        text: { verbosity: "low", format: { type: "json_schema", name: "a", schema: {}, strict: false } },
        tool_choice: { type: "function", name: "look" },
        tools: [
          look,
          { type: "namespace", name: "n", description: "N", tools: [look, { ...look, name: "list" }, { type: "odd" }] },
          { type: "web_search", external_web_access: true },
        ],
        input: [
          { type: "additional_tools", role: "developer", tools: [{ ...look, name: "more" }] },
          { type: "message", role: "developer", content: [{ type: "input_text", text: "Be brief." }] },
          { type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] },
          { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAAAA" },
          {
            type: "message",
            id: "msg_1",
            role: "assistant",
            status: "completed",
            phase: "commentary",
            content: [
              { type: "output_text", text: "a", annotations: [] },
              { type: "output_text", text: "b" },
            ],
          },
          {
            type: "message",
            id: "msg_2",
            role: "assistant",
            content: [
              { type: "odd", x: 1 },
              { type: "refusal", refusal: "No." },
            ],
          },
          { role: "assistant", content: "c" },
          {
            type: "function_call",
            id: "fc_1",
            call_id: "c1",
            namespace: "n",
            name: "look",
            arguments: "{ }",
            status: "completed",
          },
          { type: "custom_tool_call", id: "ctc_1", call_id: "c2", name: "sh", input: "ls" },
          { type: "function_call_output", call_id: "c1", output: [{ type: "input_text", text: "ok" }] },
          { type: "custom_tool_call_output", call_id: "c2", output: "" },
          { type: "web_search_call", id: "ws_1", status: "completed", action: {} },
          { type: "computer_call_output", call_id: "c3", output: {} },
          { role: "user", content: [{ type: "input_image", image_url: "https://x.invalid/a.png", detail: "auto" }] },
        ],
      },
    ],
  ];
  test.each(rows)("%s", (_name, members) => {
    const body = { model: "some-model", ...members };
    expect(writeRequest(readRequest(body))).toEqual({ body, lost: [] });
  });

  test("but for what the lane decides", () => {
    const request = readRequest({ model: "pool", input: "Hi", max_output_tokens: 100, stream: false });
    expect(writeRequest(request, { maxOutputTokens: 50 })).toEqual({
      body: { model: "some-model", input: "Hi", max_output_tokens: 50, stream: false },
      lost: ["clamped max_tokens"],
    });
  });

  test("and for what the vendor refuses in items sent back to it", () => {
    const call_id = "c1";
    const input = [
      {
        type: "function_call",
        id: "call_1",
        role: "assistant",
        status: "completed",
        call_id,
        name: "look",
        arguments: "{}",
      },
      { type: "function_call_output", role: "tool", call_id, output: "ok" },
      { type: "reasoning", id: "thinking-1", summary: [], encrypted_content: "gAAAAA" },
    ];
    expect(writeRequest(readRequest({ model: "m", input })).body["input"]).toEqual([
      { type: "function_call", status: "completed", call_id, name: "look", arguments: "{}" },
      { type: "function_call_output", call_id, output: "ok" },
      { type: "reasoning", summary: [], encrypted_content: "gAAAAA" },
    ]);
  });

  test("reasoning that another vendor sealed is not shown to this one", () => {
    const input = [{ type: "reasoning", summary: [], encrypted_content: "rm:s:anthropic:c2ln" }];
    const { body, lost } = writeRequest(readRequest({ model: "m", input }));
    expect(body["input"]).toEqual([]);
    expect(lost).toEqual(["dropped messages[0].content[0]"]);
  });
});

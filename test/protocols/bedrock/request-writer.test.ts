// Requests of other protocols as Converse takes them: a table of what is asked and what is sent, model by model.

import { describe, expect, test } from "bun:test";
import type { IrRequest } from "../../../src/ir/request.ts";
import {
  assistant,
  audio,
  call,
  document,
  functionTool,
  image,
  instruction,
  named,
  reasoning,
  refusal,
  request,
  result,
  text,
  tool,
  user,
} from "../../harness/builders.ts";
import { makersDialect } from "../../harness/dialects.ts";
import { OPTIONS, payload } from "./builders.ts";

const NEWEST = "us.anthropic.claude-opus-4-7-v1:0";
const OLD = "anthropic.claude-3-5-sonnet-20241022-v2:0";
const NOVA = "us.amazon.nova-pro-v1:0";
const NOVA_2 = "us.amazon.nova-2-lite-v1:0";
const LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0";
const GPT_OSS = "openai.gpt-oss-120b-1:0";
const ARN = "arn:aws:bedrock:us-east-1:1:application-inference-profile/ab";

function write(given: Partial<IrRequest>, upstreamModel = OPTIONS.upstreamModel, over: object = {}) {
  const { value, losses } = payload.writeRequest(request(given), {
    ...OPTIONS,
    dialect: makersDialect("bedrock", upstreamModel),
    ...over,
    upstreamModel,
  });
  const { model: _model, ...body } = value;
  return { body, losses: losses.map(({ field, how }) => `${field} ${how}`) };
}

const WEATHER = functionTool("get_weather");
const PARIS = call("call_1", "get_weather", '{"city":"Paris"}');
const effort = (word: string) => ({ mode: null, effort: word, budgetTokens: null, display: null });

describe("limits, sampling and reasoning, model by model", () => {
  test.each<[string, Partial<IrRequest>, string, object, string[]]>([
    [
      "a budget",
      { maxOutputTokens: 9000, reasoning: { ...effort(""), mode: "enabled", effort: null, budgetTokens: 4000 } },
      OPTIONS.upstreamModel,
      {
        inferenceConfig: { maxTokens: 9000 },
        additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 4000 } },
      },
      [],
    ],
    [
      "a budget without a limit gets one that leaves room",
      { maxOutputTokens: null, reasoning: { ...effort(""), mode: "enabled", effort: null, budgetTokens: 4000 } },
      OPTIONS.upstreamModel,
      { inferenceConfig: { maxTokens: 5024 } },
      [],
    ],
    [
      "an effort as a budget",
      { maxOutputTokens: 9000, reasoning: effort("low") },
      OPTIONS.upstreamModel,
      { additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2048 } } },
      ["reasoning_effort approximated"],
    ],
    [
      "an effort as such",
      { reasoning: effort("xhigh") },
      NEWEST,
      { additionalModelRequestFields: { thinking: { type: "adaptive" } }, outputConfig: { effort: "xhigh" } },
      [],
    ],
    [
      "a budget as an effort",
      { reasoning: { ...effort(""), mode: "enabled", effort: null, budgetTokens: 9000 } },
      NEWEST,
      { outputConfig: { effort: "high" } },
      ["reasoning.max_tokens approximated"],
    ],
    [
      "no thinking where the model would",
      { reasoning: { ...effort(""), mode: "disabled", effort: null } },
      NEWEST,
      { additionalModelRequestFields: { thinking: { type: "disabled" } } },
      [],
    ],
    ["a model that does not think", { reasoning: effort("high") }, OLD, {}, ["reasoning dropped"]],
    [
      "Nova's own words",
      { reasoning: effort("high") },
      NOVA_2,
      { additionalModelRequestFields: { reasoningConfig: { type: "enabled", maxReasoningEffort: "high" } } },
      [],
    ],
    [
      "gpt-oss's own word",
      { reasoning: effort("max") },
      GPT_OSS,
      { additionalModelRequestFields: { reasoning_effort: "high" } },
      ["reasoning_effort approximated"],
    ],
    ["a model without", { reasoning: effort("high") }, LLAMA, {}, ["reasoning dropped"]],
    [
      "no forced tool beside thinking",
      { reasoning: effort("low"), tools: [WEATHER], toolChoice: { kind: "required" } },
      OPTIONS.upstreamModel,
      { toolConfig: expect.anything() },
      ["reasoning dropped"],
    ],
    [
      "top k for Claude",
      { sampling: { ...request().sampling, topK: 4 } },
      OLD,
      { additionalModelRequestFields: { top_k: 4 } },
      [],
    ],
    [
      "top k for Nova",
      { sampling: { ...request().sampling, topK: 4 } },
      NOVA,
      { additionalModelRequestFields: { inferenceConfig: { topK: 4 } } },
      [],
    ],
    ["top k for others", { sampling: { ...request().sampling, topK: 4 } }, LLAMA, {}, ["top_k dropped"]],
    [
      "temperature or top p",
      { sampling: { ...request().sampling, temperature: 0.5, topP: 0.9 } },
      OPTIONS.upstreamModel,
      { inferenceConfig: { temperature: 0.5 } },
      ["top_p dropped"],
    ],
    [
      "no sampling at all",
      { sampling: { ...request().sampling, temperature: 0.5 } },
      NEWEST,
      {},
      ["temperature dropped"],
    ],
    [
      "too hot",
      { sampling: { ...request().sampling, temperature: 1.5 } },
      LLAMA,
      { inferenceConfig: { temperature: 1 } },
      ["temperature clamped"],
    ],
  ])("%s", (_name, given, model, wanted, losses) => {
    const written = write({ maxOutputTokens: null, ...given }, model);
    const { messages: _messages, ...body } = written.body;
    expect(body).toMatchObject(wanted);
    if (Object.keys(wanted).length === 0) expect(body).toEqual({});
    expect(written.losses).toEqual(losses);
  });

  test("a lane's own limit", () => {
    expect(write({ maxOutputTokens: 9000 }, OLD, { maxOutputTokens: 4096 })).toMatchObject({
      body: { inferenceConfig: { maxTokens: 4096 } },
      losses: ["max_tokens clamped"],
    });
  });
});

describe("tools", () => {
  const spec = {
    toolSpec: { name: "get_weather", description: expect.any(String), inputSchema: { json: expect.anything() } },
  };
  test.each<[string, Partial<IrRequest>, string, object | undefined, string[]]>([
    ["auto", { toolChoice: { kind: "auto" } }, OLD, { tools: [spec], toolChoice: { auto: {} } }, []],
    ["required", { toolChoice: { kind: "required" } }, OLD, { tools: [spec], toolChoice: { any: {} } }, []],
    [
      "named",
      { toolChoice: { kind: "tool", name: "get_weather" } },
      OLD,
      { toolChoice: { tool: { name: "get_weather" } } },
      [],
    ],
    ["none", { toolChoice: { kind: "none" } }, OLD, undefined, ["tool_choice approximated"]],
    [
      "none, with calls in the history",
      {
        toolChoice: { kind: "none" },
        turns: [user(text("Hi.")), assistant(PARIS), tool(result("call_1", [text("21")]))],
      },
      OLD,
      { tools: [spec] },
      ["tool_choice approximated"],
    ],
    [
      "required of a model that cannot be made to",
      { toolChoice: { kind: "required" } },
      LLAMA,
      { tools: [spec] },
      ["tool_choice dropped"],
    ],
    [
      "calls without tools",
      { tools: [], turns: [user(text("Hi.")), assistant(PARIS), tool(result("call_1", [text("21")]))] },
      OLD,
      { tools: [{ toolSpec: { name: "get_weather", inputSchema: { json: { type: "object", properties: {} } } } }] },
      ["tools approximated"],
    ],
  ])("%s", (_name, given, model, wanted, losses) => {
    const written = write({ tools: [WEATHER], ...given }, model);
    if (wanted === undefined) expect(written.body["toolConfig"]).toBeUndefined();
    else expect(written.body["toolConfig"]).toMatchObject(wanted);
    expect(written.losses).toEqual(losses);
  });

  test("one call at a time", () => {
    const given = { tools: [WEATHER], parallelToolCalls: false };
    expect(write(given).body["additionalModelRequestFields"]).toEqual({
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
    });
    expect(write(given, LLAMA).losses).toEqual(["parallel_tool_calls dropped"]);
  });

  test("names come back from a call as the client wrote them", () => {
    const name = "mcp.server/größe tool";
    const { body, losses } = write({ tools: [functionTool(name)] });
    expect(losses).toEqual([]);
    const sent = JSON.stringify(body["toolConfig"]);
    const wire = /"name":"([a-zA-Z0-9_-]{1,64})"/.exec(sent)?.[1] ?? "";
    const answer = payload.readResponse({
      output: { message: { role: "assistant", content: [{ toolUse: { toolUseId: "t", name: wire, input: {} } }] } },
      stopReason: "tool_use",
    });
    expect(answer.value.choices[0]?.blocks).toMatchObject([{ type: "tool-call", name }]);
    expect(write({ tools: [functionTool("x".repeat(80))] }).losses).toEqual(["tools[0].name approximated"]);
  });
});

describe("the conversation", () => {
  const messages = (given: Partial<IrRequest>, model?: string) => {
    const { body, losses } = write(given, model);
    return { messages: body["messages"], system: body["system"], losses };
  };

  test("results of parallel calls stand together, in one turn after the calls", () => {
    const turns = [
      user(text("Hi.")),
      assistant(PARIS, call("call_2", "get_weather", "{}")),
      tool(result("call_1", [text("21")])),
      tool(result("call_2", [text("18")], { isError: true })),
      user(text("So?")),
    ];
    expect(messages({ tools: [WEATHER], turns }).messages).toEqual([
      { role: "user", content: [{ text: "Hi." }] },
      {
        role: "assistant",
        content: [
          { toolUse: { toolUseId: "call_1", name: "get_weather", input: { city: "Paris" } } },
          { toolUse: { toolUseId: "call_2", name: "get_weather", input: {} } },
        ],
      },
      {
        role: "user",
        content: [
          { toolResult: { toolUseId: "call_1", content: [{ text: "21" }] } },
          { toolResult: { toolUseId: "call_2", content: [{ text: "18" }], status: "error" } },
          { text: "So?" },
        ],
      },
    ]);
  });

  test.each<[string, Partial<IrRequest>, unknown, string[]]>([
    [
      "the user begins",
      { turns: [assistant(text("Welcome.")), user(text("Hi."))] },
      [
        { role: "user", content: [{ text: "Begin." }] },
        { role: "assistant", content: [{ text: "Welcome." }] },
        { role: "user", content: [{ text: "Hi." }] },
      ],
      ["messages approximated"],
    ],
    [
      "blank texts are left out",
      { turns: [user(text(" "), text("Hi.")), assistant(text("")), user(text("There?"))] },
      [{ role: "user", content: [{ text: "Hi." }, { text: "There?" }] }],
      [],
    ],
    [
      "a refusal is text",
      { turns: [user(text("Hi.")), assistant(refusal("No.")), user(text("Why?"))] },
      expect.arrayContaining([{ role: "assistant", content: [{ text: "No." }] }]),
      ["messages[1].content[0] approximated"],
    ],
    [
      "nobody has a name",
      { turns: [named(user(text("Hi.")), "ada")] },
      [{ role: "user", content: [{ text: "Hi." }] }],
      ["messages[0].name dropped"],
    ],
    [
      "an image by address is not fetched",
      {
        turns: [user(text("Hi."), image({ source: { kind: "url", url: "https://x.invalid/a.png", mediaType: null } }))],
      },
      [{ role: "user", content: [{ text: "Hi." }] }],
      ["messages[0].content[1] dropped"],
    ],
    [
      "one that holds its bytes is sent",
      { turns: [user(image({ source: { kind: "url", url: "data:image/png;base64,iVBORw0KGgo=", mediaType: null } }))] },
      [{ role: "user", content: [{ image: { format: "png", source: { bytes: "iVBORw0KGgo=" } } }] }],
      [],
    ],
    [
      "the bytes say what it is",
      { turns: [user(image({ source: { kind: "base64", mediaType: "image/png", data: "/9j/4AAQ" } }))] },
      [{ role: "user", content: [{ image: { format: "jpeg", source: { bytes: "/9j/4AAQ" } } }] }],
      [],
    ],
    [
      "documents have names that differ, and words beside them",
      { turns: [user(document({ title: "a.b" }), document({ title: "a.b" }))] },
      [
        {
          role: "user",
          content: [
            { document: { format: "pdf", name: "a-b", source: { bytes: expect.any(String) } } },
            { document: { format: "pdf", name: "a-b (2)", source: { bytes: expect.any(String) } } },
            { text: "See the document." },
          ],
        },
      ],
      [
        "messages[0].content[0].title approximated",
        "messages[0].content[1].title approximated",
        "messages approximated",
      ],
    ],
    [
      "a Claude hears nothing",
      { turns: [user(text("Hi."), audio())] },
      [{ role: "user", content: [{ text: "Hi." }] }],
      ["messages[0].content[1] dropped"],
    ],
    [
      "signed reasoning goes back",
      {
        turns: [
          user(text("Hi.")),
          assistant(reasoning("Hm.", { signature: { issuer: "bedrock", value: "c2ln" } }), text("So.")),
          user(text("Go.")),
        ],
      },
      expect.arrayContaining([
        {
          role: "assistant",
          content: [{ reasoningContent: { reasoningText: { text: "Hm.", signature: "c2ln" } } }, { text: "So." }],
        },
      ]),
      [],
    ],
    [
      "another vendor's does not",
      {
        turns: [
          user(text("Hi.")),
          assistant(reasoning("Hm.", { signature: { issuer: "gemini", value: "c2ln" } }), text("So.")),
          user(text("Go.")),
        ],
      },
      expect.arrayContaining([{ role: "assistant", content: [{ text: "So." }] }]),
      ["messages[1].content[0] dropped"],
    ],
  ])("%s", (_name, given, wanted, losses) => {
    const written = messages(given);
    expect(written.messages).toEqual(wanted);
    expect(written.losses).toEqual(losses);
  });

  test("an ARN may be anybody's, so it is sent what Claude takes", () => {
    const turns = [user(text("Hi.", { cache: { lifetime: "1h" } }))];
    expect(messages({ turns }, ARN).messages).toEqual([
      { role: "user", content: [{ text: "Hi." }, { cachePoint: { type: "default", ttl: "1h" } }] },
    ]);
  });

  test("cache marks: four at most, where the model has any", () => {
    const marked = text("x", { cache: { lifetime: null } });
    const given = {
      instructions: [instruction("", { wasString: false, blocks: [marked, marked, marked] })],
      turns: [user(marked, marked)],
    };
    const sent = JSON.stringify(write(given).body);
    expect(sent.split('"cachePoint"')).toHaveLength(5);
    expect(write(given).losses).toEqual(["messages[1].content[1].cache_control dropped"]);
    expect(JSON.stringify(write(given, LLAMA).body)).not.toContain("cachePoint");
  });

  test("a schema is JSON text where the model holds to one, else asked for in words", () => {
    const outputFormat = {
      kind: "json-schema",
      name: "n",
      description: null,
      schema: { type: "object", properties: {} },
      strict: true,
    } as const;
    const schema = '{"type":"object","properties":{},"additionalProperties":false}';
    expect(write({ outputFormat }).body["outputConfig"]).toEqual({
      textFormat: { type: "json_schema", structure: { jsonSchema: { schema, name: "n" } } },
    });
    const asked = write({ outputFormat }, LLAMA);
    expect(JSON.stringify(asked.body["system"])).toContain("JSON Schema");
    expect(asked.losses).toEqual(["response_format approximated"]);
  });

  test("metadata of plain characters, tiers the vendor has", () => {
    const { body, losses } = write({ metadata: { a: "b", größe: "x" }, serviceTier: "priority" });
    expect(body).toMatchObject({ requestMetadata: { a: "b" }, serviceTier: { type: "priority" } });
    expect(losses).toEqual(["metadata dropped"]);
    expect(write({ serviceTier: "scale" }).losses).toEqual(["service_tier dropped"]);
  });
});

test("a member in a place the vendor does not know it in reaches the vendor whole", () => {
  const body = {
    messages: [{ role: "user", content: [{ text: "hi" }] }],
    thinking: { type: "enabled", budget_tokens: 2000 },
    additionalModelRequestFields: { outputConfig: { effort: "low" } },
  };
  const { value } = payload.writeRequest(payload.readRequest(body).value, OPTIONS);
  expect(value).toEqual({ model: OPTIONS.upstreamModel, ...body });
});

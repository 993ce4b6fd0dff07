// A request of another protocol, as the vendor takes it, and what is lost on the way.
import { describe, expect, test } from "bun:test";
import { type IrRequest, NO_SAMPLING, NO_SPELLING } from "../../../src/ir/request.ts";
import { legalCallId, legalToolName } from "../../../src/protocols/anthropic/names.ts";
import { at } from "../../../src/std/json.ts";
import { makersDialect } from "../../harness/dialects.ts";
import { callBlock, foreignRequest, OPTIONS, payload, resultBlock, textBlock, turn, userTurn } from "./builders.ts";

function write(over: Partial<IrRequest>, upstreamModel = OPTIONS.upstreamModel, maxOutputTokens: number | null = null) {
  const { value, losses } = payload.writeRequest(foreignRequest(over), {
    ...OPTIONS,
    upstreamModel,
    maxOutputTokens,
    dialect: makersDialect("anthropic", upstreamModel),
  });
  return { body: value, losses: losses.map((loss) => `${loss.how} ${loss.field}`) };
}
const FUNCTION = {
  type: "function",
  name: "f",
  description: null,
  parameters: null,
  strict: null,
  cache: null,
  extras: {},
  spelling: NO_SPELLING,
} as const;

describe("turns", () => {
  test("results of parallel calls stand in one user turn, before what the user says", () => {
    const { body, losses } = write({
      tools: [FUNCTION],
      turns: [
        userTurn("go"),
        turn("assistant", textBlock(""), callBlock("a", "f", '{"x":1}'), callBlock("b", "f", "")),
        turn("tool", resultBlock("b", "two")),
        userTurn("and now?"),
        turn("tool", resultBlock("a", "one")),
      ],
    });
    expect(losses).toEqual([]);
    expect(body["messages"]).toEqual([
      { role: "user", content: [{ type: "text", text: "go" }] },
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: "a", name: "f", input: { x: 1 } },
          { type: "tool_use", id: "b", name: "f", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "a", content: "one" },
          { type: "tool_result", tool_use_id: "b", content: "two" },
          { type: "text", text: "and now?" },
        ],
      },
    ]);
  });

  test("blank text and what it leaves empty are not sent, and neighbours become one turn", () => {
    const { body } = write({ turns: [userTurn("one"), turn("assistant", textBlock(" \n")), userTurn("two")] });
    expect(body["messages"]).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "one" },
          { type: "text", text: "two" },
        ],
      },
    ]);
  });

  test("an id the vendor refuses is the same for call and result, and ids that come twice differ", () => {
    const odd = "functions.Bash:0";
    const { body, losses } = write({
      tools: [FUNCTION],
      turns: [
        turn("assistant", callBlock(odd, "f", "{}")),
        turn("tool", resultBlock(odd, "1")),
        turn("assistant", callBlock(odd, "f", "{}")),
        turn("tool", resultBlock(odd, "2")),
      ],
    });
    const ids = [0, 1, 2, 3].map((index) => {
      const block = at(body, "messages", index, "content", 0);
      return at(block, "id") ?? at(block, "tool_use_id");
    });
    expect(ids).toEqual([legalCallId(odd), legalCallId(odd), `${legalCallId(odd)}_2`, `${legalCallId(odd)}_2`]);
    expect(losses).toEqual(["approximated messages[0].content[0].id", "approximated messages[2].content[0].id"]);
  });

  test("a result without its call becomes text", () => {
    const { body, losses } = write({ turns: [userTurn("hi"), turn("tool", resultBlock("gone", "42"))] });
    expect(at(body, "messages", 0, "content")).toEqual([
      { type: "text", text: "hi" },
      { type: "text", text: "Result of a tool call:" },
      { type: "text", text: "42" },
    ]);
    expect(losses).toEqual(["approximated messages[1].content[0]"]);
  });

  test("instructions from anywhere reach the system prompt", () => {
    const { body, losses } = write({
      instructions: [
        { role: "system", blocks: [textBlock("A")], wasString: true, extras: {}, spelling: NO_SPELLING },
        { role: "developer", blocks: [textBlock("B")], wasString: true, extras: {}, spelling: NO_SPELLING },
      ],
      turns: [userTurn("hi"), turn("developer", textBlock("C"))],
    });
    expect(body["system"]).toEqual(["A", "B", "C"].map((text) => ({ type: "text", text })));
    expect(losses).toEqual(["approximated messages[3]"]);
  });

  test("instructions alone become the user's turn", () => {
    const { body, losses } = write({
      instructions: [
        { role: "system", blocks: [textBlock("Sing.")], wasString: true, extras: {}, spelling: NO_SPELLING },
      ],
      turns: [],
    });
    expect(body["messages"]).toEqual([{ role: "user", content: [{ type: "text", text: "Sing." }] }]);
    expect(body["system"]).toBeUndefined();
    expect(losses).toEqual(["approximated messages"]);
  });

  test("instructions alone do not push out the demand for JSON", () => {
    const { body } = write({
      instructions: [
        { role: "system", blocks: [textBlock("Sing.")], wasString: true, extras: {}, spelling: NO_SPELLING },
      ],
      turns: [],
      outputFormat: { kind: "json" },
    });
    expect(body["system"]).toEqual([{ type: "text", text: "Sing." }]);
    expect(at(body, "messages", 0, "content", 0, "text")).toBe("Answer with one JSON object and nothing else.");
  });

  test("a history with calls gets definitions of its tools", () => {
    const { body, losses } = write({
      turns: [turn("assistant", callBlock("a", "f", "{}")), turn("tool", resultBlock("a", "1"))],
    });
    expect(body["tools"]).toEqual([{ name: "f", input_schema: { type: "object", properties: {} } }]);
    expect(losses).toEqual(["approximated tools"]);
  });

  test("no reasoning that another vendor signed, or nobody", () => {
    const sealed = (issuer: string | null) => ({
      type: "reasoning" as const,
      text: "hm",
      signature: issuer === null ? null : { issuer, value: "sig" },
      encrypted: null,
      extras: {},
      spelling: NO_SPELLING,
    });
    const { body, losses } = write({
      turns: [turn("assistant", sealed("gemini"), sealed(null), sealed("anthropic"), textBlock("yes"))],
    });
    expect(at(body, "messages", 0, "content")).toEqual([
      { type: "thinking", thinking: "hm", signature: "sig" },
      { type: "text", text: "yes" },
    ]);
    expect(losses).toEqual(["dropped messages[0].content[0]", "dropped messages[0].content[1]"]);
  });

  test("a client of this protocol cannot replay another vendor's seal to this one either", () => {
    const { value } = payload.readRequest({
      messages: [
        { role: "user", content: "hi" },
        { role: "assistant", content: [{ type: "thinking", thinking: "hm", signature: "rm:s:openai:x" }] },
        { role: "user", content: "go" },
      ],
    });
    const { value: body, losses } = payload.writeRequest(value, OPTIONS);
    expect(body["messages"]).toEqual([
      { role: "user", content: "hi" },
      { role: "user", content: "go" },
    ]);
    expect(losses).toHaveLength(1);
  });
});

describe("tool arguments", () => {
  test.each([
    ["an object", '{"a":[1,2]}', { a: [1, 2] }, []],
    ["nothing", "", {}, []],
    ["white space", " ", {}, []],
    ["broken JSON", '{"a":', { arguments: '{"a":' }, ["approximated messages[0].content[0].arguments"]],
    ["a list", "[1]", { arguments: "[1]" }, ["approximated messages[0].content[0].arguments"]],
  ])("%s", (_name, text, input, losses) => {
    const written = write({ tools: [FUNCTION], turns: [turn("assistant", callBlock("a", "f", text))] });
    expect(at(written.body, "messages", 0, "content", 0, "input")).toEqual(input);
    expect(written.losses).toEqual(losses);
  });

  test("digits survive", () => {
    const text = '{"n":12345678901234567890,"e":1e400,"f":1.0,"z":-0}';
    const written = write({ tools: [FUNCTION], turns: [turn("assistant", callBlock("a", "f", text))] });
    expect(JSON.stringify(written.body)).toContain(text);
  });
});

describe("media", () => {
  const image = (source: object, detail: string | null = null) =>
    ({ type: "image", source, detail, cache: null, extras: {}, spelling: NO_SPELLING }) as never;
  test.each([
    [
      "a data URL",
      { kind: "url", url: "data:image/png;base64,iVBORw0KGgoA", mediaType: null },
      { type: "base64", media_type: "image/png", data: "iVBORw0KGgoA" },
    ],
    [
      "a URL",
      { kind: "url", url: "https://img.invalid/a.png", mediaType: null },
      { type: "url", url: "https://img.invalid/a.png" },
    ],
    [
      "a wrong media type",
      { kind: "base64", mediaType: "image/jpg", data: "/9j/4AAQ" },
      { type: "base64", media_type: "image/jpeg", data: "/9j/4AAQ" },
    ],
    [
      "no media type",
      { kind: "base64", mediaType: null, data: "R0lGODlh" },
      { type: "base64", media_type: "image/gif", data: "R0lGODlh" },
    ],
  ])("image as %s", (_name, source, expected) => {
    const { body, losses } = write({ turns: [turn("user", image(source))] });
    expect(at(body, "messages", 0, "content", 0)).toEqual({ type: "image", source: expected });
    expect(losses).toEqual([]);
  });

  test.each([
    ["another vendor's file", { kind: "file", id: "file-1" }],
    ["a kind the vendor does not take", { kind: "base64", mediaType: "image/tiff", data: "SUkq" }],
    ["sound that says it is a picture", { kind: "base64", mediaType: "image/webp", data: "UklGRiQAAABXQVZFZm10" }],
  ])("%s is lost", (_name, source) => {
    const { body, losses } = write({ turns: [turn("user", image(source), textBlock("see"))] });
    expect(at(body, "messages", 0, "content")).toEqual([{ type: "text", text: "see" }]);
    expect(losses).toEqual(["dropped messages[0].content[0]"]);
  });

  test("a resolution is lost, the default is none", () => {
    const source = { kind: "url", url: "https://img.invalid/a.png", mediaType: null };
    expect(write({ turns: [turn("user", image(source, "high"))] }).losses).toEqual([
      "dropped messages[0].content[0].detail",
    ]);
    expect(write({ turns: [turn("user", image(source, "auto"))] }).losses).toEqual([]);
  });

  test.each([
    ["a PDF", "JVBERi0x", "application/pdf", { type: "base64", media_type: "application/pdf", data: "JVBERi0x" }],
    ["text in base64", "aMOp", "text/markdown", { type: "text", media_type: "text/plain", data: "hé" }],
  ])("document: %s", (_name, data, mediaType, source) => {
    const document = {
      type: "document",
      source: { kind: "base64", mediaType, data },
      title: "a.pdf",
      context: null,
      citations: null,
      cache: null,
      extras: {},
      spelling: NO_SPELLING,
    } as const;
    const { body, losses } = write({ turns: [turn("user", document)] });
    expect(at(body, "messages", 0, "content", 0)).toEqual({ type: "document", source, title: "a.pdf" });
    expect(losses).toEqual([]);
  });

  test("audio is lost, its transcript is not", () => {
    const audio = {
      type: "audio",
      source: { kind: "base64", mediaType: null, data: "AA" },
      format: "wav",
      transcript: null,
      extras: {},
      spelling: NO_SPELLING,
    } as const;
    expect(write({ turns: [turn("user", audio, textBlock("hear"))] }).losses).toEqual([
      "dropped messages[0].content[0]",
    ]);
    const { body } = write({ turns: [turn("user", { ...audio, transcript: "hello" })] });
    expect(at(body, "messages", 0, "content", 0)).toEqual({ type: "text", text: "hello" });
  });
});

describe("tools", () => {
  const choose = (toolChoice: IrRequest["toolChoice"], parallelToolCalls: boolean | null = null) =>
    write({ tools: [FUNCTION, { ...FUNCTION, name: "g" }], toolChoice, parallelToolCalls });
  test.each([
    ["auto", { kind: "auto" }, null, { type: "auto" }],
    ["required", { kind: "required" }, null, { type: "any" }],
    ["none", { kind: "none" }, false, { type: "none" }],
    ["named", { kind: "tool", name: "g" }, null, { type: "tool", name: "g" }],
    ["one at a time", null, false, { type: "auto", disable_parallel_tool_use: true }],
    ["several at a time is the default", null, true, undefined],
    ["required, one at a time", { kind: "required" }, false, { type: "any", disable_parallel_tool_use: true }],
  ] as const)("choice: %s", (_name, choice, parallel, expected) => {
    const { body, losses } = choose(choice, parallel);
    expect(body["tool_choice"]).toEqual(expected);
    expect(losses).toEqual([]);
  });

  test("allowed tools are the ones that are sent", () => {
    const { body, losses } = choose({ kind: "allowed", mode: "required", names: ["g"] });
    expect([at(body, "tools", 0, "name"), at(body, "tools", 1), body["tool_choice"]]).toEqual([
      "g",
      undefined,
      { type: "any" },
    ]);
    expect(losses).toEqual(["approximated tool_choice"]);
  });

  test("a choice without tools is not sent", () => {
    expect(write({ toolChoice: { kind: "required" } })).toMatchObject({ losses: ["dropped tool_choice"] });
    expect(write({ toolChoice: { kind: "auto" } }).body["tool_choice"]).toBeUndefined();
  });

  test.each([
    ["none", null, { type: "object", properties: {} }, 0],
    ["no type", { properties: { a: {} } }, { type: "object", properties: { a: {} } }, 0],
    ["an object", { type: "object", $schema: "x" }, { type: "object", $schema: "x" }, 0],
    ["a list of types", { type: ["object", "null"] }, { type: "object" }, 1],
    [
      "alternatives at the top",
      { anyOf: [{ properties: { a: {} } }, { properties: { b: {} } }], $defs: { d: {} } },
      { type: "object", properties: { a: {}, b: {} }, $defs: { d: {} } },
      1,
    ],
  ])("schema: %s", (_name, parameters, expected, lossCount) => {
    const { body, losses } = write({ tools: [{ ...FUNCTION, parameters }] });
    expect(at(body, "tools", 0, "input_schema")).toEqual(expected);
    expect(losses).toHaveLength(lossCount);
  });

  test("free text, foreign tools and odd names", () => {
    const { body, losses } = write({
      tools: [
        { type: "custom", name: "patch", description: "d", format: null, extras: {}, spelling: NO_SPELLING },
        { type: "opaque", sourceProtocol: "openai", name: "web_search", value: {} },
        { ...FUNCTION, name: "a.b" },
      ],
    });
    expect(body["tools"]).toEqual([
      {
        name: "patch",
        description: "d",
        input_schema: { type: "object", properties: { input: { type: "string" } }, required: ["input"] },
      },
      { name: legalToolName("a.b"), input_schema: { type: "object", properties: {} } },
    ]);
    expect(losses).toEqual(["approximated tools[0]", "dropped tools[1]", "approximated tools[2].name"]);
  });

  test("ids and names are legal and stay apart", () => {
    for (const id of ["", "a.b", "a:b", "x".repeat(65), "call_1"])
      expect(legalCallId(id)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(legalCallId("call_1")).toBe("call_1");
    expect(legalCallId("a.b")).not.toBe(legalCallId("a:b"));
    expect(legalToolName("a.b")).not.toBe(legalToolName("a:b"));
    expect(legalToolName("n".repeat(200))).toMatch(/^[a-zA-Z0-9_-]{128}$/);
  });
});

describe("limits, sampling and thinking", () => {
  const sampling = (over: object) => ({ ...NO_SAMPLING, ...over });
  const effort = (word: string) => ({ mode: null, effort: word, budgetTokens: null, display: null });

  test("the answer's limit: asked, defaulted, clamped", () => {
    expect(write({ maxOutputTokens: 50 }).body["max_tokens"]).toBe(50);
    expect(write({ maxOutputTokens: null }).body["max_tokens"]).toBe(4096);
    expect(write({ maxOutputTokens: 5000 }, "m", 2000)).toMatchObject({
      body: { max_tokens: 2000 },
      losses: ["clamped max_tokens"],
    });
    expect(write({ maxOutputTokens: null }, "m", 2000)).toMatchObject({ body: { max_tokens: 2000 }, losses: [] });
  });

  test.each([
    ["claude-sonnet-4-5", { temperature: 0.5 }, { temperature: 0.5 }, []],
    ["claude-sonnet-4-5", { temperature: 1.8 }, { temperature: 1 }, ["clamped temperature"]],
    ["claude-sonnet-4-5", { temperature: 0.5, topP: 0.9 }, { temperature: 0.5 }, ["dropped top_p"]],
    ["claude-3-5-haiku-20241022", { temperature: 0.5, topP: 0.9 }, { temperature: 0.5, top_p: 0.9 }, []],
    [
      "claude-opus-4-7",
      { temperature: 0.5, topP: 0.9, topK: 3 },
      {},
      ["dropped temperature", "dropped top_p", "dropped top_k"],
    ],
    ["some-local-model", { temperature: 0.5, topP: 0.9, topK: 3 }, { temperature: 0.5, top_p: 0.9, top_k: 3 }, []],
    [
      "claude-sonnet-4-5",
      { seed: 0, presencePenalty: 0, frequencyPenalty: 1 },
      {},
      ["dropped seed", "dropped frequency_penalty"],
    ],
  ])("sampling for %s: %j", (model, asked, expected, losses) => {
    const written = write({ sampling: sampling(asked) }, model);
    const { temperature, top_p, top_k } = written.body;
    expect(
      Object.fromEntries(Object.entries({ temperature, top_p, top_k }).filter(([, value]) => value !== undefined)),
    ).toEqual(expected);
    expect(written.losses).toEqual(losses);
  });

  test.each([
    ["claude-opus-4-7", "high", { type: "adaptive" }, "high", []],
    ["claude-opus-4-7", "minimal", { type: "adaptive" }, "low", ["approximated reasoning_effort"]],
    ["claude-opus-4-6", "xhigh", { type: "adaptive" }, "high", ["approximated reasoning_effort"]],
    ["claude-opus-4-6", "heroic", { type: "adaptive" }, undefined, ["dropped reasoning_effort"]],
    [
      "claude-sonnet-4-5",
      "low",
      { type: "enabled", budget_tokens: 2048 },
      undefined,
      ["approximated reasoning_effort"],
    ],
    ["claude-3-5-sonnet-20241022", "low", undefined, undefined, ["dropped reasoning"]],
    ["claude-opus-4-7", "none", { type: "disabled" }, undefined, []],
    ["claude-sonnet-4-5", "none", undefined, undefined, []],
    ["claude-fable-5", "none", undefined, undefined, ["dropped reasoning"]],
  ])("effort for %s: %s", (model, word, thinking, written, losses) => {
    const result = write({ reasoning: effort(word), maxOutputTokens: 20_000 }, model);
    expect([result.body["thinking"], at(result.body, "output_config", "effort"), result.losses]).toEqual([
      thinking,
      written,
      losses,
    ] as unknown[]);
  });

  test.each([
    ["below the least", 10, 20_000, 1024, 20_000, ["clamped reasoning.max_tokens"]],
    ["above the answer's limit", 8000, 4000, 2000, 4000, ["clamped reasoning"]],
    ["no limit asked", 8000, null, 8000, 12_096, []],
    ["no room at all", 8000, 1000, undefined, 1000, ["dropped reasoning"]],
  ])("budget %s", (_name, budgetTokens, maxOutputTokens, budget, maxTokens, losses) => {
    const reasoning = { mode: "enabled" as const, effort: null, budgetTokens, display: null };
    const written = write({ reasoning, maxOutputTokens });
    expect([at(written.body, "thinking", "budget_tokens"), written.body["max_tokens"], written.losses]).toEqual([
      budget,
      maxTokens,
      losses,
    ] as unknown[]);
  });

  test("a lane's lower limit takes the client's own budget down with it", () => {
    const body = { messages: [], max_tokens: 9000, thinking: { type: "enabled", budget_tokens: 8000 } };
    const options = { ...OPTIONS, maxOutputTokens: 4000 };
    const { value, losses } = payload.writeRequest(payload.readRequest(body).value, options);
    expect(value).toMatchObject({ max_tokens: 4000, thinking: { budget_tokens: 2000 } });
    expect(losses.map((loss) => loss.field)).toEqual(["max_tokens", "thinking.budget_tokens"]);
  });

  test("thinking stands back where the vendor refuses it", () => {
    const asked = { reasoning: effort("low"), maxOutputTokens: 20_000, tools: [FUNCTION] };
    expect(write({ ...asked, toolChoice: { kind: "required" } }).body["thinking"]).toBeUndefined();
    const loop = [userTurn("go"), turn("assistant", callBlock("a", "f", "{}")), turn("tool", resultBlock("a", "1"))];
    expect(write({ ...asked, turns: loop })).toMatchObject({ losses: ["dropped reasoning"] });
    expect(write({ ...asked, sampling: sampling({ temperature: 0.2, topP: 0.97, topK: 5 }) }).body).toMatchObject({
      top_p: 0.97,
    });
  });

  test.each([
    ["claude-3-haiku-20240307", "none", "all"],
    ["claude-3-7-sonnet-20250219", "budget", "all"],
    ["claude-opus-4-20250514", "budget", "all"],
    ["claude-opus-4-1-20250805", "budget", "one"],
    ["anthropic.claude-sonnet-4-5-20250929-v1:0", "budget", "one"],
    ["anthropic/claude-sonnet-4.6", "adaptive", "one"],
    ["claude-opus-4-8", "adaptive", "none"],
    ["claude-haiku-5-5", "adaptive", "none"],
    ["claude-mythos-preview", "adaptive", "none"],
    ["deepseek-chat", null, "all"],
  ] as const)("rules of %s", (model, thinking, samplingRule) => {
    const known = makersDialect("anthropic", model);
    expect([known.thinking === null ? null : (known.thinking[0] ?? "none"), known.sampling]).toEqual([
      thinking,
      samplingRule,
    ]);
  });
});

describe("the rest", () => {
  test("what the vendor has no place for is a loss each", () => {
    const { body, losses } = write({
      choices: 2,
      logprobs: { top: 1 },
      metadata: { a: "b" },
      stop: ["\n", "END"],
      user: "u1",
      serviceTier: "flex",
      extras: { logit_bias: {} },
      spelling: NO_SPELLING,
    });
    expect(body).toMatchObject({ stop_sequences: ["END"], metadata: { user_id: "u1" } });
    expect(losses.toSorted()).toEqual([
      "dropped logit_bias",
      "dropped logprobs",
      "dropped metadata",
      "dropped n",
      "dropped service_tier",
      "dropped stop",
    ]);
  });

  test.each([
    ["auto", "auto", 0],
    ["default", "standard_only", 0],
    ["priority", "auto", 1],
  ])("service tier %s", (tier, expected, lossCount) => {
    const { body, losses } = write({ serviceTier: tier });
    expect(body["service_tier"]).toBe(expected);
    expect(losses).toHaveLength(lossCount);
  });

  test("a schema for the answer is closed, and what it cannot say is reported", () => {
    const schema = {
      type: "object",
      properties: { n: { type: "integer", minimum: 1 }, o: { oneOf: [{ type: "null" }] } },
    };
    const { body, losses } = write({
      outputFormat: { kind: "json-schema", name: "x", description: null, schema, strict: true },
    });
    expect(body["output_config"]).toEqual({
      format: {
        type: "json_schema",
        schema: {
          type: "object",
          properties: { n: { type: "integer" }, o: { anyOf: [{ type: "null" }] } },
          additionalProperties: false,
        },
      },
    });
    expect(losses).toEqual(["approximated response_format.schema", "approximated response_format.schema"]);
  });

  test("JSON without a schema is asked for in words; an old model is told a schema in words", () => {
    expect(write({ outputFormat: { kind: "json" } })).toMatchObject({
      body: { system: [{ type: "text", text: "Answer with one JSON object and nothing else." }] },
      losses: ["approximated response_format"],
    });
    const format = { kind: "json-schema", name: null, description: null, schema: {}, strict: null } as const;
    expect(write({ outputFormat: format }, "claude-3-haiku-20240307")).toMatchObject({
      body: { system: [{ text: "Answer with one JSON object and nothing else. It must fit this JSON Schema: {}" }] },
      losses: ["approximated response_format"],
    });
  });

  test("cache marks: four, then a loss", () => {
    const marked = {
      ...(textBlock("x") as Extract<ReturnType<typeof textBlock>, { type: "text" }>),
      cache: { lifetime: "1h" as const },
    };
    const { body, losses } = write({ turns: [turn("user", marked, marked, marked, marked, marked)] });
    expect(at(body, "messages", 0, "content", 3)).toEqual({
      type: "text",
      text: "x",
      cache_control: { type: "ephemeral", ttl: "1h" },
    });
    expect(at(body, "messages", 0, "content", 4)).toEqual({ type: "text", text: "x" });
    expect(losses).toEqual(["dropped messages[0].content[4].cache_control"]);
  });
});

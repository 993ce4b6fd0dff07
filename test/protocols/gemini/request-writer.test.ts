// Requests of other protocols' clients as the vendor takes them, by model: turns, calls, results, schemas, thinking.
import { describe, expect, test } from "bun:test";
import { type IrRequest, NO_SPELLING } from "../../../src/ir/request.ts";
import { at } from "../../../src/std/json.ts";
import {
  assistant,
  call,
  functionTool,
  image,
  interjection,
  reasoning,
  request,
  result,
  text,
  tool,
  user,
} from "../../harness/builders.ts";
import { optionsFor, payload, readAnswer } from "./builders.ts";

function write(given: Partial<IrRequest>, model = "upstream-model") {
  const { value, losses } = payload.writeRequest(request(given), optionsFor(model));
  return { value, contents: value["contents"], losses: losses.map(({ field, how }) => `${field} ${how}`) };
}

const ASKED = user(text("Weather?"));
const PARIS = call("call_1", "get_weather", '{"city":"Paris"}');
const OSLO = call("call_2", "get_weather", '{"city":"Oslo"}');
const own = (value: string) => reasoning("", { signature: { issuer: "gemini", value } });

describe("turns", () => {
  test("neighbours merge, results of parallel calls stand together first, instructions move", () => {
    const { value, contents } = write({
      turns: [
        ASKED,
        assistant(PARIS),
        assistant(OSLO),
        tool(result("call_1", [text("21")])),
        tool(result("call_2", [text("18")])),
        interjection("developer", "Be formal."),
        user(text("And?")),
      ],
    });
    expect(contents).toEqual([
      { role: "user", parts: [{ text: "Weather?" }] },
      {
        role: "model",
        parts: [
          { functionCall: { id: "call_1", name: "get_weather", args: { city: "Paris" } } },
          { functionCall: { id: "call_2", name: "get_weather", args: { city: "Oslo" } } },
        ],
      },
      {
        role: "user",
        parts: [
          { functionResponse: { id: "call_1", name: "get_weather", response: { output: "21" } } },
          { functionResponse: { id: "call_2", name: "get_weather", response: { output: "18" } } },
          { text: "And?" },
        ],
      },
    ]);
    expect(value["systemInstruction"]).toEqual({ parts: [{ text: "Be formal." }] });
  });

  test("ids that were made up are left out, and then the order of the calls tells", () => {
    const [one, two] = ["rmg_000000000000000000000001", "rmg_000000000000000000000002"];
    const { contents } = write({
      turns: [
        ASKED,
        assistant(call(one, "f", '{"a":1}'), call(two, "f", '{"a":2}')),
        tool(result(two, [text("2")]), result(one, [text("1")])),
      ],
    });
    expect(at(contents, 1, "parts")).toEqual([
      { functionCall: { name: "f", args: { a: 1 } } },
      { functionCall: { name: "f", args: { a: 2 } } },
    ]);
    expect(at(contents, 2, "parts")).toEqual([
      { functionResponse: { name: "f", response: { output: "1" } } },
      { functionResponse: { name: "f", response: { output: "2" } } },
    ]);
  });

  test("a call nobody answered gets a result, a result of nobody's call is text, a call has a turn of the user ahead", () => {
    const unanswered = write({ turns: [ASKED, assistant(PARIS, OSLO), tool(result("call_1", [text("21")]))] });
    expect(at(unanswered.contents, 2, "parts", 1, "functionResponse")).toEqual({
      id: "call_2",
      name: "get_weather",
      response: { error: "The call was not answered." },
    });
    expect(unanswered.losses).toEqual(["messages approximated"]);
    const orphan = write({ turns: [ASKED, tool(result("call_9", [text("21")]))] });
    expect(at(orphan.contents, 0, "parts", 2)).toEqual({ text: "21" });
    expect(at(write({ turns: [assistant(PARIS), tool(result("call_1", []))] }).contents, 0, "role")).toBe("user");
  });

  test("results: JSON stays JSON, errors are errors, media stand inside where the model takes them", () => {
    const parts = (model: string) =>
      at(
        write(
          { turns: [ASKED, assistant(PARIS), tool(result("call_1", [text("a map"), image()], { isError: true }))] },
          model,
        ).contents,
        2,
        "parts",
      );
    expect(at(parts("gemini-3-flash"), 0, "functionResponse")).toMatchObject({
      response: { error: "a map" },
      parts: [{ inlineData: { mimeType: "image/png" } }],
    });
    expect(at(parts("gemini-2.5-flash"), 0, "functionResponse", "parts")).toBeUndefined();
    expect(at(parts("gemini-2.5-flash"), 1)).toMatchObject({ inlineData: { mimeType: "image/png" } });
    const json = write({ turns: [ASKED, assistant(PARIS), tool(result("call_1", [text('{"t":21.50}')]))] });
    expect(JSON.stringify(at(json.contents, 2, "parts", 0, "functionResponse", "response"))).toBe('{"t":21.50}');
  });
});

describe("signatures", () => {
  test("its own go where they came from; those of others stay away", () => {
    const { contents, losses } = write({
      turns: [
        ASKED,
        assistant(text("Look."), own("s1"), own("s2"), PARIS, OSLO),
        tool(result("call_1", []), result("call_2", [])),
      ],
    });
    expect(at(contents, 1, "parts")).toMatchObject([
      { text: "Look.", thoughtSignature: "s1" },
      { functionCall: { id: "call_1" }, thoughtSignature: "s2" },
      { functionCall: { id: "call_2" } },
    ]);
    expect(losses).toEqual([]);
    const foreign = write({
      turns: [
        ASKED,
        assistant(reasoning("Hmm.", { signature: { issuer: "anthropic", value: "x" } }), PARIS),
        tool(result("call_1", [])),
      ],
    });
    expect(JSON.stringify(foreign.value)).not.toContain('"x"');
    expect(at(foreign.contents, 1, "parts", 0)).toEqual({ text: "Hmm.", thought: true });
    expect(foreign.losses).toEqual(["messages[1].content[0].signature dropped"]);
  });

  const signed = (contents: unknown, turn: number, part: number) =>
    at(contents, turn, "parts", part, "thoughtSignature");
  test("from Gemini 3 on, the first unsigned call of each step of this turn carries the vendor's mark", () => {
    const turns = [
      ASKED,
      assistant(PARIS),
      tool(result("call_1", [])),
      user(text("Again.")),
      assistant(PARIS, OSLO),
      tool(result("call_1", []), result("call_2", [])),
      assistant(own("s"), PARIS),
      tool(result("call_1", [])),
    ];
    const { contents } = write({ turns }, "gemini-3.1-pro-preview");
    const mark = "skip_thought_signature_validator";
    expect([signed(contents, 1, 0), signed(contents, 3, 0), signed(contents, 3, 1), signed(contents, 5, 0)]).toEqual([
      undefined,
      mark,
      undefined,
      "s",
    ]);
    expect(JSON.stringify(write({ turns }, "gemini-2.5-pro").value)).not.toContain(mark);
  });
});

describe("thinking by model", () => {
  const config = (given: Partial<NonNullable<IrRequest["reasoning"]>>, model: string) =>
    at(
      write({ reasoning: { mode: null, effort: null, budgetTokens: null, display: null, ...given } }, model).value,
      "generationConfig",
      "thinkingConfig",
    );
  const cases: readonly [Parameters<typeof config>[0], string, unknown][] = [
    [{ effort: "low" }, "gemini-3-flash-preview", { thinkingLevel: "LOW" }],
    [{ effort: "medium" }, "gemini-3-pro-preview", { thinkingLevel: "LOW" }],
    [{ effort: "medium" }, "gemini-3.1-pro-preview", { thinkingLevel: "MEDIUM" }],
    [{ effort: "xhigh" }, "gemini-3.5-flash", { thinkingLevel: "HIGH" }],
    [{ effort: "none" }, "gemini-3.5-flash", { thinkingLevel: "MINIMAL" }],
    [
      { mode: "enabled", budgetTokens: 4000 },
      "gemini-flash-latest",
      { thinkingLevel: "MEDIUM", includeThoughts: true },
    ],
    [{ mode: "adaptive" }, "gemini-3.5-flash", { includeThoughts: true }],
    [{ effort: "medium" }, "gemini-2.5-flash", { thinkingBudget: 8192 }],
    [{ effort: "max" }, "gemini-2.5-flash", { thinkingBudget: 24_576 }],
    [{ mode: "enabled", budgetTokens: 64 }, "gemini-2.5-pro", { thinkingBudget: 128, includeThoughts: true }],
    [{ mode: "disabled" }, "gemini-2.5-flash", { thinkingBudget: 0 }],
    [{ mode: "disabled" }, "gemini-2.5-pro", { thinkingBudget: 128 }],
    [{ mode: "adaptive", display: "omitted" }, "gemini-2.5-flash", { thinkingBudget: -1 }],
    [{ effort: "high" }, "gemini-2.0-flash", undefined],
    [{ effort: "high", display: "auto" }, "somebody-elses", { thinkingLevel: "HIGH", includeThoughts: true }],
  ];
  test.each(cases)("%j on %s", (given, model, wanted) => {
    expect(config(given, model)).toEqual(wanted);
  });
});

describe("schemas", () => {
  const ZOO = {
    $schema: "x",
    type: "object",
    $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } },
    properties: {
      a: { anyOf: [{ type: "string" }, { type: "null" }] },
      b: { const: 1 },
      c: { $ref: "#/$defs/node" },
      d: { type: "string", pattern: "^(?!x)" },
      e: { type: ["integer", "null"] },
    },
    additionalProperties: false,
  };
  const declared = (model: string, parameters: unknown = ZOO) => {
    const { value, losses } = write({ tools: [functionTool("f", { parameters })] }, model);
    return { tool: at(value, "tools", 0, "functionDeclarations", 0), losses };
  };

  test("JSON Schema in the vendor's words", () => {
    const { tool: written, losses } = declared("gemini-3.5-flash");
    expect(at(written, "parametersJsonSchema")).toEqual({
      type: "object",
      $defs: ZOO.$defs,
      properties: { ...ZOO.properties, b: { type: "integer", enum: [1] }, d: { type: "string" } },
      additionalProperties: false,
    });
    expect(losses).toEqual(["tools[0].parameters approximated"]);
  });

  test("before 2.5 as the OpenAPI subset, references written out", () => {
    const { tool: written } = declared("gemini-2.0-flash");
    expect(at(written, "parameters")).toMatchObject({
      type: "OBJECT",
      properties: {
        a: { type: "STRING", nullable: true },
        c: { type: "OBJECT", properties: { next: { type: "OBJECT" } } },
        e: { type: "INTEGER", nullable: true },
      },
    });
    expect(JSON.stringify(written)).not.toContain("$");
  });

  test("none is none, alternatives at the top are an object", () => {
    expect(at(declared("m", null).tool, "parametersJsonSchema")).toBeUndefined();
    expect(declared("m", { oneOf: [{ type: "object" }] })).toMatchObject({
      tool: { parametersJsonSchema: { type: "object" } },
      losses: ["tools[0].parameters.type approximated"],
    });
  });

  test("beside tools older models are only told in words", () => {
    const outputFormat = {
      kind: "json-schema",
      name: null,
      description: null,
      schema: { type: "object" },
      strict: null,
    } as const;
    const old = write({ outputFormat, tools: [functionTool("f")] }, "gemini-2.5-flash");
    expect(at(old.value, "generationConfig", "responseMimeType")).toBeUndefined();
    expect(at(old.value, "systemInstruction", "parts", 0, "text")).toContain("JSON Schema");
    expect(at(write({ outputFormat }, "gemini-2.5-flash").value, "generationConfig")).toMatchObject({
      responseMimeType: "application/json",
      responseJsonSchema: { type: "object" },
    });
  });
});

describe("options", () => {
  const choices: readonly [IrRequest["toolChoice"], unknown][] = [
    [{ kind: "auto" }, { mode: "AUTO" }],
    [{ kind: "none" }, { mode: "NONE" }],
    [{ kind: "required" }, { mode: "ANY" }],
    [
      { kind: "tool", name: "f" },
      { mode: "ANY", allowedFunctionNames: ["f"] },
    ],
    [
      { kind: "allowed", mode: "auto", names: ["f"] },
      { mode: "VALIDATED", allowedFunctionNames: ["f"] },
    ],
  ];
  test.each(choices)("tool choice %j", (toolChoice, wanted) => {
    expect(at(write({ toolChoice, tools: [functionTool("f")] }).value, "toolConfig", "functionCallingConfig")).toEqual(
      wanted,
    );
  });

  test("limits are kept, five stop sequences are the most, names are made legal", () => {
    const { value, losses } = write({
      stop: ["a", "b", "c", "d", "e", "f"],
      maxOutputTokens: 4_294_967_296,
      tools: [functionTool("1 odd/name")],
    });
    expect(at(value, "generationConfig")).toMatchObject({
      stopSequences: ["a", "b", "c", "d", "e"],
      maxOutputTokens: 2_147_483_647,
    });
    const name = at(value, "tools", 0, "functionDeclarations", 0, "name");
    expect(name).toMatch(/^[a-zA-Z_][a-zA-Z0-9_:.-]*$/);
    // And the client's own name comes back.
    const [answered] = readAnswer([{ functionCall: { name, args: {} } }]).choices[0]?.blocks ?? [];
    expect(answered).toMatchObject({ name: "1 odd/name" });
    expect(losses.toSorted()).toEqual(["max_tokens clamped", "stop clamped"]);
  });

  test("a conversation of instructions alone", () => {
    const { value } = write({
      turns: [],
      instructions: [{ role: "system", blocks: [text("Say hi.")], wasString: true, extras: {}, spelling: NO_SPELLING }],
    });
    expect(value).toMatchObject({ contents: [{ role: "user", parts: [{ text: "Say hi." }] }] });
  });
});

// Requests as clients write them: both spellings of names, roles, calls and results with and without ids, schemas.
import { describe, expect, test } from "bun:test";
import type { IrRequest } from "../../../src/ir/request.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { body, payload } from "./builders.ts";

const read = (given: JsonObject): IrRequest => payload.readRequest(given).value;
const blocks = (...parts: JsonObject[]) => read({ contents: [{ role: "model", parts }] }).turns[0]?.blocks ?? [];

describe("spelling", () => {
  test("every name may be written with underscores", () => {
    const camel = read({
      systemInstruction: { parts: [{ text: "Be brief." }] },
      contents: [{ role: "user", parts: [{ inlineData: { mimeType: "image/png", data: "AA==" } }] }],
      tools: [{ functionDeclarations: [{ name: "f", parametersJsonSchema: { type: "object" } }] }],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] } },
      generationConfig: {
        maxOutputTokens: 5,
        stopSequences: ["a"],
        thinkingConfig: { thinkingLevel: "LOW", includeThoughts: true },
      },
    });
    const snake = read({
      system_instruction: { parts: [{ text: "Be brief." }] },
      contents: [{ role: "user", parts: [{ inline_data: { mime_type: "image/png", data: "AA==" } }] }],
      tools: [{ function_declarations: [{ name: "f", parameters_json_schema: { type: "object" } }] }],
      tool_config: { function_calling_config: { mode: "any", allowed_function_names: ["f"] } },
      generation_config: {
        max_output_tokens: 5,
        stop_sequences: ["a"],
        thinking_config: { thinking_level: "low", include_thoughts: true },
      },
    });
    expect(snake).toEqual(camel);
    expect(
      payload.readFacts({
        contents: [{ parts: [{ inline_data: { mime_type: "image/png" } }] }],
        generation_config: { max_output_tokens: 5 },
      }),
    ).toMatchObject({ maxOutputTokens: 5, needs: { input: ["image"] } });
  });

  test("one name in two spellings is refused, arguments are nobody's business", () => {
    expect(() => read({ ...body(), systemInstruction: {}, system_instruction: {} })).toThrow("two spellings");
    const [call] = blocks({ functionCall: { name: "f", args: { a_b: 1, aB: 2 } } });
    expect(call).toMatchObject({ arguments: '{"a_b":1,"aB":2}' });
  });
});

describe("turns", () => {
  test("roles", () => {
    const roles = ["user", "", undefined, "model", "function"].map((role) => ({ role, parts: [] }));
    expect(read({ contents: roles }).turns.map(({ role }) => role)).toEqual([
      "user",
      "user",
      "user",
      "assistant",
      "tool",
    ]);
    expect(() => read({ contents: [{ role: "system", parts: [] }] })).toThrow("must be user or model");
  });

  test("results belong to calls by id, else by name and order", () => {
    const { turns } = read({
      contents: [
        {
          role: "model",
          parts: [
            { functionCall: { name: "f", args: { a: 1 } } },
            { functionCall: { name: "g", id: "x1", args: {} } },
            { functionCall: { name: "f", args: { a: 2 } } },
          ],
        },
        {
          role: "user",
          parts: [
            { functionResponse: { name: "g", id: "x1", response: { output: "G" } } },
            { functionResponse: { name: "f", response: { output: "1" } } },
            { functionResponse: { name: "f", response: { output: "2" } } },
          ],
        },
      ],
    });
    const ids = turns[0]?.blocks.map((block) => (block.type === "tool-call" ? block.id : "")) ?? [];
    const results = turns[1]?.blocks.map((block) => (block.type === "tool-result" ? block.callId : ""));
    expect(results).toEqual([ids[1] ?? "", ids[0] ?? "", ids[2] ?? ""]);
    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toMatch(/^rmg_[0-9a-f]{24}$/);
  });

  test("made-up ids stay the same when the conversation grows, and never repeat in it", () => {
    const step = [
      { role: "model", parts: [{ functionCall: { name: "f", args: {} } }] },
      { role: "user", parts: [{ functionResponse: { name: "f", response: {} } }] },
    ];
    const idsOf = (contents: readonly unknown[]) =>
      read({ contents }).turns.flatMap(({ blocks: all }) =>
        all.flatMap((block) => (block.type === "tool-call" ? block.id : [])),
      );
    const [short, long] = [idsOf(step), idsOf([...step, ...step])];
    expect(long[0]).toBe(short[0] ?? "");
    expect(new Set(long).size).toBe(2);
  });

  const outputs: readonly [JsonObject, string, boolean | null][] = [
    [{ output: "ok" }, "ok", null],
    [{ error: "no" }, "no", true],
    [{ error: { code: 1 } }, '{"error":{"code":1}}', true],
    [{ result: 1 }, '{"result":1}', null],
    [{ output: "a", more: 1 }, '{"output":"a","more":1}', null],
    [{}, "", null],
  ];
  test.each(outputs)("a result of %j", (response, text, isError) => {
    const [result] = blocks({ functionResponse: { name: "f", response } });
    expect(result).toMatchObject({ type: "tool-result", isError, content: [{ text }] });
  });
});

describe("signatures", () => {
  test("on a call: reasoning ahead of it; on a text: after it; alone: by itself", () => {
    const kinds = (...parts: JsonObject[]) =>
      blocks(...parts).map((block) =>
        block.type === "reasoning" ? (block.signature?.value ?? block.text) : block.type,
      );
    expect(kinds({ functionCall: { name: "f" }, thoughtSignature: "s1" })).toEqual(["s1", "tool-call"]);
    expect(kinds({ text: "Hi.", thoughtSignature: "s1" })).toEqual(["text", "s1"]);
    expect(kinds({ text: "", thoughtSignature: "s1" })).toEqual(["s1"]);
    expect(kinds({ text: "Hmm.", thought: true })).toEqual(["Hmm."]);
    expect(blocks({ text: "Hmm.", thought: true, thoughtSignature: "s1" })).toMatchObject([
      { text: "Hmm.", signature: { issuer: "gemini", value: "s1" } },
    ]);
  });
});

test("thoughts of another vendor that came in pieces are whole under their signature again", () => {
  const seal = Buffer.from("rm:s:anthropic:c2ln").toString("base64");
  const model = (part: JsonObject) => ({ role: "model", parts: [part] });
  const { turns } = read({
    contents: [
      { role: "user", parts: [{ text: "Hi." }] },
      model({ text: "Hm", thought: true }),
      model({ text: "m.", thought: true }),
      model({ text: "", thought: true, thoughtSignature: seal }),
      model({ functionCall: { name: "f", args: {} } }),
    ],
  });
  expect(turns.flatMap((turn) => turn.blocks)).toMatchObject([
    { type: "text" },
    { type: "reasoning", text: "Hmm.", signature: { issuer: "anthropic", value: "c2ln" } },
    { type: "tool-call" },
  ]);
});

describe("schemas", () => {
  const parameters = (given: JsonObject) => {
    const [tool] = read(body({ tools: [{ functionDeclarations: [{ name: "f", ...given }] }] })).tools;
    return tool?.type === "function" ? tool.parameters : undefined;
  };
  const cases: readonly [string, JsonObject, unknown][] = [
    [
      "capitals",
      { parameters: { type: "OBJECT", properties: { a: { type: "STRING", minLength: "2" } } } },
      { type: "object", properties: { a: { type: "string", minLength: 2 } } },
    ],
    [
      "nullable",
      { parameters: { type: "STRING", nullable: true, enum: ["a"] } },
      { type: ["string", "null"], enum: ["a", null] },
    ],
    [
      "nullable alternatives",
      { parameters: { any_of: [{ type: "STRING" }], nullable: true } },
      { anyOf: [{ type: "string" }, { type: "null" }] },
    ],
    [
      "JSON Schema",
      { parametersJsonSchema: { type: "object", properties: { a_b: { type: ["string", "null"] } } } },
      { type: "object", properties: { a_b: { type: ["string", "null"] } } },
    ],
    [
      "JSON Schema in capitals, as a coding client writes it",
      { parametersJsonSchema: { type: "OBJECT", properties: { a: { type: "INTEGER" } } } },
      { type: "object", properties: { a: { type: "integer" } } },
    ],
    ["none", {}, null],
  ];
  test.each(cases)("%s", (_name, given, wanted) => {
    expect(parameters(given)).toEqual(wanted);
  });
});

describe("options", () => {
  const thinking: readonly [JsonObject, unknown][] = [
    [{ thinkingLevel: "HIGH" }, { mode: null, effort: "high", budgetTokens: null, display: null }],
    [
      { thinkingLevel: "HIGH", includeThoughts: true },
      { mode: null, effort: "high", budgetTokens: null, display: "summarized" },
    ],
    [{ thinkingBudget: 0 }, { mode: "disabled", effort: null, budgetTokens: null, display: null }],
    [
      { thinkingBudget: -1, includeThoughts: true },
      { mode: "adaptive", effort: null, budgetTokens: null, display: null },
    ],
    [{ thinkingBudget: 512 }, { mode: "enabled", effort: null, budgetTokens: 512, display: "omitted" }],
  ];
  test.each(thinking)("thinking %j", (thinkingConfig, wanted) => {
    expect(read(body({ generationConfig: { thinkingConfig } })).reasoning).toEqual(wanted as IrRequest["reasoning"]);
  });

  const formats: readonly [JsonObject, unknown][] = [
    [{ responseMimeType: "application/json" }, { kind: "json" }],
    [{ responseMimeType: "text/plain" }, { kind: "text" }],
    [
      { responseMimeType: "application/json", responseSchema: { type: "STRING" } },
      { kind: "json-schema", schema: { type: "string" } },
    ],
    [
      { responseMimeType: "application/json", responseJsonSchema: { type: "string" } },
      { kind: "json-schema", schema: { type: "string" } },
    ],
  ];
  test.each(formats)("format %j", (generationConfig, wanted) => {
    expect(read(body({ generationConfig })).outputFormat).toMatchObject(Object(wanted));
  });

  test("what only this vendor has rides along", () => {
    const extras = {
      safetySettings: [{}],
      cachedContent: "c",
      generationConfig: { responseMimeType: "text/x.enum", responseSchema: { type: "STRING" }, speechConfig: {} },
    };
    expect(read(body(extras)).extras).toEqual(extras);
  });

  test("needs: media by what they are, a schema, thinking, other answers", () => {
    const media = ["image/png", "audio/wav", "video/mp4", "application/pdf", "text/plain"].map((mimeType) => ({
      inlineData: { mimeType, data: "" },
    }));
    expect(
      payload.readFacts({
        contents: [{ parts: media }],
        tools: [{ googleSearch: {} }],
        generationConfig: {
          responseModalities: ["TEXT", "IMAGE"],
          responseJsonSchema: {},
          thinkingConfig: { thinkingLevel: "HIGH" },
        },
      }).needs,
    ).toEqual({
      input: ["image", "audio", "video", "document"],
      output: ["image"],
      tools: true,
      structuredOutput: true,
    });
  });
});

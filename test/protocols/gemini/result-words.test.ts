// Words of a tool's result stand in `response`, whatever block they came in. `parts` of a result holds bytes or addresses.
import { describe, expect, test } from "bun:test";
import { gemini } from "../../../src/protocols/gemini/index.ts";
import { asArray, asObject, at, type JsonObject } from "../../../src/std/json.ts";
import { PIXEL } from "../../harness/builders.ts";
import { speaking } from "../../harness/crossing.ts";
import { makersDialect } from "../../harness/dialects.ts";

const MODELS = ["gemini-3-pro-preview", "gemini-2.5-pro"];

const COHERE: readonly (readonly [content: unknown, words: readonly string[]])[] = [
  [[{ type: "document", document: { data: { output: "60" } } }], ["60"]],
  [[{ type: "document", document: { id: "d", data: { text: "old", title: "Age" } } }], ["old"]],
  [
    [
      { type: "text", text: "a" },
      { type: "document", document: { data: { b: "c" } } },
      { type: "text", text: "z" },
    ],
    ["a", "c", "z"],
  ],
];
const PNG = { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } };
const ANTHROPIC: readonly (readonly [content: unknown, words: readonly string[], media: number])[] = [
  [[{ type: "document", source: { type: "text", media_type: "text/plain", data: "sixty" } }], ["sixty"], 0],
  [
    [
      {
        type: "document",
        source: {
          type: "content",
          content: [
            { type: "text", text: "six" },
            { type: "text", text: "ty" },
          ],
        },
      },
    ],
    ["six", "ty"],
    0,
  ],
  [[{ type: "document", source: { type: "content", content: "sixty" } }], ["sixty"], 0],
  [[{ type: "document", source: { type: "content", content: [{ type: "text", text: "see" }, PNG] } }], ["see"], 1],
  [[{ type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" } }], [], 1],
  [[{ type: "document", source: { type: "url", url: "https://a.invalid/b.pdf" } }], [], 1],
  [
    [{ type: "search_result", source: "https://a.invalid", title: "Ages", content: [{ type: "text", text: "sixty" }] }],
    ["sixty"],
    0,
  ],
  [
    [
      { type: "text", text: "a" },
      PNG,
      { type: "document", source: { type: "text", media_type: "text/plain", data: "b" } },
    ],
    ["a", "b"],
    1,
  ],
];

describe.each(MODELS)("at %s", (upstreamModel) => {
  const write = (from: string, body: JsonObject) => {
    const request = speaking(from).payload.readRequest(body).value;
    const { value } = gemini.payload.writeRequest(request, {
      upstreamModel,
      defaultMaxOutputTokens: 99,
      maxOutputTokens: null,
      dialect: makersDialect("gemini", upstreamModel),
    });
    const contents = asArray(value["contents"]) ?? [];
    const parts = asArray(at(contents.at(-1), "parts")) ?? [];
    return { result: at(parts[0], "functionResponse"), beside: parts.slice(1) };
  };

  test.each(COHERE)("Cohere's %j", (content, words) => {
    const { result, beside } = write("cohere", {
      model: "m",
      messages: [
        { role: "user", content: "?" },
        {
          role: "assistant",
          tool_calls: [{ id: "c1", type: "function", function: { name: "find", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c1", content },
      ],
    });
    expectWords(result, words);
    expect(at(result, "parts")).toBeUndefined();
    expect(beside).toEqual([]);
  });

  test.each(ANTHROPIC)("Anthropic's %j", (content, words, media) => {
    const { result, beside } = write("anthropic", {
      model: "m",
      max_tokens: 9,
      messages: [
        { role: "user", content: "?" },
        { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "find", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content }] },
      ],
    });
    expectWords(result, words);
    const held = asArray(at(result, "parts")) ?? [];
    for (const part of held) expect(["inlineData", "fileData"]).toContain(Object.keys(asObject(part) ?? {}).join());
    expect([held.length, beside.length]).toEqual(upstreamModel.startsWith("gemini-3") ? [media, 0] : [0, media]);
  });
});

function expectWords(result: unknown, words: readonly string[]): void {
  const said = JSON.stringify(at(result, "response"));
  let from = 0;
  for (const word of words) {
    expect(said.indexOf(word, from)).toBeGreaterThanOrEqual(from);
    from = said.indexOf(word, from) + word.length;
  }
}

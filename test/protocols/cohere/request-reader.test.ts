/** Bodies as clients write them, and what becomes of each member. */

import { describe, expect, test } from "bun:test";
import { cohere } from "../../../src/protocols/cohere/index.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { OPTIONS, readRequest as read } from "./builders.ts";

const body = (members: object) => ({ model: "m", messages: [{ role: "user", content: "hi" }], ...members });
const readRequest = (members: object) => read(body(members));
const turnsOf = (...messages: readonly object[]) => readRequest({ messages }).turns;

describe("settings", () => {
  const rows: [object, object][] = [
    [{}, { stream: false, toolChoice: null, maxOutputTokens: null, reasoning: null, outputFormat: null, extras: {} }],
    [{ stream: true }, { stream: true }],
    [{ max_tokens: 5 }, { maxOutputTokens: 5 }],
    [{ p: 0.5, k: 3, temperature: 0.1, seed: 7 }, { sampling: { topP: 0.5, topK: 3, temperature: 0.1, seed: 7 } }],
    [{ presence_penalty: 0.1, frequency_penalty: 0.2 }, { sampling: { presencePenalty: 0.1, frequencyPenalty: 0.2 } }],
    [{ stop_sequences: ["a", "b"] }, { stop: ["a", "b"] }],
    [{ logprobs: true }, { logprobs: { top: null } }],
    [{ logprobs: false }, { logprobs: null, extras: {} }],
    [{ tool_choice: "REQUIRED" }, { toolChoice: { kind: "required" } }],
    [{ tool_choice: "none" }, { toolChoice: { kind: "none" } }],
    [{ tool_choice: { x: 1 } }, { toolChoice: { kind: "opaque", sourceProtocol: "cohere" } }],
    [{ thinking: { type: "enabled", token_budget: 9 } }, { reasoning: { mode: "enabled", budgetTokens: 9 } }],
    [{ thinking: { type: "DISABLED" } }, { reasoning: { mode: "disabled", budgetTokens: null } }],
    [{ thinking: { type: "auto" } }, { reasoning: null, extras: { thinking: { type: "auto" } } }],
    [{ response_format: { type: "text" } }, { outputFormat: { kind: "text" } }],
    [{ response_format: { type: "json_object" } }, { outputFormat: { kind: "json" } }],
    [
      { response_format: { type: "json_object", json_schema: { type: "object" } } },
      { outputFormat: { kind: "json-schema", schema: { type: "object" }, name: null } },
    ],
    [
      { response_format: { type: "json_object", schema: { type: "object" } } },
      { outputFormat: { kind: "json-schema", schema: { type: "object" } } },
    ],
    [{ safety_mode: "STRICT", priority: 2 }, { extras: { safety_mode: "STRICT", priority: 2 } }],
    [{ citation_options: { mode: "FAST" } }, { extras: { citation_options: { mode: "FAST" } } }],
  ];
  test.each(rows)("%j", (members, expected) => {
    expect(readRequest(members)).toMatchObject(expected);
  });

  test("one switch holds all tools to their schemas", () => {
    const tool = { type: "function", function: { name: "f", description: "d", parameters: { type: "object" } } };
    expect(readRequest({ tools: [tool], strict_tools: true }).tools).toMatchObject([
      {
        type: "function",
        name: "f",
        description: "d",
        parameters: { type: "object" },
        strict: true,
        extras: {},
      },
    ]);
    expect(readRequest({ tools: [tool] }).tools).toMatchObject([{ strict: null }]);
    expect(readRequest({ tools: [{ type: "web_search" }] }).tools).toMatchObject([
      { type: "opaque", name: "web_search" },
    ]);
  });
});

describe("messages", () => {
  test("system messages ahead are instructions, later ones are turns", () => {
    const { instructions, turns } = readRequest({
      messages: [
        { role: "system", content: "a" },
        { role: "developer", content: [{ type: "text", text: "b" }] },
        { role: "user", content: "c" },
        { role: "system", content: "d" },
      ],
    });
    expect(instructions).toMatchObject([
      { role: "system", wasString: true, blocks: [{ text: "a" }] },
      { role: "developer", wasString: false, blocks: [{ text: "b" }] },
    ]);
    expect(turns).toMatchObject([{ role: "user" }, { role: "system", blocks: [{ text: "d" }] }]);
  });

  test("images by address and as bytes, with their resolution", () => {
    const image = (url: string, detail?: string) => ({ type: "image_url", image_url: { url, detail } });
    const content = [image("https://x.invalid/a.png", "high"), image("data:image/png;base64,aW1n")];
    expect(turnsOf({ role: "user", content })[0]?.blocks).toMatchObject([
      { type: "image", source: { kind: "url", url: "https://x.invalid/a.png" }, detail: "high" },
      { type: "image", source: { kind: "base64", mediaType: "image/png", data: "aW1n" }, detail: null },
    ]);
  });

  test("thoughts, the plan, calls and citations of an assistant", () => {
    const [turn] = turnsOf({
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Hm." },
        { type: "text", text: "So." },
      ],
      tool_plan: "I will look.",
      tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } }],
      citations: [
        { start: 0, end: 2, text: "So", content_index: 1, type: "TEXT_CONTENT", sources: [] },
        { start: 0, end: 1, text: "I", type: "PLAN", sources: [] },
        { start: 0, end: 1, text: "H", type: "THINKING_CONTENT", sources: [] },
      ],
    });
    expect(turn?.blocks).toMatchObject([
      { type: "reasoning", text: "Hm.", signature: null },
      { type: "text", text: "So.", citations: [{ start: 0, end: 2 }] },
      { type: "text", text: "I will look.", citations: [{ start: 0, end: 1 }] },
      { type: "tool-call", id: "c1", name: "f", arguments: '{"a":1}', kind: "function" },
    ]);
    // A citation of thoughts has no place in between.
    expect(turn?.extras["citations"]).toHaveLength(1);
  });

  test("results are a turn of their own: text, JSON and documents", () => {
    const content = [
      { type: "text", text: "21" },
      { type: "document", document: { id: "d", data: { title: "T", text: "words" } } },
      { type: "document", document: { data: { city: "Oslo", degrees: 21 } } },
      { type: "document", document: { data: "plain" } },
    ];
    expect(turnsOf({ role: "tool", tool_call_id: "c1", content })).toMatchObject([
      {
        role: "tool",
        blocks: [
          {
            type: "tool-result",
            callId: "c1",
            content: [
              { type: "text", text: "21" },
              { type: "document", title: "T", source: { kind: "text", text: "words" } },
              { type: "document", title: null, source: { kind: "text", text: "city: Oslo\ndegrees: 21" } },
              { type: "document", source: { kind: "text", text: "plain" } },
            ],
          },
        ],
      },
    ]);
  });

  test("documents of the request belong to what is asked now", () => {
    const { turns, extras } = readRequest({
      messages: [
        { role: "user", content: "one" },
        { role: "assistant", content: "two" },
        { role: "user", content: "three" },
        { role: "assistant", content: "four" },
      ],
      documents: ["plain", { id: "x", data: { title: "T", snippet: "words" } }],
      citation_options: { mode: "OFF" },
    });
    expect(turns.map(({ blocks }) => blocks.map(({ type }) => type))).toEqual([
      ["text"],
      ["text"],
      ["document", "document", "text"],
      ["text"],
    ]);
    expect(turns[2]?.blocks).toMatchObject([{ citations: false }, { title: "T", source: { text: "words" } }, {}]);
    // Said by the documents themselves.
    expect(Object.keys(extras)).toEqual([]);
  });
});

describe("refused with the place and what it must be", () => {
  const rows: [object, string][] = [
    [{ model: 5 }, "model must be a string that names a model."],
    [{ messages: "hi" }, "messages must be an array."],
    [{ messages: ["hi"] }, "messages[0] must be an object."],
    [{ messages: [{ role: "robot" }] }, 'messages[0].role must be one of system, user, assistant and tool: "robot"'],
    [{ messages: [{ role: "user", content: 5 }] }, "messages[0].content must be an array."],
    [{ messages: [{ role: "user", content: [{ type: "text" }] }] }, "messages[0].content[0].text must be a string."],
    [{ messages: [{ role: "user", content: [{}] }] }, "messages[0].content[0].type must be a string."],
    [{ messages: [{ role: "tool", content: "x" }] }, "messages[0].tool_call_id must be a string."],
    [{ messages: [{ role: "assistant", tool_calls: 5 }] }, "messages[0].tool_calls must be an array."],
    [{ tools: [{ type: "function" }] }, "tools[0].function must be an object."],
    [{ temperature: "hot" }, "temperature must be a number."],
    [{ stop_sequences: "x" }, "stop_sequences must be an array."],
  ];
  test.each(rows)("%j", (members, message) => {
    expect(() => readRequest(members)).toThrow(new WireError(message));
  });
});

test("what was read goes back as it was, the digits of a large seed included", () => {
  const given = body({ seed: JSON.rawJSON("9007199254740993"), stream: false, citation_options: { mode: "ACCURATE" } });
  const { value, losses } = cohere.payload.writeRequest(read(given), { ...OPTIONS, upstreamModel: "m" });
  expect(JSON.stringify(value)).toContain('"seed":9007199254740993');
  expect(value).toMatchObject({ stream: false, citation_options: { mode: "ACCURATE" } });
  expect(losses).toEqual([]);
});

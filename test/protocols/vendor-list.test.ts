// Vendors' own lists of models, in the shapes vendors give them: which names, and whether these are all.
import { expect, test } from "bun:test";
import type { ListedFacts } from "../../src/ir/capability.ts";
import { readVendorList } from "../../src/protocols/shared/vendor-list.ts";

test.each<[string, unknown, readonly string[], boolean]>([
  ["OpenAI", { object: "list", data: [{ id: "a" }, { id: "b" }] }, ["a", "b"], true],
  ["Anthropic, all of it", { data: [{ type: "model", id: "a" }], has_more: false }, ["a"], true],
  ["Anthropic, a part", { data: [{ type: "model", id: "a" }], has_more: true }, ["a"], false],
  ["Gemini", { models: [{ name: "models/a", displayName: "A" }] }, ["a"], true],
  ["Gemini, a part", { models: [{ name: "models/a" }], nextPageToken: "x" }, ["a"], false],
  ["Cohere", { models: [{ name: "a" }], next_page_token: null }, ["a"], true],
  ["Cohere, whose last page says so with an empty text", { models: [{ name: "a" }], next_page_token: "" }, ["a"], true],
  ["Cohere, a part", { models: [{ name: "a" }], next_page_token: "x" }, ["a"], false],
  ["a bare list", [{ id: "v/a" }], ["v/a"], true],
  ["nothing in it", { data: [] }, [], true],
  ["an entry without a name", { data: [{ id: "a" }, {}] }, ["a"], false],
])("%s", (_name, body, names, isComplete) => {
  expect(readVendorList(body)).toMatchObject({ names: new Set(names), isComplete });
});

test.each([null, undefined, "text", 1, {}, { data: "none" }, { error: { message: "no" } }])("%j is none", (body) => {
  expect(readVendorList(body)).toBe(null);
});

test.each<readonly [string, unknown, string | null]>([
  ["Gemini", { models: [{ name: "models/a" }], nextPageToken: "x" }, "pageToken=x"],
  ["Cohere", { models: [{ name: "a" }], next_page_token: "x" }, "page_token=x"],
  ["Anthropic", { data: [{ id: "a" }], has_more: true, last_id: "a" }, "after_id=a"],
  ["no way to ask for it", { data: [{ id: "a" }], has_more: true }, null],
  ["the last page", { data: [{ id: "a" }], has_more: false, last_id: "a" }, null],
])("the page after it: %s", (_name, body, expected) => {
  const next = readVendorList(body)?.next ?? null;
  expect(next === null ? null : `${next.parameter}=${next.value}`).toBe(expected);
});

test.each<readonly [string, Record<string, unknown>, ListedFacts | undefined]>([
  [
    "OpenRouter",
    {
      context_length: 200_000,
      top_provider: { context_length: 200_000, max_completion_tokens: 64_000 },
      architecture: { input_modalities: ["text", "image", "file"], output_modalities: ["text"] },
      supported_parameters: ["max_tokens", "tools", "tool_choice", "structured_outputs"],
    },
    {
      contextWindow: 200_000,
      maxOutputTokens: 64_000,
      input: ["text", "image", "document"],
      output: ["text"],
      tools: true,
      structuredOutput: true,
      reasoning: false,
    },
  ],
  [
    "Anthropic",
    {
      max_input_tokens: 200_000,
      max_tokens: 64_000,
      capabilities: {
        image_input: { supported: true },
        pdf_input: { supported: false },
        structured_outputs: { supported: true },
        thinking: { supported: true, types: {} },
      },
    },
    {
      maxInputTokens: 200_000,
      maxOutputTokens: 64_000,
      input: ["text", "image"],
      structuredOutput: true,
      reasoning: true,
    },
  ],
  [
    "Gemini",
    { inputTokenLimit: 1_048_576, outputTokenLimit: 65_536, thinking: true },
    { maxInputTokens: 1_048_576, maxOutputTokens: 65_536, reasoning: true },
  ],
  ["nothing more", { object: "model", owned_by: "v" }, undefined],
  [
    "what is null, absent or of another type",
    { context_length: null, max_tokens: "many", supported_parameters: 5, thinking: 1 },
    undefined,
  ],
  ["numbers that are none", { context_length: -1, max_tokens: 1.5, inputTokenLimit: 1e12 }, undefined],
  ["kinds of input that nothing here knows", { architecture: { input_modalities: ["text", "smell"] } }, undefined],
  ["one of two kinds", { capabilities: { image_input: { supported: true } } }, undefined],
])("what it says of a model: %s", (_name, more, facts) => {
  expect(readVendorList({ data: [{ id: "v/a", ...more }, { id: "b" }] })?.facts.get("v/a")).toEqual(facts);
});

// Vendors' own lists of models, in the shapes vendors give them: which names, and whether these are all.
import { expect, test } from "bun:test";
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

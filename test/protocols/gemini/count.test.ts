// Counting: what is counted stands bare or whole, and a client's either form is read.
import { expect, test } from "bun:test";
import { count } from "../../../src/protocols/gemini/count.ts";

const contents = [{ role: "user", parts: [{ text: "hi" }] }];
const system = { parts: [{ text: "be brief" }] };

test.each([
  ["contents alone, bare", { contents, generationConfig: { maxOutputTokens: 9 } }, "m", { contents }],
  [
    "with instructions, whole",
    { contents, systemInstruction: system },
    "m",
    { generateContentRequest: { contents, systemInstruction: system, model: "models/m" } },
  ],
  [
    "a name that brings its collection",
    { contents, tools: [] },
    "tunedModels/m",
    { generateContentRequest: { contents, tools: [], model: "tunedModels/m" } },
  ],
])("written: %s", (_name, body, model, written) => {
  expect<unknown>(count.writeRequest?.(body, model)).toEqual(written);
});

test.each([
  ["bare", { contents }],
  ["whole", { generateContentRequest: { contents } }],
  ["whole, in the other spelling", { generate_content_request: { contents } }],
])("read: %s", (_name, body) => {
  expect<unknown>(count.readRequest?.(body)).toEqual({ contents });
});

test("the number, and an answer without one", () => {
  expect(count.readCount({ totalTokens: 31 })).toBe(31);
  expect(count.writeCount(31)).toEqual({ totalTokens: 31 });
  expect(() => count.readCount({})).toThrow();
});

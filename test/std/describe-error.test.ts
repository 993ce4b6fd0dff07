// What is said of a thrown thing: enough to find it, and nothing of what it may quote.
import { expect, test } from "bun:test";
import { codeOf, describeError } from "../../src/std/describe-error.ts";

test("an error is described by name and place, never by its message", () => {
  const described = describeError(Object.assign(new TypeError("key test-key-1"), { code: "ECONNRESET" }));
  expect(described).toStartWith("TypeError ECONNRESET at ");
  expect(described).not.toContain("test-key-1");
  expect(describeError("test-key-1")).toBe("string");
});

test.each([
  [Object.assign(new Error("no"), { code: "EACCES" }), "EACCES"],
  [{ code: "SQLITE_FULL" }, "SQLITE_FULL"],
  [new Error("no code"), null],
  [{ code: 13 }, null],
  ["text", null],
  [null, null],
])("the code of %p is %p", (thrown, code) => {
  expect(codeOf(thrown)).toBe(code);
});

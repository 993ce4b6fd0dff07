/** The end of a switch names the tag that got past the compiler, and nothing else of the value. */
import { expect, test } from "bun:test";
import { unreachable } from "../../src/std/unreachable.ts";

const cases: [unknown, string][] = [
  [{ kind: "odd", key: "test-key-1" }, "unreachable: kind odd"],
  [{ type: "text-new", body: "test-key-1" }, "unreachable: type text-new"],
  [{ key: "test-key-1" }, "unreachable: an object without a tag"],
  ["odd", "unreachable: odd"],
  ["x".repeat(100), `unreachable: ${"x".repeat(40)}`],
  [null, "unreachable: object"],
  [undefined, "unreachable: undefined"],
];
test.each(cases)("%j", (value, message) => {
  // The compiler is right that nothing may be passed here; that it was is the point.
  expect(() => unreachable(value as never)).toThrow(new Error(message));
});

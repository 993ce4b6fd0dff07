// A value against a JSON Schema: what certainly breaks it, and what is not understood and so taken for kept.
import { describe, expect, test } from "bun:test";
import { parseBody } from "../../src/std/json.ts";
import { schemaBreach } from "../../src/std/json-schema.ts";

const CITY = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city"],
};
const TREE = {
  $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } }, required: ["id"] } },
  $ref: "#/$defs/node",
};

describe("breaks", () => {
  test.each<[string, unknown, unknown, string]>([
    ["type", 1, { type: "string" }, "$"],
    ["one of several types", true, { type: ["string", "null"] }, "$"],
    ["a whole number", { city: "Oslo", days: 1.5 }, CITY, "$.days"],
    ["a member that must be there", { days: 1 }, CITY, "$.city"],
    ["a member that may not", { city: "Oslo", x: 1 }, { ...CITY, additionalProperties: false }, "$.x"],
    ["words", "c", { enum: ["a", "b"] }, "$"],
    ["one word", "b", { const: "a" }, "$"],
    ["items", [1, "2"], { type: "array", items: { type: "number" } }, "$[1]"],
    ["places", [1], { prefixItems: [{ type: "string" }] }, "$[0]"],
    ["a length", [], { type: "array", minItems: 1 }, "$"],
    ["a bound", 11, { maximum: 10 }, "$"],
    ["every choice", 1, { anyOf: [{ type: "string" }, { type: "null" }] }, "$"],
    ["one of all", 1, { allOf: [{ type: "number" }, { minimum: 2 }] }, "$"],
    ["a reference", { id: 1, next: {} }, TREE, "$.next.id"],
    ["no value at all", 1, false, "$"],
  ])("%s", (_, value, schema, path) => {
    expect(schemaBreach(value, schema)).toBe(path);
  });
});

describe("keeps", () => {
  test.each<[string, unknown, unknown]>([
    ["all of it", { city: "Oslo", days: 2 }, CITY],
    ["no schema", { a: 1 }, null],
    ["a schema that is none", { a: 1 }, "string"],
    ["types nobody knows", 1, { type: "decimal" }],
    ["what patterns allow", { x: 1 }, { patternProperties: { "^x": {} }, additionalProperties: false }],
    ["a pattern, which is not tried", "b", { pattern: "(a+)+$" }],
    ["a reference to another document", 1, { $ref: "https://example.com/s" }],
    ["a reference to nowhere", 1, { $ref: "#/no/where" }],
    ["a reference to itself", 1, { $ref: "#" }],
    ["a null where words allow it", null, { enum: ["a", null] }],
  ])("%s", (_, value, schema) => {
    expect(schemaBreach(value, schema)).toBeNull();
  });

  test("words whose digits are kept", () => {
    expect(schemaBreach(1, parseBody('{"enum":[1.0,2.0]}', true))).toBeNull();
  });

  test("what would take for ever", () => {
    const wide = { anyOf: [{ $ref: "#/anyOf/0" }, { $ref: "#" }, { $ref: "#" }] };
    expect(schemaBreach([1, 2, 3], wide)).toBeNull();
  });
});

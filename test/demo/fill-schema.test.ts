// Values for schemas as tool definitions have them.
import { expect, test } from "bun:test";
import { fillSchema } from "../../src/demo/fill-schema.ts";

const question = "Book a table in Lyon for 7 people";
const object = (properties: object, required: readonly string[] = Object.keys(properties)) => ({
  type: "object",
  properties,
  required,
});

test.each([
  ["a place", object({ city: { type: "string" } }), { city: "Lyon" }],
  ["other text", object({ query: { type: "string" } }), { query: question }],
  ["a short text", object({ query: { type: "string", maxLength: 4 } }), { query: "Book" }],
  ["a number", object({ people: { type: "integer" } }), { people: 7 }],
  ["a number within bounds", object({ people: { type: "number", maximum: 4 } }), { people: 4 }],
  ["one of several", object({ unit: { enum: ["c", "f"] } }), { unit: "c" }],
  ["a constant", object({ kind: { const: 3 } }), { kind: 3 }],
  ["a default", object({ sure: { type: "boolean", default: false } }), { sure: false }],
  ["a list", object({ names: { type: "array", items: { type: "integer" }, minItems: 2 } }), { names: [7, 7] }],
  ["a format", object({ day: { type: "string", format: "date" } }), { day: "2026-01-01" }],
  ["a nullable type", object({ note: { type: ["integer", "null"] } }), { note: 7 }],
  ["an alternative", object({ who: { anyOf: [{ type: "boolean" }, { type: "string" }] } }), { who: true }],
  ["only what is required", object({ a: { type: "integer" }, b: { type: "integer" } }, ["b"]), { b: 7 }],
  ["the first where nothing is", object({ a: { type: "integer" }, b: { type: "integer" } }, []), { a: 7 }],
  ["nothing at all", {}, question],
  ["no schema", null, question],
  [
    "a definition",
    { ...object({ place: { $ref: "#/$defs/place" } }), $defs: { place: object({ city: { type: "string" } }) } },
    { place: { city: "Lyon" } },
  ],
])("%s", (_name, schema, wanted) => {
  expect(fillSchema(schema, { question })).toEqual(wanted);
});

test("a schema that contains itself ends", () => {
  const schema = {
    ...object({ next: { $ref: "#/$defs/node" } }),
    $defs: { node: object({ next: { $ref: "#/$defs/node" } }) },
  };
  expect(JSON.stringify(fillSchema(schema, { question })).length).toBeLessThan(200);
});

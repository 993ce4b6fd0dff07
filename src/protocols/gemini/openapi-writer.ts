/**
 * JSON Schema as the vendor's OpenAPI subset (SDK type Schema), for models before 2.5: references are written out, a
 * null alternative becomes `nullable`, and type words are capitals. Keywords outside the subset are losses.
 */
import { asArray, asObject, asText, atPath, type JsonObject } from "../../std/json.ts";
import { define } from "./members.ts";

/** References are written out no deeper than this: a schema that names itself has no end. */
const DEPTH_MAX = 16;
/** Parts of one written schema: written-out references may multiply. */
const PARTS_MAX = 2_000;

interface Writing {
  readonly root: unknown;
  readonly changes: Set<string>;
  parts: number;
}

export function writeOpenApiSchema(schema: unknown, changes: Set<string>): JsonObject {
  return write(schema, { root: schema, changes, parts: 0 }, 0);
}

function write(value: unknown, writing: Writing, depth: number): JsonObject {
  const { changes } = writing;
  writing.parts++;
  if (depth > DEPTH_MAX || writing.parts > PARTS_MAX) {
    changes.add("a part that names itself ends after some steps");
    return { type: "OBJECT" };
  }
  const schema = resolve(asObject(value) ?? {}, writing);
  const alternatives = asArray(schema["anyOf"]) ?? asArray(schema["oneOf"]);
  if (alternatives !== undefined) return writeAlternatives(schema, alternatives, writing, depth);
  const written: Record<string, unknown> = {};
  for (const name of Object.keys(schema)) {
    const member = schema[name];
    if (name === "type") writeType(written, member, changes);
    else if (KEPT.has(name)) define(written, name, member);
    else if (LIMITS.has(name)) define(written, name, String(member));
    else if (name === "items") written["items"] = write(member, writing, depth + 1);
    else if (name === "properties") written["properties"] = writeProperties(member, writing, depth);
    else if (name === "enum") writeEnum(written, asArray(member) ?? [], changes);
    else if (name === "const") writeEnum(written, [member], changes);
    else if (!SILENT.has(name)) changes.add(`the vendor's schemas have no ${name.slice(0, 40)}`);
  }
  written["type"] ??= typeOf(written);
  return written;
}

const KEPT: ReadonlySet<string> = new Set([
  ...["title", "description", "format", "pattern", "minimum", "maximum", "required", "propertyOrdering", "default"],
  "nullable",
]);
/** int64 travels as text. */
const LIMITS: ReadonlySet<string> = new Set([
  ...["maxItems", "minItems", "maxLength", "minLength", "maxProperties", "minProperties"],
]);
const SILENT: ReadonlySet<string> = new Set(["$schema", "$id", "$comment", "$defs", "definitions", "$ref", "examples"]);

/** One step: what it names, with what stands beside it; an unknown name is told. */
function resolve(schema: JsonObject, writing: Writing): JsonObject {
  const name = asText(schema["$ref"]);
  if (name === undefined) return schema;
  const path = name.startsWith("#/") ? name.slice(2).split("/").map(unescapePointer) : null;
  const found = path === null ? undefined : asObject(atPath(writing.root, path));
  if (found === undefined) {
    writing.changes.add("a reference that leads nowhere is left out");
    return { ...schema, $ref: undefined };
  }
  return found["$ref"] === undefined ? { ...found, ...schema } : { ...schema, type: "object" };
}

function unescapePointer(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

function writeAlternatives(
  schema: JsonObject,
  alternatives: readonly unknown[],
  writing: Writing,
  depth: number,
): JsonObject {
  const { anyOf, oneOf, ...rest } = schema;
  if (oneOf !== undefined) writing.changes.add("exactly one of several is written as any of them");
  const others = alternatives.filter((each) => asObject(each)?.["type"] !== "null");
  const isNullable = others.length < alternatives.length ? { nullable: true } : {};
  const [only] = others;
  if (others.length === 1) return { ...write({ ...rest, ...asObject(only) }, writing, depth), ...isNullable };
  const common = asText(rest["description"]);
  return {
    ...(common === undefined ? {} : { description: common }),
    anyOf: others.map((each) => write(each, writing, depth + 1)),
    ...isNullable,
  };
}

function writeProperties(value: unknown, writing: Writing, depth: number): JsonObject {
  const properties = asObject(value) ?? {};
  const written: Record<string, unknown> = {};
  for (const name of Object.keys(properties)) define(written, name, write(properties[name], writing, depth + 1));
  return written;
}

/** A list of types is one type that may be null, or else the first of them. */
function writeType(written: Record<string, unknown>, type: unknown, changes: Set<string>): void {
  const words = (asArray(type) ?? [type]).flatMap((each) => asText(each) ?? []);
  const [first, ...more] = words.filter((word) => word !== "null");
  if (words.includes("null") && first !== undefined) written["nullable"] = true;
  if (more.length > 0) changes.add("of several types the first is written");
  written["type"] = (first ?? words[0] ?? "object").toUpperCase();
}

/** Enumerations are texts. */
function writeEnum(written: Record<string, unknown>, values: readonly unknown[], changes: Set<string>): void {
  if (values.includes(null)) written["nullable"] = true;
  const texts = values.filter((each) => typeof each === "string");
  if (texts.length === 0) {
    changes.add("the vendor's schemas enumerate texts only");
    return;
  }
  if (texts.length < values.filter((each) => each !== null).length) {
    changes.add("the vendor's schemas enumerate texts only");
  }
  written["enum"] = texts;
  written["type"] = "STRING";
}

function typeOf(written: Readonly<Record<string, unknown>>): string {
  if (written["items"] !== undefined) return "ARRAY";
  return written["enum"] === undefined ? "OBJECT" : "STRING";
}

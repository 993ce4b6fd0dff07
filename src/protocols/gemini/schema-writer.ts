/**
 * JSON Schemas as the vendor takes them: a subset of the standard's words (SDK type GenerateContentConfig, and
 * ai.google.dev/gemini-api/docs/structured-output, read 2026-11-27). Older models only take the OpenAPI subset: see
 * openapi-writer.ts.
 */
import { asArray, asObject, type JsonObject } from "../../std/json.ts";
import { define, isEmpty } from "./members.ts";
import { writeOpenApiSchema } from "./openapi-writer.ts";
import type { GeminiContext } from "./write-context.ts";

interface WrittenSchema {
  /** Which of the wire's two members it belongs into. */
  readonly form: "json-schema" | "openapi";
  readonly schema: unknown;
}

/** What changed is one loss per change. */
export function writeSchema(schema: unknown, path: string, context: GeminiContext): WrittenSchema {
  if (context.native) return { form: "json-schema", schema };
  const changes = new Set<string>();
  const written: WrittenSchema = context.dialect.jsonSchema
    ? { form: "json-schema", schema: keepKnown(schema, changes, 0) }
    : { form: "openapi", schema: writeOpenApiSchema(schema, changes) };
  if (changes.size > 0) context.losses.approximate(path, [...changes].slice(0, CHANGES_TOLD_MAX).join("; "));
  return written;
}

const CHANGES_TOLD_MAX = 8;

/** Arguments are an object; one without members is said by leaving the schema out. */
export function writeParameters(parameters: unknown, path: string, context: GeminiContext): WrittenSchema | null {
  if (parameters === null || parameters === undefined) return null;
  const schema = asObject(parameters);
  if (schema === undefined) {
    if (context.native) return { form: "json-schema", schema: parameters };
    context.losses.approximate(path, "not a schema object, so any arguments are allowed");
    return null;
  }
  if (!context.native && isEmpty(schema)) return null;
  if (context.native || schema["type"] === "object") return writeSchema(schema, path, context);
  if (schema["type"] === undefined && !["anyOf", "oneOf", "allOf", "$ref"].some((name) => name in schema)) {
    return writeSchema({ type: "object", ...schema }, path, context);
  }
  context.losses.approximate(`${path}.type`, "arguments are an object");
  return writeSchema({ ...schema, type: "object" }, path, context);
}

/** Depth of a schema that is adapted; deeper parts are left out. */
const SCHEMA_DEPTH_MAX = 64;

const KNOWN: ReadonlySet<string> = new Set([
  ...["$id", "$ref", "$anchor", "type", "format", "title", "description", "enum", "minItems", "maxItems"],
  ...["minimum", "maximum", "required", "propertyOrdering", "default"],
]);
const MAPS: ReadonlySet<string> = new Set(["$defs", "definitions", "properties"]);
const LISTS: ReadonlySet<string> = new Set(["anyOf", "oneOf", "prefixItems"]);
const SINGLES: ReadonlySet<string> = new Set(["items", "additionalProperties"]);

function keepKnown(value: unknown, changes: Set<string>, depth: number): unknown {
  const schema = asObject(value);
  if (schema === undefined) return value;
  if (depth > SCHEMA_DEPTH_MAX) {
    changes.add("the innermost parts are left out");
    return {};
  }
  const deeper = (each: unknown): unknown => keepKnown(each, changes, depth + 1);
  const written: Record<string, unknown> = {};
  for (const name of Object.keys(schema)) {
    const member = schema[name];
    if (KNOWN.has(name)) define(written, name, member);
    else if (MAPS.has(name)) define(written, name, mapMembers(member, deeper));
    else if (LISTS.has(name)) define(written, name, asArray(member)?.map(deeper) ?? member);
    else if (SINGLES.has(name)) define(written, name, deeper(member));
    else if (name === "const") Object.assign(written, writeConst(member, changes));
    else if (name === "allOf") mergeAll(written, asArray(member) ?? [], changes, deeper);
    else if (name !== "$schema" && name !== "$comment" && name !== "examples") {
      changes.add(`the vendor's schemas have no ${name.slice(0, 40)}`);
    }
  }
  return written;
}

/** One allowed value is an enumeration of one; the vendor enumerates texts and numbers. */
function writeConst(value: unknown, changes: Set<string>): JsonObject {
  if (typeof value === "string") return { type: "string", enum: [value] };
  if (typeof value === "number") return { type: Number.isInteger(value) ? "integer" : "number", enum: [value] };
  if (typeof value === "boolean") {
    changes.add("a constant is only known by its type");
    return { type: "boolean" };
  }
  if (value === null) return { type: "null" };
  changes.add("a constant is left out");
  return {};
}

/** Parts that must all hold are written into one; where two speak of the same thing the first decides. */
function mergeAll(
  written: Record<string, unknown>,
  parts: readonly unknown[],
  changes: Set<string>,
  deeper: (each: unknown) => unknown,
): void {
  changes.add("the parts of allOf are written into one");
  for (const part of parts) {
    const schema = asObject(deeper(part)) ?? {};
    const properties = { ...asObject(schema["properties"]), ...asObject(written["properties"]) };
    const required = [...new Set([...(asArray(written["required"]) ?? []), ...(asArray(schema["required"]) ?? [])])];
    for (const name of Object.keys(schema)) if (!Object.hasOwn(written, name)) define(written, name, schema[name]);
    if (!isEmpty(properties)) written["properties"] = properties;
    if (required.length > 0) written["required"] = required;
  }
}

function mapMembers(value: unknown, map: (member: unknown) => unknown): unknown {
  const object = asObject(value);
  if (object === undefined) return value;
  const written: Record<string, unknown> = {};
  for (const name of Object.keys(object)) define(written, name, map(object[name]));
  return written;
}

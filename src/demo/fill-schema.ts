/**
 * A value that fits a JSON Schema, with words of the conversation in it: arguments of a simulated tool call, and
 * structured answers. It covers what tool definitions use; what it does not know it answers with a string.
 */
import { asArray, asNumber, asObject, asText, type JsonObject } from "../std/json.ts";

interface FillInput {
  /** The question, for strings and numbers. */
  readonly question: string;
}

/** Schemas may be recursive; deeper than this only required scalars make sense. */
const DEPTH_MAX = 6;
const PROPERTIES_MAX = 64;
const ITEMS_MAX = 8;

export function fillSchema(schema: unknown, { question }: FillInput): unknown {
  return fill(asObject(schema) ?? {}, { root: asObject(schema) ?? {}, question, name: "" }, 0);
}

interface FillContext {
  readonly root: JsonObject;
  readonly question: string;
  /** The property it is for; "" for the whole. */
  readonly name: string;
}

function fill(schema: JsonObject, place: FillContext, depth: number): unknown {
  if (depth > DEPTH_MAX) return null;
  const direct = stated(schema);
  if (direct !== undefined) return direct;
  const other = elsewhere(schema, place.root);
  if (other !== undefined) return fill(other, place, depth + 1);
  switch (typeOf(schema)) {
    case "object":
      return fillObject(schema, place, depth);
    case "array":
      return fillArray(schema, place, depth);
    case "integer":
      return clampNumber(Math.round(numberIn(place.question)), schema);
    case "number":
      return clampNumber(numberIn(place.question), schema);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return fillString(schema, place);
  }
}

/** A value the schema itself names. */
function stated(schema: JsonObject): unknown {
  if (schema["const"] !== undefined) return schema["const"];
  const [first] = asArray(schema["enum"]) ?? [];
  return first ?? schema["default"] ?? asArray(schema["examples"])?.[0];
}

/** The schema this one points to: a `$ref` into its own definitions, or the first of several. */
function elsewhere(schema: JsonObject, root: JsonObject): JsonObject | undefined {
  const [, where, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(asText(schema["$ref"]) ?? "") ?? [];
  if (where !== undefined && name !== undefined) return asObject(asObject(root[where])?.[name]);
  for (const word of ["anyOf", "oneOf", "allOf"]) {
    const first = asObject(asArray(schema[word])?.[0]);
    if (first !== undefined) return first;
  }
  return undefined;
}

function typeOf(schema: JsonObject): string {
  const type = asText(schema["type"]) ?? asText(asArray(schema["type"])?.[0]);
  return type ?? (schema["properties"] === undefined ? "string" : "object");
}

/** What is required, or the first property where nothing is. */
function fillObject(schema: JsonObject, place: FillContext, depth: number): JsonObject {
  const properties = asObject(schema["properties"]) ?? {};
  const required = asArray(schema["required"])?.filter((name) => typeof name === "string") ?? [];
  const names = required.length > 0 ? required : Object.keys(properties).slice(0, 1);
  return Object.fromEntries(
    names
      .slice(0, PROPERTIES_MAX)
      .map((name) => [name, fill(asObject(properties[name]) ?? {}, { ...place, name }, depth + 1)]),
  );
}

function fillArray(schema: JsonObject, place: FillContext, depth: number): unknown[] {
  const items = asObject(schema["items"]) ?? {};
  const length = Math.min(ITEMS_MAX, Math.max(1, asNumber(schema["minItems"]) ?? 1));
  return Array.from({ length }, () => fill(items, place, depth + 1));
}

const FORMATS: ReadonlyMap<string, string> = new Map([
  ["date", "2026-01-01"],
  ["date-time", "2026-01-01T12:00:00Z"],
  ["email", "someone@example.invalid"],
  ["uri", "https://example.invalid/"],
  ["uuid", "00000000-0000-4000-8000-000000000000"],
]);

/** A place where it looks like one is wanted, else what the question is about. */
function fillString(schema: JsonObject, { name, question }: FillContext): string {
  const format = FORMATS.get(asText(schema["format"]) ?? "");
  if (format !== undefined) return format;
  const proper = /(?<=\S\s+)\p{Lu}[\p{L}\p{M}'-]+(?:\s\p{Lu}[\p{L}\p{M}'-]+)*/u.exec(question)?.[0];
  const text = PLACE_NAMES.test(name) ? (proper ?? question) : question;
  return text.slice(0, Math.min(STRING_CHARS_MAX, asNumber(schema["maxLength"]) ?? STRING_CHARS_MAX));
}

const PLACE_NAMES = /city|location|place|country|name|subject|topic/i;
const STRING_CHARS_MAX = 120;

function numberIn(question: string): number {
  return Number(/-?\d+(?:\.\d+)?/.exec(question)?.[0] ?? 1);
}

function clampNumber(value: number, schema: JsonObject): number {
  const least = asNumber(schema["minimum"]) ?? Number.NEGATIVE_INFINITY;
  const most = asNumber(schema["maximum"]) ?? Number.POSITIVE_INFINITY;
  return Math.min(most, Math.max(least, value));
}

/**
 * The vendor's own schema objects (a subset of OpenAPI 3.0 with type words in capitals) as JSON Schema. What is JSON Schema
 * already is left as it is but for its type words, which some clients write in capitals there too.
 */
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { define, spelled } from "./members.ts";

/** Depth of a schema that is read; a body may be nested no deeper. */
const SCHEMA_DEPTH_MAX = 128;

export function readSchema(value: unknown): unknown {
  return readAny(value, 0, true);
}

/** JSON Schema as a client sent it: names are the standard's own and never spelled otherwise. */
export function readJsonSchema(value: unknown): unknown {
  return hasCapitalTypes(value, 0) ? readAny(value, 0, false) : value;
}

function hasCapitalTypes(value: unknown, depth: number): boolean {
  if (depth > SCHEMA_DEPTH_MAX) return false;
  const list = asArray(value);
  if (list !== undefined) return list.some((each) => hasCapitalTypes(each, depth + 1));
  const schema = asObject(value);
  if (schema === undefined) return false;
  const type = schema["type"];
  if (typeof type === "string" && TYPES.has(type)) return true;
  return Object.values(schema).some((each) => hasCapitalTypes(each, depth + 1));
}

function readAny(value: unknown, depth: number, isOpenApi: boolean): unknown {
  const given = asObject(value);
  if (given === undefined || depth > SCHEMA_DEPTH_MAX) return value;
  const schema = isOpenApi ? spelled(given) : given;
  const read: Record<string, unknown> = {};
  const deeper = (each: unknown): unknown => readAny(each, depth + 1, isOpenApi);
  for (const name of Object.keys(schema)) {
    const member = schema[name];
    if (name === "type") define(read, name, readType(member, isOpenApi && schema["nullable"] === true));
    else if (MAPS.has(name)) define(read, name, readMap(member, deeper));
    else if (LISTS.has(name)) define(read, name, asArray(member)?.map(deeper) ?? member);
    else if (SINGLES.has(name)) define(read, name, deeper(member));
    else if (isOpenApi && LIMITS.has(name)) define(read, name, readLimit(member));
    else if (isOpenApi && name === "nullable") continue;
    else if (isOpenApi && name === "example") define(read, "examples", [member]);
    else define(read, name, member);
  }
  return isOpenApi && schema["nullable"] === true ? nullable(read) : read;
}

const TYPES: ReadonlySet<string> = new Set(["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"]);
const MAPS: ReadonlySet<string> = new Set(["properties", "$defs", "definitions", "defs"]);
const LISTS: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const SINGLES: ReadonlySet<string> = new Set(["items", "additionalProperties"]);
/** int64 travels as text. */
const LIMITS: ReadonlySet<string> = new Set([
  "maxItems",
  "minItems",
  "maxLength",
  "minLength",
  "maxProperties",
  "minProperties",
]);

function readType(type: unknown, isNullable: boolean): unknown {
  const word = asText(type);
  if (word === undefined) return type;
  const lower = TYPES.has(word) ? word.toLowerCase() : word;
  return isNullable && lower !== "null" ? [lower, "null"] : lower;
}

function readLimit(value: unknown): unknown {
  const text = asText(value);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : value;
}

function readMap(value: unknown, read: (each: unknown) => unknown): unknown {
  const map = asObject(value);
  if (map === undefined) return value;
  const written: Record<string, unknown> = {};
  for (const name of Object.keys(map)) define(written, name, read(map[name]));
  return written;
}

/** The type word says it already where there is one; an enumeration must name null as well, or it would exclude it. */
function nullable(schema: Record<string, unknown>): JsonObject {
  const values = asArray(schema["enum"]);
  if (values !== undefined && !values.includes(null)) schema["enum"] = [...values, null];
  if (schema["type"] !== undefined) return schema;
  const alternatives = asArray(schema["anyOf"]);
  return alternatives === undefined ? schema : { ...schema, anyOf: [...alternatives, { type: "null" }] };
}

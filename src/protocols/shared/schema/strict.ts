/**
 * Whether the vendor would take a JSON Schema with `strict: true`: an object at the root, and in every object all
 * properties required and no others allowed (the vendor's structured outputs guide, read 2026-11).
 */
import { asArray, asObject, asText, type JsonObject } from "../../../std/json.ts";

/** False also when it is too deep to tell. */
export function isStrictSchema(schema: unknown): boolean {
  return asObject(schema)?.["type"] === "object" && isStrict(schema, 0);
}

function isStrict(value: unknown, depth: number): boolean {
  if (depth > DEPTH_MAX) return false;
  const list = asArray(value);
  if (list !== undefined) return list.every((each) => isStrict(each, depth + 1));
  const schema = asObject(value);
  if (schema === undefined) return true;
  if (isObjectSchema(schema) && !isClosed(schema)) return false;
  return (
    SUBSCHEMAS.every((name) => isStrict(schema[name], depth + 1)) &&
    SUBSCHEMA_MAPS.every((name) => {
      return Object.values(asObject(schema[name]) ?? {}).every((each) => isStrict(each, depth + 1));
    })
  );
}

function isObjectSchema(schema: JsonObject): boolean {
  return schema["type"] === "object" || asObject(schema["properties"]) !== undefined;
}

function isClosed(schema: JsonObject): boolean {
  const required = new Set((asArray(schema["required"]) ?? []).map(asText));
  const names = Object.keys(asObject(schema["properties"]) ?? {});
  return schema["additionalProperties"] === false && names.every((name) => required.has(name));
}

/** As deep as a body may be nested; each level of a schema costs at least one. */
const DEPTH_MAX = 128;
const SUBSCHEMAS = ["items", "anyOf", "oneOf", "allOf", "not", "prefixItems"];
const SUBSCHEMA_MAPS = ["properties", "$defs", "definitions"];

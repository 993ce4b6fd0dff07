/**
 * JSON Schemas in the subset that constrained decoding takes at two vendors: objects at the top for tools, closed objects
 * for answers, no limits on numbers, lengths and counts (platform.claude.com, structured outputs, read 2026-11-21;
 * docs.aws.amazon.com Bedrock structured outputs, read 2026-11).
 */
import { asArray, asObject, type JsonObject } from "../../../std/json.ts";
import type { WriteContext } from "../write-context.ts";

const COMBINATORS = ["anyOf", "oneOf", "allOf"] as const;

/** Arguments are an object without a combinator at the top. */
export function writeInputSchema(parameters: unknown, path: string, context: WriteContext): JsonObject {
  const { native, losses } = context;
  const schema = asObject(parameters);
  if (native && schema !== undefined) return schema;
  if (parameters === null || parameters === undefined) return { type: "object", properties: {} };
  if (schema === undefined) {
    losses.approximate(path, "not a schema object, so any arguments are allowed");
    return { type: "object", properties: {} };
  }
  const combined = COMBINATORS.some((name) => name in schema);
  if (!combined && schema["type"] === "object") return schema;
  if (!combined && schema["type"] === undefined) return { type: "object", ...schema };
  if (!combined) {
    // A null type, a list of types: arguments are an object in every protocol.
    losses.approximate(`${path}.type`, "arguments are an object");
    return { ...schema, type: "object" };
  }
  losses.approximate(path, "the vendor takes no alternatives at the top of a schema, so they are merged");
  return mergeAlternatives(schema);
}

/** What a structured answer is held to. No schema: any object. */
export function writeOutputSchema(schema: unknown, path: string, context: WriteContext): unknown {
  if (context.native) return schema;
  const changes = new Set<string>();
  const written = close(schema ?? { type: "object" }, changes, 0);
  for (const change of changes) context.losses.approximate(path, change);
  return written;
}

/** Every property of any alternative, none of them required. */
function mergeAlternatives(schema: JsonObject): JsonObject {
  const { anyOf, oneOf, allOf, ...rest } = schema;
  const alternatives = [anyOf, oneOf, allOf].flatMap((list) => asArray(list) ?? []);
  const properties = Object.assign(
    {},
    ...alternatives.map((each) => asObject(asObject(each)?.["properties"]) ?? {}),
    asObject(schema["properties"]) ?? {},
  );
  return { ...rest, type: "object", properties };
}

/** Depth of a schema that is adapted; deeper parts are left as they are. */
const SCHEMA_DEPTH_MAX = 64;

const UNSUPPORTED = new Set([
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
  "patternProperties",
  "propertyNames",
]);

/** Every object says `additionalProperties: false` and `oneOf` is spelled `anyOf`. `changes`: what else became of it. */
function close(value: unknown, changes: Set<string>, depth: number): unknown {
  const schema = asObject(value);
  if (schema === undefined || depth > SCHEMA_DEPTH_MAX) return value;
  const written: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(schema)) {
    if (UNSUPPORTED.has(name) || (name === "minItems" && member !== 0 && member !== 1)) {
      changes.add(`the vendor's schemas have no ${name}`);
    } else if (name === "properties" || name === "$defs" || name === "definitions") {
      written[name] = mapMembers(member, (each) => close(each, changes, depth + 1));
    } else if (name === "items") {
      written[name] = close(member, changes, depth + 1);
    } else if (name === "anyOf" || name === "oneOf" || name === "allOf") {
      const list = asArray(member)?.map((each) => close(each, changes, depth + 1));
      written[name === "oneOf" ? "anyOf" : name] = list ?? member;
    } else {
      written[name] = member;
    }
  }
  if (isObjectSchema(schema) && schema["additionalProperties"] !== false) {
    changes.add("objects take no properties beside the named ones");
    written["additionalProperties"] = false;
  }
  return written;
}

function isObjectSchema(schema: JsonObject): boolean {
  const { type } = schema;
  return type === "object" || (Array.isArray(type) && type.includes("object")) || "properties" in schema;
}

function mapMembers(value: unknown, map: (member: unknown) => unknown): unknown {
  const object = asObject(value);
  if (object === undefined) return value;
  return Object.fromEntries(Object.entries(object).map(([name, member]) => [name, map(member)]));
}

/**
 * Whether a value keeps to a JSON Schema, as far as that is certain: what is not understood here is taken for kept. Bounded
 * in steps and depth, and without patterns, which a stranger could make as slow as he likes.
 */
import { asArray, asNumber, asObject, asText, isRawJson, type JsonObject } from "./json.ts";

const STEPS_MAX = 20_000;
const DEPTH_MAX = 64;

/** Path of the first part that certainly breaks the schema, as `$.days[0]`; null: none does. */
export function schemaBreach(value: unknown, schema: unknown): string | null {
  return breach(value, schema, "$", { root: schema, steps: 0, depth: 0 });
}

interface Walk {
  readonly root: unknown;
  /** Of the whole walk. */
  steps: number;
  depth: number;
}

function breach(value: unknown, schema: unknown, path: string, walk: Walk): string | null {
  if (schema === false) return path;
  const rules = asObject(schema);
  walk.steps += 1;
  if (rules === undefined || walk.steps > STEPS_MAX || walk.depth > DEPTH_MAX) return null;
  walk.depth += 1;
  const found =
    breachOfValue(value, rules, path) ??
    breachOfReference(value, rules, path, walk) ??
    breachOfObject(value, rules, path, walk) ??
    breachOfArray(value, rules, path, walk) ??
    breachOfChoices(value, rules, path, walk);
  walk.depth -= 1;
  return found;
}

function breachOfValue(value: unknown, rules: JsonObject, path: string): string | null {
  const types = typeof rules["type"] === "string" ? [rules["type"]] : asArray(rules["type"]);
  if (types !== undefined && types.length > 0 && !types.some((type) => isOfType(value, type))) return path;
  const words = asArray(rules["enum"]);
  if (words !== undefined && !words.some((word) => isSame(word, value))) return path;
  if (Object.hasOwn(rules, "const") && !isSame(rules["const"], value)) return path;
  if (typeof value === "number") {
    const [min, max] = [asNumber(rules["minimum"]), asNumber(rules["maximum"])];
    if ((min !== undefined && value < min) || (max !== undefined && value > max)) return path;
  }
  return null;
}

/** Words of no known type say nothing. */
function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "integer":
      return typeof value === "number" && Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return asObject(value) !== undefined;
    default:
      return true;
  }
}

function isSame(left: unknown, right: unknown): boolean {
  return left === right || JSON.stringify(plain(left)) === JSON.stringify(plain(right));
}

/** A number with its author's digits as a number. */
function plain(value: unknown): unknown {
  return isRawJson(value) ? Number(value.rawJSON) : value;
}

/** Within the same document; other places are not looked up. */
function breachOfReference(value: unknown, rules: JsonObject, path: string, walk: Walk): string | null {
  const reference = asText(rules["$ref"]);
  if (reference === undefined || !reference.startsWith("#")) return null;
  let at: unknown = walk.root;
  for (const part of reference.slice(1).split("/").filter(Boolean)) {
    const members = asObject(at);
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (members === undefined || !Object.hasOwn(members, name)) return null;
    at = members[name];
  }
  return breach(value, at, path, walk);
}

function breachOfObject(value: unknown, rules: JsonObject, path: string, walk: Walk): string | null {
  const members = asObject(value);
  if (members === undefined) return null;
  for (const name of asArray(rules["required"]) ?? []) {
    if (typeof name === "string" && !Object.hasOwn(members, name)) return `${path}.${name}`;
  }
  const properties = asObject(rules["properties"]) ?? {};
  const others = Object.hasOwn(rules, "patternProperties") ? true : rules["additionalProperties"];
  for (const [name, member] of Object.entries(members)) {
    const rule = Object.hasOwn(properties, name) ? properties[name] : others;
    const found = rule === undefined ? null : breach(member, rule, `${path}.${name}`, walk);
    if (found !== null) return found;
  }
  return null;
}

function breachOfArray(value: unknown, rules: JsonObject, path: string, walk: Walk): string | null {
  const items = asArray(value);
  if (items === undefined) return null;
  const [min, max] = [asNumber(rules["minItems"]), asNumber(rules["maxItems"])];
  if ((min !== undefined && items.length < min) || (max !== undefined && items.length > max)) return path;
  const places = asArray(rules["prefixItems"]) ?? [];
  for (const [at, item] of items.entries()) {
    const rule = at < places.length ? places[at] : rules["items"];
    const found = rule === undefined ? null : breach(item, rule, `${path}[${at}]`, walk);
    if (found !== null) return found;
  }
  return null;
}

function breachOfChoices(value: unknown, rules: JsonObject, path: string, walk: Walk): string | null {
  for (const rule of asArray(rules["allOf"]) ?? []) {
    const found = breach(value, rule, path, walk);
    if (found !== null) return found;
  }
  // Of oneOf, that at most one fits is not looked at: where some rule is not understood, two may seem to.
  for (const choices of [asArray(rules["anyOf"]), asArray(rules["oneOf"])]) {
    if (choices === undefined || choices.length === 0) continue;
    if (choices.every((rule) => breach(value, rule, path, walk) !== null)) return path;
  }
  return null;
}

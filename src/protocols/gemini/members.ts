/**
 * Members of a wire object. The vendor's JSON parser takes every name in two spellings, `systemInstruction` and
 * `system_instruction` (protobuf JSON mapping, protobuf.dev/programming-guides/json, read 2026-11-27), so objects are read
 * through `spelled`. What a shape does not take rides as an extra: verbatim back to this protocol, a loss to any other.
 */
import { asArray, asObject, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { define } from "../shared/members.ts";

export {
  define,
  extrasOf,
  isAnything,
  isBoolean,
  isEmpty,
  isNumber,
  isObject,
  isText,
  isTextList,
  leftOf,
  mergeMembers,
  needText,
  readTextList,
  type Shape,
} from "../shared/members.ts";

/** The object with every name as the documentation spells it. Both spellings of one name are a WireError. */
export function spelled(value: JsonObject): JsonObject {
  let found = false;
  for (const name in value) if (name.includes("_")) found = true;
  if (!found) return value;
  const named: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const camel = name.replace(SNAKE, (_all, letter: string) => letter.toUpperCase());
    if (Object.hasOwn(named, camel)) throw new WireError(`${camel} is given in two spellings. Send it once.`);
    define(named, camel, value[name]);
  }
  return named;
}

const SNAKE = /(?<=[a-zA-Z0-9])_([a-z0-9])/g;

/** undefined for anything but an object. */
export function spelledObject(value: unknown): JsonObject | undefined {
  const object = asObject(value);
  return object === undefined ? undefined : spelled(object);
}

/** A member in either spelling; tolerant, for who only looks. */
export function either(value: JsonObject | undefined, camel: string, snake: string): unknown {
  return value?.[camel] ?? value?.[snake];
}

/** Only the members that say something. */
export function present(members: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}

export function needObject(value: unknown, path: string): JsonObject {
  const object = asObject(value);
  if (object === undefined) throw new WireError(`${path} must be an object.`);
  return spelled(object);
}

/** A missing list is an empty one. */
export function needList(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  const list = asArray(value);
  if (list === undefined) throw new WireError(`${path} must be a list.`);
  return list;
}

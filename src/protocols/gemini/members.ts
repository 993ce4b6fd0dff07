/**
 * Members of a wire object. The vendor's JSON parser takes every name in two spellings, `systemInstruction` and
 * `system_instruction` (protobuf JSON mapping, protobuf.dev/programming-guides/json, read 2026-11-27), so objects are read
 * through `spelled`. What a shape does not take rides as an extra: verbatim back to this protocol, a loss to any other.
 */
import { type Extras, NO_EXTRAS } from "../../ir/request.ts";
import { asArray, asBoolean, asNumber, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";

/** Per member: true when the reader carries this value whole. */
export type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

export const isText = (value: unknown): boolean => typeof value === "string";
export const isNumber = (value: unknown): boolean => asNumber(value) !== undefined;
export const isBoolean = (value: unknown): boolean => asBoolean(value) !== undefined;
export const isObject = (value: unknown): boolean => asObject(value) !== undefined;
export const isAnything = (): boolean => true;
export const isTextList = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

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

export function extrasOf(value: JsonObject, shape: Shape): Extras {
  let extras: Record<string, unknown> | null = null;
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member === null || member === undefined) continue;
    if (Object.hasOwn(shape, name) && shape[name]?.(member) === true) continue;
    extras ??= {};
    define(extras, name, member);
  }
  return extras ?? NO_EXTRAS;
}

export function isEmpty(extras: object): boolean {
  for (const _name in extras) return false;
  return true;
}

/** Plain objects are merged member by member, anything else is replaced; `over` wins. Bounded by the body's own depth. */
export function mergeMembers(under: JsonObject, over: JsonObject): JsonObject {
  if (isEmpty(over)) return under;
  const merged: Record<string, unknown> = { ...under };
  for (const name of Object.keys(over)) {
    const [below, above] = [asObject(merged[name]), asObject(over[name])];
    define(merged, name, below !== undefined && above !== undefined ? mergeMembers(below, above) : over[name]);
  }
  return merged;
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

export function needText(value: JsonObject, name: string, path: string): string {
  const text = asText(value[name]);
  if (text === undefined) throw new WireError(`${path}.${name} must be a string.`);
  return text;
}

/** An assignment to `__proto__` would set the prototype instead of a member. */
export function define(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") target[name] = value;
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

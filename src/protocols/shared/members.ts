/**
 * Which members of a wire object are fully modelled. A member that the shape does not take becomes an extra: its name
 * is unknown, or its value is of another kind. An extra goes back to this protocol verbatim and is a loss to any other.
 * How a modelled member was spelled is no extra but `spelling`.
 */
import { type Extras, NO_EXTRAS } from "../../ir/request.ts";
import { usageCount } from "../../ir/usage.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";

/** Per member: true when the reader carries this value whole. */
export type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

export const isText = (value: unknown): boolean => typeof value === "string";
export const isNumber = (value: unknown): boolean => asNumber(value) !== undefined;
export const isBoolean = (value: unknown): boolean => typeof value === "boolean";
export const isObject = (value: unknown): boolean => asObject(value) !== undefined;
export const isList = (value: unknown): boolean => Array.isArray(value);
export const isAnything = (): boolean => true;
export const isTextList = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

/** A shape that takes these members whatever they hold: their reader judges the value. */
export function modelled(...names: readonly string[]): Shape {
  return Object.fromEntries(names.map((name) => [name, isAnything]));
}

/** A null member says as much as a missing one everywhere in these APIs, so it is neither kept nor a loss. */
export function extrasOf(value: JsonObject, shape: Shape): Extras {
  let extras: Record<string, unknown> | null = null;
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member === null || member === undefined) continue;
    const takes = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (takes === isAnything || takes?.(member) === true) continue;
    extras ??= {};
    define(extras, name, member);
  }
  return extras ?? NO_EXTRAS;
}

/** What is left of an object that is modelled in part: null when nothing is, all of it when it is no object. */
export function leftOf(value: unknown, shape: Shape | undefined): unknown {
  const object = asObject(value);
  if (object === undefined || shape === undefined) return value;
  const left = extrasOf(object, shape);
  return isEmpty(left) ? null : left;
}

/** Members that are objects modelled in part: each is an extra only where something is left of it. */
export function partlyModelled(shapes: Readonly<Record<string, Shape>>): Shape {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, (value) => leftOf(value, shape) === null]),
  );
}

export function isEmpty(extras: object): boolean {
  for (const _name in extras) return false;
  return true;
}

/** What stands inside a member of a wire object, as an extra of that member's name. */
export function withInner(extras: Extras, name: string, inner: Extras): Extras {
  return isEmpty(inner) ? extras : { ...extras, [name]: inner };
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

/** A list with anything but texts in it rides as an extra, so here it is empty. */
export function readTextList(value: unknown): readonly string[] {
  return isTextList(value) ? (asArray(value) ?? []).flatMap((each) => asText(each) ?? []) : [];
}

/** Throws a WireError that names the path when the member is not text. */
export function needText(value: JsonObject, name: string, path: string): string {
  const text = asText(value[name]);
  if (text === undefined) throw new WireError(`${path}.${name} must be a string.`);
  return text;
}

export function needObject(value: unknown, path: string): JsonObject {
  const object = asObject(value);
  if (object === undefined) throw new WireError(`${path} must be an object.`);
  return object;
}

export function needList(value: unknown, path: string): readonly unknown[] {
  const list = asArray(value);
  if (list === undefined) throw new WireError(`${path} must be a list.`);
  return list;
}

/** Without the members that are undefined: JSON has no such value, and a body is compared as an object too. */
export function withoutUndefined(object: JsonObject): JsonObject {
  const names = Object.keys(object);
  if (names.every((name) => object[name] !== undefined)) return object;
  return Object.fromEntries(names.flatMap((name) => (object[name] === undefined ? [] : [[name, object[name]]])));
}

export function without(object: JsonObject, ...dropped: readonly string[]): JsonObject {
  if (!dropped.some((name) => Object.hasOwn(object, name))) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => !dropped.includes(name)));
}

export function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

/**
 * True where nothing is said: null, an empty text, list or object, and those that hold nothing else. Vendors fill members
 * they do not use. Numbers and booleans say something, zero and false too.
 */
export function isBlank(value: unknown): boolean {
  if (isNothing(value) || value === "") return true;
  const list = asArray(value);
  if (list !== undefined) return list.every(isBlank);
  const object = asObject(value);
  return object !== undefined && Object.values(object).every(isBlank);
}

/** Null for an empty text as well: vendors write one where they have nothing to say. */
export function nonEmpty(value: unknown): string | null {
  const text = asText(value);
  return text === undefined || text === "" ? null : text;
}

/** Null and absent are the same: not said. */
export function readNumber(body: JsonObject, name: string): number | null {
  if (isNothing(body[name])) return null;
  const number = asNumber(body[name]);
  if (number === undefined) throw new WireError(`${name} must be a number.`);
  return number;
}

/** Which of several answers this is; one that cannot be a number of an answer is told by its place. */
export function readIndex(value: unknown, place: number): number {
  const index = asNumber(value);
  return index !== undefined && Number.isInteger(index) && index >= 0 ? index : place;
}

/** Seconds on the wire, with a fraction from some, as milliseconds. Null for zero too: some send it before the answer begins. */
export function readSeconds(value: unknown): number | null {
  const seconds = asNumber(value);
  return seconds === undefined || seconds <= 0 ? null : Math.round(seconds * 1000);
}

/** An assignment to `__proto__` would set the prototype instead of a member. */
export function define(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") target[name] = value;
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

/** A count of tokens somewhere inside; null: none, or none that can be one. */
export function countAt(wire: object, name: string, inner?: string): number | null {
  const value = at(wire, name, inner);
  return usageCount(asNumber(value) ?? value);
}

/** `{enabled: true}` or its opposite, and nothing beside it. */
export function isSwitch(value: unknown): boolean {
  const object = asObject(value);
  return object !== undefined && typeof object["enabled"] === "boolean" && Object.keys(object).length === 1;
}

/**
 * What only the Responses API has, kept beside what every protocol has. Visible extras are losses in another protocol;
 * hidden ones are mere spelling (the item as it was, ids, a default written out), which nobody loses.
 */
import { type Extras, NO_EXTRAS } from "../../ir/request.ts";
import { asObject, type JsonObject } from "../../std/json.ts";

/** The members whose names are not in `known`. Null says as much as no member, so it is neither kept nor a loss. */
export function rest(object: JsonObject, known: ReadonlySet<string>): JsonObject {
  const isExtra = (name: string) => !known.has(name) && object[name] !== null;
  const names = Object.keys(object);
  if (!names.some(isExtra)) return NO_EXTRAS; // nearly always
  return Object.fromEntries(names.filter(isExtra).map((name) => [name, object[name]])); // keeps "__proto__" a member
}

/**
 * Adds members that can be read by name but are not listed: writers of other protocols list what they drop, and must
 * not call spelling a loss. Undefined values are left out.
 */
export function hide(extras: Extras, hidden: JsonObject): Extras {
  const said = Object.keys(hidden).filter((name) => hidden[name] !== undefined);
  if (said.length === 0) return extras;
  const both = { ...extras };
  for (const name of said) Object.defineProperty(both, name, { value: hidden[name], enumerable: false });
  return both;
}

/** A hidden member that is an object: an item, part or tool as the client wrote it. */
export function hiddenObject(extras: Extras, name: string): JsonObject | undefined {
  return asObject(extras[name]);
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

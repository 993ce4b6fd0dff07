/**
 * What only one protocol has, kept beside what every protocol has. Visible extras are losses in another protocol;
 * hidden ones are mere spelling (which of two names the client used, a default written out), which nobody loses.
 */
import { type Extras, NO_EXTRAS } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";

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
  const both: Record<string, unknown> = {};
  for (const name of Object.getOwnPropertyNames(extras)) copyMember(both, extras, name); // those hidden before too
  for (const name of said) Object.defineProperty(both, name, { value: hidden[name], enumerable: false });
  return both;
}

/** Visible or hidden as it was. */
function copyMember(target: Record<string, unknown>, source: JsonObject, name: string): void {
  const enumerable = Object.prototype.propertyIsEnumerable.call(source, name);
  if (enumerable && name !== "__proto__") target[name] = source[name];
  else Object.defineProperty(target, name, { value: source[name], enumerable });
}

/** Without the members that are undefined: JSON has no such value, and a body is compared as an object too. */
export function withoutUndefined(object: JsonObject): JsonObject {
  const names = Object.keys(object);
  if (names.every((name) => object[name] !== undefined)) return object;
  return Object.fromEntries(names.flatMap((name) => (object[name] === undefined ? [] : [[name, object[name]]])));
}

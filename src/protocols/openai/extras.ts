/**
 * What only Chat Completions has, kept beside what every protocol has. Visible extras are losses in another protocol;
 * hidden ones are mere spelling (which of two names the client used, a default written out), which nobody loses.
 */
import { type Extras, NO_EXTRAS } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";

/** Id of this protocol and of its payload, as `origin` says it. */
export const OPENAI = "openai";

/** The members whose names are not in `known`. Null says as much as no member, so it is neither kept nor a loss. */
export function rest(object: JsonObject, known: ReadonlySet<string>): JsonObject {
  const unknown = Object.entries(object).filter(([name, value]) => !known.has(name) && value !== null);
  return unknown.length === 0 ? NO_EXTRAS : Object.fromEntries(unknown); // fromEntries: "__proto__" stays a plain member
}

/**
 * Adds members that can be read by name but are not listed: writers of other protocols list what they drop, and must
 * not call spelling a loss. Undefined values are left out.
 */
export function hide(extras: Extras, hidden: JsonObject): Extras {
  const said = Object.entries(hidden).filter(([, value]) => value !== undefined);
  if (said.length === 0) return extras;
  const both = { ...extras };
  for (const [name, value] of said) Object.defineProperty(both, name, { value, enumerable: false });
  return both;
}

/** Without the members that are undefined: JSON has no such value, and a body is compared as an object too. */
export function withoutUndefined(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

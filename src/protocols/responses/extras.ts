/** What only the Responses API has, kept beside what every protocol has (see ../extras.ts). */
import type { Extras } from "../../ir/request.ts";
import { asObject, type JsonObject } from "../../std/json.ts";

export { hide, rest, withoutUndefined } from "../shared/extras.ts";

/** A hidden member that is an object: an item, part or tool as the client wrote it. */
export function hiddenObject(extras: Extras, name: string): JsonObject | undefined {
  return asObject(extras[name]);
}

export function without(object: JsonObject, ...dropped: readonly string[]): JsonObject {
  if (!dropped.some((name) => Object.hasOwn(object, name))) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => !dropped.includes(name)));
}

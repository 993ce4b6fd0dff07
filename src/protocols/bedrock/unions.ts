/** The vendor's unions: objects of which one member is set, and its name says which kind it is. */
import type { JsonObject } from "../../std/json.ts";

/** Null members are none, as some SDKs write them. */
export function keyOf(union: JsonObject): string | undefined {
  return Object.keys(union).find((name) => union[name] !== null && union[name] !== undefined);
}

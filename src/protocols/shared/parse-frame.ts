/** The JSON object in a frame of a stream. */
import { asObject, type JsonObject, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { Frame } from "../protocol.ts";

/** Null: no JSON object. A relay hands such a frame on as it is; a translation says what is wrong. */
export function parseFrame({ data }: Pick<Frame, "data">): JsonObject | null {
  try {
    return asObject(parseJson(data)) ?? null;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

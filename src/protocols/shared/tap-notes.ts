/** Notes that every tap makes alike, and how a frame is looked into. */
import type { ErrorWords } from "../../ir/error-words.ts";
import { asObject, type JsonObject, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { Frame, TapNote } from "../protocol.ts";

/** A frame that matters to nobody. */
export const NOTHING_TO_NOTE: TapNote = {
  meaningful: false,
  usage: null,
  failure: null,
  settled: false,
  terminal: false,
  model: null,
  finish: null,
};

/** One more piece of the answer, told without looking into it. */
export const ONE_MORE_PIECE: TapNote = { ...NOTHING_TO_NOTE, meaningful: true };

/** Null: no JSON object. The relay hands it on as it is; whoever translates it says what is wrong. */
export function parseFrame({ data }: Pick<Frame, "data">): JsonObject | null {
  try {
    return asObject(parseJson(data)) ?? null;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** Of a 200 whose body is no answer. */
export function noAnswer(message: string): ErrorWords {
  return { status: 200, code: null, type: null, message, meaning: null, retryAfterMs: null };
}

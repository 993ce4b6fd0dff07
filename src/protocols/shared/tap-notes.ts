/** Notes that every tap makes alike. */
import type { ErrorWords } from "../../ir/error-words.ts";
import type { TapNote } from "../protocol.ts";

/** A frame that says nothing of note. */
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

/** Of a 200 whose body is no answer. */
export function noAnswer(message: string): ErrorWords {
  return { status: 200, code: null, type: null, message, meaning: null, retryAfterMs: null };
}

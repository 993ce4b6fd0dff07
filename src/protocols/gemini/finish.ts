/** Why an answer ended, both ways. Their vocabulary is open, ours is closed. */
import type { FinishReason, IrFinish } from "../../ir/response.ts";
import { type FinishWord, PROTOCOL } from "./wire.ts";

// Closed over the SDK's enum: a word the vendor adds to its SDK breaks the build here until it has a meaning.
const READ_FINISH = {
  FINISH_REASON_UNSPECIFIED: "other",
  STOP: "stop",
  MAX_TOKENS: "length",
  SAFETY: "content-filter",
  RECITATION: "content-filter",
  LANGUAGE: "content-filter",
  OTHER: "other",
  BLOCKLIST: "content-filter",
  PROHIBITED_CONTENT: "content-filter",
  SPII: "content-filter",
  MALFORMED_FUNCTION_CALL: "other",
  UNEXPECTED_TOOL_CALL: "other",
  TOO_MANY_TOOL_CALLS: "other",
  IMAGE_SAFETY: "content-filter",
  IMAGE_PROHIBITED_CONTENT: "content-filter",
  IMAGE_RECITATION: "content-filter",
  IMAGE_OTHER: "other",
  NO_IMAGE: "other",
  // The same request is to be sent again with the token that came with it.
  CONTINUATION: "pause",
} as const satisfies Record<FinishWord, FinishReason>;

const WRITE_FINISH = {
  stop: "STOP",
  "stop-sequence": "STOP",
  length: "MAX_TOKENS",
  "tool-calls": "STOP",
  "content-filter": "SAFETY",
  refusal: "SAFETY",
  // CONTINUATION would make the official SDKs send the request again, with a token that does not exist.
  pause: "STOP",
  "context-length": "MAX_TOKENS",
  other: "OTHER",
} as const satisfies Record<FinishReason, FinishWord>;

/** The vendor says STOP over function calls as well; the calls decide, or a client's agent loop would end there. */
export function readFinish(raw: string, hasToolCalls: boolean): IrFinish {
  const reason = isFinishWord(raw) ? READ_FINISH[raw] : "other";
  return { reason: reason === "stop" && hasToolCalls ? "tool-calls" : reason, raw, stopSequence: null };
}

/**
 * The model wrote a call that is none. Alone, or after thoughts only, it means that there is no answer. Other protocols
 * have no word for that, and a client that reads an ordinary end would stop instead of asking again. Relayed it stays
 * as it is, because the vendor's own clients know the word and ask again.
 */
export function isBrokenCall(reason: string): boolean {
  return BROKEN_CALLS.has(reason);
}

const BROKEN_CALLS: ReadonlySet<string> = new Set([
  "MALFORMED_FUNCTION_CALL",
  "UNEXPECTED_TOOL_CALL",
] satisfies FinishWord[]);

export const BROKEN_CALL = "The model's answer was a call that could not be read.";

/** A prompt that was refused has no candidate; that is an answer all the same. */
export function readBlocked(blockReason: string): IrFinish {
  return { reason: "content-filter", raw: blockReason, stopSequence: null };
}

/** `word` may be one the SDK does not know only when this vendor itself said it. */
export function writeFinish(
  finish: IrFinish | null,
  shape: { readonly sourceProtocol: string; readonly hasToolCalls: boolean },
): { word: string; exact: boolean } {
  if (finish === null) return { word: "STOP", exact: false };
  if (shape.sourceProtocol === PROTOCOL && finish.raw !== null) return { word: finish.raw, exact: true };
  const { reason } = finish;
  const claimsCalls = reason === "tool-calls" && !shape.hasToolCalls;
  return { word: WRITE_FINISH[reason], exact: !INEXACT.has(reason) && !claimsCalls };
}

/** Reasons the vendor has no word of its own for. */
const INEXACT: ReadonlySet<FinishReason> = new Set(["stop-sequence", "pause", "context-length"]);

function isFinishWord(raw: string): raw is FinishWord {
  return Object.hasOwn(READ_FINISH, raw);
}

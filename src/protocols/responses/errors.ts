/**
 * Every failure in the vendor's words: an envelope before the answer has begun, the error of a failed Response after.
 * The gateway's own refusals carry its stable code.
 */
import type { Failure, FailureKind } from "../../ir/failure.ts";
import type { ErrorContext, WrittenError } from "../protocol.ts";
import { messageOfFailure, showsWords, statusOfFailure, streamMembers } from "../shared/errors/writing.ts";
import { openAiWordsFor, writeErrorAs } from "../shared/openai/words.ts";
import type { WireResponse } from "./wire.ts";

export function writeError(failure: Failure, context: ErrorContext): WrittenError {
  return writeErrorAs("server_error", failure, context);
}

/**
 * The error of a failed Response. Agents decide by the code whether to try again, and read from the message how long to
 * wait, so the vendor's own code is kept where its words are.
 */
export function writeStreamError(failure: Failure): NonNullable<WireResponse["error"]> {
  const own = failure.upstream?.code ?? null;
  const kept = own !== null && showsWords(failure.kind) && LABEL.test(own) && !GIVES_UP.has(own) ? own : null;
  const code =
    kept ??
    STREAM_CODES[failure.kind] ??
    openAiWordsFor(failure, statusOfFailure(failure), "server_error").code ??
    "server_error";
  return { code, message: withHint(messageOfFailure(failure), code, failure.retryAfterMs), ...streamMembers(failure) };
}

/** The vendor says the wait in the sentence; there is no header any more. */
function withHint(message: string, code: string, retryAfterMs: number | null): string {
  if (code !== "rate_limit_exceeded" || retryAfterMs === null || /try again in/i.test(message)) return message;
  return `${message} Please try again in ${(retryAfterMs / 1000).toFixed(3)}s.`;
}

/** Codes on which Codex ends its turn (openai/codex, codex-api/src/sse/responses.rs, read 2026-11); a retry is right. */
const GIVES_UP: ReadonlySet<string> = new Set(["server_is_overloaded", "slow_down"]);

const LABEL = /^[a-z][a-z0-9_]{0,63}$/;

/** Codes of a failed Response that differ from those of the envelope. */
const STREAM_CODES: { readonly [kind in FailureKind]?: string } = {
  rejected: "invalid_prompt",
};

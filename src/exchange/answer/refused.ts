/** An upstream's errors, classified for one attempt: answers that are no success, and errors inside a success. */
import type { ErrorWords } from "../../ir/error-words.ts";
import type { Failure } from "../../ir/failure.ts";
import { readRetryAfterMs } from "../../upstream/retry-after.ts";
import type { AnswerSource, UpstreamResponse } from "../lane/attempt-context.ts";
import { type ClassifyInput, classify } from "./classify.ts";
import { collect, jsonOrNull } from "./collect.ts";
import { type UnansweredOutcome, unanswered } from "./outcome.ts";
import { asksIn } from "./quota-words.ts";

/** Error bodies beyond this are cut before they are read. */
const ERROR_BYTES_MAX = 256 * 1024;
const ERROR_TEXT_CHARS_MAX = 2_000;

export async function readFailure(attempt: AnswerSource, sent: UpstreamResponse): Promise<UnansweredOutcome> {
  sent.body.begun();
  const read = await collect(sent.body, ERROR_BYTES_MAX);
  sent.body.cancel();
  if (read.kind === "aborted") return { kind: "abandoned" };
  const bytes = read.kind === "failed" ? new Uint8Array(0) : masked(attempt, read.bytes);
  return unanswered(classifyAnswer(attempt, sent, bytes), sent.status, true);
}

/** A vendor may quote our own key back; the caller's own is no news to the caller. */
function masked({ world, lane }: AnswerSource, bytes: Uint8Array): Uint8Array {
  return world.secretOf(lane)?.maskedIn(bytes) ?? bytes;
}

function classifyAnswer(attempt: AnswerSource, sent: UpstreamResponse, bytes: Uint8Array): Failure {
  const { status, headers } = sent;
  const text = new TextDecoder().decode(bytes.subarray(0, 4 * ERROR_TEXT_CHARS_MAX)).slice(0, ERROR_TEXT_CHARS_MAX);
  const words = attempt.egress.payload.readError({ status, headers, json: jsonOrNull(bytes), text });
  return classifyFor(attempt, sent, { words, body: bytes, headers });
}

/** An error inside a 200, for relayed, translated and whole answers alike. */
export function classifyInBand(attempt: AnswerSource, sent: UpstreamResponse, words: ErrorWords): Failure {
  return classifyFor(attempt, sent, { words, body: null, headers: {} });
}

function classifyFor(
  { door, world, call }: AnswerSource,
  sent: UpstreamResponse,
  said: Pick<ClassifyInput, "words" | "body" | "headers">,
): Failure {
  return classify({
    ...said,
    errorMap: door.errorMap,
    retryAfterMs: readRetryAfterMs(sent.headers, world.effects.wallMs()),
    passthrough: call.caller.passthrough !== null,
    asks: asksIn(call.request.bytes),
  });
}

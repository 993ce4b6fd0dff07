/**
 * Errors in: the vendor's words, whatever shape the body has, and what they mean beyond its status. Never throws. Wording
 * and statuses are those of the vendor's errors page and SDK (docs.cohere.com, errors, read 2026-11-27).
 */
import { type ErrorMeaning, type ErrorWords, statusOfMeaning } from "../../ir/error-words.ts";
import { asObject, asText, at, type JsonObject } from "../../std/json.ts";
import type { UpstreamAnswer } from "../protocol.ts";
import { boundedMessage, messageOfText } from "../shared/errors/text.ts";
import { nonEmpty } from "../shared/members.ts";
import { isFailedFinish } from "./finish.ts";

const WORD_CHARS_MAX = 200;

export function readError({ status, json, text }: UpstreamAnswer): ErrorWords {
  const message = messageOf(json) ?? (json === null ? messageOfText(text) : null);
  return wordsOf({ status, ...labelsOf(json), message }, PATTERNS);
}

/** True for an object that tells of trouble instead of an answer: the vendor's `message` is a sentence then. */
export function isError(body: JsonObject): boolean {
  const error = body["error"];
  return nonEmpty(body["message"]) !== null || asObject(error) !== undefined || nonEmpty(error) !== null;
}

/** An error inside a stream or a 200, where no status came with it: the words say which one it would have been. */
export function readInBandError(body: JsonObject): ErrorWords {
  const finish = asText(at(body, "delta", "finish_reason")) ?? asText(body["finish_reason"]) ?? null;
  const message = nonEmpty(at(body, "delta", "error")) ?? messageOf(body);
  const labels = labelsOf(body);
  const words = wordsOf({ status: 0, ...labels, message }, IN_BAND_PATTERNS);
  const implied = words.meaning === null ? undefined : statusOfMeaning(words.meaning);
  const status = implied ?? (finish?.toUpperCase() === "TIMEOUT" ? 504 : 500);
  return { ...words, status, type: words.type ?? (finish !== null && isFailedFinish(finish) ? finish : null) };
}

function wordsOf(
  words: Pick<ErrorWords, "status" | "code" | "type" | "message">,
  patterns: readonly Pattern[],
): ErrorWords {
  const message = boundedMessage(words.message);
  return { ...words, message, meaning: meaningOf({ ...words, message }, patterns), retryAfterMs: null };
}

function meaningOf(
  { status, type, message }: Pick<ErrorWords, "status" | "type" | "message">,
  patterns: readonly Pattern[],
): ErrorMeaning | null {
  const said = (message ?? "").toLowerCase();
  if (OUTPUT_TOO_LONG.test(said)) return null; // about `max_tokens`: no other lane with more room helps
  if (type?.toUpperCase() === "TOO_MANY_TOKENS") return "context-length";
  const byWords = patterns.find(({ test, statuses }) => (statuses?.has(status) ?? true) && test.test(said));
  return byWords?.meaning ?? BY_STATUS.get(status) ?? null;
}

function labelsOf(json: unknown): Pick<ErrorWords, "code" | "type"> {
  const word = (value: unknown): string | null => nonEmpty(value)?.slice(0, WORD_CHARS_MAX) ?? null;
  return {
    code: word(at(json, "code")) ?? word(at(json, "error", "code")),
    type: word(at(json, "error_type")) ?? word(at(json, "error", "type")),
  };
}

/** The vendor's own place first, then those of proxies and compatible servers. */
function messageOf(json: unknown): string | null {
  for (const value of [
    at(json, "message"),
    at(json, "error", "message"),
    at(json, "error"),
    at(json, "detail"),
    at(json, "detail", 0, "msg"),
    at(json, "errors", 0, "message"),
  ]) {
    const text = nonEmpty(value);
    if (text !== null) return text;
  }
  return null;
}

interface Pattern {
  readonly test: RegExp;
  readonly meaning: ErrorMeaning;
  /** Only with these; absent: with any. */
  readonly statuses?: ReadonlySet<number>;
}

const OUTPUT_TOO_LONG = /^too many tokens: max tokens must be/;

/**
 * A refused request may quote its client, so what would move an account or a lane must be the vendor's own sentence from
 * its first word on. Lower case; the first that matches decides.
 */
const PATTERNS: readonly Pattern[] = [
  { test: /^too many tokens\b/, meaning: "context-length" },
  // A trial key has a thousand calls a month: no wait of a request's length ends that.
  { test: /^you are using a trial key, which is limited to [\d,]+ api calls \/ month/, meaning: "billing" },
  { test: /^(maximum billing reached|please add or update your payment method)/, meaning: "billing" },
  { test: /^(finetuned )?model .{1,200}\bnot found\b/, meaning: "model-missing", statuses: new Set([404]) },
  {
    test: /^invalid request: model '.{1,200}' is not supported by/,
    meaning: "model-missing",
    statuses: new Set([400]),
  },
];

/** A status says these where there is one. */
const IN_BAND_PATTERNS: readonly Pattern[] = [
  ...PATTERNS,
  { test: /^(finetuned )?model .{1,200}\bnot found\b/, meaning: "model-missing" },
  { test: /^(no api key supplied|invalid api token|your api key has expired)/, meaning: "credential" },
  { test: /\brate limit|per minute|^please wait and try again|too many requests/, meaning: "rate-limited" },
  { test: /overloaded|at capacity|temporarily unavailable/, meaning: "overloaded" },
];

const BY_STATUS: ReadonlyMap<number, ErrorMeaning> = new Map<number, ErrorMeaning>([
  // A word of the request or the answer is on a list of what is not allowed.
  [498, "content-policy"],
  // The vendor gave up on it ("request cancelled", "streaming error"), and says to send it again.
  [499, "overloaded"],
]);

/**
 * Stage one: what came back, as a Failure. Order: the operator's error_map by code, what the protocol knows the words
 * to mean, error_map by type, the status. Stage two (whose fault, what follows) is the table in ir/failure.ts.
 */
import { type ErrorWords, KIND_BY_MEANING, kindOfStatus } from "../../ir/error-words.ts";
import type { StreamError } from "../../ir/event.ts";
import { ACCOUNT_MESSAGES, type Failure, type FailureKind, failure, type UpstreamWords } from "../../ir/failure.ts";
import { inQuotaWords } from "./quota-words.ts";

/** Error-map classes (the configuration's words) to failure kinds. */
const CLASS_KINDS: Readonly<Record<string, FailureKind>> = {
  rate_limit: "rate-limited",
  overloaded: "overloaded",
  server_error: "server-error",
  timeout: "timeout",
  network: "network",
  auth: "credential",
  billing: "billing",
  client_error: "rejected",
  context_length: "context-length",
};

export interface ClassifyInput {
  readonly words: ErrorWords;
  readonly errorMap: Readonly<Record<string, string>>;
  /** From headers; the body's own hint stands in `words`. null: none. */
  readonly retryAfterMs: number | null;
  /** The caller's own credential was sent upstream. */
  readonly passthrough: boolean;
  /** Does the request itself hold this phrase, in lower case: a vendor may quote it back. */
  readonly asks: (phrase: string) => boolean;
  /** Of an answer that is an error as a whole; null: nothing may be relayed. */
  readonly body: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

export function classify(input: ClassifyInput): Failure {
  const { words } = input;
  const kind = isForeignPage(input) ? "malformed" : callersOwn(kindOf(input), input.passthrough);
  const upstream: UpstreamWords = {
    status: words.status,
    code: words.code,
    type: words.type,
    message: words.message,
    body: input.body,
    headers: input.headers,
  };
  return { ...failure(kind, messageOf(kind, words), hintOf(input)), upstream };
}

/** Judges a vendor's words in the light of one attempt. */
export type Classify = (words: ErrorWords) => Failure;

/** What ended a translated stream, as a failure. */
export function streamFailure(error: StreamError, classify: Classify): Failure {
  if (error === "malformed") return MALFORMED;
  return error === "cut-short" ? CUT_SHORT : classify(error);
}

/** A wait of zero is no hint: it would cause neither a pause nor a count. */
function hintOf({ retryAfterMs, words }: ClassifyInput): number | null {
  const hint = retryAfterMs ?? words.retryAfterMs;
  return hint === 0 ? null : hint;
}

/** A 403 that is a web page comes from some machine before the vendor's API: it speaks of no credential. */
function isForeignPage({ words, headers }: ClassifyInput): boolean {
  return words.status === 403 && (headers["content-type"] ?? "").toLowerCase().startsWith("text/html");
}

/** In passthrough the credential is the caller's: its trouble is the caller's answer and moves nothing. */
function callersOwn(kind: FailureKind, passthrough: boolean): FailureKind {
  return passthrough && CALLERS_OWN.has(kind) ? "caller-credential" : kind;
}

const CALLERS_OWN: ReadonlySet<FailureKind> = new Set<FailureKind>(["credential", "billing", "quota-words"]);

function kindOf({ words, errorMap, asks }: ClassifyInput): FailureKind {
  const said = meant(words);
  const byCode = mapped(errorMap, words.code);
  // A map says what a word means, which here was known anyway; not that it marks an account in whatever status.
  const isOwnWord = byCode !== null && byCode !== said;
  const plain = byCode ?? said ?? mapped(errorMap, words.type) ?? kindOfStatus(words.status);
  const isMapped = isOwnWord || (said === null && mapped(errorMap, words.type) !== null);
  const kind = isMapped ? plain : inQuotaWords(plain, words, asks);
  return kind === "credential" && words.status === 403 && isNarrow(words) ? "model-missing" : kind;
}

/**
 * A 403 that speaks of one model, or of one thing that may not be done with it, says nothing of the account's other
 * models. Missing scopes are the key's own, although a scope may be named after models.
 */
function isNarrow({ code, type, message }: ErrorWords): boolean {
  const said = `${code ?? ""} ${type ?? ""} ${message ?? ""}`.toLowerCase();
  return NARROW.test(said) && !said.includes("scope");
}

const NARROW =
  /\b(?:models?|deployment|feature|beta|tools?|web[ _]search|streaming|stream this|reasoning summar(?:y|ies)|fine-?tun(?:e|ed|ing))\b|model_not_found|model_access/;

/** The kind an error_map gives to a code or type; null: it says nothing of it. */
function mapped(errorMap: Readonly<Record<string, string>>, word: string | null): FailureKind | null {
  if (word === null || !Object.hasOwn(errorMap, word)) return null;
  return CLASS_KINDS[errorMap[word] ?? ""] ?? null;
}

function meant(words: ErrorWords): FailureKind | null {
  return words.meaning === null ? null : KIND_BY_MEANING[words.meaning];
}

/** The vendor's own sentence where it is about the request; ours where it is about our account or the vendor's state. */
function messageOf(kind: FailureKind, words: ErrorWords): string {
  const ours = kind === "credential" && words.status === 403 ? FORBIDDEN_MESSAGE : OUR_MESSAGES[kind];
  return ours ?? words.message ?? "The model's provider refused the request.";
}

const FORBIDDEN_MESSAGE = "The account at the model's provider has no permission for this request.";
const MALFORMED_MESSAGE = "Server error, bad gateway: the model's provider sent an answer that cannot be used.";

/** An answer that is none, whatever was wrong with it. */
export const MALFORMED: Failure = failure("malformed", MALFORMED_MESSAGE);
/** The answer is sound, so its lane is not to blame; the bound is the framings'. */
export const FRAME_TOO_LARGE: Failure = failure(
  "answer-refused",
  "One event of the model's answer is larger than 16 MiB, which is more than this gateway holds.",
);
export const CUT_SHORT: Failure = failure("malformed", "Network error: the model's answer broke off before its end.");

const OUR_MESSAGES: Partial<Readonly<Record<FailureKind, string>>> = {
  ...ACCOUNT_MESSAGES,
  redirect: "The model's provider answered with a redirect, which is not followed.",
  malformed: MALFORMED_MESSAGE,
  overloaded: "The model is overloaded. Try again in a moment.",
  "server-error": "The model's provider had an internal error.",
  timeout: "Timeout: the model did not answer in time.",
};

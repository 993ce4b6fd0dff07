/**
 * Errors both ways. In: whatever shape a vendor or a proxy before it uses gives its words. Out: every failure in the
 * vendor's envelope, with the gateway's stable code where the gateway itself refuses.
 */
import { FAILURES, type Failure, type FailureKind } from "../../ir/failure.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { ErrorContext, ErrorWords, UpstreamAnswer, WrittenError } from "../protocol.ts";
import { meaningOf, retryHintMs } from "./meaning.ts";
import type { WireErrorBody } from "./wire.ts";

// ---------------------------------------------------------------- in

export function readError({ status, json, text }: UpstreamAnswer): ErrorWords {
  const found = findWords(json) ?? { code: null, type: null, message: textMessage(text), more: "" };
  return wordsOf(found, status);
}

/** An error inside an answer or a stream; its own status where it says one, else the one its words imply. */
export function readInBandError(body: JsonObject): ErrorWords {
  const found = findWords(body) ?? { code: null, type: null, message: null, more: "" };
  const said = [at(body, "error", "status"), at(body, "error", "code"), body["status"], body["code"]]
    .map((value) => asNumber(value) ?? Number(asText(value) ?? Number.NaN))
    .find((value) => Number.isInteger(value) && value >= 400 && value <= 599);
  const words = wordsOf(found, said ?? IN_BAND_STATUS_DEFAULT);
  const implied = said ?? (words.meaning === null ? undefined : IMPLIED_STATUS[words.meaning]);
  return { ...words, status: implied ?? typeStatus(words) };
}

/** The in-band error as a failure of its own kind, for an answer that has already begun. */
export function failureOf(words: ErrorWords): Failure {
  const { status, code, type, message, retryAfterMs } = words;
  return {
    kind: kindOf(words),
    message: "The provider ended the answer with an error.",
    retryAfterMs,
    upstream: { status, code, type, message, body: null, headers: {} },
    details: null,
  };
}

interface Found {
  readonly code: string | null;
  readonly type: string | null;
  readonly message: string | null;
  /** Further text that tells what it means: an aggregator's copy of its own vendor's error. */
  readonly more: string;
}

function wordsOf(found: Found, status: number): ErrorWords {
  const { code, type } = found;
  const message = found.message === null ? null : found.message.slice(0, MESSAGE_CHARS_MAX);
  const said = `${message ?? ""}\n${found.more}`.slice(0, 2 * MESSAGE_CHARS_MAX);
  return {
    status,
    code,
    type,
    message,
    meaning: meaningOf({ status, code, type, text: said }),
    retryAfterMs: retryHintMs(said),
  };
}

/** Null: the body is no JSON, or JSON that says nothing. */
function findWords(json: unknown): Found | null {
  const list = asArray(json);
  if (list !== undefined) return list.length === 0 ? null : findWords(list[0]); // Gemini's list around one error
  const body = asObject(json);
  if (body === undefined) return null;
  const error = body["error"];
  const inner = asObject(error);
  if (inner !== undefined) return fromObject(inner, body);
  const text = asText(error);
  // Ollama, Hugging Face and many proxies: the sentence itself.
  if (text !== undefined)
    return { ...fromObject({ ...body, message: asText(body["message"]) ?? text }, {}), more: text };
  const first = asObject(asArray(body["errors"])?.[0]);
  if (first !== undefined) return fromObject(first, body);
  const found = fromObject(body, {});
  return found.message === null && found.code === null && found.type === null ? null : found;
}

function fromObject(error: JsonObject, outer: JsonObject): Found {
  const raw = at(error, "metadata", "raw"); // OpenRouter: what its own vendor said, often JSON in a string
  return {
    code: wordOf(error["code"]) ?? wordOf(outer["code"]) ?? wordOf(error["error_code"]),
    type: wordOf(error["type"]) ?? wordOf(error["status"]) ?? wordOf(outer["type"]),
    message: messageOf(error) ?? messageOf(outer),
    more: rawText(raw),
  };
}

function messageOf(object: JsonObject): string | null {
  for (const name of MESSAGE_FIELDS) {
    const said = sentence(object[name]);
    if (said !== null) return said;
  }
  return null;
}

/** FastAPI gives a list of `{loc, msg}` as `detail`; Mistral puts that into `message`. */
function sentence(value: unknown): string | null {
  const text = asText(value);
  if (text !== undefined) return text === "" ? null : text;
  const list = asArray(value);
  if (list !== undefined) {
    const parts = list.slice(0, LIST_MAX).flatMap((each) => {
      const said = asText(each) ?? asText(at(each, "msg")) ?? asText(at(each, "message"));
      const place = (asArray(at(each, "loc")) ?? []).map(String).join(".");
      return said === undefined ? [] : [place === "" ? said : `${place}: ${said}`];
    });
    return parts.length === 0 ? null : parts.join("; ");
  }
  const object = asObject(value);
  return object === undefined ? null : messageOf(object);
}

function rawText(raw: unknown): string {
  const text = asText(raw);
  if (text === undefined || !text.startsWith("{")) return text ?? "";
  try {
    return findWords(parseJson(text))?.message ?? text;
  } catch (error) {
    if (error instanceof WireError) return text; // cut short by the aggregator: the words are still in it
    throw error;
  }
}

function wordOf(value: unknown): string | null {
  const text = asText(value);
  if (text !== undefined) return text === "" ? null : text.slice(0, WORD_CHARS_MAX);
  const number = asNumber(value);
  return number === undefined ? null : String(number);
}

/** A proxy's page is known by its title; anything else is taken as it stands. */
function textMessage(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (!trimmed.startsWith("<")) return trimmed;
  const title = /<title[^>]{0,100}>([^<]{1,200})<\/title>/i.exec(trimmed)?.[1]?.trim();
  return title === undefined || title === "" ? null : title;
}

function typeStatus({ code, type }: ErrorWords): number {
  const words = `${code ?? ""} ${type ?? ""}`;
  if (/invalid_request|invalid_value|bad_?request/i.test(words)) return 400;
  return IN_BAND_STATUS_DEFAULT;
}

function kindOf({ meaning, status }: ErrorWords): FailureKind {
  if (meaning !== null) return MEANT[meaning];
  if (status === 429) return "rate-limited";
  if (status === 401 || status === 403) return "credential";
  if (status === 402) return "billing";
  if (status === 408 || status === 504) return "timeout";
  if (status === 503 || status === 529) return "overloaded";
  return status >= 500 ? "server-error" : "rejected";
}

// ---------------------------------------------------------------- out

export function writeError(failure: Failure, context: ErrorContext): WrittenError {
  const status = statusOf(failure);
  const { type, code } = wordsFor(failure, status);
  const message = messageFor(failure);
  const gateway = context.details && failure.details !== null ? { gateway: failure.details } : {};
  const body: WireErrorBody = { error: { message, type, param: null, code, ...gateway } };
  return { status, headers: retryHeaders(failure), body: { ...body } };
}

/** The upstream's own status is kept where the failure is about the request or the upstream's state. */
function statusOf(failure: Failure): number {
  const said = failure.upstream?.status;
  const own: number = FAILURES[failure.kind].status;
  return said !== undefined && said >= 400 && said <= 599 && KEEPS_STATUS.has(failure.kind) ? said : own;
}

function wordsFor({ kind }: Failure, status: number): { type: string; code: string | null } {
  const own = WORDS[kind];
  if (own !== undefined) return own;
  if (status === 401) return { type: "authentication_error", code: "invalid_api_key" };
  if (status === 403) return { type: "permission_error", code: null };
  if (status === 429) return { type: "rate_limit_error", code: "rate_limit_exceeded" };
  if (status === 503 || status === 504 || status === 529) return { type: "server_error", code: null };
  return { type: status >= 500 ? "api_error" : "invalid_request_error", code: null };
}

/** What the upstream said about the request is the client's; about our account, key or machines it is not. */
function messageFor(failure: Failure): string {
  const said = failure.upstream?.message ?? null;
  return said !== null && SHOWS_WORDS.has(failure.kind) ? said : failure.message;
}

function retryHeaders({ retryAfterMs }: Failure): Readonly<Record<string, string>> {
  if (retryAfterMs === null) return {};
  return { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}

const MESSAGE_CHARS_MAX = 2000;
const WORD_CHARS_MAX = 200;
/** Complaints quoted out of one list. */
const LIST_MAX = 8;
const IN_BAND_STATUS_DEFAULT = 500;
const MESSAGE_FIELDS = ["message", "msg", "detail", "error_msg", "error_message", "description"] as const;

const MEANT = {
  "context-length": "context-length",
  billing: "billing",
  overloaded: "overloaded",
  "rate-limited": "rate-limited",
  "model-missing": "model-missing",
  credential: "credential",
  "too-large": "upstream-too-large",
  "content-policy": "rejected",
} as const satisfies Record<NonNullable<ErrorWords["meaning"]>, FailureKind>;

const IMPLIED_STATUS: Readonly<Record<NonNullable<ErrorWords["meaning"]>, number>> = {
  "context-length": 400,
  billing: 402,
  overloaded: 503,
  "rate-limited": 429,
  "model-missing": 404,
  credential: 401,
  "too-large": 413,
  "content-policy": 400,
};

const KEEPS_STATUS: ReadonlySet<FailureKind> = new Set<FailureKind>([
  "rate-limited",
  "overloaded",
  "server-error",
  "timeout",
  "billing",
  "model-missing",
  "upstream-too-large",
  "context-length",
  "rejected",
  "caller-credential",
]);

const SHOWS_WORDS: ReadonlySet<FailureKind> = new Set<FailureKind>([
  "rate-limited",
  "overloaded",
  "server-error",
  "model-missing",
  "upstream-too-large",
  "context-length",
  "rejected",
  "caller-credential",
]);

/** Types and codes the vendor's clients know; those not listed follow the status. */
const WORDS: { readonly [kind in FailureKind]?: { readonly type: string; readonly code: string | null } } = {
  "rate-limited": { type: "rate_limit_error", code: "rate_limit_exceeded" },
  overloaded: { type: "server_error", code: null },
  timeout: { type: "server_error", code: null },
  billing: { type: "insufficient_quota", code: "insufficient_quota" },
  credential: { type: "authentication_error", code: "invalid_api_key" },
  "model-missing": { type: "not_found_error", code: "model_not_found" },
  "wrong-model": { type: "server_error", code: "wrong_model" },
  "context-length": { type: "invalid_request_error", code: "context_length_exceeded" },
  "invalid-request": { type: "invalid_request_error", code: null },
  unauthenticated: { type: "authentication_error", code: "invalid_api_key" },
  forbidden: { type: "permission_error", code: null },
  "unknown-route": { type: "not_found_error", code: null },
  "unknown-model": { type: "not_found_error", code: "model_not_found" },
  "losses-refused": { type: "invalid_request_error", code: "losses_refused" },
  "no-capable-lane": { type: "invalid_request_error", code: "no_capable_lane" },
  "budget-exceeded": { type: "insufficient_quota", code: "insufficient_quota" },
  "limit-exceeded": { type: "rate_limit_error", code: "rate_limit_exceeded" },
  "no-eligible-lane": { type: "server_error", code: "no_eligible_lane" },
  "exact-model-unavailable": { type: "server_error", code: "exact_model_unavailable" },
  "no-capable-fallback": { type: "server_error", code: "no_capable_fallback" },
  "missing-protocol": { type: "server_error", code: "missing_protocol" },
  "deadline-exceeded": { type: "server_error", code: "deadline_exceeded" },
  "shutting-down": { type: "server_error", code: "shutting_down" },
};

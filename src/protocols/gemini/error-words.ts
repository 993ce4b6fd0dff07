/**
 * Errors in: google.rpc.Status under `error`, alone or as the only element of a list (a stream without `alt=sse`), and
 * what its words mean beyond its status. Never throws. Sources, read 2026-11-27: google/rpc/error_details.proto,
 * ai.google.dev/gemini-api/docs/troubleshooting, and the answers quoted in google-gemini/gemini-cli#8437, #14811.
 */
import type { ErrorMeaning, ErrorWords } from "../../ir/error-words.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import type { UpstreamAnswer } from "../protocol.ts";
import { boundedMessage, firstText, messageOfText } from "../shared/errors/text.ts";
import { isStatusWord, STATUS_WORDS } from "./wire.ts";

export function readError(input: UpstreamAnswer): ErrorWords {
  const json = unwrap(input.json);
  const error = asObject(at(json, "error"));
  const details = (asArray(error?.["details"]) ?? []).slice(0, DETAILS_MAX).map((each) => asObject(each) ?? {});
  const type = asText(error?.["status"]) ?? null;
  const message = firstText([error?.["message"], at(json, "error"), at(json, "message"), at(json, "detail")]);
  const said = message ?? (input.json === null ? messageOfText(input.text) : null);
  const words: Words = {
    status: input.status,
    code: reasonOf(details) ?? codeOf(error?.["code"]),
    type,
    message: boundedMessage(said),
  };
  const quota = quotaOf(details, words.message ?? "");
  const hint = retryDelayOf(details) ?? retryHintOf(words.message ?? "");
  const retryAfterMs = quota === "model-day" ? Math.max(hint ?? 0, DAY_QUOTA_WAIT_MS) : hint;
  return { ...words, meaning: meaningOf(words, quota), retryAfterMs };
}

/** An error inside a stream or a 200: its own code is the status it would have had. */
export function readInBandError(value: unknown): ErrorWords {
  const json = unwrap(value);
  const code = asNumber(at(json, "error", "code")) ?? 0;
  const word = asText(at(json, "error", "status")) ?? "";
  const status = code >= 400 && code < 600 ? Math.trunc(code) : isStatusWord(word) ? STATUS_WORDS[word] : 500;
  return readError({ status, headers: {}, json, text: "" });
}

type Words = Pick<ErrorWords, "status" | "code" | "type" | "message">;

/** Details that are looked at. */
const DETAILS_MAX = 32;

function unwrap(json: unknown): unknown {
  const list = asArray(json);
  return list === undefined ? json : list.find((each) => asObject(each)?.["error"] !== undefined);
}

function codeOf(code: unknown): string | null {
  return asText(code) ?? asNumber(code)?.toString() ?? null;
}

function isDetail(detail: JsonObject, name: string): boolean {
  return (asText(detail["@type"]) ?? "").endsWith(`google.rpc.${name}`);
}

/** The vendor's finer word (google.rpc.ErrorInfo): API_KEY_INVALID, BILLING_DISABLED, SERVICE_DISABLED. */
function reasonOf(details: readonly JsonObject[]): string | null {
  for (const detail of details) {
    const reason = asText(detail["reason"]) ?? "";
    if (isDetail(detail, "ErrorInfo") && reason !== "") return reason;
  }
  return null;
}

/** google.rpc.RetryInfo: "20.04466179s", or seconds and nanos where protobuf was written field by field. */
function retryDelayOf(details: readonly JsonObject[]): number | null {
  const delay = details.find((detail) => isDetail(detail, "RetryInfo"))?.["retryDelay"];
  const text = asText(delay);
  if (text !== undefined) return millisOf(text);
  const seconds = asNumber(asObject(delay)?.["seconds"]) ?? Number(asText(asObject(delay)?.["seconds"]) ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}

/** The same said in the sentence: "Please retry in 20.04466179s.", "retry in 512.4ms". */
function retryHintOf(message: string): number | null {
  const hint = /retry in ((?:\d+h)?(?:\d+m(?!s))?[\d.]*m?s?)/i.exec(message)?.[1];
  return hint === undefined || hint === "" ? null : millisOf(hint);
}

function millisOf(text: string): number | null {
  const match = /^(?:(\d{1,4})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,9}(?:\.\d+)?)(ms|s))?\.?$/.exec(text);
  if (match === null) return null;
  const [hours, minutes, rest] = [Number(match[1] ?? 0), Number(match[2] ?? 0), Number(match[3] ?? 0)];
  return Math.ceil((hours * 3600 + minutes * 60) * 1000 + (match[4] === "ms" ? rest : rest * 1000));
}

/**
 * A day's quota is gone until midnight in California, whatever delay stands beside it; this reader has no clock, so a
 * model with one is asked again every hour.
 */
const DAY_QUOTA_WAIT_MS = 60 * 60_000;

/** What ran out: a quota of the day for one model or for the account, one of the minute, or nothing that is known. */
type Quota = "model-day" | "account-day" | "minute" | null;

function quotaOf(details: readonly JsonObject[], message: string): Quota {
  const violations = details
    .filter((detail) => isDetail(detail, "QuotaFailure"))
    .flatMap((detail) => asArray(detail["violations"]) ?? [])
    .slice(0, DETAILS_MAX);
  const texts = violations.map((each) => [at(each, "quotaId"), at(each, "quotaMetric"), at(each, "subject")].join(" "));
  const days = violations.filter((_each, index) => /per_?day/i.test(texts[index] ?? ""));
  if (days.length > 0) {
    const isOfModel = days.some((each) => /per_?(project_?per_?)?model/i.test(String(at(each, "quotaId") ?? "")));
    return isOfModel || days.some((each) => at(each, "quotaDimensions", "model") !== undefined)
      ? "model-day"
      : "account-day";
  }
  if (texts.some((text) => /per_?minute/i.test(text))) return "minute";
  // A tier that has none of this model at all says so in its sentence.
  return /\blimit: 0\b/.test(message) ? "model-day" : null;
}

/**
 * Wording that says more than the status it came with; the first row that matches decides. A refused request may quote its
 * client, so what would move an account must be the vendor's own sentence from its first word on.
 */
const WORDINGS: readonly { readonly test: RegExp; readonly meaning: ErrorMeaning }[] = [
  {
    test: /^(this api method requires billing|billing (account|is)|your (prepayment|prepaid) credits? (are|is|have)|gemini api free tier is not available|your (project|billing account) has exceeded)/,
    meaning: "billing",
  },
  {
    test: /^(api key (not valid|expired|not found)|please pass a valid api key|the provided api key)/,
    meaning: "credential",
  },
  { test: /^(user location is not supported|api keys are not supported)/, meaning: "credential" },
  {
    test: /input token count\b.*\bexceeds?\b|exceeds the maximum number of (input )?tokens|input (context|content) is too long|maximum input token/,
    meaning: "context-length",
  },
  { test: /^request payload size exceeds|request (entity|body) (is )?too large/, meaning: "too-large" },
];

const REASONS: ReadonlyMap<string, ErrorMeaning> = new Map([
  ["API_KEY_INVALID", "credential"],
  ["API_KEY_EXPIRED", "credential"],
  ["API_KEY_SERVICE_BLOCKED", "credential"],
  ["ACCESS_TOKEN_EXPIRED", "credential"],
  ["ACCESS_TOKEN_SCOPE_INSUFFICIENT", "credential"],
  ["CREDENTIALS_MISSING", "credential"],
  ["CONSUMER_SUSPENDED", "credential"],
  ["SERVICE_DISABLED", "credential"],
  ["BILLING_DISABLED", "billing"],
]);

function meaningOf(words: Words, quota: Quota): ErrorMeaning | null {
  const { status, code, type } = words;
  const message = words.message?.toLowerCase() ?? "";
  const byReason = code === null ? undefined : REASONS.get(code);
  if (byReason !== undefined) return byReason;
  const wording = WORDINGS.find(({ test }) => test.test(message));
  if (wording !== undefined && status < 500) return wording.meaning;
  if (status === 402) return "billing";
  if (type === "RESOURCE_EXHAUSTED" || status === 429) return quota === "account-day" ? "billing" : "rate-limited";
  if (type === "UNAVAILABLE" || status === 503) return "overloaded";
  if (type === "UNAUTHENTICATED" || status === 401) return "credential";
  if (type === "PERMISSION_DENIED" || status === 403) return isAboutAccount(message) ? "credential" : null;
  if (status === 413) return "too-large";
  // A 404 also answers a path the server does not have, and a file or cache the client named.
  if (type === "NOT_FOUND" || status === 404) return MODEL_MISSING.test(message) ? "model-missing" : null;
  return null;
}

const MODEL_MISSING =
  /^(models\/\S+|model\b.*|publisher model\b.*|tunedmodels\/\S+)\s.*(not found|not supported)|no longer available/;

/** Files, caches and tuned models of another account are the client's own mistake. */
function isAboutAccount(message: string): boolean {
  return !/(access|use) the (file|cached ?content|tuned ?model)|cachedcontent not found/.test(message);
}

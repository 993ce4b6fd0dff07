/**
 * What an error's words mean where its status does not say: the words and wordings that vendors of both of OpenAI's
 * protocols share, because compatible vendors share the envelope and little else. Each adds its own. As seen in
 * vendors' pages and public reports up to 2026-11.
 */
import type { ErrorMeaning } from "../../../ir/error-words.ts";

/** `text` is bounded by the caller; every pattern is linear in it. */
interface ReportedError {
  readonly status: number;
  readonly code: string | null;
  readonly type: string | null;
  readonly text: string;
}

interface Pattern {
  readonly meaning: ErrorMeaning;
  readonly statuses: ReadonlySet<number>;
  readonly pattern: RegExp;
}

/** `words`: codes and types of this protocol alone, lower case. `lengths`: how its vendors say that a prompt is too long. */
export function createMeaning(own: {
  readonly words: readonly (readonly [string, ErrorMeaning])[];
  readonly lengths: RegExp;
}): (error: ReportedError) => ErrorMeaning | null {
  const words = new Map([...WORDS, ...own.words]);
  const patterns: readonly Pattern[] = [
    { meaning: "context-length", statuses: BAD_REQUEST, pattern: own.lengths },
    ...PATTERNS,
  ];
  return (error) => {
    // Its code speaks of a rate limit, but no wait makes a request fit that is above the limit as a whole.
    if (TOO_LARGE.test(error.text)) return "too-large";
    for (const word of [error.code, error.type]) {
      const meaning = word === null ? undefined : words.get(word.toLowerCase());
      if (meaning !== undefined) return meaning;
    }
    const kinds = patterns.filter(({ statuses }) => statuses.has(error.status));
    return kinds.find(({ pattern }) => pattern.test(error.text))?.meaning ?? null;
  };
}

/** "Please try again in 6m0s", "retry after 20 seconds": milliseconds; null: no such words. At most a day. */
export function retryHintMs(text: string): number | null {
  const span = RETRY.exec(text)?.[1];
  if (span === undefined) return null;
  let totalMs = 0;
  for (const [, amount, unit] of span.matchAll(AMOUNT)) {
    totalMs += Number(amount) * (UNITS_MS.get((unit ?? "").toLowerCase()) ?? 0);
  }
  return Math.min(Math.ceil(totalMs), HINT_MS_MAX);
}

const HINT_MS_MAX = 24 * 3_600_000;
const UNIT = "milliseconds?|ms|hours?|h|minutes?|mins?|m|seconds?|secs?|s|days?|d";
const SPAN = String.raw`\d{1,9}(?:\.\d{1,9})?\s?(?:${UNIT})`;
const RETRY = new RegExp(String.raw`(?:again|retry)\s(?:in|after)\s((?:${SPAN},?\s?(?:and\s)?){1,4})`, "i");
const AMOUNT = new RegExp(String.raw`(\d{1,9}(?:\.\d{1,9})?)\s?(${UNIT})`, "gi");

const UNITS_MS: ReadonlyMap<string, number> = new Map(
  [
    { names: ["ms", "millisecond", "milliseconds"], ms: 1 },
    { names: ["s", "sec", "secs", "second", "seconds"], ms: 1000 },
    { names: ["m", "min", "mins", "minute", "minutes"], ms: 60_000 },
    { names: ["h", "hour", "hours"], ms: 3_600_000 },
    { names: ["d", "day", "days"], ms: 86_400_000 },
  ].flatMap(({ names, ms }) => names.map((name) => [name, ms] as const)),
);

const WORDS: readonly (readonly [string, ErrorMeaning])[] = [
  ["context_length_exceeded", "context-length"],
  ["exceed_context_size_error", "context-length"], // llama.cpp
  ["insufficient_quota", "billing"],
  ["billing_hard_limit_reached", "billing"],
  ["billing_not_active", "billing"],
  ["account_deactivated", "billing"],
  ["model_not_found", "model-missing"],
  ["deploymentnotfound", "model-missing"], // Azure
  ["rate_limit_exceeded", "rate-limited"],
  ["rate_limit_error", "rate-limited"],
  ["too_many_requests", "rate-limited"],
  ["resource_exhausted", "rate-limited"],
  ["invalid_api_key", "credential"],
  ["incorrect_api_key", "credential"],
  ["authentication_error", "credential"],
  ["invalid_authentication", "credential"],
  ["unauthenticated", "credential"],
  ["overloaded", "overloaded"],
  ["overloaded_error", "overloaded"],
  ["engine_overloaded", "overloaded"],
  ["service_unavailable", "overloaded"],
  ["slow_down", "overloaded"],
  ["content_filter", "content-policy"],
  ["content_policy_violation", "content-policy"],
  ["responsibleaipolicyviolation", "content-policy"], // Azure
  ["request_too_large", "too-large"],
];

const TOO_LARGE = /request too large|request entity too large|payload too large|body is too large/i;
const BAD_REQUEST: ReadonlySet<number> = new Set([400, 413, 422, 429, 500]);
/** Statuses that speak of the account and not of the request, so that any wording about money or pace is meant. */
const ABOUT_ACCOUNT: ReadonlySet<number> = new Set([402, 403, 429]);
const MAY_QUOTE: ReadonlySet<number> = new Set([400, 422, 500]);
const BUSY: ReadonlySet<number> = new Set([429, 500, 502, 503, 529]);

/**
 * In this order, behind the wordings of lengths: a rate limit speaks of tokens too, so the patterns for lengths name the context or the prompt. A 401
 * that mentions a model is still about the key, and a 429 about a limit unless it is about money.
 *
 * A refused request quotes its client: a tool may be called `get_billing_info`, a value may be "invalid api key". Where
 * the status allows that, what would move a lane or an account must be the vendor's own sentence from its first word on.
 */
const PATTERNS: readonly Pattern[] = [
  {
    meaning: "billing",
    statuses: ABOUT_ACCOUNT,
    pattern:
      /exceeded your current quota|insufficient (?:balance|credits?|quota|funds)|credit balance is too low|requires more credits|billing (?:details|hard limit|not active)|payment required|add (?:more )?credits|out of credits/i,
  },
  {
    meaning: "billing",
    statuses: MAY_QUOTE,
    pattern:
      /^(?:you(?:'ve| have)? exceeded your current quota|insufficient (?:balance|credits?|quota|funds)\b|your credit balance is too low|this request requires more credits|your account is not active|billing hard limit has been reached|payment required\b|you are out of credits)/i,
  },
  {
    meaning: "rate-limited",
    statuses: ABOUT_ACCOUNT,
    pattern: /rate.?limit|too many requests|requests per (?:min|day)|tokens per (?:min|day)/i,
  },
  {
    meaning: "model-missing",
    statuses: new Set([404]),
    pattern:
      /\bmodel\b.{0,200}(?:does not exist|not found|is not available|has been deprecated|not supported)|(?:unknown|invalid|no such) model|not a valid model/i,
  },
  {
    meaning: "model-missing",
    statuses: MAY_QUOTE,
    pattern:
      /^(?:the )?(?:requested )?model:? [`'"]?[^\s`'"]{1,200}[`'"]?,? (?:does not exist|was not found|not found|is not available|has been deprecated)|^(?:unknown|invalid|no such) model\b|^\S{1,200} is not a valid model/i,
  },
  { meaning: "credential", statuses: MAY_QUOTE, pattern: /^(?:(?:incorrect|invalid) api key|api key not valid)/i },
  {
    meaning: "overloaded",
    statuses: BUSY,
    pattern: /overloaded|server is busy|at capacity|over capacity|temporarily unavailable/i,
  },
  {
    meaning: "content-policy",
    statuses: new Set([400, 403, 422]),
    pattern: /content (?:management )?policy|content filter|safety system|usage polic|flagged/i,
  },
];

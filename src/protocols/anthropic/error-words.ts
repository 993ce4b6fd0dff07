/** Errors in: the vendor's words, whatever shape the body has, and what they mean beyond its status. Never throws. */
import type { ErrorMeaning, ErrorWords } from "../../ir/error-words.ts";
import { asText, at } from "../../std/json.ts";
import type { UpstreamAnswer } from "../protocol.ts";
import { boundedMessage, firstText } from "../shared/errors/text.ts";
import { ERROR_TYPES, isErrorType } from "./wire.ts";

export function readError(input: UpstreamAnswer): ErrorWords {
  const { json } = input;
  // Compatible servers leave the envelope out, or put a text where the error object belongs.
  const type =
    asText(at(json, "error", "type")) ?? (at(json, "type") === "error" ? undefined : asText(at(json, "type")));
  const code =
    asText(at(json, "error", "details", "error_code")) ?? asText(at(json, "error", "code")) ?? asText(at(json, "code"));
  const message =
    firstText([
      at(json, "error", "message"),
      at(json, "error"),
      at(json, "message"),
      at(json, "detail"),
      at(json, "errors", 0, "message"),
    ]) ?? (input.text.trim() === "" || json !== null ? null : input.text);
  return wordsOf({ status: input.status, code: code ?? null, type: type ?? null, message });
}

/** An error inside a stream or a 200, where no status came with it: the type says which one it would have been. */
export function readInBandError(value: unknown): ErrorWords {
  const type = asText(at(value, "error", "type")) ?? "";
  const status = isErrorType(type) ? ERROR_TYPES[type] : 500;
  return readError({ status, headers: {}, json: value, text: "" });
}

function wordsOf(words: Pick<ErrorWords, "status" | "code" | "type" | "message">): ErrorWords {
  const message = boundedMessage(words.message);
  return { ...words, message, meaning: meaningOf({ ...words, message }), retryAfterMs: null };
}

/**
 * Wording that says more than the type it came with. Lower case; the first row that matches decides. A refused request
 * quotes its client (a tool called `get_billing_info`, a beta flag), so what would move an account must be the vendor's
 * own sentence from its first word on.
 */
const WORDINGS: readonly { readonly test: RegExp; readonly meaning: ErrorMeaning }[] = [
  // All of these came as invalid_request_error with status 400.
  { test: /^(your credit balance is too low|you have reached your specified api usage limits)/, meaning: "billing" },
  {
    test: /prompt is too long|exceeds? (the )?context (limit|window|length)|context window exceeded/,
    meaning: "context-length",
  },
  {
    test: /exceeds? the (model's )?maximum\b.*\b(token|context)|\b(token|context).*exceeds? the (model's )?maximum/,
    meaning: "context-length",
  },
  { test: /maximum context length|too many (input |prompt )?tokens/, meaning: "context-length" },
  {
    test: /^(this credential is only authorized for use with|oauth token has expired|invalid (x-)?api[- ]key)/,
    meaning: "credential",
  },
  { test: /blocked by content filtering policy/, meaning: "content-policy" },
];

/** Codes the SDK's types name under other statuses than their meaning has. */
const CODES: ReadonlyMap<string, ErrorMeaning> = new Map([
  ["contract_spend_limit_reached", "billing"],
  ["enforced_spend_limit_reached", "billing"],
  ["linked_organization_billing_unavailable", "billing"],
  ["linked_organization_spend_limit_reached", "billing"],
  ["organization_on_hold", "billing"],
  ["request_body_too_large_after_decoding", "too-large"],
  ["context_length_exceeded", "context-length"],
]);

function meaningOf(words: Pick<ErrorWords, "status" | "code" | "type" | "message">): ErrorMeaning | null {
  const { status, code, type } = words;
  const message = words.message?.toLowerCase() ?? "";
  const byCode = code === null ? undefined : CODES.get(code);
  if (byCode !== undefined) return byCode;
  if (type === "overloaded_error" || status === 529) return "overloaded";
  if (type === "billing_error" || status === 402) return "billing";
  if (type === "request_too_large" || status === 413) return "too-large";
  // A 404 also answers a path the server does not have; only the vendor's wording names a model.
  if (type === "not_found_error" || status === 404) return /^model\b|model:/.test(message) ? "model-missing" : null;
  const wording = WORDINGS.find(({ test }) => test.test(message));
  if (wording !== undefined && status < 500) return wording.meaning;
  if (type === "rate_limit_error") return "rate-limited";
  if (type === "authentication_error" || type === "permission_error") return "credential";
  return null;
}

/** Errors in: the vendor's words, wherever they stand, and what they mean beyond the status. Never throws. */
import type { ErrorMeaning, ErrorWords } from "../../ir/error-words.ts";
import { asText, at, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { UpstreamAnswer } from "../protocol.ts";
import { boundedMessage, firstText } from "../shared/errors/text.ts";
import { ERROR_TYPES, isErrorType } from "./wire.ts";

/** The type stands in a header, in `__type` or in `code`, and may carry a namespace in front and an address behind. */
export function readError(input: UpstreamAnswer): ErrorWords {
  const { json, status } = input;
  const named =
    input.headers["x-amzn-errortype"] ??
    asText(at(json, "__type")) ??
    asText(at(json, "code")) ??
    asText(at(json, "type"));
  const said =
    firstText([at(json, "message"), at(json, "Message"), at(json, "error", "message"), at(json, "error")]) ??
    (json === null && input.text.trim() !== "" ? input.text : null);
  return wordsOf(status, named === undefined ? null : typeName(named), said);
}

/** An exception inside a stream, where no status came with it: its type says which one it would have been. */
export function readException(type: string, data: string): ErrorWords {
  const name = typeName(`${type.slice(0, 1).toUpperCase()}${type.slice(1)}`);
  const status = name !== null && isErrorType(name) ? ERROR_TYPES[name] : 500;
  const json = jsonOrNull(data);
  return wordsOf(status, name, firstText([at(json, "message"), at(json, "Message")]));
}

function wordsOf(status: number, type: string | null, said: string | null): ErrorWords {
  const message = boundedMessage(said);
  return { status, code: null, type, message, meaning: meaningOf(status, type, message), retryAfterMs: null };
}

/** `ValidationException:http://internal.amazon.com/...`, `com.amazon.coral.service#ThrottlingException`. */
function typeName(text: string): string | null {
  const name = (text.split(":")[0] ?? "").split("#").at(-1)?.trim() ?? "";
  return name === "" ? null : name.slice(0, TYPE_CHARS_MAX);
}

const TYPE_CHARS_MAX = 200;

function jsonOrNull(data: string): unknown {
  try {
    return parseJson(data);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/**
 * Every request the model refuses is a ValidationException, so its words decide. They are matched from the start, where
 * they are the service's own; quotes of the client stand further behind.
 */
const WORDINGS: readonly { readonly test: RegExp; readonly meaning: ErrorMeaning }[] = [
  {
    test: /input is too long|prompt is too long|too many (input |total |prompt )?tokens|exceeds? the (model's )?(maximum|context)|context (window|limit|length)/,
    meaning: "context-length",
  },
  {
    test: /^(the provided model identifier is invalid|invocation of model id .* isn.t supported)/,
    meaning: "model-missing",
  },
  { test: /^you don.t have access to the model/, meaning: "model-missing" },
  { test: /^this model version has reached the end of its life/, meaning: "model-missing" },
  { test: /length less than or equal to \d{6,}|request (body )?(is )?too large/, meaning: "too-large" },
];

const MEANINGS: ReadonlyMap<string, ErrorMeaning> = new Map<string, ErrorMeaning>([
  ["ThrottlingException", "rate-limited"],
  ["TooManyRequestsException", "rate-limited"],
  ["ServiceQuotaExceededException", "billing"],
  ["ModelNotReadyException", "overloaded"],
  ["ServiceUnavailableException", "overloaded"],
  // The model itself failed: no fault of the request's.
  ["ModelErrorException", "overloaded"],
  ["ModelStreamErrorException", "overloaded"],
  ["AccessDeniedException", "credential"],
  ["ExpiredTokenException", "credential"],
  ["ExpiredToken", "credential"],
  ["IncompleteSignature", "credential"],
  ["IncompleteSignatureException", "credential"],
  ["InvalidSignatureException", "credential"],
  ["MissingAuthenticationTokenException", "credential"],
  ["UnrecognizedClientException", "credential"],
  ["RequestEntityTooLargeException", "too-large"],
]);

function meaningOf(status: number, type: string | null, message: string | null): ErrorMeaning | null {
  const text = message?.toLowerCase() ?? "";
  const wording = status < 500 && status !== 429 ? WORDINGS.find(({ test }) => test.test(text)) : undefined;
  if (wording !== undefined) return wording.meaning;
  if (type === "ResourceNotFoundException") return /model|inference profile/.test(text) ? "model-missing" : null;
  return (type === null ? undefined : MEANINGS.get(type)) ?? null;
}

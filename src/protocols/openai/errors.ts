/**
 * Errors both ways. In: whatever shape a vendor or a proxy before it uses gives its words. Out: every failure in the
 * vendor's envelope, with the gateway's stable code where the gateway itself refuses.
 */
import { type ErrorWords, statusOfMeaning } from "../../ir/error-words.ts";
import type { Failure } from "../../ir/failure.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { ErrorContext, UpstreamAnswer, WrittenError } from "../protocol.ts";
import { boundedMessage, MESSAGE_CHARS_MAX, messageOfText } from "../shared/errors/text.ts";
import { messageOfFailure, repeatHeaders, retryAfterHeaders, statusOfFailure } from "../shared/errors/writing.ts";
import { openAiWordsFor } from "../shared/openai/words.ts";
import { meaningOf, retryHintMs } from "./meaning.ts";
import type { WireErrorBody } from "./wire.ts";

// ---------------------------------------------------------------- in

export function readError({ status, json, text }: UpstreamAnswer): ErrorWords {
  const found = findWords(json) ?? { code: null, type: null, message: messageOfText(text), more: "" };
  return wordsOf(found, status);
}

/** An error inside an answer or a stream; its own status where it says one, else the one its words imply. */
export function readInBandError(body: JsonObject): ErrorWords {
  const found = findWords(body) ?? { code: null, type: null, message: null, more: "" };
  const said = [at(body, "error", "status"), at(body, "error", "code"), body["status"], body["code"]]
    .map((value) => asNumber(value) ?? Number(asText(value) ?? Number.NaN))
    .find((value) => Number.isInteger(value) && value >= 400 && value <= 599);
  const words = wordsOf(found, said ?? IN_BAND_STATUS_DEFAULT);
  const implied = said ?? (words.meaning === null ? undefined : statusOfMeaning(words.meaning));
  return { ...words, status: implied ?? typeStatus(words) };
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
  const message = boundedMessage(found.message);
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

function typeStatus({ code, type }: ErrorWords): number {
  const words = `${code ?? ""} ${type ?? ""}`;
  if (/invalid_request|invalid_value|bad_?request/i.test(words)) return 400;
  return IN_BAND_STATUS_DEFAULT;
}

// ---------------------------------------------------------------- out

export function writeError(failure: Failure, context: ErrorContext): WrittenError {
  const status = statusOfFailure(failure);
  const { type, code } = openAiWordsFor(failure, status, "api_error");
  const message = messageOfFailure(failure);
  const gateway = context.details && failure.details !== null ? { gateway: failure.details } : {};
  const body: WireErrorBody = { error: { message, type, param: null, code, ...gateway } };
  return { status, headers: { ...retryAfterHeaders(failure), ...repeatHeaders(failure) }, body: { ...body } };
}

const WORD_CHARS_MAX = 200;
/** Complaints quoted out of one list. */
const LIST_MAX = 8;
const IN_BAND_STATUS_DEFAULT = 500;
const MESSAGE_FIELDS = ["message", "msg", "detail", "error_msg", "error_message", "description"] as const;

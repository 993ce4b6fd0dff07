/** The words of an upstream error, whatever shape a vendor or a proxy before it gives them. Total: any bytes give an answer. */
import { type ErrorWords, statusOfMeaning } from "../../ir/error-words.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import type { UpstreamAnswer } from "../protocol.ts";
import { retryHintMs } from "../shared/errors/meaning.ts";
import { boundedMessage, messageOfText } from "../shared/errors/text.ts";
import { meaningOf } from "./meaning.ts";

export function readError({ status, json, text }: UpstreamAnswer): ErrorWords {
  return wordsOf(findWords(json) ?? { code: null, type: null, message: messageOfText(text) }, status);
}

/**
 * An error inside an answer or a stream: an `error` event, flat or around an object, a failed Response, or the answer of
 * a proxy. Its own status where it says one, else the one its words imply.
 */
export function readInBandError(body: JsonObject): ErrorWords {
  const response = asObject(body["response"]) ?? body;
  const found = findWords(response) ?? findWords(body) ?? { code: null, type: null, message: null };
  const said = [at(body, "error", "status"), at(body, "error", "code"), body["status"], body["code"]]
    .map((value) => asNumber(value) ?? Number(asText(value) ?? Number.NaN))
    .find((value) => Number.isInteger(value) && value >= 400 && value <= 599);
  const words = wordsOf(found, said ?? IN_BAND_STATUS_DEFAULT);
  const implied = words.meaning === null ? statusByWords(words) : statusOfMeaning(words.meaning);
  return { ...words, status: said ?? implied };
}

interface Found {
  readonly code: string | null;
  readonly type: string | null;
  readonly message: string | null;
}

function wordsOf({ code, type, message }: Found, status: number): ErrorWords {
  const said = boundedMessage(message);
  return {
    status,
    code,
    type,
    message: said,
    meaning: meaningOf({ status, code, type, text: said ?? "" }),
    retryAfterMs: retryHintMs(said ?? ""),
  };
}

/** Null: the body is no JSON, or JSON that says nothing. */
function findWords(json: unknown): Found | null {
  const list = asArray(json);
  if (list !== undefined) return list.length === 0 ? null : findWords(list[0]); // a list around one error
  const body = asObject(json);
  if (body === undefined) return null;
  const inner = asObject(body["error"]);
  if (inner !== undefined) return fromObject(inner);
  const text = asText(body["error"]);
  // Ollama and many proxies: the sentence itself.
  if (text !== undefined && text !== "") return { ...fromObject(body), message: sentence(body["message"]) ?? text };
  const found = fromObject(body);
  // The event is called "error"; that is no word of the vendor's.
  const type = found.type === "error" || (found.type?.startsWith("response") ?? false) ? null : found.type;
  return found.message === null && found.code === null && type === null ? null : { ...found, type };
}

function fromObject(error: JsonObject): Found {
  return {
    code: wordOf(error["code"]),
    type: wordOf(error["type"]),
    message: MESSAGE_FIELDS.map((name) => sentence(error[name])).find((said) => said !== null) ?? null,
  };
}

/** FastAPI gives a list of `{loc, msg}` as `detail`. */
function sentence(value: unknown): string | null {
  const text = asText(value);
  if (text !== undefined) return text === "" ? null : text;
  const parts = (asArray(value) ?? []).slice(0, LIST_MAX).flatMap((each) => {
    const said = asText(each) ?? asText(at(each, "msg")) ?? asText(at(each, "message"));
    const place = (asArray(at(each, "loc")) ?? []).map(String).join(".");
    return said === undefined ? [] : [place === "" ? said : `${place}: ${said}`];
  });
  if (parts.length > 0) return parts.join("; ");
  return asText(at(value, "message")) ?? null;
}

function wordOf(value: unknown): string | null {
  const text = asText(value);
  if (text !== undefined) return text === "" ? null : text.slice(0, WORD_CHARS_MAX);
  const number = asNumber(value);
  return number === undefined ? null : String(number);
}

/** Codes about the request itself: bad images, bad values. */
function statusByWords({ code, type }: ErrorWords): number {
  const isAboutRequest = /invalid|image|unsupported_|failed_to_download|bad_?request|data_residency/i;
  return isAboutRequest.test(`${code ?? ""} ${type ?? ""}`) ? 400 : IN_BAND_STATUS_DEFAULT;
}

const WORD_CHARS_MAX = 200;
/** Complaints quoted out of one list. */
const LIST_MAX = 8;
const IN_BAND_STATUS_DEFAULT = 500;
const MESSAGE_FIELDS = ["message", "msg", "detail", "error_msg", "error_message", "description"] as const;

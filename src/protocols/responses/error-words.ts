/** The words of an upstream error, whatever shape a vendor or a proxy before it gives them. Total: any bytes give an answer. */

import { type ErrorWords, statusOfMeaning } from "../../ir/error-words.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import type { UpstreamAnswer } from "../protocol.ts";
import { retryHintMs } from "../shared/errors/meaning.ts";
import { boundedMessage, messageOfText } from "../shared/errors/text.ts";
import { IN_BAND_STATUS_DEFAULT, messageIn, sentenceOf, statusIn, wordIn } from "../shared/openai/error-words.ts";
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
  const said = statusIn(body);
  const words = wordsOf(found, said ?? IN_BAND_STATUS_DEFAULT);
  const implied = words.meaning === null ? statusByWords(words) : statusOfMeaning(words.meaning);
  return { ...words, status: said ?? implied };
}

interface FoundWords {
  readonly code: string | null;
  readonly type: string | null;
  readonly message: string | null;
}

function wordsOf({ code, type, message }: FoundWords, status: number): ErrorWords {
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
function findWords(json: unknown): FoundWords | null {
  const list = asArray(json);
  if (list !== undefined) return list.length === 0 ? null : findWords(list[0]); // a list around one error
  const body = asObject(json);
  if (body === undefined) return null;
  const inner = asObject(body["error"]);
  if (inner !== undefined) return fromObject(inner);
  const text = asText(body["error"]);
  // Ollama and many proxies: the sentence itself.
  if (text !== undefined && text !== "") return { ...fromObject(body), message: sentenceOf(body["message"]) ?? text };
  const found = fromObject(body);
  // The event is called "error"; that is no word of the vendor's.
  const type = found.type === "error" || (found.type?.startsWith("response") ?? false) ? null : found.type;
  return found.message === null && found.code === null && type === null ? null : { ...found, type };
}

function fromObject(error: JsonObject): FoundWords {
  return {
    code: wordIn(error["code"]),
    type: wordIn(error["type"]),
    message: messageIn(error),
  };
}

/** Codes about the request itself: bad images, bad values. */
function statusByWords({ code, type }: ErrorWords): number {
  const isAboutRequest = /invalid|image|unsupported_|failed_to_download|bad_?request|data_residency/i;
  return isAboutRequest.test(`${code ?? ""} ${type ?? ""}`) ? 400 : IN_BAND_STATUS_DEFAULT;
}

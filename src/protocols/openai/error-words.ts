/** The words of an upstream error, whatever shape a vendor or a proxy before it gives them. Total: any bytes give an answer. */
import { type ErrorWords, statusOfMeaning } from "../../ir/error-words.ts";
import { asArray, asObject, asText, at, type JsonObject, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { UpstreamAnswer } from "../protocol.ts";
import { retryHintMs } from "../shared/errors/meaning.ts";
import { boundedMessage, MESSAGE_CHARS_MAX, messageOfText } from "../shared/errors/text.ts";
import { failedFinish } from "../shared/failed-finish.ts";
import { IN_BAND_STATUS_DEFAULT, messageIn, statusIn, wordIn } from "../shared/openai/error-words.ts";
import { meaningOf } from "./meaning.ts";

export function readError({ status, json, text }: UpstreamAnswer): ErrorWords {
  const found = findWords(json) ?? { code: null, type: null, message: messageOfText(text), more: "" };
  return wordsOf(found, status);
}

/** An error inside an answer or a stream; its own status where it says one, else the one its words imply. */
export function readInBandError(body: JsonObject): ErrorWords {
  const found = findWords(body) ?? { code: null, type: null, message: null, more: "" };
  const said = statusIn(body);
  const words = wordsOf(found, said ?? IN_BAND_STATUS_DEFAULT);
  const implied = said ?? (words.meaning === null ? undefined : statusOfMeaning(words.meaning));
  return { ...words, status: implied ?? typeStatus(words) };
}

/**
 * Trouble that a chunk or an answer tells beside its content and not by an error of its own: in a choice (OpenRouter), by
 * a choice's finish word, or in Groq's member. Null: none, or some choices of several are sound.
 */
export function readUntoldError(body: JsonObject): ErrorWords | null {
  const groq = at(body, "x_groq", "error");
  if (isSaid(groq)) return readInBandError({ error: groq });
  let found: ErrorWords | null = null;
  for (const choice of asArray(body["choices"]) ?? []) {
    const words = readChoiceError(choice);
    if (words === null) return null;
    found ??= words;
  }
  return found;
}

function readChoiceError(choice: unknown): ErrorWords | null {
  const error = at(choice, "error");
  if (isSaid(error)) return readInBandError({ error });
  const word = asText(at(choice, "finish_reason")) ?? "";
  const meaning = failedFinish(word);
  if (meaning === undefined) return null;
  const status = (meaning === null ? undefined : statusOfMeaning(meaning)) ?? IN_BAND_STATUS_DEFAULT;
  return { status, code: null, type: word, message: null, meaning, retryAfterMs: null };
}

function isSaid(error: unknown): boolean {
  return asObject(error) !== undefined || (asText(error) ?? "") !== "";
}

interface FoundWords {
  readonly code: string | null;
  readonly type: string | null;
  readonly message: string | null;
  /** Further text that tells what it means: an aggregator's copy of its own vendor's error. */
  readonly more: string;
}

function wordsOf(found: FoundWords, status: number): ErrorWords {
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
function findWords(json: unknown): FoundWords | null {
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

function fromObject(error: JsonObject, outer: JsonObject): FoundWords {
  const raw = at(error, "metadata", "raw"); // OpenRouter: what its own vendor said, often JSON in a string
  return {
    code: wordIn(error["code"]) ?? wordIn(outer["code"]) ?? wordIn(error["error_code"]),
    type: wordIn(error["type"]) ?? wordIn(error["status"]) ?? wordIn(outer["type"]),
    message: messageIn(error) ?? messageIn(outer),
    more: rawText(raw),
  };
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

function typeStatus({ code, type }: ErrorWords): number {
  const words = `${code ?? ""} ${type ?? ""}`;
  if (/invalid_request|invalid_value|bad_?request/i.test(words)) return 400;
  return IN_BAND_STATUS_DEFAULT;
}

/** Content of a message, string or parts, into blocks. Parts nobody else has stay whole, as foreign blocks. */
import type { CacheMark, Extras, IrBlock, MediaSource } from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { readMediaUrl } from "../shared/media-url.ts";
import { hide, ORIGIN, rest } from "./extras.ts";

export interface ReadContent {
  readonly blocks: readonly IrBlock[];
  /** A string, or nothing at all, instead of a list of parts. */
  readonly wasString: boolean;
}

/** An empty string is no block: it says nothing, and other protocols refuse blank text. `path` names it in errors. */
export function readContent(content: unknown, path: string): ReadContent {
  const text = asText(content);
  if (text !== undefined) return { blocks: text === "" ? [] : [textBlock(text)], wasString: true };
  const parts = asArray(content);
  if (parts === undefined) throw new WireError(`${path} must be a string or an array of content parts.`);
  return { blocks: parts.flatMap((part, index) => readPart(part, `${path}[${index}]`)), wasString: false };
}

export function textBlock(text: string, cache: CacheMark | null = null, extras: Extras = {}): IrBlock {
  return { type: "text", text, citations: [], cache, extras };
}

/** `{extras, cache}` of anything that may carry a cache mark; `known` are the members read elsewhere. */
export function readMark(object: JsonObject, known: ReadonlySet<string>): { cache: CacheMark | null; extras: Extras } {
  const extras = rest(object, known);
  const control = asObject(extras["cache_control"]);
  const lifetime = control?.["ttl"];
  if (control?.["type"] === "ephemeral" && (lifetime === undefined || lifetime === "5m" || lifetime === "1h")) {
    return { cache: { lifetime: lifetime ?? null }, extras: rest(extras, CACHE_CONTROL) };
  }
  const breakpoint = asObject(extras["prompt_cache_breakpoint"]);
  if (breakpoint === undefined) return { cache: null, extras };
  // OpenAI's own mark; its mode is spelling as long as "explicit" is the only one.
  const others = rest(extras, PROMPT_CACHE_BREAKPOINT);
  return { cache: { lifetime: null }, extras: hide(others, { prompt_cache_breakpoint: breakpoint }) };
}

function readPart(part: unknown, path: string): IrBlock[] {
  const wasString = asText(part);
  if (wasString !== undefined) return wasString === "" ? [] : [textBlock(wasString)];
  const object = asObject(part);
  if (object === undefined) throw new WireError(`${path} must be a content part, an object with a type.`);
  const type = asText(object["type"]);
  if (type === undefined) throw new WireError(`${path}.type must name the kind of content part, such as "text".`);
  const read = PARTS.get(type);
  return read === undefined
    ? [{ type: "opaque", sourceProtocol: ORIGIN, name: type, value: part }]
    : read(object, path);
}

const PARTS: ReadonlyMap<string, (part: JsonObject, path: string) => IrBlock[]> = new Map([
  ["text", readText],
  ["refusal", readRefusal],
  ["thinking", readThinking],
  ["image_url", readImage],
  ["input_audio", readAudio],
  ["file", readFile],
]);

function readText(part: JsonObject, path: string): IrBlock[] {
  const text = asText(part["text"]);
  if (text === undefined) throw new WireError(`${path}.text must be a string.`);
  const { cache, extras } = readMark(part, TEXT);
  return [{ type: "text", text, citations: [], cache, extras }];
}

function readRefusal(part: JsonObject, path: string): IrBlock[] {
  const text = asText(part["refusal"]);
  if (text === undefined) throw new WireError(`${path}.refusal must be a string.`);
  return [{ type: "refusal", text, extras: rest(part, REFUSAL) }];
}

/** Mistral's reasoning part: `{type: "thinking", thinking: [{type: "text", text}]}`. */
function readThinking(part: JsonObject): IrBlock[] {
  const inner = asText(part["thinking"]) ?? (asArray(part["thinking"]) ?? []).map(textOf).join("");
  return [{ type: "reasoning", text: inner, signature: null, encrypted: null, extras: hide({}, { part }) }];
}

function readImage(part: JsonObject, path: string): IrBlock[] {
  const image = asObject(part["image_url"]);
  // A bare string is what some clients send and most vendors take.
  const url = asText(image === undefined ? part["image_url"] : image["url"]);
  if (url === undefined) throw new WireError(`${path}.image_url.url must be a URL or a data URI.`);
  const { cache, extras } = readMark(part, IMAGE);
  const detail = asText(image?.["detail"]) ?? null;
  return [{ type: "image", source: readMediaUrl(url), detail, cache, extras }];
}

function readAudio(part: JsonObject, path: string): IrBlock[] {
  const audio = asObject(part["input_audio"]);
  const data = asText(audio?.["data"]);
  if (data === undefined) throw new WireError(`${path}.input_audio.data must be base64 text.`);
  const format = asText(audio?.["format"]) ?? null;
  const source: MediaSource = { kind: "base64", mediaType: format === null ? null : `audio/${format}`, data };
  return [{ type: "audio", source, format, transcript: null, extras: rest(part, AUDIO) }];
}

function readFile(part: JsonObject, path: string): IrBlock[] {
  const file = asObject(part["file"]);
  const id = asText(file?.["file_id"]);
  const data = asText(file?.["file_data"]);
  if (id === undefined && data === undefined) {
    throw new WireError(`${path}.file must hold file_data (a data URI) or file_id.`);
  }
  const { cache, extras } = readMark(part, FILE);
  const source: MediaSource = data === undefined ? { kind: "file", id: id ?? "" } : readFileData(data);
  const title = asText(file?.["filename"]) ?? null;
  return [{ type: "document", source, title, context: null, citations: null, cache, extras }];
}

/** Some clients leave the `data:` head out. */
function readFileData(data: string): MediaSource {
  const source = readMediaUrl(data);
  if (source.kind === "base64" || /^https?:/.test(data)) return source;
  return { kind: "base64", mediaType: null, data };
}

function textOf(part: unknown): string {
  return asText(asObject(part)?.["text"]) ?? "";
}

const CACHE_CONTROL = new Set(["cache_control"]);
const PROMPT_CACHE_BREAKPOINT = new Set(["prompt_cache_breakpoint"]);
const TEXT = new Set(["type", "text"]);
const REFUSAL = new Set(["type", "refusal"]);
const IMAGE = new Set(["type", "image_url"]);
const AUDIO = new Set(["type", "input_audio"]);
const FILE = new Set(["type", "file"]);

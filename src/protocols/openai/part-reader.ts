/** Content of a message, string or parts, into blocks. Parts that only this protocol has stay whole, as opaque blocks. */

import {
  type CacheMark,
  type Extras,
  type IrBlock,
  type MediaSource,
  NO_EXTRAS,
  NO_SPELLING,
  plainText,
  type Spelling,
} from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { readMediaUrl } from "../shared/media-url.ts";
import { extrasOf, modelled, type Shape } from "../shared/members.ts";
import {
  needPart,
  type ReadContent,
  readContent as readContentOf,
  readInputAudio,
} from "../shared/openai/content-parts.ts";
import { PROTOCOL } from "./wire.ts";

export function readContent(content: unknown, path: string): ReadContent {
  return readContentOf(content, path, readPart);
}

export interface MarkedExtras {
  readonly cache: CacheMark | null;
  readonly extras: Extras;
  readonly spelling: Spelling;
}

/** The cache mark of anything that may carry one, and its extras; `shape` tells the members read elsewhere. */
export function readMark(object: JsonObject, shape: Shape): MarkedExtras {
  const extras = extrasOf(object, shape);
  if (extras === NO_EXTRAS) return UNMARKED;
  const control = asObject(extras["cache_control"]);
  const lifetime = control?.["ttl"];
  if (control?.["type"] === "ephemeral" && (lifetime === undefined || lifetime === "5m" || lifetime === "1h")) {
    const others = extrasOf(extras, CACHE_CONTROL_SHAPE);
    return { cache: { lifetime: lifetime ?? null }, extras: others, spelling: NO_SPELLING };
  }
  const breakpoint = asObject(extras["prompt_cache_breakpoint"]);
  if (breakpoint === undefined) return { cache: null, extras, spelling: NO_SPELLING };
  // OpenAI's own mark; its mode is spelling as long as "explicit" is the only one.
  const others = extrasOf(extras, BREAKPOINT_SHAPE);
  return { cache: { lifetime: null }, extras: others, spelling: { prompt_cache_breakpoint: breakpoint } };
}

const UNMARKED: MarkedExtras = { cache: null, extras: NO_EXTRAS, spelling: NO_SPELLING };

function readPart(part: unknown, path: string): IrBlock | null {
  const text = asText(part);
  if (text !== undefined) return text === "" ? null : plainText(text);
  const { part: object, type } = needPart(part, path, "text");
  const read = PARTS.get(type);
  return read === undefined
    ? { type: "opaque", sourceProtocol: PROTOCOL, name: type, value: part, spelling: NO_SPELLING }
    : read(object, path);
}

const PARTS: ReadonlyMap<string, (part: JsonObject, path: string) => IrBlock> = new Map([
  ["text", readText],
  ["refusal", readRefusal],
  ["thinking", readThinking],
  ["image_url", readImage],
  ["input_audio", readAudio],
  ["file", readFile],
]);

function readText(part: JsonObject, path: string): IrBlock {
  const text = asText(part["text"]);
  if (text === undefined) throw new WireError(`${path}.text must be a string.`);
  return { type: "text", text, citations: [], ...readMark(part, TEXT_SHAPE) };
}

function readRefusal(part: JsonObject, path: string): IrBlock {
  const text = asText(part["refusal"]);
  if (text === undefined) throw new WireError(`${path}.refusal must be a string.`);
  return { type: "refusal", text, extras: extrasOf(part, REFUSAL_SHAPE), spelling: NO_SPELLING };
}

/** Mistral's reasoning part: `{type: "thinking", thinking: [{type: "text", text}]}`. */
function readThinking(part: JsonObject): IrBlock {
  const inner = asText(part["thinking"]) ?? (asArray(part["thinking"]) ?? []).map(textOf).join("");
  return { type: "reasoning", text: inner, signature: null, encrypted: null, extras: NO_EXTRAS, spelling: { part } };
}

function readImage(part: JsonObject, path: string): IrBlock {
  const image = asObject(part["image_url"]);
  // A bare string is what some clients send and most vendors take.
  const url = asText(image === undefined ? part["image_url"] : image["url"]);
  if (url === undefined) throw new WireError(`${path}.image_url.url must be a URL or a data URI.`);
  const detail = asText(image?.["detail"]) ?? null;
  return { type: "image", source: readMediaUrl(url), detail, ...readMark(part, IMAGE_SHAPE) };
}

function readAudio(part: JsonObject, path: string): IrBlock {
  return { ...readInputAudio(part, path), extras: extrasOf(part, AUDIO_SHAPE), spelling: NO_SPELLING };
}

function readFile(part: JsonObject, path: string): IrBlock {
  const file = asObject(part["file"]);
  const id = asText(file?.["file_id"]);
  const data = asText(file?.["file_data"]);
  if (id === undefined && data === undefined) {
    throw new WireError(`${path}.file must hold file_data (a data URI) or file_id.`);
  }
  const source: MediaSource = data === undefined ? { kind: "file", id: id ?? "" } : readFileData(data);
  const title = asText(file?.["filename"]) ?? null;
  return { type: "document", source, title, context: null, citations: null, ...readMark(part, FILE_SHAPE) };
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

const CACHE_CONTROL_SHAPE = modelled("cache_control");
const BREAKPOINT_SHAPE = modelled("prompt_cache_breakpoint");
const TEXT_SHAPE = modelled("type", "text");
const REFUSAL_SHAPE = modelled("type", "refusal");
const IMAGE_SHAPE = modelled("type", "image_url");
const AUDIO_SHAPE = modelled("type", "input_audio");
const FILE_SHAPE = modelled("type", "file");

/** Content of an item, string or parts, into blocks. Parts that only this protocol has stay whole, as opaque blocks. */

import {
  type CacheMark,
  type Extras,
  type IrBlock,
  type IrCitation,
  type MediaSource,
  NO_SPELLING,
  plainText,
  type Spelling,
} from "../../ir/request.ts";
import { asArray, asNumber, asObject, asText, type JsonObject } from "../../std/json.ts";
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

/** `{type: "url_citation", url, title, start_index, end_index}`; other kinds cite files of the vendor's own store. */
export function readAnnotation(value: unknown): IrCitation {
  const source = asObject(value) ?? {};
  const url = asText(source["url"]) ?? null;
  const isFile = source["type"] === "file_citation" || source["type"] === "container_file_citation";
  return {
    kind: url !== null ? "url" : isFile ? "document" : "other",
    url,
    title: asText(source["title"]) ?? asText(source["filename"]) ?? null,
    citedText: null,
    start: asNumber(source["start_index"]) ?? null,
    end: asNumber(source["end_index"]) ?? null,
    sourceProtocol: PROTOCOL,
    raw: value,
  };
}

function readPart(value: unknown, path: string): IrBlock {
  const text = asText(value);
  if (text !== undefined) return plainText(text);
  const { part, type } = needPart(value, path, "input_text");
  const read = PARTS.get(type);
  return read === undefined
    ? { type: "opaque", sourceProtocol: PROTOCOL, name: type, value: part, spelling: NO_SPELLING }
    : read(part, path);
}

const PARTS: ReadonlyMap<string, (part: JsonObject, path: string) => IrBlock> = new Map([
  ["input_text", readText],
  ["output_text", readText],
  ["text", readText],
  ["refusal", readRefusal],
  ["input_image", readImage],
  ["input_file", readFile],
  ["input_audio", readAudio],
]);

function readText(part: JsonObject, path: string): IrBlock {
  const text = asText(part["text"]);
  if (text === undefined) throw new WireError(`${path}.text must be a string.`);
  const citations = (asArray(part["annotations"]) ?? []).map(readAnnotation);
  return { type: "text", text, citations, ...readMark(part, TEXT_SHAPE) };
}

function readRefusal(part: JsonObject, path: string): IrBlock {
  const text = asText(part["refusal"]);
  if (text === undefined) throw new WireError(`${path}.refusal must be a string.`);
  return { type: "refusal", text, extras: extrasOf(part, REFUSAL_SHAPE), spelling: { part } };
}

function readImage(part: JsonObject, path: string): IrBlock {
  const url = asText(part["image_url"]);
  const id = asText(part["file_id"]);
  if (url === undefined && id === undefined) {
    throw new WireError(`${path} must hold image_url (a URL or a data URI) or file_id.`);
  }
  const source: MediaSource = url === undefined ? { kind: "file", id: id ?? "" } : readMediaUrl(url);
  const detail = asText(part["detail"]) ?? null;
  // "auto" is what is done unasked.
  return { type: "image", source, detail: detail === "auto" ? null : detail, ...readMark(part, IMAGE_SHAPE) };
}

function readFile(part: JsonObject, path: string): IrBlock {
  const source = fileSource(part);
  if (source === undefined) throw new WireError(`${path} must hold file_data (a data URI), file_url or file_id.`);
  const title = asText(part["filename"]) ?? null;
  return { type: "document", source, title, context: null, citations: null, ...readMark(part, FILE_SHAPE) };
}

function fileSource(part: JsonObject): MediaSource | undefined {
  const data = asText(part["file_data"]);
  if (data !== undefined) {
    const source = readMediaUrl(data);
    // Some clients leave the `data:` head out.
    return source.kind === "base64" ? source : { kind: "base64", mediaType: null, data };
  }
  const url = asText(part["file_url"]);
  if (url !== undefined) return readMediaUrl(url);
  const id = asText(part["file_id"]);
  return id === undefined ? undefined : { kind: "file", id };
}

function readAudio(part: JsonObject, path: string): IrBlock {
  return { ...readInputAudio(part, path), extras: extrasOf(part, AUDIO_SHAPE), spelling: { part } };
}

/** The part itself is kept, so that the same protocol gets it back. */
function readMark(part: JsonObject, shape: Shape): { cache: CacheMark | null; extras: Extras; spelling: Spelling } {
  const isMarked = asObject(part["prompt_cache_breakpoint"]) !== undefined;
  return { cache: isMarked ? { lifetime: null } : null, extras: extrasOf(part, shape), spelling: { part } };
}

const TEXT_SHAPE = modelled("type", "text", "annotations", "logprobs", "prompt_cache_breakpoint");
const REFUSAL_SHAPE = modelled("type", "refusal");
const IMAGE_SHAPE = modelled("type", "image_url", "file_id", "detail", "prompt_cache_breakpoint");
// How closely the vendor looks at a file is its own affair.
const FILE_SHAPE = modelled(
  "type",
  "file_data",
  "file_url",
  "file_id",
  "filename",
  "detail",
  "prompt_cache_breakpoint",
);
const AUDIO_SHAPE = modelled("type", "input_audio");

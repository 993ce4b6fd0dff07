/** Images, documents and sound. Null for a source only this vendor can fetch: the block is then carried whole. */
import {
  type AudioBlock,
  type DocumentBlock,
  type ImageBlock,
  type IrBlock,
  type MediaSource,
  NO_SPELLING,
  plainText,
} from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { extrasOf, isAnything, isSwitch, isText, needObject, type Shape } from "../shared/members.ts";
import { audioTypeOf, documentTypeOf, imageTypeOf } from "./formats.ts";

const MEDIA_SHAPE: Shape = { format: isText, source: isAnything };

export function readImage(image: JsonObject, path: string): ImageBlock | null {
  const mediaType = imageTypeOf(asText(image["format"]) ?? "");
  const source = readBytes(needObject(image["source"], `${path}.source`), mediaType);
  if (source === null || mediaType === null) return null;
  return {
    type: "image",
    source,
    detail: null,
    cache: null,
    extras: extrasOf(image, MEDIA_SHAPE),
    spelling: NO_SPELLING,
  };
}

export function readAudio(audio: JsonObject): AudioBlock | null {
  const format = asText(audio["format"]) ?? "";
  const mediaType = audioTypeOf(format);
  const source = readBytes(asObject(audio["source"]) ?? {}, mediaType);
  if (source === null || mediaType === null) return null;
  return {
    type: "audio",
    source,
    format,
    transcript: null,
    extras: extrasOf(audio, MEDIA_SHAPE),
    spelling: NO_SPELLING,
  };
}

const DOCUMENT_SHAPE: Shape = { ...MEDIA_SHAPE, name: isText, context: isText, citations: isSwitch };
/** Text and blocks need no format; `txt` says nothing more of them. */
const WORDS_SHAPE: Shape = { ...DOCUMENT_SHAPE, format: (value) => value === "txt" };

export function readDocument(document: JsonObject, path: string): DocumentBlock | null {
  const format = asText(document["format"]) ?? "";
  const source = readDocumentSource(needObject(document["source"], `${path}.source`), format);
  if (source === null) return null;
  return {
    type: "document",
    source,
    title: asText(document["name"]) ?? null,
    context: asText(document["context"]) ?? null,
    citations: isSwitch(document["citations"]) ? asObject(document["citations"])?.["enabled"] === true : null,
    cache: null,
    extras: extrasOf(document, source.kind === "base64" ? DOCUMENT_SHAPE : WORDS_SHAPE),
    spelling: NO_SPELLING,
  };
}

function readDocumentSource(source: JsonObject, format: string): DocumentBlock["source"] | null {
  const text = asText(source["text"]);
  if (text !== undefined) return { kind: "text", text };
  const blocks = asArray(source["content"]);
  if (blocks !== undefined) return readWords(blocks);
  return readBytes(source, documentTypeOf(format));
}

/** Blocks of a document are texts, the SDK's types know no other; null for one that is not. */
function readWords(blocks: readonly unknown[]): DocumentBlock["source"] | null {
  const texts = blocks.map((block) => asText(asObject(block)?.["text"]));
  const read: IrBlock[] = texts.filter((text) => text !== undefined).map(plainText);
  return read.length === blocks.length ? { kind: "blocks", blocks: read, wasString: false } : null;
}

function readBytes(source: JsonObject, mediaType: string | null): Extract<MediaSource, { kind: "base64" }> | null {
  const data = asText(source["bytes"]);
  return data === undefined || mediaType === null ? null : { kind: "base64", mediaType, data };
}

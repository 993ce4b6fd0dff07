/** Images, audio and documents of a request: bytes as `inlineData`, addresses as `fileData`, texts as text. */

import type { AudioBlock, DocumentBlock, ImageBlock, IrBlock, MediaSource } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import { standardBase64 } from "../shared/base64.ts";
import { sniffMediaType } from "../shared/media-type.ts";
import { typeOfAddress, typeOfFormat } from "./media-types.ts";
import type { GeminiContext } from "./write-context.ts";

/** `fallback`: the type written where none is known. Null: the vendor cannot reach it. */
function writeSource(
  source: MediaSource,
  about: { readonly fallback: string; readonly name: string | null; readonly path: string },
  context: GeminiContext,
): JsonObject | null {
  const named = about.name === null || !context.native ? {} : { displayName: about.name };
  switch (source.kind) {
    case "base64": {
      const mimeType = mediaTypeOf(source, context) ?? (context.native ? undefined : about.fallback);
      return {
        inlineData: { ...(mimeType === undefined ? {} : { mimeType }), data: dataOf(source, context), ...named },
      };
    }
    case "url": {
      const known = source.mediaType ?? typeOfAddress(source.url);
      if (known === null && !context.native) {
        context.losses.approximate(`${about.path}.media_type`, `the address tells none, so it is ${about.fallback}`);
      }
      const mimeType = known ?? (context.native ? null : about.fallback);
      return { fileData: { ...(mimeType === null ? {} : { mimeType }), fileUri: source.url, ...named } };
    }
    case "file":
      return context.native ? { fileData: { fileUri: source.id, ...named } } : null;
  }
}

/** The vendor takes both alphabets, so its own clients' bytes stay as they are. */
function dataOf({ data }: { readonly data: string }, { native }: GeminiContext): string {
  return native ? data : standardBase64(data);
}

/** The bytes know better than a client that says "image/jpg". */
function mediaTypeOf(source: Extract<MediaSource, { kind: "base64" }>, context: GeminiContext): string | null {
  if (context.native) return source.mediaType;
  return source.mediaType === null || source.mediaType === "image/jpg"
    ? (sniffMediaType(source.data) ?? source.mediaType)
    : source.mediaType;
}

export function writeImage(block: ImageBlock, path: string, context: GeminiContext): JsonObject | null {
  const written = writeSource(block.source, { fallback: "image/png", name: null, path }, context);
  if (written === null) return dropFile(path, context);
  return { ...written, ...writeDetail(block.detail, `${path}.detail`, context) };
}

const DETAILS: ReadonlySet<string> = new Set(["low", "medium", "high", "ultra_high"]);

function writeDetail(detail: string | null, path: string, context: GeminiContext): JsonObject {
  if (detail === null || detail === "auto") return {};
  if (!DETAILS.has(detail) || !(context.dialect.mediaInResults || context.native)) {
    context.losses.drop(path, "the model has no such resolution for a single image");
    return {};
  }
  return { mediaResolution: { level: `MEDIA_RESOLUTION_${detail.toUpperCase()}` } };
}

export function writeAudio(block: AudioBlock, path: string, context: GeminiContext): JsonObject | null {
  if (block.transcript !== null && !context.native) {
    context.losses.drop(`${path}.transcript`, "audio has no transcript beside it");
  }
  const fallback = typeOfFormat(block.format ?? "wav");
  return writeSource(block.source, { fallback, name: null, path }, context) ?? dropFile(path, context);
}

/** Null where nothing is left; a document given as blocks becomes its blocks. */
export function writeDocument(
  block: DocumentBlock,
  path: string,
  context: GeminiContext,
  writeBlocks: (blocks: readonly IrBlock[], path: string, context: GeminiContext) => JsonObject[],
): JsonObject[] {
  tellLosses(block, path, context);
  const { source } = block;
  switch (source.kind) {
    case "text":
      context.losses.approximate(path, "a document given as text is written as text");
      return source.text === "" ? [] : [{ text: source.text }];
    case "blocks":
      context.losses.approximate(path, "a document given as blocks is written as its blocks");
      return writeBlocks(source.blocks, `${path}.source.content`, context);
    case "base64":
    case "url":
    case "file": {
      const written = writeSource(source, { fallback: "application/pdf", name: block.title, path }, context);
      return written === null ? none(dropFile(path, context)) : [written];
    }
  }
}

function tellLosses(block: DocumentBlock, path: string, context: GeminiContext): void {
  if (context.native) return;
  if (block.title !== null) context.losses.drop(`${path}.title`, "files have no title");
  if (block.context !== null) context.losses.drop(`${path}.context`, "files have no context");
  if (block.citations === true) context.losses.drop(`${path}.citations`, "the vendor cites only what it found itself");
}

function dropFile(path: string, context: GeminiContext): null {
  context.losses.drop(path, "a file of another vendor's store");
  return null;
}

const none = (_nothing: null): JsonObject[] => [];

/** Images and documents of a request: what the vendor takes, from whatever form the client sent. */
import type { DocumentBlock, ImageBlock, IrBlock, MediaSource } from "../../ir/request.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import { mediaTypeOf } from "../shared/media-type.ts";
import { withInlineData, withStandardBase64 } from "../shared/media-url.ts";
import { type MessagesContext, writeCache } from "./write-context.ts";

/** The vendor's list (SDK type Base64ImageSource). */
const IMAGE_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp"] as const;
const PDF = "application/pdf";

export function writeImage(block: ImageBlock, path: string, context: MessagesContext): JsonObject | null {
  if (block.detail !== null && block.detail !== "auto") {
    context.losses.drop(`${path}.detail`, "the Messages API has no resolution setting");
  }
  const source = writeImageSource(sourceOf(block.source, context), context);
  if (source === null) {
    context.losses.drop(path, "an image of a kind the vendor does not take");
    return null;
  }
  return { type: "image", source, ...writeCache(block.cache, path, context) };
}

/** The vendor takes the standard alphabet alone; what its own client sent is its own to judge. */
function sourceOf(source: MediaSource, { native }: MessagesContext): MediaSource {
  const inline = withInlineData(source);
  return native ? inline : withStandardBase64(inline);
}

function writeImageSource(source: MediaSource, context: MessagesContext): JsonObject | null {
  switch (source.kind) {
    case "url":
      return { type: "url", url: source.url };
    case "file":
      return context.native ? { type: "file", file_id: source.id } : null;
    case "base64": {
      if (context.native) return { type: "base64", media_type: source.mediaType, data: source.data };
      const mediaType = mediaTypeOf(source);
      const known = IMAGE_TYPES.find((each) => each === mediaType);
      return known === undefined ? null : { type: "base64", media_type: known, data: source.data };
    }
  }
}

export function writeDocument(
  block: DocumentBlock,
  path: string,
  context: MessagesContext,
  writeBlocks: (blocks: readonly IrBlock[], path: string, context: MessagesContext) => JsonObject[],
): JsonObject | null {
  const found = context.native ? asObject(block.spelling["search_result"]) : undefined;
  if (found !== undefined) return found;
  const source = writeDocumentSource(block, path, context, writeBlocks);
  if (source === null) {
    context.losses.drop(path, "a document of a kind the vendor does not take");
    return null;
  }
  return {
    type: "document",
    source,
    ...(block.title === null ? {} : { title: block.title }),
    ...(block.context === null ? {} : { context: block.context }),
    ...(block.citations === null ? {} : { citations: { enabled: block.citations } }),
    ...writeCache(block.cache, path, context),
  };
}

function writeDocumentSource(
  block: DocumentBlock,
  path: string,
  context: MessagesContext,
  writeBlocks: (blocks: readonly IrBlock[], path: string, context: MessagesContext) => JsonObject[],
): JsonObject | null {
  const { source } = block;
  switch (source.kind) {
    case "text":
      return { type: "text", media_type: "text/plain", data: source.text };
    case "blocks": {
      const first = source.blocks[0];
      if (source.wasString && first?.type === "text") return { type: "content", content: first.text };
      return { type: "content", content: writeBlocks(source.blocks, `${path}.source.content`, context) };
    }
    case "file":
      return context.native ? { type: "file", file_id: source.id } : null;
    case "url":
    case "base64":
      return writeDocumentBytes(sourceOf(source, context), context);
  }
}

function writeDocumentBytes(source: MediaSource, context: MessagesContext): JsonObject | null {
  if (source.kind === "url") return { type: "url", url: source.url };
  if (source.kind === "file") return null;
  const mediaType = mediaTypeOf(source);
  if (context.native || mediaType === PDF) {
    return { type: "base64", media_type: context.native ? source.mediaType : PDF, data: source.data };
  }
  if (mediaType?.startsWith("text/") !== true) return null;
  const text = Buffer.from(source.data, "base64").toString("utf8");
  return { type: "text", media_type: "text/plain", data: text };
}

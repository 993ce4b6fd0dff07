/** Blocks into content parts. What the vendor cannot take becomes a loss, named by the place it stood in. */

import type { Extras, IrBlock } from "../../ir/request.ts";
import { unreachable } from "../../std/unreachable.ts";
import { standardBase64 } from "../shared/base64.ts";
import { writeDataUri, writeMediaUrl } from "../shared/media-url.ts";
import { withoutUndefined } from "../shared/members.ts";
import { type ContentPart, isPart, loseCitations, textPart } from "../shared/openai/content-parts.ts";
import { sharesFiles } from "../shared/openai/files.ts";
import { type WriteContext, writeExtras } from "../shared/write-context.ts";
import type { MarkedExtras } from "./part-reader.ts";
import { PROTOCOL } from "./wire.ts";

/** Nothing when it cannot be carried, several parts for a document made of blocks. */
export function writePart(block: IrBlock, path: string, context: WriteContext): ContentPart[] {
  switch (block.type) {
    case "text": {
      if (block.text === "" && !context.native) return [];
      loseCitations(block.citations.length, path, context);
      return [{ ...textPart(block.text), ...marks(block, path, context) }];
    }
    case "refusal":
      if (context.native)
        return [{ type: "refusal", refusal: block.text, ...writeExtras(block.extras, path, context) }];
      if (block.text === "") return [];
      context.losses.approximate(path, "a refusal is written as text");
      return [textPart(block.text)];
    case "image":
      return writeImage(block, path, context);
    case "audio":
      return writeAudio(block, path, context);
    case "document":
      return writeDocument(block, path, context);
    case "opaque":
      if (block.sourceProtocol === PROTOCOL && isPart(block.value)) return [block.value];
      context.losses.drop(path, `${block.name} exists only in its own protocol`);
      return [];
    case "reasoning": {
      const whole = block.spelling["part"];
      if (context.native && isPart(whole)) return [whole];
      context.losses.drop(path, "the provider takes no reasoning back");
      return [];
    }
    case "tool-call":
    case "tool-result":
      // The message writer has taken those that stand where they may.
      context.losses.drop(path, `a ${block.type} has no place here`);
      return [];
    default:
      return unreachable(block);
  }
}

function writeImage(block: Extract<IrBlock, { type: "image" }>, path: string, context: WriteContext): ContentPart[] {
  const url = writeMediaUrl(block.source, "image/png", context);
  if (url === null) {
    context.losses.drop(path, "the file is in another provider's store");
    return [];
  }
  const image = block.detail === null ? { url } : { url, detail: block.detail };
  return [{ type: "image_url", image_url: image, ...marks(block, path, context) }];
}

function writeAudio(block: Extract<IrBlock, { type: "audio" }>, path: string, context: WriteContext): ContentPart[] {
  if (block.source.kind !== "base64") {
    context.losses.drop(path, "audio must be sent inline");
    return [];
  }
  const format = block.format ?? audioFormat(block.source.mediaType);
  const data = context.native ? block.source.data : standardBase64(block.source.data);
  const audio = { data, format };
  return [{ type: "input_audio", input_audio: audio, ...writeExtras(block.extras, path, context) }];
}

function writeDocument(
  block: Extract<IrBlock, { type: "document" }>,
  path: string,
  context: WriteContext,
): ContentPart[] {
  if (block.context !== null) context.losses.drop(`${path}.context`, "files have no context here");
  if (block.citations === true) {
    context.losses.drop(`${path}.citations`, "the provider does not cite documents");
  }
  const { source } = block;
  switch (source.kind) {
    case "text":
      context.losses.approximate(path, "a text document is written as text");
      return [{ ...textPart(source.text), ...marks(block, path, context) }];
    case "blocks":
      context.losses.approximate(path, "a document of blocks is written as its blocks");
      marks(block, path, context);
      return source.blocks.flatMap((inner, index) => writePart(inner, `${path}.source.content[${index}]`, context));
    case "url":
      if (context.native) return [writeFile(block, { file_data: source.url }, path, context)];
      context.losses.drop(path, "the provider takes no files by URL");
      return [];
    case "file":
      if (sharesFiles(context)) return [writeFile(block, { file_id: source.id }, path, context)];
      context.losses.drop(path, "the file is in another provider's store");
      return [];
    case "base64": {
      const isBare = context.native && source.mediaType === null;
      const data = isBare ? source.data : writeDataUri(source, "application/pdf", context);
      return [writeFile(block, { file_data: data }, path, context)];
    }
    default:
      return unreachable(source);
  }
}

/** The vendor refuses inline data without a file name (`missing_required_parameter`, seen 2025-08). */
function writeFile(
  block: Extract<IrBlock, { type: "document" }>,
  content: { readonly file_data: string } | { readonly file_id: string },
  path: string,
  context: WriteContext,
): ContentPart {
  const filename = block.title ?? (context.native || block.source.kind === "file" ? undefined : "document.pdf");
  const file = withoutUndefined({ ...content, filename });
  return { type: "file", file, ...marks(block, path, context) };
}

/** Cache mark and extras as members; both are losses unless they came from here. */
export function marks({ cache, extras, spelling }: MarkedExtras, path: string, context: WriteContext): Extras {
  const others = writeExtras(extras, path, context);
  if (cache === null) return others;
  if (!context.native) {
    context.losses.drop(`${path}.cache_control`, "the provider caches by itself");
    return others;
  }
  const breakpoint = spelling["prompt_cache_breakpoint"];
  if (breakpoint !== undefined) return { ...others, prompt_cache_breakpoint: breakpoint };
  const lifetime = cache.lifetime === null ? {} : { ttl: cache.lifetime };
  return { ...others, cache_control: { type: "ephemeral", ...lifetime } };
}

/** The vendor's two words; anything else is passed on for the vendor to judge. */
function audioFormat(mediaType: string | null): string {
  const subtype = (mediaType ?? "audio/wav").split("/").at(-1) ?? "wav";
  if (subtype === "mpeg") return "mp3";
  return subtype === "x-wav" || subtype === "wave" ? "wav" : subtype;
}

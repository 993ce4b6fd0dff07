/** Blocks into content parts of the input. What the vendor cannot take becomes a loss, named by the place it stood in. */

import type { IrBlock } from "../../ir/request.ts";
import { asObject, asText, type JsonObject } from "../../std/json.ts";
import { unreachable } from "../../std/unreachable.ts";
import { writeDataUri } from "../shared/media-url.ts";
import { withoutUndefined } from "../shared/members.ts";
import { type ContentPart, isPart, joinTexts, loseCitations } from "../shared/openai/content-parts.ts";
import { sharesFiles } from "../shared/openai/files.ts";
import type { WriteContext } from "../shared/write-context.ts";
import { PROTOCOL, type WireInputFile, type WireInputImage, type WireInputText, type WireRefusal } from "./wire.ts";

/** All of it as one text; null when some of it is no text. */
export function joinSaid(parts: readonly ContentPart[], separator: string): string | null {
  return joinTexts(parts, separator, saidText);
}

function saidText({ type, text }: ContentPart): string | null {
  return type === "input_text" || type === "output_text" ? (asText(text) ?? null) : null;
}

/** Parts of a user, of instructions or of a result. Nothing when it cannot be carried, several for a document of blocks. */
export function writePart(block: IrBlock, path: string, context: WriteContext): ContentPart[] {
  const own = ownPart(block, context);
  if (own !== null) return [own];
  switch (block.type) {
    case "text":
      if (block.text === "" && !context.native) return [];
      loseCitations(block.citations.length, path, context);
      loseMark(block, path, context);
      return [textPart(block.text)];
    case "refusal":
      if (block.text === "") return [];
      context.losses.approximate(path, "a refusal is written as text");
      return [textPart(block.text)];
    case "image":
      return writeImage(block, path, context);
    case "document":
      return writeDocument(block, path, context);
    case "audio":
      context.losses.drop(path, "the provider takes no audio here");
      return [];
    case "opaque":
      context.losses.drop(path, `${block.name} exists only in its own protocol`);
      return [];
    case "reasoning":
    case "tool-call":
    case "tool-result":
      // The item writer has taken those that stand where they may.
      context.losses.drop(path, `a ${block.type} has no place here`);
      return [];
    default:
      return unreachable(block);
  }
}

/** Parts of an assistant's message: its own words and nothing else. */
export function writeSaid(block: IrBlock, path: string, context: WriteContext): ContentPart[] {
  const own = ownPart(block, context);
  if (own !== null) return [own];
  switch (block.type) {
    case "text":
      if (block.text === "" && !context.native) return [];
      loseCitations(block.citations.length, path, context);
      loseMark(block, path, context);
      return [{ type: "output_text", text: block.text, annotations: [] }];
    case "refusal":
      if (block.text === "" && !context.native) return [];
      return [{ type: "refusal", refusal: block.text } satisfies WireRefusal];
    default:
      context.losses.drop(path, `the provider takes no ${nameOf(block)} from an assistant`);
      return [];
  }
}

export function textPart(text: string) {
  return { type: "input_text", text } as const satisfies WireInputText;
}

/** What the vendor's own client wrote; null: this is not it. */
function ownPart(block: IrBlock, context: WriteContext): ContentPart | null {
  if (block.type === "opaque") return block.sourceProtocol === PROTOCOL && isPart(block.value) ? block.value : null;
  const part = context.native ? asObject(block.spelling["part"]) : undefined;
  return part !== undefined && isPart(part) ? part : null;
}

function writeImage(block: Extract<IrBlock, { type: "image" }>, path: string, context: WriteContext): ContentPart[] {
  const { source } = block;
  if (source.kind === "file" && !context.native) {
    context.losses.drop(path, "the file is in another provider's store");
    return [];
  }
  loseMark(block, path, context);
  const detail = block.detail ?? undefined;
  const part: WireInputImage =
    source.kind === "file"
      ? { type: "input_image", file_id: source.id }
      : {
          type: "input_image",
          image_url: source.kind === "url" ? source.url : writeDataUri(source, "image/png", context),
        };
  return [withType({ ...part, detail })];
}

function writeDocument(
  block: Extract<IrBlock, { type: "document" }>,
  path: string,
  context: WriteContext,
): ContentPart[] {
  const { source } = block;
  if (block.context !== null) context.losses.drop(`${path}.context`, "files have no context here");
  if (block.citations === true) {
    context.losses.drop(`${path}.citations`, "the provider does not cite documents");
  }
  loseMark(block, path, context);
  switch (source.kind) {
    case "text":
      context.losses.approximate(path, "a text document is written as text");
      return [textPart(source.text)];
    case "blocks":
      context.losses.approximate(path, "a document of blocks is written as its blocks");
      return source.blocks.flatMap((inner, index) => writePart(inner, `${path}.source.content[${index}]`, context));
    case "url":
      if (block.title !== null) context.losses.drop(`${path}.title`, "a file by URL has its own name");
      return [{ type: "input_file", file_url: source.url } satisfies WireInputFile];
    case "file":
      if (sharesFiles(context)) return [{ type: "input_file", file_id: source.id } satisfies WireInputFile];
      context.losses.drop(path, "the file is in another provider's store");
      return [];
    case "base64": {
      // The vendor refuses inline data without a file name.
      const filename = block.title ?? "document.pdf";
      const file_data = writeDataUri(source, "application/pdf", context);
      return [{ type: "input_file", filename, file_data } satisfies WireInputFile];
    }
    default:
      return unreachable(source);
  }
}

/** Cache mark and extras of a block that did not come from here. */
function loseMark(block: Extract<IrBlock, { cache: unknown }>, path: string, context: WriteContext): void {
  if (context.native) return;
  if (block.cache !== null) context.losses.drop(`${path}.cache_control`, "the provider caches by itself");
  context.losses.dropExtras(path, block.extras);
}

function nameOf(block: IrBlock): string {
  return block.type === "opaque" ? block.name : block.type;
}

function withType(part: JsonObject & { readonly type: string }): ContentPart {
  return { ...withoutUndefined(part), type: part.type };
}

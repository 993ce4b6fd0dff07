/** Blocks into content parts. What the vendor cannot take becomes a loss, named by the place it stood in. */

import type { CacheMark, DocumentBlock, Extras, IrBlock } from "../../ir/request.ts";
import { asObject, asText } from "../../std/json.ts";
import { unreachable } from "../../std/unreachable.ts";
import { writeMediaUrl } from "../shared/media-url.ts";
import { type ContentPart, isPart, textPart } from "../shared/openai/content-parts.ts";
import { writeExtras } from "../shared/write-context.ts";
import { documentAsText, ownDocument, writeDocument } from "./documents.ts";
import { PROTOCOL } from "./wire.ts";
import type { ChatContext } from "./write-context.ts";

/** Who speaks: each role takes other parts. */
type Speaker = "system" | "user" | "assistant" | "tool";

/** Nothing when it cannot be carried, several parts for a document made of blocks. */
export function writePart(block: IrBlock, who: Speaker, path: string, context: ChatContext): ContentPart[] {
  switch (block.type) {
    case "text":
      return writeText(block, path, context);
    case "refusal":
      if (block.text === "") return [];
      context.losses.approximate(path, "a refusal is written as text");
      return [textPart(block.text)];
    case "image":
      return writeImage(block, who, path, context);
    case "document":
      return writeDocumentBlock(block, who, path, context);
    case "audio":
      context.losses.drop(path, "the provider takes no audio");
      return [];
    case "opaque":
      if (block.sourceProtocol === PROTOCOL && isPart(block.value)) return [block.value];
      context.losses.drop(path, `${block.name} exists only in its own protocol`);
      return [];
    case "reasoning":
      return writeReasoning(block, who, path, context);
    case "tool-call":
    case "tool-result":
      // The message writer has taken those that stand where they may.
      context.losses.drop(path, `a ${block.type} has no place here`);
      return [];
    default:
      return unreachable(block);
  }
}

interface MarkedExtras {
  readonly cache: CacheMark | null;
  readonly extras: Extras;
}

/** A cache mark and extras become members of what came from here, and losses anywhere else. */
export function marks(block: MarkedExtras, path: string, context: ChatContext): Extras {
  const { cache, extras } = block;
  if (cache !== null) context.losses.drop(`${path}.cache_control`, "the provider caches by itself");
  return writeExtras(extras, path, context);
}

function writeText(block: Extract<IrBlock, { type: "text" }>, path: string, context: ChatContext): ContentPart[] {
  if (context.native) {
    return [{ ...textPart(block.text), ...block.extras }];
  }
  const others = marks(block, path, context);
  if (block.citations.length > 0) {
    context.losses.drop(`${path}.citations`, "earlier answers go back without what they cited");
  }
  return block.text === "" ? [] : [{ ...textPart(block.text), ...others }];
}

function writeReasoning(
  block: Extract<IrBlock, { type: "reasoning" }>,
  who: Speaker,
  path: string,
  context: ChatContext,
): ContentPart[] {
  if (context.native) return [{ type: "thinking", thinking: block.text, ...block.extras }];
  if (block.signature !== null) context.losses.drop(`${path}.signature`, "the provider takes no signatures");
  if (block.encrypted !== null) {
    context.losses.drop(path, "encrypted reasoning goes back to its issuer only");
  }
  writeExtras(block.extras, path, context);
  if (block.text === "") return [];
  if (who === "assistant" && context.thinks) return [{ type: "thinking", thinking: block.text }];
  context.losses.drop(path, "the model takes no reasoning back");
  return [];
}

function writeImage(
  block: Extract<IrBlock, { type: "image" }>,
  who: Speaker,
  path: string,
  context: ChatContext,
): ContentPart[] {
  if (context.native) return [ownImage(block)];
  if (who !== "user") {
    context.losses.drop(path, `the provider takes no image from the ${who}`);
    return [];
  }
  const url = writeMediaUrl(block.source, "image/png", context);
  const others = marks(block, path, context);
  if (url === null) {
    context.losses.drop(path, "the file is in another provider's store");
    return [];
  }
  const { detail } = block;
  if (detail === null || DETAILS.has(detail)) {
    return [{ type: "image_url", image_url: detail === null ? { url } : { url, detail }, ...others }];
  }
  context.losses.approximate(`${path}.detail`, "the provider has no such resolution and chooses");
  return [{ type: "image_url", image_url: { url }, ...others }];
}

function ownImage(block: Extract<IrBlock, { type: "image" }>): ContentPart {
  const { image_url: inner, ...others } = block.extras;
  const url = asText(block.spelling["url"]) ?? writeMediaUrl(block.source, "image/png", { native: true }) ?? "";
  const detail = block.detail === null ? {} : { detail: block.detail };
  return { type: "image_url", image_url: { url, ...detail, ...asObject(inner) }, ...others };
}

/** Tool results take text documents; a user's go beside the conversation where they shall be cited, else they are text. */
function writeDocumentBlock(block: DocumentBlock, who: Speaker, path: string, context: ChatContext): ContentPart[] {
  const own = ownDocument(block);
  if (context.native && own !== undefined) {
    if (block.spelling["beside"] === true) context.documents?.push(own);
    return block.spelling["beside"] === true ? [] : [{ type: "document", document: own, ...block.extras }];
  }
  marks(block, path, context);
  const text = inlineText(block, path, context);
  if (text === null) return [];
  if (who === "tool") return [{ type: "document", document: writeDocument(text, block) }];
  if (who === "user" && block.citations === true && context.documents !== null) {
    context.losses.approximate(path, "the document goes beside the conversation");
    context.documents.push(writeDocument(text, block));
    return [];
  }
  if (block.citations === true) {
    context.losses.drop(`${path}.citations`, "the provider cites no documents beside tools or a JSON format");
  }
  context.losses.approximate(path, "a document is written as text");
  return [textPart(documentAsText(text, block))];
}

/** Null: it is no text. */
function inlineText(block: DocumentBlock, path: string, context: ChatContext): string | null {
  const { source } = block;
  switch (source.kind) {
    case "text":
      return source.text;
    case "blocks": {
      const texts = source.blocks.flatMap((inner) => (inner.type === "text" ? [inner.text] : []));
      if (texts.length < source.blocks.length) {
        context.losses.drop(`${path}.source.content`, "the provider's documents hold only text");
      }
      return texts.join("\n");
    }
    case "base64":
    case "url":
    case "file":
      context.losses.drop(path, "the provider takes no files");
      return null;
    default:
      return unreachable(source);
  }
}

const DETAILS: ReadonlySet<string> = new Set(["auto", "low", "high"]);

/** Blocks into content parts. What the vendor cannot take becomes a loss, named by the place it stood in. */
import type { CacheMark, DocumentBlock, Extras, IrBlock } from "../../ir/request.ts";
import { asObject, asText, type JsonObject } from "../../std/json.ts";
import { unreachable } from "../../std/unreachable.ts";
import type { Losses } from "../shared/losses.ts";
import { writeMediaUrl } from "../shared/media-url.ts";
import { documentAsText, ownDocument, writeDocument } from "./documents.ts";
import type { ModelRules } from "./model-rules.ts";
import { ORIGIN } from "./wire.ts";

/** Writing one request: whether it was read from this protocol, what the model takes, and where losses go. */
export interface Writing {
  /** True: everything goes back as it came, and the vendor says what it refuses. */
  readonly native: boolean;
  readonly rules: ModelRules;
  readonly losses: Losses;
  /** Documents of the conversation that go beside it; null: this request takes them as text. */
  readonly documents: unknown[] | null;
}

/** Open, because a client's own details are handed on for the vendor to judge. */
export type Part = JsonObject & { readonly type: string };

/** Who speaks: each role takes other parts. */
export type Speaker = "system" | "user" | "assistant" | "tool";

/** Content of a message: a string where that says it all. */
export function writeContent(parts: readonly Part[], wasString: boolean): string | readonly Part[] {
  const only = parts[0];
  if (only === undefined) return wasString ? "" : [];
  return wasString && parts.length === 1 && isPlainText(only) ? only.text : parts;
}

/** All of it as one text; null when some of it is no text. */
export function joinTexts(parts: readonly Part[], separator: string): string | null {
  const texts = parts.map((part) => (isPlainText(part) ? part.text : null));
  return texts.some((text) => text === null) ? null : texts.join(separator);
}

export function textPart(text: string): Part {
  return { type: "text", text };
}

/** Nothing when it cannot be carried, several parts for a document made of blocks. */
export function writePart(block: IrBlock, who: Speaker, path: string, writing: Writing): Part[] {
  switch (block.type) {
    case "text":
      return writeText(block, path, writing);
    case "refusal":
      if (block.text === "") return [];
      writing.losses.approximate(path, "a refusal is written as text");
      return [textPart(block.text)];
    case "image":
      return writeImage(block, who, path, writing);
    case "document":
      return writeDocumentBlock(block, who, path, writing);
    case "audio":
      writing.losses.drop(path, "the provider takes no audio");
      return [];
    case "opaque":
      if (block.sourceProtocol === ORIGIN && isPart(block.value)) return [block.value];
      writing.losses.drop(path, `${block.name} exists only in its own protocol`);
      return [];
    case "reasoning":
      return writeReasoning(block, who, path, writing);
    case "tool-call":
    case "tool-result":
      // The message writer has taken those that stand where they may.
      writing.losses.drop(path, `a ${block.type} has no place here`);
      return [];
    default:
      return unreachable(block);
  }
}

/** A cache mark and extras become members of what came from here, and losses anywhere else. */
export function marks(cache: CacheMark | null, extras: Extras, path: string, writing: Writing): Extras {
  if (cache !== null) writing.losses.drop(`${path}.cache_control`, "the provider caches by itself");
  return extrasOf(extras, path, writing);
}

export function extrasOf(extras: Extras, path: string, writing: Writing): Extras {
  if (writing.native) return { ...extras };
  writing.losses.dropExtras(path, extras);
  return {};
}

function writeText(block: Extract<IrBlock, { type: "text" }>, path: string, writing: Writing): Part[] {
  if (writing.native) {
    return [{ ...textPart(block.text), ...block.extras }];
  }
  const others = marks(block.cache, block.extras, path, writing);
  if (block.citations.length > 0) {
    writing.losses.drop(`${path}.citations`, "earlier answers go back without what they cited");
  }
  return block.text === "" ? [] : [{ ...textPart(block.text), ...others }];
}

function writeReasoning(
  block: Extract<IrBlock, { type: "reasoning" }>,
  who: Speaker,
  path: string,
  writing: Writing,
): Part[] {
  if (writing.native) return [{ type: "thinking", thinking: block.text, ...block.extras }];
  if (block.signature !== null) writing.losses.drop(`${path}.signature`, "the provider takes no signatures");
  if (block.encrypted !== null) {
    writing.losses.drop(path, "encrypted reasoning goes back to its issuer only");
  }
  extrasOf(block.extras, path, writing);
  if (block.text === "") return [];
  if (who === "assistant" && writing.rules.thinks) return [{ type: "thinking", thinking: block.text }];
  writing.losses.drop(path, "the model takes no reasoning back");
  return [];
}

function writeImage(block: Extract<IrBlock, { type: "image" }>, who: Speaker, path: string, writing: Writing): Part[] {
  if (writing.native) return [ownImage(block)];
  if (who !== "user") {
    writing.losses.drop(path, `the provider takes no image from the ${who}`);
    return [];
  }
  const url = writeMediaUrl(block.source, "image/png");
  const others = marks(block.cache, block.extras, path, writing);
  if (url === null) {
    writing.losses.drop(path, "the file is in another provider's store");
    return [];
  }
  const { detail } = block;
  if (detail === null || DETAILS.has(detail)) {
    return [{ type: "image_url", image_url: detail === null ? { url } : { url, detail }, ...others }];
  }
  writing.losses.approximate(`${path}.detail`, "the provider has no such resolution and chooses");
  return [{ type: "image_url", image_url: { url }, ...others }];
}

function ownImage(block: Extract<IrBlock, { type: "image" }>): Part {
  const { image_url: inner, ...others } = block.extras;
  const url = asText(block.extras["url"]) ?? writeMediaUrl(block.source, "image/png") ?? "";
  const detail = block.detail === null ? {} : { detail: block.detail };
  return { type: "image_url", image_url: { url, ...detail, ...asObject(inner) }, ...others };
}

/** Tool results take text documents; a user's go beside the conversation where they shall be cited, else they are text. */
function writeDocumentBlock(block: DocumentBlock, who: Speaker, path: string, writing: Writing): Part[] {
  const own = ownDocument(block);
  if (writing.native && own !== undefined) {
    if (block.extras["beside"] === true) writing.documents?.push(own);
    return block.extras["beside"] === true ? [] : [{ type: "document", document: own, ...block.extras }];
  }
  marks(block.cache, block.extras, path, writing);
  const text = inlineText(block, path, writing);
  if (text === null) return [];
  if (who === "tool") return [{ type: "document", document: writeDocument(text, block) }];
  if (who === "user" && block.citations === true && writing.documents !== null) {
    writing.losses.approximate(path, "the document goes beside the conversation");
    writing.documents.push(writeDocument(text, block));
    return [];
  }
  if (block.citations === true) {
    writing.losses.drop(`${path}.citations`, "the provider cites no documents beside tools or a JSON format");
  }
  writing.losses.approximate(path, "a document is written as text");
  return [textPart(documentAsText(text, block))];
}

/** Null: it is no text. */
function inlineText(block: DocumentBlock, path: string, writing: Writing): string | null {
  const { source } = block;
  switch (source.kind) {
    case "text":
      return source.text;
    case "blocks": {
      const texts = source.blocks.flatMap((inner) => (inner.type === "text" ? [inner.text] : []));
      if (texts.length < source.blocks.length) {
        writing.losses.drop(`${path}.source.content`, "the provider's documents hold only text");
      }
      return texts.join("\n");
    }
    case "base64":
    case "url":
    case "file":
      writing.losses.drop(path, "the provider takes no files");
      return null;
    default:
      return unreachable(source);
  }
}

const DETAILS: ReadonlySet<string> = new Set(["auto", "low", "high"]);

function isPlainText(part: Part): part is { readonly type: "text"; readonly text: string } {
  return part.type === "text" && typeof part["text"] === "string" && Object.keys(part).length === 2;
}

function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

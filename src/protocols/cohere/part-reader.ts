/** Content of a message, string or parts, into blocks. Parts that only this protocol has stay whole, as opaque blocks. */

import { type Extras, type IrBlock, NO_EXTRAS, NO_SPELLING, plainText } from "../../ir/request.ts";
import { asObject, asText, type JsonObject } from "../../std/json.ts";
import { readMediaUrl } from "../shared/media-url.ts";
import { extrasOf, isNothing, modelled, needObject, withInner } from "../shared/members.ts";
import type { ReadContent } from "../shared/openai/content-parts.ts";
import { readDocument } from "./documents.ts";
import { needList, needText } from "./members.ts";
import { PROTOCOL, type WireContentType } from "./wire.ts";

/** An empty string is no block: it says nothing, and other protocols refuse blank text. `path` names it in errors. */
export function readContent(content: unknown, path: string): ReadContent {
  if (isNothing(content)) return { blocks: [], wasString: true };
  const text = asText(content);
  if (text !== undefined) return { blocks: text === "" ? [] : [plainText(text)], wasString: true };
  const parts = needList(content, path);
  return { blocks: parts.map((part, index) => readPart(part, `${path}[${index}]`)), wasString: false };
}

function reasoningBlock(text: string, extras: Extras = NO_EXTRAS): IrBlock {
  return { type: "reasoning", text, signature: null, encrypted: null, extras, spelling: NO_SPELLING };
}

function readPart(value: unknown, path: string): IrBlock {
  const text = asText(value);
  // Tool results were a list of strings for a while.
  if (text !== undefined) return plainText(text);
  const part = needObject(value, path);
  const type = needText(part["type"], `${path}.type`);
  const read = READERS.get(type);
  return read === undefined
    ? { type: "opaque", sourceProtocol: PROTOCOL, name: type, value, spelling: NO_SPELLING }
    : read(part, path);
}

type PartReader = (part: JsonObject, path: string) => IrBlock;

const KINDS = {
  text: (part, path) => ({ ...plainText(needText(part["text"], `${path}.text`)), extras: extrasOf(part, TEXT_SHAPE) }),
  thinking: (part, path) =>
    reasoningBlock(needText(part["thinking"], `${path}.thinking`), extrasOf(part, THINKING_SHAPE)),
  image_url: readImage,
  document: (part) => ({ ...readDocument(part["document"] ?? null, null), extras: extrasOf(part, DOCUMENT_SHAPE) }),
} as const satisfies Record<WireContentType, PartReader>;

const READERS: ReadonlyMap<string, PartReader> = new Map(Object.entries(KINDS));

function readImage(part: JsonObject, path: string): IrBlock {
  const image = asObject(part["image_url"]);
  // A bare string is what some clients send.
  const url = needText(image === undefined ? part["image_url"] : image["url"], `${path}.image_url.url`);
  const inner = image === undefined ? NO_EXTRAS : extrasOf(image, IMAGE_URL_SHAPE);
  return {
    type: "image",
    source: readMediaUrl(url),
    detail: asText(image?.["detail"]) ?? null,
    cache: null,
    extras: withInner(extrasOf(part, IMAGE_SHAPE), "image_url", inner),
    spelling: { url },
  };
}

const TEXT_SHAPE = modelled("type", "text");
const THINKING_SHAPE = modelled("type", "thinking");
const IMAGE_SHAPE = modelled("type", "image_url");
const IMAGE_URL_SHAPE = modelled("url", "detail");
const DOCUMENT_SHAPE = modelled("type", "document");

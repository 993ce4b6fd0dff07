/** Content of a message, string or parts, into blocks. Parts nobody else has stay whole, as foreign blocks. */
import { type Extras, type IrBlock, NO_EXTRAS } from "../../ir/request.ts";
import { asObject, asText, type JsonObject } from "../../std/json.ts";
import { hide, rest } from "../shared/extras.ts";
import { readMediaUrl } from "../shared/media-url.ts";
import { readDocument } from "./documents.ts";
import { isNothing, needList, needObject, needText } from "./members.ts";
import { ORIGIN, type WireContentType } from "./wire.ts";

export interface ReadContent {
  readonly blocks: readonly IrBlock[];
  /** A string, or nothing at all, instead of a list of parts. */
  readonly wasString: boolean;
}

/** An empty string is no block: it says nothing, and other protocols refuse blank text. `path` names it in errors. */
export function readContent(content: unknown, path: string): ReadContent {
  if (isNothing(content)) return { blocks: [], wasString: true };
  const text = asText(content);
  if (text !== undefined) return { blocks: text === "" ? [] : [textBlock(text)], wasString: true };
  const parts = needList(content, path);
  return { blocks: parts.map((part, index) => readPart(part, `${path}[${index}]`)), wasString: false };
}

export function textBlock(text: string, extras: Extras = NO_EXTRAS): IrBlock {
  return { type: "text", text, citations: [], cache: null, extras };
}

export function reasoningBlock(text: string, extras: Extras = NO_EXTRAS): IrBlock {
  return { type: "reasoning", text, signature: null, encrypted: null, extras };
}

function readPart(value: unknown, path: string): IrBlock {
  const text = asText(value);
  // Tool results were a list of strings for a while.
  if (text !== undefined) return textBlock(text);
  const part = needObject(value, path);
  const type = needText(part["type"], `${path}.type`);
  const read = READERS.get(type);
  return read === undefined ? { type: "opaque", sourceProtocol: ORIGIN, name: type, value } : read(part, path);
}

type PartReader = (part: JsonObject, path: string) => IrBlock;

const KINDS = {
  text: (part, path) => textBlock(needText(part["text"], `${path}.text`), rest(part, TEXT)),
  thinking: (part, path) => reasoningBlock(needText(part["thinking"], `${path}.thinking`), rest(part, THINKING)),
  image_url: readImage,
  document: (part) => ({ ...readDocument(part["document"], null), extras: documentExtras(part) }),
} as const satisfies Record<WireContentType, PartReader>;

const READERS: ReadonlyMap<string, PartReader> = new Map(Object.entries(KINDS));

function documentExtras(part: JsonObject): Extras {
  return hide(rest(part, DOCUMENT), { document: part["document"] ?? null });
}

function readImage(part: JsonObject, path: string): IrBlock {
  const image = asObject(part["image_url"]);
  // A bare string is what some clients send.
  const url = needText(image === undefined ? part["image_url"] : image["url"], `${path}.image_url.url`);
  const others = image === undefined ? {} : rest(image, IMAGE_URL);
  const extras = rest(part, IMAGE);
  return {
    type: "image",
    source: readMediaUrl(url),
    detail: asText(image?.["detail"]) ?? null,
    cache: null,
    extras: hide(Object.keys(others).length === 0 ? extras : { ...extras, image_url: others }, { url }),
  };
}

const TEXT = new Set(["type", "text"]);
const THINKING = new Set(["type", "thinking"]);
const IMAGE = new Set(["type", "image_url"]);
const IMAGE_URL = new Set(["url", "detail"]);
const DOCUMENT = new Set(["type", "document"]);

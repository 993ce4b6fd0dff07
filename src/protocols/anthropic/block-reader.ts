/** Content blocks of requests and answers. A kind that the IR has no place for is carried whole as an opaque block. */
import {
  type CacheMark,
  type DocumentBlock,
  type Extras,
  type IrBlock,
  type IrCitation,
  type MediaSource,
  NO_SPELLING,
  plainText,
  type Spelling,
} from "../../ir/request.ts";
import { asArray, asBoolean, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { inputText } from "../shared/arguments.ts";
import { summaryText } from "../shared/compaction.ts";
import {
  extrasOf,
  isAnything,
  isBoolean,
  isList,
  isSwitch,
  isText,
  needList,
  needObject,
  needText,
  type Shape,
} from "../shared/members.ts";
import { readOpaque } from "./reasoning-signatures.ts";
import { PROTOCOL, type RequestBlockType } from "./wire.ts";

/** Content as it stands in messages, tool results and documents: a string or a list of blocks. */
interface ReadContent {
  readonly blocks: readonly IrBlock[];
  /** The wire had a bare string. */
  readonly wasString: boolean;
}

export function readContent(value: unknown, path: string): ReadContent {
  if (typeof value === "string") return { blocks: [plainText(value)], wasString: true };
  return {
    blocks: needList(value, path).map((block, index) => readBlock(block, `${path}[${index}]`)),
    wasString: false,
  };
}

function readBlock(value: unknown, path: string): IrBlock {
  const block = needObject(value, path);
  const type = needText(block, "type", path);
  const read = READERS.get(type);
  if (read !== undefined) return read(block, path);
  const summary = type === "compaction" ? (asText(block["content"]) ?? "") : "";
  return { ...opaqueBlock(type, block), ...(summary === "" ? {} : { readable: summaryText(summary) }) };
}

export function opaqueBlock(name: string, value: unknown): Extract<IrBlock, { type: "opaque" }> {
  return { type: "opaque", sourceProtocol: PROTOCOL, name, value, spelling: NO_SPELLING };
}

export function readCitation(value: unknown): IrCitation {
  const citation = asObject(value) ?? {};
  const type = asText(citation["type"]) ?? "";
  return {
    kind: type === "web_search_result_location" ? "url" : DOCUMENT_CITATIONS.has(type) ? "document" : "other",
    url: asText(citation["url"]) ?? null,
    title: asText(citation["title"]) ?? asText(citation["document_title"]) ?? null,
    citedText: asText(citation["cited_text"]) ?? null,
    // The vendor's indexes count the source, not the answer.
    start: null,
    end: null,
    sourceProtocol: PROTOCOL,
    raw: value,
  };
}

/** Null when there is no mark, or one with members that only this protocol has: that rides as an extra. */
export function readCache(block: JsonObject): CacheMark | null {
  const mark = asObject(block["cache_control"]);
  if (mark === undefined || !isPlainMark(mark)) return null;
  const ttl = mark["ttl"];
  return { lifetime: ttl === "5m" || ttl === "1h" ? ttl : null };
}

/** For shapes: a mark that `readCache` carries whole. */
export function isCache(value: unknown): boolean {
  const mark = asObject(value);
  return mark !== undefined && isPlainMark(mark);
}

function isPlainMark(mark: JsonObject): boolean {
  if (mark["type"] !== "ephemeral") return false;
  const ttl = mark["ttl"] ?? "5m";
  return (ttl === "5m" || ttl === "1h") && Object.keys(mark).every((name) => name === "type" || name === "ttl");
}

const DOCUMENT_CITATIONS: ReadonlySet<string> = new Set([
  "char_location",
  "page_location",
  "content_block_location",
  "search_result_location",
]);

/** The caller of an ordinary tool call; any other says that a server tool made it. */
const isDirect = (value: unknown): boolean => asObject(value)?.["type"] === "direct";

const TEXT_SHAPE: Shape = { type: isText, text: isText, citations: isList, cache_control: isCache };
const IMAGE_SHAPE: Shape = { type: isText, source: isAnything, cache_control: isCache };
const DOCUMENT_SHAPE: Shape = {
  type: isText,
  source: isAnything,
  title: isText,
  context: isText,
  citations: isSwitch,
  cache_control: isCache,
};
const TOOL_USE_SHAPE: Shape = {
  type: isText,
  id: isText,
  name: isText,
  input: isAnything,
  cache_control: isCache,
  caller: isDirect,
};
const TOOL_RESULT_SHAPE: Shape = {
  type: isText,
  tool_use_id: isText,
  content: isAnything,
  is_error: isBoolean,
  cache_control: isCache,
};
const THINKING_SHAPE: Shape = { type: isText, thinking: isText, signature: isText };
const REDACTED_SHAPE: Shape = { type: isText, data: isText };

const SEARCH_RESULT_SHAPE: Shape = {
  type: isText,
  content: isList,
  title: isText,
  source: isText,
  citations: isSwitch,
  cache_control: isCache,
};

type BlockReader = (block: JsonObject, path: string) => IrBlock;

/** Every other kind is an opaque block. */
const KINDS = {
  text: readText,
  image: readImage,
  document: readDocument,
  search_result: readSearchResult,
  tool_use: readToolUse,
  tool_result: readToolResult,
  thinking: readThinking,
  redacted_thinking: readRedacted,
} as const satisfies Partial<Record<RequestBlockType, BlockReader>>;

const READERS: ReadonlyMap<string, BlockReader> = new Map(Object.entries(KINDS));

function readText(block: JsonObject, path: string): IrBlock {
  return {
    type: "text",
    text: needText(block, "text", path),
    citations: (asArray(block["citations"]) ?? []).map(readCitation),
    cache: readCache(block),
    extras: extrasOf(block, TEXT_SHAPE),
    spelling: NO_SPELLING,
  };
}

function readImage(block: JsonObject, path: string): IrBlock {
  const source = readMedia(needObject(block["source"], `${path}.source`), `${path}.source`);
  if (source === null) return opaqueBlock("image", block);
  return {
    type: "image",
    source,
    detail: null,
    cache: readCache(block),
    extras: extrasOf(block, IMAGE_SHAPE),
    spelling: NO_SPELLING,
  };
}

/** Null for a kind of source that only this protocol has. */
function readMedia(source: JsonObject, path: string): MediaSource | null {
  switch (source["type"]) {
    case "base64":
      return {
        kind: "base64",
        mediaType: asText(source["media_type"]) ?? null,
        data: needText(source, "data", path),
      };
    case "url":
      return { kind: "url", url: needText(source, "url", path), mediaType: null };
    case "file":
      return { kind: "file", id: needText(source, "file_id", path) };
    default:
      return null;
  }
}

function readDocument(block: JsonObject, path: string): IrBlock {
  const source = readDocumentSource(needObject(block["source"], `${path}.source`), `${path}.source`);
  if (source === null) return opaqueBlock("document", block);
  return {
    type: "document",
    source,
    title: asText(block["title"]) ?? null,
    context: asText(block["context"]) ?? null,
    citations: asBoolean(asObject(block["citations"])?.["enabled"]) ?? null,
    cache: readCache(block),
    extras: extrasOf(block, DOCUMENT_SHAPE),
    spelling: NO_SPELLING,
  };
}

/** Found words with where they come from: a document to other protocols, and the block itself to this one. */
function readSearchResult(block: JsonObject, path: string): IrBlock {
  const content = asArray(block["content"]);
  const isWords = content?.every((each) => asText(asObject(each)?.["text"]) !== undefined) === true;
  if (content === undefined || !isWords) return opaqueBlock("search_result", block);
  return {
    type: "document",
    source: { kind: "blocks", ...readContent(content, `${path}.content`) },
    title: asText(block["title"]) ?? null,
    context: asText(block["source"]) ?? null,
    citations: asBoolean(asObject(block["citations"])?.["enabled"]) ?? null,
    cache: readCache(block),
    extras: extrasOf(block, SEARCH_RESULT_SHAPE),
    spelling: { search_result: block },
  };
}

function readDocumentSource(source: JsonObject, path: string): DocumentBlock["source"] | null {
  switch (source["type"]) {
    case "text":
      // The only media type the vendor takes here is text/plain; another would be lost, so the block stays whole.
      return (source["media_type"] ?? "text/plain") === "text/plain"
        ? { kind: "text", text: needText(source, "data", path) }
        : null;
    case "content":
      return { kind: "blocks", ...readContent(source["content"], `${path}.content`) };
    default:
      return readMedia(source, path);
  }
}

function readToolUse(block: JsonObject, path: string): IrBlock {
  return {
    type: "tool-call",
    id: needText(block, "id", path),
    name: needText(block, "name", path),
    kind: "function",
    arguments: inputText(block["input"]),
    signature: null,
    cache: readCache(block),
    extras: readToolUseExtras(block),
    spelling: NO_SPELLING,
  };
}

export function readToolUseExtras(block: JsonObject): Extras {
  return extrasOf(block, TOOL_USE_SHAPE);
}

function readToolResult(block: JsonObject, path: string): IrBlock {
  const wire = block["content"];
  const content = wire === undefined || wire === null ? NO_CONTENT : readContent(wire, `${path}.content`);
  return {
    type: "tool-result",
    callId: needText(block, "tool_use_id", path),
    name: null,
    content: content.blocks,
    wasString: content.wasString,
    isError: asBoolean(block["is_error"]) ?? null,
    cache: readCache(block),
    extras: extrasOf(block, TOOL_RESULT_SHAPE),
    spelling: NO_SPELLING,
  };
}

const NO_CONTENT: ReadContent = { blocks: [], wasString: false };

function readThinking(block: JsonObject, path: string): IrBlock {
  const opaque = readOpaque(asText(block["signature"]) ?? "", "signature");
  return {
    type: "reasoning",
    text: needText(block, "thinking", path),
    signature: opaque?.kind === "signature" ? opaque.signature : null,
    encrypted: opaque?.kind === "encrypted" ? opaque.signature : null,
    extras: extrasOf(block, THINKING_SHAPE),
    spelling: spellUnsigned(block["signature"]),
  };
}

/** An empty signature is how this gateway writes none. */
function spellUnsigned(signature: unknown): Spelling {
  if (signature === undefined) return { hasSignature: false };
  return signature === null ? { signature } : NO_SPELLING;
}

function readRedacted(block: JsonObject, path: string): IrBlock {
  const opaque = readOpaque(needText(block, "data", path), "encrypted");
  if (opaque === null) throw new WireError(`${path}.data must not be empty.`);
  return {
    type: "reasoning",
    text: "",
    signature: opaque.kind === "signature" ? opaque.signature : null,
    encrypted: opaque.kind === "encrypted" ? opaque.signature : null,
    extras: extrasOf(block, REDACTED_SHAPE),
    spelling: NO_SPELLING,
  };
}

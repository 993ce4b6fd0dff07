/**
 * Content blocks of requests and answers: objects whose one member names the kind. A kind that the IR has no place for is
 * carried whole as an opaque block. A cache point stands behind what it marks; in the IR the mark is on the block itself.
 */
import { type CacheMark, type IrBlock, isMarkable, NO_EXTRAS, NO_SPELLING, plainText } from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { inputText } from "../shared/arguments.ts";
import { extrasOf, isAnything, isText, needList, needObject, needText, type Shape } from "../shared/members.ts";
import { readCitation } from "./citations.ts";
import { readAudio, readDocument, readImage } from "./media-reader.ts";
import { readRedacted, readSignature } from "./reasoning-signatures.ts";
import { keyOf } from "./unions.ts";
import { type BlockKey, PROTOCOL } from "./wire.ts";

/** Name of an opaque block that is a mark behind nothing that could carry it. */
const CACHE_POINT = "cachePoint";

export function readContent(value: unknown, path: string): IrBlock[] {
  const blocks: IrBlock[] = [];
  for (const [index, wire] of needList(value, path).entries()) {
    const block = needObject(wire, `${path}[${index}]`);
    if (CACHE_POINT in block && addMark(blocks, readMark(block))) continue;
    blocks.push(readBlock(block, `${path}[${index}]`));
  }
  return blocks;
}

/** True when the block before took the mark. */
function addMark(blocks: IrBlock[], mark: CacheMark | null): boolean {
  const last = blocks.at(-1);
  if (mark === null || last === undefined || !isMarkable(last) || last.cache !== null) return false;
  blocks[blocks.length - 1] = { ...last, cache: mark };
  return true;
}

/** Null when it is no plain mark: one with unknown members rides as an opaque block. */
export function readMark(block: JsonObject): CacheMark | null {
  const mark = asObject(block[CACHE_POINT]);
  if (mark === undefined || mark["type"] !== "default") return null;
  const ttl = mark["ttl"] ?? null;
  if (ttl !== null && ttl !== "5m" && ttl !== "1h") return null;
  return Object.keys(mark).every((name) => name === "type" || name === "ttl") ? { lifetime: ttl } : null;
}

function readBlock(block: JsonObject, path: string): IrBlock {
  const key = keyOf(block);
  if (key === undefined) throw new WireError(`${path} must have one member that names its kind.`);
  const read = READERS.get(key);
  return read === undefined ? opaqueBlock(key, block) : read(block, path);
}

function opaqueBlock(name: string, value: unknown): IrBlock {
  return { type: "opaque", sourceProtocol: PROTOCOL, name, value, spelling: NO_SPELLING };
}

type BlockReader = (block: JsonObject, path: string) => IrBlock;

/** Every other kind is an opaque block. */
const KINDS = {
  text: (block, path) => plainText(needText(block, "text", path)),
  image: (block, path) =>
    readImage(needObject(block["image"], `${path}.image`), `${path}.image`) ?? opaqueBlock("image", block),
  document: (block, path) =>
    readDocument(needObject(block["document"], `${path}.document`), `${path}.document`) ??
    opaqueBlock("document", block),
  audio: (block) => readAudio(asObject(block["audio"]) ?? {}) ?? opaqueBlock("audio", block),
  toolUse: readToolUse,
  toolResult: readToolResult,
  reasoningContent: readReasoning,
  citationsContent: readCitations,
  guardContent: readGuarded,
} as const satisfies Partial<Record<BlockKey, BlockReader>>;

const READERS: ReadonlyMap<string, BlockReader> = new Map<string, BlockReader>(Object.entries(KINDS));

const TOOL_USE_SHAPE: Shape = {
  toolUseId: isText,
  name: isText,
  input: isAnything,
  type: (value) => value === "tool_use",
};

function readToolUse(block: JsonObject, path: string): IrBlock {
  const use = needObject(block["toolUse"], `${path}.toolUse`);
  // A call the vendor makes and answers itself.
  if ((asText(use["type"]) ?? "tool_use") !== "tool_use") return opaqueBlock("toolUse", block);
  return {
    type: "tool-call",
    id: needText(use, "toolUseId", `${path}.toolUse`),
    name: needText(use, "name", `${path}.toolUse`),
    kind: "function",
    arguments: inputText(use["input"]),
    signature: null,
    cache: null,
    extras: extrasOf(use, TOOL_USE_SHAPE),
    spelling: NO_SPELLING,
  };
}

const TOOL_RESULT_SHAPE: Shape = {
  toolUseId: isText,
  content: isAnything,
  status: (value) => value === "success" || value === "error",
};

function readToolResult(block: JsonObject, path: string): IrBlock {
  const result = needObject(block["toolResult"], `${path}.toolResult`);
  if (asText(result["type"]) !== undefined) return opaqueBlock("toolResult", block);
  const content = needList(result["content"] ?? [], `${path}.toolResult.content`);
  const only = content.length === 1 ? asObject(content[0]) : undefined;
  const isJson = only !== undefined && keyOf(only) === "json";
  return {
    type: "tool-result",
    callId: needText(result, "toolUseId", `${path}.toolResult`),
    name: null,
    content: isJson ? [plainText(JSON.stringify(only["json"]))] : content.map(readResultBlock(path)),
    // A lone JSON value is a text to everybody else; the mark brings it back as JSON to this protocol.
    wasString: isJson,
    isError: result["status"] === "error" ? true : result["status"] === "success" ? false : null,
    cache: null,
    extras: extrasOf(result, TOOL_RESULT_SHAPE),
    spelling: NO_SPELLING,
  };
}

/** JSON among other content is written out as text. */
function readResultBlock(path: string): (value: unknown, index: number) => IrBlock {
  return (value, index) => {
    const here = `${path}.toolResult.content[${index}]`;
    const block = needObject(value, here);
    return keyOf(block) === "json" ? plainText(JSON.stringify(block["json"])) : readBlock(block, here);
  };
}

const REASONING_SHAPE: Shape = { text: isText, signature: isText };

function readReasoning(block: JsonObject, path: string): IrBlock {
  const content = needObject(block["reasoningContent"], `${path}.reasoningContent`);
  const redacted = asText(content["redactedContent"]);
  if (redacted !== undefined) {
    const encrypted = readRedacted(redacted)?.signature ?? null;
    return { type: "reasoning", text: "", signature: null, encrypted, extras: NO_EXTRAS, spelling: NO_SPELLING };
  }
  const thought = asObject(content["reasoningText"]);
  if (thought === undefined) return opaqueBlock("reasoningContent", block);
  const opaque = readSignature(asText(thought["signature"]) ?? "");
  return {
    type: "reasoning",
    text: asText(thought["text"]) ?? "",
    signature: opaque?.kind === "signature" ? opaque.signature : null,
    encrypted: opaque?.kind === "encrypted" ? opaque.signature : null,
    extras: extrasOf(thought, REASONING_SHAPE),
    spelling: NO_SPELLING,
  };
}

function readCitations(block: JsonObject, path: string): IrBlock {
  const content = needObject(block["citationsContent"], `${path}.citationsContent`);
  return {
    type: "text",
    text: (asArray(content["content"]) ?? []).map((each) => asText(asObject(each)?.["text"]) ?? "").join(""),
    citations: (asArray(content["citations"]) ?? []).map(readCitation),
    cache: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  };
}

/** Marked for a guardrail: the words and pictures are the client's all the same, and the mark is an extra. */
function readGuarded(block: JsonObject, path: string): IrBlock {
  const guarded = needObject(block["guardContent"], `${path}.guardContent`);
  const text = asObject(guarded["text"]);
  if (text !== undefined) {
    const { text: words, ...rest } = text;
    return { ...plainText(asText(words) ?? ""), extras: { guardContent: rest } };
  }
  const image = asObject(guarded["image"]);
  const read = image === undefined ? null : readImage(image, `${path}.guardContent.image`);
  return read?.type === "image"
    ? { ...read, extras: { ...read.extras, guardContent: {} }, spelling: NO_SPELLING }
    : opaqueBlock("guardContent", block);
}

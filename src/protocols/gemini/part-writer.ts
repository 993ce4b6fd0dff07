/** Blocks of a request as parts. Signatures stand on the parts they belong to: see turn-writer.ts. */
import { type IrBlock, isMarkable, type ToolCallBlock, type ToolResultBlock } from "../../ir/request.ts";
import { asText, type JsonObject } from "../../std/json.ts";
import { parseObject, writeArguments } from "../shared/arguments.ts";
import { writeOpaqueBlock } from "../shared/opaque-writer.ts";
import { writeAudio, writeDocument, writeImage } from "./media-writer.ts";
import { isEmpty, mergeMembers } from "./members.ts";
import { isInvented, legalToolName } from "./names.ts";
import type { GeminiContext } from "./write-context.ts";

function writeBlocks(blocks: readonly IrBlock[], path: string, context: GeminiContext): JsonObject[] {
  return blocks.flatMap((block, index) => writeBlock(block, `${path}[${index}]`, context));
}

/** Of blocks that stand for themselves; calls, results and reasoning are the turn writer's. */
export function writeBlock(block: IrBlock, path: string, context: GeminiContext): JsonObject[] {
  const written = writeKind(block, path, context);
  if (block.type === "opaque") return written;
  if (isMarkable(block) && block.cache !== null && !context.native) dropCache(path, context);
  return written.map((part) => withExtras(part, block.extras, path, context));
}

export function withExtras(part: JsonObject, extras: JsonObject, path: string, context: GeminiContext): JsonObject {
  if (context.native) return mergeMembers(part, extras);
  if (!isEmpty(extras)) context.losses.dropExtras(path, extras);
  return part;
}

export function dropCache(path: string, context: GeminiContext): void {
  context.losses.drop(`${path}.cache_control`, "the vendor caches by itself, or by a name given ahead");
}

function writeKind(block: IrBlock, path: string, context: GeminiContext): JsonObject[] {
  switch (block.type) {
    case "text":
      if (block.citations.length > 0 && !context.native) {
        context.losses.drop(`${path}.citations`, "a turn of the conversation has no place for citations");
      }
      // The vendor refuses a part that says nothing.
      return block.text === "" && !context.native ? [] : [{ text: block.text }];
    case "refusal":
      return block.text === "" ? [] : [{ text: block.text }];
    case "image":
      return present(writeImage(block, path, context));
    case "audio":
      return present(writeAudio(block, path, context));
    case "document":
      return writeDocument(block, path, context, writeBlocks);
    case "opaque":
      return present(writeOpaqueBlock(block, path, context));
    case "tool-call":
      return [writeCall(block, path, context)];
    case "reasoning":
    case "tool-result":
      return [];
  }
}

function present(part: JsonObject | null): JsonObject[] {
  return part === null ? [] : [part];
}

/** Ids the wire never gave are left out again. */
export function writeId(id: string): JsonObject {
  return id === "" || isInvented(id) ? {} : { id };
}

function writeCall(block: ToolCallBlock, path: string, context: GeminiContext): JsonObject {
  const name = context.native ? block.name : legalToolName(block.name);
  return { functionCall: { ...writeId(block.id), name, args: writeArguments(block, `${path}.args`, context.losses) } };
}

interface WrittenResult {
  readonly part: JsonObject;
  /** Media that had no place inside the result. */
  readonly beside: readonly JsonObject[];
}

/** `name` is the tool's, from the call; the vendor demands it. */
export function writeResult(block: ToolResultBlock, name: string, path: string, context: GeminiContext): WrittenResult {
  const { texts, media } = readResultContent(block, path, context);
  if (block.cache !== null && !context.native) dropCache(path, context);
  const isInside = context.native || context.dialect.mediaInResults;
  if (media.length > 0 && !isInside) {
    context.losses.approximate(`${path}.content`, "media of a result stand beside it in the turn");
  }
  const response = writeOutput(block, texts.join("\n"), context);
  const parts = media.length > 0 && isInside ? { parts: media } : {};
  const part = { functionResponse: { ...writeId(block.callId), name, response, ...parts } };
  return { part: withExtras(part, block.extras, path, context), beside: isInside ? [] : media };
}

/** Words stand in `response`, whatever block they came in: a part of a result holds media alone (SDK type FunctionResponsePart). */
function readResultContent(block: ToolResultBlock, path: string, context: GeminiContext) {
  const texts: string[] = [];
  const media: JsonObject[] = [];
  for (const [index, each] of block.content.entries()) {
    const here = `${path}.content[${index}]`;
    if (each.type === "text" || each.type === "refusal") {
      texts.push(each.text);
      if (!context.native && !isEmpty(each.extras)) context.losses.dropExtras(here, each.extras);
      continue;
    }
    for (const part of writeBlock(each, here, context)) {
      const text = asText(part["text"]);
      if (text !== undefined && !context.native) texts.push(text);
      else media.push(context.native ? part : mediaAlone(part, here, context));
    }
  }
  return { texts, media };
}

function mediaAlone(part: JsonObject, path: string, context: GeminiContext): JsonObject {
  const { inlineData, fileData, ...others } = part;
  if (context.dialect.mediaInResults && !isEmpty(others)) context.losses.dropExtras(path, others);
  if (!context.dialect.mediaInResults) return part;
  return inlineData === undefined ? { fileData } : { inlineData };
}

/** By convention `output` is what came back and `error` what went wrong (SDK type FunctionResponse). */
function writeOutput(block: ToolResultBlock, text: string, context: GeminiContext): JsonObject {
  const isError = block.isError === true;
  const parsed = block.wasString && context.native ? null : text.trim() === "" ? null : parseObject(text);
  if (isError) return parsed !== null && Object.hasOwn(parsed, "error") ? parsed : { error: text };
  if (parsed !== null) return parsed;
  return text === "" && context.native && !block.wasString ? {} : { output: text };
}

/** Blocks of a request. Null stands for a block that was dropped; whatever could not be carried is a loss. */
import {
  type IrBlock,
  type IrCitation,
  NO_SPELLING,
  type ReasoningBlock,
  type TextBlock,
  type ToolCallBlock,
  type ToolResultBlock,
} from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import { writeOwnArguments } from "../shared/arguments.ts";
import { writeOpaqueBlock } from "../shared/opaque-writer.ts";
import { isIssuedBy } from "../shared/signature-tag.ts";
import { writeDocument, writeImage } from "./media-writer.ts";
import { legalCallId, legalToolName } from "./names.ts";
import {
  PROTOCOL,
  type RedactedThinkingBlockParam,
  type TextBlockParam,
  type ThinkingBlockParam,
  type ToolResultBlockParam,
  type ToolUseBlockParam,
} from "./wire.ts";
import { type MessagesContext, writeCache } from "./write-context.ts";

export function writeBlock(block: IrBlock, path: string, context: MessagesContext): JsonObject | null {
  const written = writeKind(block, path, context);
  if (block.type === "opaque" || written === null) return written;
  return withExtras(written, block.extras, path, context);
}

export function writeBlocks(blocks: readonly IrBlock[], path: string, context: MessagesContext): JsonObject[] {
  return blocks
    .map((block, index) => writeBlock(block, `${path}[${index}]`, context))
    .filter((written) => written !== null);
}

/** Extras belong to the protocol the request was read from. */
export function withExtras(
  written: JsonObject,
  extras: Readonly<Record<string, unknown>>,
  path: string,
  context: MessagesContext,
): JsonObject {
  if (context.native) return { ...written, ...extras };
  context.losses.dropExtras(path, extras);
  return written;
}

function writeKind(block: IrBlock, path: string, context: MessagesContext): JsonObject | null {
  switch (block.type) {
    case "text":
      return writeText(block, path, context);
    case "refusal":
      // The vendor has no such block; without the text the turn would be empty and the conversation lopsided.
      context.losses.approximate(path, "a refusal is written as text");
      return block.text.trim() === "" ? null : { type: "text", text: block.text };
    case "image":
      return writeImage(block, path, context);
    case "document":
      return writeDocument(block, path, context, writeBlocks);
    case "audio":
      if (block.transcript === null || block.transcript.trim() === "") {
        context.losses.drop(path, "the Messages API takes no audio");
        return null;
      }
      context.losses.approximate(path, "audio is written as its transcript");
      return { type: "text", text: block.transcript };
    case "tool-call":
      return writeToolUse(block, path, context);
    case "tool-result":
      return writeToolResult(block, path, context);
    case "reasoning":
      return writeReasoning(block, path, context);
    case "opaque":
      return writeOpaqueBlock(block, path, context);
  }
}

/** The vendor refuses blank text ("text content blocks must contain non-whitespace text"), and it says nothing. */
function writeText(block: TextBlock, path: string, context: MessagesContext): JsonObject | null {
  if (!context.native && block.text.trim() === "") return null;
  return {
    type: "text",
    text: block.text,
    ...writeCitations(block.citations, path, context),
    ...writeCache(block.cache, path, context),
  } satisfies TextBlockParam & JsonObject;
}

function writeCitations(citations: readonly IrCitation[], path: string, context: MessagesContext): JsonObject {
  const own = citations.filter((citation) => citation.sourceProtocol === PROTOCOL);
  if (own.length < citations.length) {
    context.losses.drop(`${path}.citations`, "citations of another vendor refer to sources this one has not seen");
  }
  return own.length === 0 ? {} : { citations: own.map((citation) => citation.raw) };
}

function writeToolUse(block: ToolCallBlock, path: string, context: MessagesContext): JsonObject {
  if (block.signature !== null) context.losses.drop(`${path}.signature`, "a tool call has no place for a signature");
  return {
    type: "tool_use",
    id: context.native ? block.id : writeId(block.id, `${path}.id`, context),
    name: context.native ? block.name : legalToolName(block.name),
    input: writeOwnArguments(block, path, context),
    ...writeCache(block.cache, path, context),
  } satisfies ToolUseBlockParam & JsonObject;
}

function writeId(id: string, path: string, context: MessagesContext): string {
  const legal = legalCallId(id);
  if (legal !== id) context.losses.approximate(path, "the id has characters or a length the vendor refuses");
  return legal;
}

function writeToolResult(block: ToolResultBlock, path: string, context: MessagesContext): JsonObject {
  return {
    type: "tool_result",
    tool_use_id: context.native ? block.callId : legalCallId(block.callId),
    ...writeResultContent(block, path, context),
    ...(block.isError === null ? {} : { is_error: block.isError }),
    ...writeCache(block.cache, path, context),
  } satisfies Omit<ToolResultBlockParam, "content"> & JsonObject;
}

function writeResultContent(block: ToolResultBlock, path: string, context: MessagesContext): JsonObject {
  const first = block.content[0];
  if (block.wasString && block.content.length === 1 && first?.type === "text") {
    return first.text === "" && !context.native ? {} : { content: first.text };
  }
  const content = writeBlocks(block.content, `${path}.content`, context);
  return content.length === 0 && (!context.native || block.content.length === 0) ? {} : { content };
}

/** Claude refuses a turn whose thinking it cannot verify; other vendors of this API want their own back unsigned. */
function writeReasoning(block: ReasoningBlock, path: string, context: MessagesContext): JsonObject | null {
  if (isIssuedBy(block.encrypted, PROTOCOL)) {
    return { type: "redacted_thinking", data: block.encrypted.value } satisfies RedactedThinkingBlockParam & JsonObject;
  }
  if (isIssuedBy(block.signature, PROTOCOL)) {
    return {
      type: "thinking",
      thinking: block.text,
      signature: block.signature.value,
    } satisfies ThinkingBlockParam & JsonObject;
  }
  const signed = block.signature !== null || block.encrypted !== null;
  if (!takesUnsigned(block, signed, context)) {
    context.losses.drop(
      path,
      signed ? "reasoning signed by another vendor" : "reasoning without this vendor's signature",
    );
    return null;
  }
  if (signed) context.losses.approximate(`${path}.signature`, "the reasoning goes back without another vendor's seal");
  const { hasSignature, signature = "" } = context.native && !signed ? block.spelling : NO_SPELLING;
  return { type: "thinking", thinking: block.text, ...(hasSignature === false ? {} : { signature }) };
}

function takesUnsigned(block: ReasoningBlock, signed: boolean, { dialect, native }: MessagesContext): boolean {
  switch (dialect.reasoningBack) {
    case "required":
      return block.text !== "";
    case "ignored":
      return native && !signed;
    case "refused":
      return false;
  }
}

/** Blocks of a request. An empty list stands for a block that was dropped; whatever could not be carried is a loss. */
import {
  type Extras,
  type IrBlock,
  isMarkable,
  type ReasoningBlock,
  type TextBlock,
  type ToolCallBlock,
  type ToolResultBlock,
} from "../../ir/request.ts";
import { asObject, type JsonObject, parseExact } from "../../std/json.ts";
import { writeOwnArguments } from "../shared/arguments.ts";
import { writeOpaqueBlock } from "../shared/opaque-writer.ts";
import { writeAudio, writeDocument, writeImage } from "./media-writer.ts";
import { legalCallId, legalToolName } from "./names.ts";
import { REDACTED } from "./reasoning-signatures.ts";
import { type BlockKey, PROTOCOL } from "./wire.ts";
import { type ConverseContext, writeMark } from "./write-context.ts";

/** `id`: what a call or result is called on the wire; null: what the client called it. */
export function writeBlock(
  block: IrBlock,
  path: string,
  context: ConverseContext,
  id: string | null = null,
): JsonObject[] {
  const written = writeKind(block, path, context, id);
  if (written === null) return [];
  return isMarkable(block) ? [written, ...writeMark(block.cache, path, context)] : [written];
}

export function writeBlocks(blocks: readonly IrBlock[], path: string, context: ConverseContext): JsonObject[] {
  return blocks.flatMap((block, index) => writeBlock(block, `${path}[${index}]`, context));
}

function writeKind(block: IrBlock, path: string, context: ConverseContext, id: string | null): JsonObject | null {
  switch (block.type) {
    case "text":
      return writeText(block, path, context);
    case "refusal":
      // The vendor has no such block; without the text the turn would be empty and the conversation lopsided.
      context.losses.approximate(path, "a refusal is written as text");
      return block.text.trim() === "" ? null : { text: block.text };
    case "image":
      return guarded("image", writeImage(block, path, context), block.extras, path, context);
    case "document":
      return member("document", writeDocument(block, path, context), block.extras, path, context);
    case "audio":
      return writeSound(block, path, context);
    case "tool-call":
      return member("toolUse", writeToolUse(block, path, context, id), block.extras, path, context);
    case "tool-result":
      return member("toolResult", writeToolResult(block, path, context, id), block.extras, path, context);
    case "reasoning":
      return writeReasoning(block, path, context);
    case "opaque":
      return writeOpaqueBlock(block, path, context);
  }
}

/** Extras belong to the protocol the request was read from. */
export function withExtras(written: JsonObject, extras: Extras, path: string, context: ConverseContext): JsonObject {
  if (context.native) return { ...written, ...extras };
  context.losses.dropExtras(path, extras);
  return written;
}

function member(
  key: BlockKey,
  written: JsonObject | null,
  extras: Extras,
  path: string,
  context: ConverseContext,
): JsonObject | null {
  return written === null ? null : { [key]: withExtras(written, extras, path, context) };
}

/** What was marked for a guardrail goes back under its mark. */
function guarded(
  key: "text" | "image",
  written: JsonObject | null,
  extras: Extras,
  path: string,
  context: ConverseContext,
): JsonObject | null {
  const { guardContent, ...others } = extras;
  if (guardContent === undefined || !context.native) return member(key, written, extras, path, context);
  return written === null ? null : { guardContent: { [key]: { ...written, ...asObject(guardContent), ...others } } };
}

/** The vendor refuses blank text ("The text field in the ContentBlock object is blank"), and it says nothing. */
function writeText(block: TextBlock, path: string, context: ConverseContext): JsonObject | null {
  if (context.native && block.extras["guardContent"] !== undefined) {
    return guarded("text", { text: block.text }, block.extras, path, context);
  }
  if (!context.native) {
    context.losses.dropExtras(path, block.extras);
    if (block.citations.length > 0) {
      context.losses.drop(`${path}.citations`, "citations of another vendor refer to sources this one has not seen");
    }
    return block.text.trim() === "" ? null : { text: block.text };
  }
  if (block.citations.length === 0) return { text: block.text };
  return {
    citationsContent: {
      ...(block.text === "" ? {} : { content: [{ text: block.text }] }),
      citations: block.citations.map((citation) => citation.raw),
    },
  };
}

function writeSound(
  block: Extract<IrBlock, { type: "audio" }>,
  path: string,
  context: ConverseContext,
): JsonObject | null {
  const { transcript } = block;
  if (transcript !== null && transcript.trim() !== "" && !context.dialect.audio && !context.native) {
    context.losses.approximate(path, "audio is written as its transcript");
    return { text: transcript };
  }
  return member("audio", writeAudio(block, path, context), block.extras, path, context);
}

function writeToolUse(block: ToolCallBlock, path: string, context: ConverseContext, id: string | null): JsonObject {
  if (block.signature !== null) context.losses.drop(`${path}.signature`, "a tool call has no place for a signature");
  return {
    toolUseId: writeId(block.id, `${path}.id`, context, id),
    name: context.native ? block.name : legalToolName(block.name),
    input: writeOwnArguments(block, path, context),
  };
}

function writeId(own: string, path: string, context: ConverseContext, id: string | null): string {
  const written = id ?? (context.native ? own : legalCallId(own));
  if (written !== own) context.losses.approximate(path, "the id has characters or a length the vendor refuses");
  return written;
}

/** Another value than an object may come from a client of this protocol, and the vendor says what it thinks of it. */
function writeToolResult(
  block: ToolResultBlock,
  path: string,
  context: ConverseContext,
  id: string | null,
): JsonObject {
  const content = writeResultContent(block, path, context);
  return {
    toolUseId: id ?? (context.native ? block.callId : legalCallId(block.callId)),
    content,
    ...writeStatus(block.isError, path, context),
  };
}

function writeStatus(isError: boolean | null, path: string, context: ConverseContext): JsonObject {
  if (isError === null) return {};
  if (context.native || context.dialect.resultStatus) return { status: isError ? "error" : "success" };
  if (isError) context.losses.drop(`${path}.is_error`, "the model is not told that a result is an error");
  return {};
}

const EMPTY_RESULT = "(empty)";

function writeResultContent(block: ToolResultBlock, path: string, context: ConverseContext): JsonObject[] {
  const [first] = block.content;
  if (context.native && block.wasString && first?.type === "text") return [{ json: parseExact(first.text) }];
  const content = writeBlocks(block.content, `${path}.content`, context);
  if (content.length > 0 || context.native) return content;
  context.losses.approximate(`${path}.content`, "an empty result is written as a word that says so");
  return [{ text: EMPTY_RESULT }];
}

/** Only what the model behind can verify is sent: it refuses a turn whose thinking it cannot. */
function writeReasoning(block: ReasoningBlock, path: string, context: ConverseContext): JsonObject | null {
  const { signature, encrypted, text } = block;
  if (encrypted?.issuer === REDACTED) return { reasoningContent: { redactedContent: encrypted.value } };
  const takesSigned = context.dialect.reasoningMember === "thinking";
  if (signature?.issuer === PROTOCOL && (takesSigned || context.native)) {
    return { reasoningContent: { reasoningText: { text, signature: signature.value, ...ownExtras(block, context) } } };
  }
  if (signature === null && encrypted === null && context.native && context.dialect.reasoningBack !== "refused") {
    return { reasoningContent: { reasoningText: { text, ...block.extras } } };
  }
  const signed = signature !== null || encrypted !== null;
  context.losses.drop(
    path,
    signed ? "reasoning signed by another vendor" : "reasoning without this vendor's signature",
  );
  return null;
}

const ownExtras = (block: ReasoningBlock, context: ConverseContext): Extras => (context.native ? block.extras : {});

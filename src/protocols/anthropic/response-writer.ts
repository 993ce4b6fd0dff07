/** An answer of any vendor as a Messages answer, with every member the vendor's own SDK types name. */
import type { WithLosses } from "../../ir/loss.ts";
import type { IrBlock, IrCitation, ReasoningBlock, ToolCallBlock } from "../../ir/request.ts";
import type { IrResponse } from "../../ir/response.ts";
import type { JsonObject } from "../../std/json.ts";
import type { AnswerContext } from "../protocol.ts";
import { writeArguments } from "../shared/arguments.ts";
import {
  type AnswerFormat,
  type AnswerWriter,
  loseUnreported,
  opaqueOf,
  type WrittenAnswer,
  writeAnswer,
} from "../shared/content-blocks/answer-writer.ts";
import type { Losses } from "../shared/losses.ts";
import { writeOpaqueBlock } from "../shared/opaque-writer.ts";
import { writeFinish } from "./finish.ts";
import { writeOpaque } from "./reasoning-signatures.ts";
import { writeUsage } from "./usage.ts";
import { API, NO_PLACE, PROTOCOL } from "./wire.ts";

/** As the vendor's: `msg_01` and 22 base62 characters. */
export function newMessageId(context: AnswerContext): string {
  return `msg_01${context.newId(22)}`;
}

export function newToolUseId(context: AnswerContext): string {
  return `toolu_01${context.newId(22)}`;
}

/** How an answer of this protocol is told from others, whole or streamed. */
export const MESSAGES_ANSWER: AnswerFormat = {
  protocol: PROTOCOL,
  api: API,
  noPlace: NO_PLACE,
  finishMember: "stop_reason",
  writeFinish,
};

export function writeResponse(response: IrResponse, context: AnswerContext): WithLosses<JsonObject> {
  return writeAnswer(response, context, { ...MESSAGES_ANSWER, writeBlock, writeBody });
}

function writeBody(
  response: IrResponse,
  written: WrittenAnswer,
  { context, losses, native }: AnswerWriter,
): JsonObject {
  const { usage, serviceTier } = response;
  loseUnreported(usage, USAGE_MEMBERS, losses);
  return {
    id: native && response.id !== null ? response.id : newMessageId(context),
    type: "message",
    role: "assistant",
    model: response.model ?? context.upstreamModel,
    content: written.content,
    stop_reason: written.finishWord,
    stop_sequence: written.finish?.stopSequence ?? null,
    stop_details: null,
    container: null,
    usage: writeUsage(
      usage,
      { inputTokens: context.inputTokensEstimate, outputTokens: context.outputTokensEstimate?.() ?? 0 },
      serviceTier,
    ),
  };
}

export const USAGE_MEMBERS = { input: "usage.input_tokens", output: "usage.output_tokens" } as const;

function writeBlock(block: IrBlock, path: string, writer: AnswerWriter): JsonObject | null {
  const written = writeKind(block, path, writer);
  if (written === null || block.type === "opaque") return written;
  if (writer.native) return { ...written, ...block.extras };
  writer.losses.dropExtras(path, block.extras);
  return written;
}

function writeKind(block: IrBlock, path: string, writer: AnswerWriter): JsonObject | null {
  const { losses } = writer;
  switch (block.type) {
    case "text":
      // An empty text says nothing, and the client's next request would be refused for it.
      if (block.text === "" && block.citations.length === 0 && !writer.native) return null;
      return { type: "text", text: block.text, ...writeCitations(block.citations, path, losses) };
    case "refusal":
      return { type: "text", text: block.text };
    case "tool-call":
      return writeToolCall(block, path, writer);
    case "reasoning":
      return writeReasoning(block, path, losses);
    case "opaque":
      return writeOpaqueBlock(block, path, writer);
    case "image":
    case "document":
    case "audio":
    case "tool-result":
      losses.drop(path, `a Messages answer has no place for ${block.type}`);
      return null;
  }
}

/** No member where there are none: some clients refuse a null. */
function writeCitations(citations: readonly IrCitation[], path: string, losses: Losses): JsonObject {
  const own = citations.filter((citation) => citation.sourceProtocol === PROTOCOL);
  if (own.length < citations.length)
    losses.drop(`${path}.citations`, "the vendor's citations point into its own sources");
  return own.length === 0 ? {} : { citations: own.map((citation) => citation.raw) };
}

function writeToolCall(block: ToolCallBlock, path: string, writer: AnswerWriter): JsonObject {
  if (block.signature !== null) writer.losses.drop(`${path}.signature`, "a tool call has no place for a signature");
  return {
    type: "tool_use",
    id: block.id === "" ? newToolUseId(writer.context) : block.id,
    name: block.name,
    input: writeArguments(block, `${path}.input`, writer.losses),
    caller: { type: "direct" },
  };
}

/** Reasoning of another vendor keeps its signature under a tag, so that it finds its way back to its issuer alone. */
function writeReasoning(block: ReasoningBlock, path: string, losses: Losses): JsonObject {
  const { signature, encrypted, text } = block;
  if (encrypted !== null && text === "" && signature === null) {
    return { type: "redacted_thinking", data: writeOpaque("encrypted", encrypted) };
  }
  const opaque = opaqueOf(block, path, losses);
  return {
    type: "thinking",
    thinking: text,
    signature: opaque === null ? "" : writeOpaque(opaque.kind, opaque.signature),
  };
}

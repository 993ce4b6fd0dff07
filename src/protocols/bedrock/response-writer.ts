/** An answer of any vendor as a Converse answer, with every member the vendor's own SDK types demand. */

import type { WithLosses } from "../../ir/loss.ts";
import type { IrBlock, ReasoningBlock, TextBlock, ToolCallBlock } from "../../ir/request.ts";
import type { IrFinish, IrResponse } from "../../ir/response.ts";
import type { Usage } from "../../ir/usage.ts";
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
import { writeCitation } from "./citations.ts";
import { writeFinish } from "./finish.ts";
import { writeRedacted, writeSignature } from "./reasoning-signatures.ts";
import { writeUsage } from "./usage.ts";
import { API, PROTOCOL } from "./wire.ts";

export function newToolUseId(context: AnswerContext): string {
  return `tooluse_${context.newId(22)}`;
}

/** The type demands the latency, in ms and above 0: of another vendor's answer it is what the gateway measured. */
export function metricsOf(context: AnswerContext): { readonly latencyMs: number } {
  return { latencyMs: Math.max(1, Math.round(context.elapsedMs())) };
}

/** How an answer of this protocol is told from others, whole or streamed. */
export const CONVERSE_ANSWER: AnswerFormat = { protocol: PROTOCOL, api: API, finishMember: "stopReason", writeFinish };

export function writeResponse(response: IrResponse, context: AnswerContext): WithLosses<JsonObject> {
  return writeAnswer(response, context, { ...CONVERSE_ANSWER, writeBlock, writeBody });
}

function writeBody(
  response: IrResponse,
  written: WrittenAnswer,
  { context, losses, native }: AnswerWriter,
): JsonObject {
  return {
    output: { message: { role: "assistant", content: written.content } },
    stopReason: written.finishWord,
    usage: writeAnswerUsage(response.usage, context, losses),
    metrics: metricsOf(context),
    ...writeStopSequence(written.finish),
    ...writeTier(response.serviceTier, native),
  };
}

/** Where Claude itself would name it. */
export function writeStopSequence(finish: IrFinish | null): JsonObject {
  return finish?.stopSequence == null ? {} : { additionalModelResponseFields: { stop_sequence: finish.stopSequence } };
}

/** Another vendor's word for its tier is no word of this one's. */
export function writeTier(tier: string | null, native: boolean): JsonObject {
  return tier === null || !native ? {} : { serviceTier: { type: tier } };
}

export function writeAnswerUsage(usage: Usage | null, context: AnswerContext, losses: Losses): JsonObject {
  loseUnreported(usage, { input: "usage.inputTokens", output: "usage.outputTokens" }, losses);
  if (usage?.reasoningTokens != null && usage.reasoningTokens > 0) {
    losses.drop("usage.reasoningTokens", `${API} does not count reasoning apart`);
  }
  return writeUsage(usage, insteadOf(context));
}

function insteadOf({ inputTokensEstimate, outputTokensEstimate }: AnswerContext) {
  return { inputTokens: inputTokensEstimate, outputTokens: outputTokensEstimate?.() ?? 0 };
}

function writeBlock(block: IrBlock, path: string, writer: AnswerWriter): JsonObject | null {
  const { losses, native } = writer;
  const extras = (key: string, written: JsonObject): JsonObject => {
    if (block.type === "opaque") return { [key]: written };
    if (!native) losses.dropExtras(path, block.extras);
    return { [key]: native ? { ...written, ...block.extras } : written };
  };
  switch (block.type) {
    case "text":
      return writeText(block, path, writer);
    case "refusal":
      return { text: block.text };
    case "tool-call":
      return extras("toolUse", writeToolUse(block, path, writer));
    case "reasoning":
      return writeReasoning(block, path, losses);
    case "opaque":
      return writeOpaqueBlock(block, path, writer);
    case "image":
    case "document":
    case "audio":
    case "tool-result":
      losses.drop(path, `a Converse answer has no place for ${block.type}`);
      return null;
  }
}

/** An empty text says nothing, and the client's next request would be refused for it. */
function writeText(block: TextBlock, path: string, { losses, native }: AnswerWriter): JsonObject | null {
  if (!native) losses.dropExtras(path, block.extras);
  const citations = block.citations.flatMap((citation) => writeCitation(citation) ?? []);
  if (citations.length < block.citations.length) {
    losses.drop(`${path}.citations`, "a citation without an address points into its vendor's own sources");
  }
  if (citations.length > 0) {
    return { citationsContent: { ...(block.text === "" ? {} : { content: [{ text: block.text }] }), citations } };
  }
  return block.text === "" && !native ? null : { text: block.text };
}

function writeToolUse(block: ToolCallBlock, path: string, { context, losses }: AnswerWriter): JsonObject {
  if (block.signature !== null) losses.drop(`${path}.signature`, "a tool call has no place for a signature");
  return {
    toolUseId: block.id === "" ? newToolUseId(context) : block.id,
    name: block.name,
    input: writeArguments(block, `${path}.input`, losses),
  };
}

/** Reasoning of another vendor keeps its signature under a tag, so that it finds its way back to its issuer alone. */
function writeReasoning(block: ReasoningBlock, path: string, losses: Losses): JsonObject {
  const { signature, encrypted, text } = block;
  if (encrypted !== null && text === "" && signature === null) {
    return { reasoningContent: { redactedContent: writeRedacted(encrypted) } };
  }
  const opaque = opaqueOf(block, path, losses);
  const signed = opaque === null ? {} : { signature: writeSignature(opaque) };
  return { reasoningContent: { reasoningText: { text, ...signed } } };
}

/** An answer of any vendor as a Converse answer, with every member the vendor's own SDK types demand. */

import type { WithLosses } from "../../ir/loss.ts";
import type { IrBlock, ReasoningBlock, TextBlock, ToolCallBlock } from "../../ir/request.ts";
import type { IrFinish, IrResponse } from "../../ir/response.ts";
import type { Usage } from "../../ir/usage.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import type { AnswerContext } from "../protocol.ts";
import { writeArguments } from "../shared/arguments.ts";
import { createLosses, type Losses } from "../shared/losses.ts";
import { mergeMembers } from "../shared/members.ts";
import { writeCitation } from "./citations.ts";
import { writeFinish } from "./finish.ts";
import { writeRedacted, writeSignature } from "./reasoning-signatures.ts";
import { writeUsage } from "./usage.ts";
import { API, ORIGIN } from "./wire.ts";

export function newToolUseId(context: AnswerContext): string {
  return `tooluse_${context.newId(22)}`;
}

/** The type demands the latency, in ms and above 0: of another vendor's answer it is what the gateway measured. */
export function metricsOf(context: AnswerContext): { readonly latencyMs: number } {
  return { latencyMs: Math.max(1, Math.round(context.elapsedMs())) };
}

export function writeResponse(response: IrResponse, context: AnswerContext): WithLosses<JsonObject> {
  const losses = createLosses();
  const native = response.sourceProtocol === ORIGIN;
  const [choice, ...others] = response.choices;
  for (const other of others) losses.drop(`choices[${other.index}]`, `${API} gives one answer`);
  const blocks = choice?.blocks ?? [];
  const writer: AnswerWriter = { context, losses, native };
  const content = blocks.flatMap((block, index) => writeBlock(block, `content[${index}]`, writer) ?? []);
  const finish = writeFinish(choice?.finish ?? null, {
    sourceProtocol: response.sourceProtocol,
    hasToolCalls: blocks.some((block) => block.type === "tool-call"),
    hasRefusal: blocks.some((block) => block.type === "refusal"),
  });
  if (!finish.exact) losses.approximate("stopReason", `written as ${finish.word}`);
  if (choice?.logprobs != null) losses.drop("logprobs", `${API} has none`);
  const answer: JsonObject = {
    output: { message: { role: "assistant", content } },
    stopReason: finish.word,
    usage: writeAnswerUsage(response.usage, context, losses),
    metrics: metricsOf(context),
    ...writeStopSequence(choice?.finish ?? null),
    ...writeTier(response.serviceTier, native),
  };
  if (native) return { value: mergeMembers(answer, response.extras), losses: losses.list };
  losses.dropExtras("", response.extras);
  return { value: answer, losses: losses.list };
}

/** Where Claude itself would name it. */
export function writeStopSequence(finish: IrFinish | null): JsonObject {
  return finish?.stopSequence == null ? {} : { additionalModelResponseFields: { stop_sequence: finish.stopSequence } };
}

/** Another vendor's word for its tier is no word of this one's. */
export function writeTier(tier: string | null, native: boolean): JsonObject {
  return tier === null || !native ? {} : { serviceTier: { type: tier } };
}

/** The SDK's types demand both counts as numbers; what the vendor did not say is estimated, and that is a loss. */
export function writeAnswerUsage(usage: Usage | null, context: AnswerContext, losses: Losses): JsonObject {
  if (usage?.freshInputTokens == null) {
    losses.approximate("usage.inputTokens", "not reported, so it is an estimate");
  }
  if (usage?.outputTokens == null) losses.approximate("usage.outputTokens", "not reported, so it is written as 0");
  if (usage?.reasoningTokens != null && usage.reasoningTokens > 0) {
    losses.drop("usage.reasoningTokens", `${API} does not count reasoning apart`);
  }
  return writeUsage(usage, { inputTokens: context.inputTokensEstimate, outputTokens: 0 });
}

interface AnswerWriter {
  readonly context: AnswerContext;
  readonly losses: Losses;
  readonly native: boolean;
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
    case "opaque": {
      const value = asObject(block.value);
      if (block.sourceProtocol === ORIGIN && value !== undefined) return value;
      losses.drop(path, `${block.name} is known only to its own protocol`);
      return null;
    }
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

/** Reasoning of another vendor keeps its seal under a tag, so that it finds its way back to its issuer alone. */
function writeReasoning(block: ReasoningBlock, path: string, losses: Losses): JsonObject {
  const { signature, encrypted, text } = block;
  if (encrypted !== null && text === "" && signature === null) {
    return { reasoningContent: { redactedContent: writeRedacted(encrypted) } };
  }
  if (encrypted !== null && signature !== null) {
    losses.drop(`${path}.signature`, "a block carries one opaque value, and the encrypted one is needed");
  }
  const opaque =
    encrypted !== null
      ? writeSignature({ kind: "encrypted", sealed: encrypted })
      : signature !== null
        ? writeSignature({ kind: "signature", sealed: signature })
        : null;
  return { reasoningContent: { reasoningText: { text, ...(opaque === null ? {} : { signature: opaque }) } } };
}

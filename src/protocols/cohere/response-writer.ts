/** An answer from any lane as a Chat answer: every member the vendor always sends, nothing it never would. */

import type { WithLosses } from "../../ir/loss.ts";
import { type IrBlock, NO_EXTRAS, NO_SPELLING, type ReasoningBlock, type TextBlock } from "../../ir/request.ts";
import type { IrChoice, IrFinish, IrResponse } from "../../ir/response.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import { unreachable } from "../../std/unreachable.ts";
import type { AnswerContext } from "../protocol.ts";
import { writeArgumentsText } from "../shared/arguments.ts";
import { createAnswerLosses, type Losses } from "../shared/losses.ts";
import { withoutUndefined } from "../shared/members.ts";
import { writeCitation } from "./citations.ts";
import { isFinishApproximated, writeFinish } from "./finish.ts";
import { ownSaid, writeToolCall } from "./message-writer.ts";
import { writeUsage } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";
import { answerContext } from "./write-context.ts";

export function writeResponse(response: IrResponse, context: AnswerContext): WithLosses<JsonObject> {
  const native = response.sourceProtocol === PROTOCOL;
  const losses = createAnswerLosses();
  const [choice = NO_CHOICE, ...others] = response.choices;
  if (others.length > 0) losses.drop("choices", "the protocol has one answer");
  const message = native ? writeOwnMessage(choice, losses) : writeMessage(choice.blocks, losses);
  const toolCalls = message["tool_calls"] !== undefined;
  if (!native) {
    losses.dropExtras("", response.extras);
    losses.dropExtras("message", choice.extras);
    if (choice.logprobs !== null) losses.drop("logprobs", "in another protocol's form");
  }
  const value = withoutUndefined({
    id: (native ? response.id : null) ?? answerIdOf(context.newId),
    // The vendor names no model; who asked a gateway may want to know which one answered.
    model: response.model ?? undefined,
    message,
    finish_reason: finishWord(choice.finish, { native, toolCalls, losses }),
    usage: (native ? asObject(response.spelling["usage"]) : undefined) ?? writeUsage(response.usage) ?? undefined,
    logprobs: native ? (choice.logprobs ?? undefined) : undefined,
    ...(native ? response.extras : {}),
  });
  return { value, losses: losses.list };
}

/** Looks like the vendor's own: a random UUID. */
export function answerIdOf(newId: (length: number) => string): string {
  const digits = [...newId(32)].map((char) => (char.charCodeAt(0) & 15).toString(16));
  digits[12] = "4";
  digits[16] = "89ab"[Number.parseInt(digits[16] ?? "0", 16) & 3] ?? "8";
  const hex = digits.join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The word, and what it does not say. `native`: the finish was read from this protocol. */
export function finishWord(
  finish: IrFinish | null,
  how: { readonly native: boolean; readonly toolCalls: boolean; readonly losses: Losses },
): string {
  if (how.native && finish !== null && finish.raw !== null) return finish.raw;
  const reason = finish?.reason ?? null;
  if (reason !== null && isFinishApproximated(reason)) {
    how.losses.approximate("finish_reason", `${reason} has no word of its own`);
  }
  if (finish !== null && finish.stopSequence !== null) {
    how.losses.drop("stop_sequence", "the provider does not say which stop sequence was met");
  }
  return writeFinish(reason, how);
}

const NO_CHOICE: IrChoice = {
  index: 0,
  blocks: [],
  finish: null,
  logprobs: null,
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
};

function writeOwnMessage(choice: IrChoice, losses: Losses): JsonObject {
  const context = answerContext({ native: true, losses });
  const { parts, others } = ownSaid(choice.blocks, choice.spelling, "message", context);
  const collected = others["citations"] === undefined ? citationsOf(choice.blocks) : [];
  return {
    role: "assistant",
    ...(parts.length === 0 ? {} : { content: parts }),
    ...choice.extras,
    ...others,
    ...(collected.length === 0 ? {} : { citations: collected }),
  };
}

/** Of an answer put together from a stream, where nothing kept the list whole. */
function citationsOf(blocks: readonly IrBlock[]): unknown[] {
  return blocks.flatMap((block) => (block.type === "text" ? block.citations.map(({ raw }) => raw) : []));
}

/** Content being written: neighbouring texts become one part, because clients read the first one for the answer. */
interface MessageDraft {
  readonly content: { type: string; [member: string]: unknown }[];
  readonly calls: JsonObject[];
  readonly citations: JsonObject[];
  readonly losses: Losses;
  sources: number;
}

function writeMessage(blocks: readonly IrBlock[], losses: Losses): JsonObject {
  const draft: MessageDraft = { content: [], calls: [], citations: [], losses, sources: 0 };
  for (const block of blocks) writeBlock(block, draft);
  // Clients take the first part for granted where no tool is called.
  if (draft.calls.length === 0 && !draft.content.some(({ type }) => type === "text")) {
    draft.content.push({ type: "text", text: "" });
  }
  return {
    role: "assistant",
    ...(draft.content.length === 0 ? {} : { content: draft.content }),
    ...(draft.calls.length === 0 ? {} : { tool_calls: draft.calls }),
    ...(draft.citations.length === 0 ? {} : { citations: draft.citations }),
  };
}

function writeBlock(block: IrBlock, draft: MessageDraft): void {
  const { losses } = draft;
  switch (block.type) {
    case "text":
      writeText(block, draft);
      return;
    case "refusal":
      if (block.text === "") return;
      losses.approximate("message.content", "a refusal is written as text");
      addText(block.text, draft);
      return;
    case "reasoning":
      writeReasoning(block, draft);
      return;
    case "tool-call":
      draft.calls.push({
        ...writeToolCall(block, "message.tool_calls", answerContext({ native: false, losses: losses })),
        ...called(block),
      });
      return;
    case "image":
    case "document":
    case "audio":
    case "tool-result":
    case "opaque": {
      const name = block.type === "opaque" ? block.name : block.type;
      losses.drop("message.content", `${name} has no place in an answer here`);
      return;
    }
    default:
      unreachable(block);
  }
}

/** The client's own name of the tool, whatever characters it has: it is the client that reads this. */
function called(block: Extract<IrBlock, { type: "tool-call" }>): JsonObject {
  const isCustom = block.kind === "custom";
  const text = isCustom ? JSON.stringify({ input: block.arguments }) : writeArgumentsText(block.arguments);
  return { function: { name: block.name, arguments: text } };
}

function writeText(block: TextBlock, draft: MessageDraft): void {
  draft.losses.dropExtras("message.content", block.extras);
  if (block.text === "" && block.citations.length === 0) return;
  const { contentIndex, from } = addText(block.text, draft);
  for (const citation of block.citations) {
    const sourceId = `source:${draft.sources++}`;
    draft.citations.push(writeCitation(citation, { contentIndex, from, text: block.text, sourceId }));
  }
}

function addText(text: string, { content }: MessageDraft): { readonly contentIndex: number; readonly from: number } {
  const last = content.at(-1);
  if (last?.type !== "text" || typeof last["text"] !== "string") {
    content.push({ type: "text", text });
    return { contentIndex: content.length - 1, from: 0 };
  }
  const from = last["text"].length;
  last["text"] += text;
  return { contentIndex: content.length - 1, from };
}

function writeReasoning(block: ReasoningBlock, { content, losses }: MessageDraft): void {
  if (block.signature !== null || block.encrypted !== null) {
    losses.drop("message.content.thinking", "signed or encrypted reasoning has no place here");
  }
  if (block.text !== "") content.push({ type: "thinking", thinking: block.text });
}

/**
 * Writes turns as messages in the order the vendor demands. One system message stands first. Results of an assistant's
 * calls follow it directly, one `tool` message each. All else in a result or its turn follows as the user's. No empty
 * turn is written. Requests read from this protocol go through the same path and come out as they were.
 */

import type { IrBlock, IrRequest, IrTurn, ToolCallBlock, ToolResultBlock } from "../../ir/request.ts";
import { asArray, asText } from "../../std/json.ts";
import { writeArgumentsText } from "../shared/arguments.ts";
import { createMessageList, type Message, type MessageList } from "../shared/message-list.ts";
import { type ContentPart, joinTexts, textPart, writeContent } from "../shared/openai/content-parts.ts";
import { writeExtras } from "../shared/write-context.ts";
import { toolNames } from "./names.ts";
import { marks, writePart } from "./part-writer.ts";
import type { WireToolCall } from "./wire.ts";
import type { ChatContext } from "./write-context.ts";

export function writeMessages(request: IrRequest, context: ChatContext): Message[] {
  const list = createMessageList(context, joinAnswers);
  for (const message of writeInstructions(request, context)) list.add(message);
  for (const [index, turn] of request.turns.entries()) {
    const path = `messages[${index}]`;
    list.addTurn(
      turn.role === "assistant" ? writeAssistant(turn, path, context) : writeOther(turn, path, list, context),
      turn,
    );
  }
  return list.messages();
}

function joinAnswers(before: Message, message: Message): Message {
  const made = [before, message].flatMap((each) => asArray(each["tool_calls"]) ?? []);
  const words = [before, message].flatMap((each) => [each["tool_plan"], each["content"]]);
  const text = words.map((each) => asText(each) ?? "").join("");
  const parts = words.flatMap((each) => asArray(each) ?? []);
  const said = parts.length === 0 ? text : text === "" ? parts : [...parts, textPart(text)];
  return {
    role: "assistant",
    ...(made.length > 0 && text !== "" ? { tool_plan: text } : {}),
    ...(made.length > 0 ? { tool_calls: made } : {}),
    ...(made.length === 0 ? { content: said } : parts.length > 0 ? { content: parts } : {}),
  };
}

/** "system turn must be the first in the list" (the vendor's errors page): other protocols' several become one. */
function writeInstructions({ instructions }: IrRequest, context: ChatContext): Message[] {
  const written = instructions.map((each, index) => {
    const path = `system[${index}]`;
    const parts = each.blocks.flatMap((block, at) => writePart(block, "system", `${path}.content[${at}]`, context));
    return { ...each, parts, others: writeExtras(each.extras, path, context) };
  });
  if (context.native) {
    return written.map(({ role, parts, wasString, others }) => ({
      role,
      content: writeContent(parts, wasString),
      ...others,
    }));
  }
  const all = written.flatMap(({ parts }) => parts);
  return all.length === 0 ? [] : [{ role: "system", content: joinTexts(all, "\n") ?? all }];
}

function writeAssistant(turn: IrTurn, path: string, context: ChatContext): Message | null {
  return context.native ? writeOwnAssistant(turn, path, context) : writeForeignAssistant(turn, path, context);
}

function writeOwnAssistant(turn: IrTurn, path: string, context: ChatContext): Message {
  const { extras, spelling } = turn;
  const members = ownSaid(turn.blocks, spelling, path, context);
  const parts = members.parts;
  // How the client wrote "no text": null, an empty string, an empty list, or no member at all.
  const blank = spelling["content"] === undefined ? {} : { content: spelling["content"] };
  const content = parts.length > 0 ? { content: writeContent(parts, turn.wasString) } : blank;
  // Citations without a place in the IR stand in the extras too; the list as it came holds them all.
  return { role: "assistant", ...content, ...extras, ...members.others };
}

/** Content parts and the other members of an assistant message that was read from this wire. */
export function ownSaid(
  blocks: readonly IrBlock[],
  spelling: IrTurn["spelling"],
  path: string,
  context: ChatContext,
): { readonly parts: readonly ContentPart[]; readonly others: Message } {
  const others: Record<string, unknown> = {};
  const parts: ContentPart[] = [];
  const calls: unknown[] = [];
  if (spelling["tool_plan"] !== undefined) others["tool_plan"] = spelling["tool_plan"];
  for (const [index, block] of blocks.entries()) {
    if (block.type === "tool-call") calls.push(writeToolCall(block, `${path}.tool_calls`, context));
    else if (block.type === "text" && block.spelling["plan"] === true) others["tool_plan"] = block.text;
    else parts.push(...writePart(block, "assistant", `${path}.content[${index}]`, context));
  }
  if (calls.length > 0) others["tool_calls"] = calls;
  else if (spelling["no_calls"] !== undefined) others["tool_calls"] = spelling["no_calls"];
  if (spelling["all_citations"] !== undefined) others["citations"] = spelling["all_citations"];
  return { parts, others };
}

/** Words beside calls are the plan; the vendor's own answers have no content then but thoughts. */
function writeForeignAssistant(turn: IrTurn, path: string, context: ChatContext): Message | null {
  const parts: ContentPart[] = [];
  const calls: WireToolCall[] = [];
  for (const [index, block] of turn.blocks.entries()) {
    const here = `${path}.content[${index}]`;
    if (block.type === "tool-call") calls.push(writeToolCall(block, here, context));
    else parts.push(...writePart(block, "assistant", here, context));
  }
  loseName(turn, path, context);
  writeExtras(turn.extras, path, context);
  const texts = parts.filter(({ type }) => type === "text");
  const plan = calls.length === 0 ? null : joinTexts(texts, "");
  const said = plan === null ? parts : parts.filter(({ type }) => type !== "text");
  // Several texts are one answer cut by its citations.
  const content = said.length === 0 ? {} : { content: joinTexts(said, "") ?? said };
  if (said.length === 0 && calls.length === 0) return null;
  return {
    role: "assistant",
    ...(plan === null || plan === "" ? {} : { tool_plan: plan }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...content,
  };
}

export function writeToolCall(block: ToolCallBlock, path: string, context: ChatContext): WireToolCall {
  const others = marks(block, path, context);
  if (block.signature !== null && !context.native) {
    context.losses.drop(`${path}.signature`, "the provider takes no signatures");
  }
  const name = context.native ? (asText(block.spelling["wire_name"]) ?? block.name) : toolNames.legalPast(block.name);
  return {
    id: block.id,
    type: "function",
    function: { name, arguments: argumentsOf(block, path, context) },
    ...others,
  };
}

function argumentsOf(block: ToolCallBlock, path: string, context: ChatContext): string {
  if (block.kind === "custom") {
    context.losses.approximate(path, "a free-text call is written as a function with one string");
    return JSON.stringify({ input: block.arguments });
  }
  return context.native ? block.arguments : writeArgumentsText(block.arguments);
}

/** User, tool, system and developer turns: results first, each behind its call, then everything else as one message. */
function writeOther(turn: IrTurn, path: string, list: MessageList, whole: ChatContext): Message | null {
  const context = whole.native || asksSomething(turn) ? whole : { ...whole, documents: null };
  const parts: ContentPart[] = [];
  let results = 0;
  for (const [index, block] of turn.blocks.entries()) {
    const here = `${path}.content[${index}]`;
    if (block.type === "tool-result") {
      results++;
      const { message, more } = writeResult(block, here, context);
      parts.push(...list.addResult(block.callId, message, here), ...more);
    } else parts.push(...writePart(block, "user", here, context));
  }
  loseName(turn, path, context);
  const others = writeExtras(turn.extras, path, context);
  if (parts.length === 0 && (results > 0 || !context.native)) return null;
  const wasString = turn.wasString || (!context.native && parts.length === 1);
  return { role: roleOf(turn, path, context), content: writeContent(parts, wasString), ...others };
}

/** A question must be left when its documents go beside the conversation. */
function asksSomething({ blocks }: IrTurn): boolean {
  return blocks.some(({ type }) => type !== "document" && type !== "tool-result");
}

function roleOf({ role }: IrTurn, path: string, context: ChatContext): string {
  if (role === "tool") return "user";
  if (context.native || role === "user" || role === "assistant") return role;
  context.losses.approximate(`${path}.role`, "instructions between turns are written as the user's words");
  return "user";
}

/** Texts and text documents go into the tool message; images cannot, and follow as the user's. */
function writeResult(
  block: ToolResultBlock,
  path: string,
  context: ChatContext,
): { message: Message; more: ContentPart[] } {
  const parts: ContentPart[] = [];
  const more: ContentPart[] = [];
  for (const [index, inner] of block.content.entries()) {
    const here = `${path}.content[${index}]`;
    if (inner.type === "image" && !context.native) more.push(...writePart(inner, "user", here, context));
    else parts.push(...writePart(inner, "tool", here, context));
  }
  if (more.length > 0) context.losses.approximate(path, "images of a result follow as a user message");
  if (block.isError === true) context.losses.approximate(`${path}.is_error`, "only the text says it failed");
  const others = marks(block, path, context);
  const content = context.native ? writeContent(parts, block.wasString) : joinTexts(parts, "\n") || said(parts);
  if (!context.native && content === EMPTY_RESULT)
    context.losses.approximate(path, "an empty result is written as a word that says so");
  return { message: { role: "tool", tool_call_id: block.callId, content, ...others }, more };
}

/** The vendor refuses a result without a token. */
function said(parts: readonly ContentPart[]): string | readonly ContentPart[] {
  return parts.some((part) => part.type !== "text" || part["text"] !== "") ? parts : EMPTY_RESULT;
}

const EMPTY_RESULT = "(empty)";

function loseName(turn: IrTurn, path: string, context: ChatContext): void {
  if (turn.name !== null) context.losses.drop(`${path}.name`, "the provider names no participants");
}

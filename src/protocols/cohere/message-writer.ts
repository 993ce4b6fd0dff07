/**
 * Turns into messages, in the order the vendor demands: one system message ahead of all, the results of an assistant's
 * calls right behind it, one `tool` message each; whatever else a result or its turn holds follows as the user's. No
 * empty turn is written. Requests read from this protocol go through the same path and come out as they were.
 */

import type { IrBlock, IrRequest, IrTurn, ToolCallBlock, ToolResultBlock } from "../../ir/request.ts";
import { asArray, asText } from "../../std/json.ts";
import { type ContentPart, joinTexts, textPart, writeContent } from "../shared/openai/content-parts.ts";
import { writeExtras } from "../shared/write-context.ts";
import { toolNames } from "./names.ts";
import { marks, writePart } from "./part-writer.ts";
import type { WireToolCall } from "./wire.ts";
import type { ChatContext } from "./write-context.ts";

/** A message of any role with any content; what may stand in it is checked where it is made. */
type Message = Readonly<Record<string, unknown>>;

/** One message, or a calling assistant with the messages that answer it. */
interface Group {
  readonly messages: Message[];
  /** Ids of calls made here. */
  readonly calls: Set<string>;
}

export function writeMessages(request: IrRequest, context: ChatContext): Message[] {
  const groups: Group[] = [];
  const add = (message: Message, calls: readonly string[] = []) => {
    groups.push({ messages: [message], calls: new Set(calls) });
  };
  for (const message of writeInstructions(request, context)) add(message);
  for (const [index, turn] of request.turns.entries()) {
    const path = `messages[${index}]`;
    if (turn.role !== "assistant") writeOther(turn, path, { context, groups, add });
    else {
      const message = writeAssistant(turn, path, context);
      const calls = turn.blocks.flatMap((block) => (block.type === "tool-call" ? [block.id] : []));
      if (message !== null && !(!context.native && joinToLast(groups, message, calls))) add(message, calls);
    }
  }
  return groups.flatMap(({ messages }) => messages);
}

/**
 * Some clients keep every chunk of a streamed answer as a turn of its own. To this vendor neighbours of an assistant are
 * one message, or the calls made together would each want their results before the next. False: it cannot be joined.
 */
function joinToLast(groups: readonly Group[], message: Message, calls: readonly string[]): boolean {
  const group = groups.at(-1);
  const [last, ...results] = group?.messages ?? [];
  if (group === undefined || last?.["role"] !== "assistant" || results.length > 0) return false;
  const made = [last, message].flatMap((each) => asArray(each["tool_calls"]) ?? []);
  const words = [last, message].flatMap((each) => [each["tool_plan"], each["content"]]);
  const text = words.map((each) => asText(each) ?? "").join("");
  const parts = words.flatMap((each) => asArray(each) ?? []);
  const said = parts.length === 0 ? text : text === "" ? parts : [...parts, textPart(text)];
  group.messages[0] = {
    role: "assistant",
    ...(made.length > 0 && text !== "" ? { tool_plan: text } : {}),
    ...(made.length > 0 ? { tool_calls: made } : {}),
    ...(made.length === 0 ? { content: said } : parts.length > 0 ? { content: parts } : {}),
  };
  for (const id of calls) group.calls.add(id);
  return true;
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
  // What stood for "no text": null, an empty string, an empty list, or no member at all.
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
  return block.arguments === "" && !context.native ? "{}" : block.arguments;
}

interface Conversation {
  readonly context: ChatContext;
  readonly groups: Group[];
  readonly add: (message: Message) => void;
}

/** User, tool, system and developer turns: results first, each behind its call, then everything else as one message. */
function writeOther(turn: IrTurn, path: string, conversation: Conversation): void {
  const { groups, add } = conversation;
  const context =
    conversation.context.native || asksSomething(turn)
      ? conversation.context
      : { ...conversation.context, documents: null };
  const parts: ContentPart[] = [];
  let results = 0;
  for (const [index, block] of turn.blocks.entries()) {
    const here = `${path}.content[${index}]`;
    if (block.type !== "tool-result") {
      parts.push(...writePart(block, "user", here, context));
      continue;
    }
    results++;
    const { message, more } = writeResult(block, here, context);
    const group = groups.findLast(({ calls }) => calls.has(block.callId));
    if (group !== undefined) group.messages.push(message);
    else if (context.native) add(message);
    else {
      // "tool call id not found in previous tool calls" is a refusal of the vendor's.
      context.losses.approximate(here, "a result without its call is written as text");
      parts.push(...contentParts(message["content"]));
    }
    parts.push(...more);
  }
  loseName(turn, path, context);
  const others = writeExtras(turn.extras, path, context);
  if (parts.length === 0 && (results > 0 || !context.native)) return;
  const wasString = turn.wasString || (!context.native && parts.length === 1);
  add({ role: roleOf(turn, path, context), content: writeContent(parts, wasString), ...others });
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
  const content = context.native ? writeContent(parts, block.wasString) : (joinTexts(parts, "\n") ?? parts);
  return { message: { role: "tool", tool_call_id: block.callId, content, ...others }, more };
}

function contentParts(content: unknown): ContentPart[] {
  return [textPart(typeof content === "string" ? content : JSON.stringify(content))];
}

function loseName(turn: IrTurn, path: string, context: ChatContext): void {
  if (turn.name !== null) context.losses.drop(`${path}.name`, "the provider names no participants");
}

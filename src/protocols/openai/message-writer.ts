/**
 * Writes turns as messages in the order the vendor demands. Results of an assistant's calls follow it directly, one
 * `tool` message each, text only. All else in a result or its turn follows as the user's. No empty turn is written.
 * Requests read from this protocol go through the same path and come out as they were.
 */

import type { IrBlock, IrRequest, IrTurn, ToolCallBlock, ToolResultBlock } from "../../ir/request.ts";
import { asArray } from "../../std/json.ts";
import { writeArgumentsText } from "../shared/arguments.ts";
import { createMessageList, type Message, type MessageList } from "../shared/message-list.ts";
import { type ContentPart, joinTexts, writeContent } from "../shared/openai/content-parts.ts";
import { writeRole } from "../shared/openai/role.ts";
import { type WriteContext, writeExtras } from "../shared/write-context.ts";
import { legalCallId, legalPastName } from "./names.ts";
import { marks, writePart } from "./part-writer.ts";
import { createThoughts } from "./thoughts-writer.ts";

export function writeMessages(request: IrRequest, context: WriteContext): Message[] {
  const list = createMessageList(context, joinAnswers);
  for (const [index, instruction] of request.instructions.entries()) {
    const message = writeInstruction(instruction, `system[${index}]`, context);
    if (message !== null) list.add(message);
  }
  for (const [index, turn] of request.turns.entries()) {
    const path = `messages[${index}]`;
    list.addTurn(
      turn.role === "assistant" ? writeAssistant(turn, path, context) : writeOther(turn, path, list, context),
      turn,
    );
  }
  const messages = list.messages();
  return context.native || context.dialect.userAfterResults ? messages : withBridges(messages, context);
}

/** "Unexpected role 'user' after role 'tool'", some vendors say (pipecat-ai/pipecat-flows#178). */
function withBridges(messages: readonly Message[], { losses }: WriteContext): Message[] {
  return messages.flatMap((message, index) => {
    if (message["role"] !== "user" || messages[index - 1]?.["role"] !== "tool") return [message];
    losses.approximate("messages", "the vendor wants a word of the assistant between results and the user");
    return [BRIDGE, message];
  });
}

const BRIDGE: Message = { role: "assistant", content: "Noted." };

function joinAnswers(before: Message, message: Message): Message | null {
  if (!isJoinable(before) || !isJoinable(message)) return null;
  const content = [before["content"], message["content"]].filter((each) => each !== null);
  const made = [before["tool_calls"], message["tool_calls"]].flatMap((each) => asArray(each) ?? []);
  const thoughts = [before["reasoning_content"], message["reasoning_content"]].filter((each) => each !== undefined);
  return {
    role: "assistant",
    content: content.length === 0 ? null : content.join(""),
    ...(made.length === 0 ? {} : { tool_calls: made }),
    ...(thoughts.length === 0 ? {} : { reasoning_content: thoughts.join("").trim() || " " }),
  };
}

const JOINABLE: ReadonlySet<string> = new Set(["role", "content", "tool_calls", "reasoning_content"]);

/** An assistant's plain text, calls and reasoning, and nothing else. */
function isJoinable(message: Message): boolean {
  const { content } = message;
  const isPlain = Object.keys(message).every((name) => JOINABLE.has(name));
  return isPlain && (content === null || typeof content === "string");
}

function writeInstruction(
  instruction: IrRequest["instructions"][number],
  path: string,
  context: WriteContext,
): Message | null {
  const { blocks, wasString, extras } = instruction;
  const role = writeRole(instruction.role, context);
  const parts = blocks.flatMap((block, index) => writePart(block, `${path}.content[${index}]`, context));
  const others = writeExtras(extras, path, context);
  if (context.native) return { role, content: writeContent(parts, wasString), ...others };
  if (parts.length === 0) return null;
  // Every compatible vendor takes a string here, not every one a list.
  return { role, content: joinTexts(parts, "\n") ?? parts, ...others };
}

function writeAssistant(turn: IrTurn, path: string, context: WriteContext): Message | null {
  const parts: ContentPart[] = [];
  const calls: unknown[] = [];
  const members: Record<string, unknown> = {};
  const thoughts = createThoughts(context);
  for (const [index, block] of turn.blocks.entries()) {
    const here = `${path}.content[${index}]`;
    if (block.type === "tool-call") {
      if (block.spelling["legacy"] === true)
        members["function_call"] = { name: block.name, arguments: block.arguments };
      else calls.push(writeToolCall(block, here, context));
    } else if (!thoughts.take(block, here) && !writeMember(block, members, context)) {
      parts.push(...assistantParts(block, here, context));
    }
  }
  if (calls.length > 0) members["tool_calls"] = calls;
  Object.assign(members, thoughts.written(calls.length > 0));
  const details = context.native && thoughts.mayGo ? turn.spelling["reasoning_details"] : undefined;
  if (details !== undefined) members["reasoning_details"] = details;
  const others = { ...nameOf(turn), ...members, ...writeExtras(turn.extras, path, context) };
  if (context.native) return { role: "assistant", ...nativeContent(turn, parts, context), ...others };
  // A compatible vendor may take nothing but a string; several texts are one answer cut by its citations.
  const content = parts.length === 0 ? null : (joinTexts(parts, "") ?? parts);
  if (content === null && Object.keys(members).length === 0) return null;
  // "Non-null content beside reasoning", a vendor demands (can1357/oh-my-pi#788).
  const words = content === null && members["reasoning_content"] !== undefined ? "" : content;
  return { role: "assistant", content: words, ...others };
}

function nativeContent(turn: IrTurn, parts: readonly ContentPart[], { dialect }: WriteContext): Message {
  if (parts.length > 0) return { content: writeContent(parts, turn.wasString) };
  // What stood for "no text": null, an empty string, an empty list, or no member at all.
  const { content } = turn.spelling;
  // Beside reasoning a vendor that demands it takes no null.
  if (content === null && dialect.reasoningBack === "required" && turn.blocks.some(({ type }) => type === "reasoning"))
    return { content: "" };
  return content === undefined ? {} : { content };
}

/** Blocks that are members of the message instead of content, when they came so. */
function writeMember(block: IrBlock, members: Record<string, unknown>, context: WriteContext): boolean {
  if (!context.native) return false;
  if (block.type === "reasoning" && typeof block.spelling["field"] === "string") {
    const { field } = block.spelling;
    // Details go back as the list they came as.
    const isDemanded = context.dialect.reasoningBack === "required" && block.text !== "";
    if (isDemanded) members["reasoning_content"] = block.text;
    else if (field !== "reasoning_details") members[field] = block.text;
    return true;
  }
  if (block.type === "refusal" && block.spelling["message"] === true) {
    members["refusal"] = block.text;
    return true;
  }
  if (block.type === "audio" && block.source.kind === "file") {
    members["audio"] = { id: block.source.id };
    return true;
  }
  return false;
}

/** The vendor takes only text from an assistant. */
function assistantParts(block: IrBlock, path: string, context: WriteContext): ContentPart[] {
  if (!context.native && (block.type === "image" || block.type === "document" || block.type === "audio")) {
    context.losses.drop(path, `the provider takes no ${block.type} from an assistant`);
    return [];
  }
  return writePart(block, path, context);
}

function writeToolCall(block: ToolCallBlock, path: string, context: WriteContext): unknown {
  const others = marks(block, path, context);
  const id = context.native ? block.id : legalCallId(block.id);
  const name = context.native ? block.name : legalPastName(block.name);
  if (block.kind === "custom") return { id, type: "custom", custom: { name, input: block.arguments }, ...others };
  const text = context.native ? block.arguments : writeArgumentsText(block.arguments);
  return { id, type: "function", function: { name, arguments: text }, ...others };
}

/** User, tool, system and developer turns: results first, each behind its call, then everything else as one message. */
function writeOther(turn: IrTurn, path: string, list: MessageList, context: WriteContext): Message | null {
  const parts: ContentPart[] = [];
  let results = 0;
  for (const [index, block] of turn.blocks.entries()) {
    const here = `${path}.content[${index}]`;
    if (block.type === "tool-result") {
      results++;
      const { message, more } = writeResult(block, here, context);
      parts.push(...list.addResult(block.callId, message, here), ...more);
    } else parts.push(...writePart(block, here, context));
  }
  const others = writeExtras(turn.extras, path, context);
  if (parts.length === 0 && (results > 0 || !context.native)) return null;
  const role = turn.role === "tool" ? "user" : writeRole(turn.role, context);
  const wasString = turn.wasString || (!context.native && parts.length === 1);
  return { role, content: writeContent(parts, wasString), ...nameOf(turn), ...others };
}

/** Text goes into the tool message; images, files and sounds cannot, and follow as the user's. */
function writeResult(
  block: ToolResultBlock,
  path: string,
  context: WriteContext,
): { message: Message; more: ContentPart[] } {
  const written = block.content.flatMap((inner, index) => writePart(inner, `${path}.content[${index}]`, context));
  const texts = context.native ? written : written.filter(({ type }) => type === "text");
  const more = context.native ? [] : written.filter(({ type }) => type !== "text");
  if (more.length > 0) context.losses.approximate(path, "media of a result follow as a user message");
  if (block.isError === true) context.losses.approximate(`${path}.is_error`, "only the text says it failed");
  const others = marks(block, path, context);
  const content = context.native ? writeContent(texts, block.wasString) : (joinTexts(texts, "\n") ?? "");
  if (block.spelling["legacy"] === true) {
    return { message: { role: "function", name: block.name, content, ...others }, more };
  }
  const name = context.native && block.name !== null ? { name: block.name } : {};
  const id = context.native ? block.callId : legalCallId(block.callId);
  return { message: { role: "tool", tool_call_id: id, content, ...name, ...others }, more };
}

function nameOf(turn: IrTurn): Message {
  return turn.name === null ? {} : { name: turn.name };
}

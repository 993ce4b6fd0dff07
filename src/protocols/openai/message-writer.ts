/**
 * Turns into messages, in the order the vendor demands: the answers to an assistant's calls stand right behind it, one
 * `tool` message each, text only; whatever else a result or its turn holds follows as the user's. No empty turn is
 * written. Requests read from this protocol go through the same path and come out as they were.
 */
import type { IrBlock, IrRequest, IrTurn } from "../../ir/request.ts";
import { asArray } from "../../std/json.ts";
import { withoutUndefined } from "./extras.ts";
import { legalCallId, legalPastName } from "./names.ts";
import {
  extrasOf,
  joinTexts,
  marks,
  type Part,
  textPart,
  type Writing,
  writeContent,
  writePart,
} from "./part-writer.ts";

type ToolCall = Extract<IrBlock, { type: "tool-call" }>;
type ToolResult = Extract<IrBlock, { type: "tool-result" }>;

/** A message of any role with any content; what may stand in it is checked where it is made. */
type Message = Readonly<Record<string, unknown>>;

/** One message, or a calling assistant with the messages that answer it. */
interface Group {
  readonly messages: Message[];
  /** Ids of calls made here. */
  readonly calls: Set<string>;
}

export function writeMessages(request: IrRequest, writing: Writing): Message[] {
  const groups: Group[] = [];
  const add = (message: Message, calls: readonly string[] = []) => {
    groups.push({ messages: [message], calls: new Set(calls) });
  };
  for (const [index, instruction] of request.instructions.entries()) {
    const message = writeInstruction(instruction, `system[${index}]`, writing);
    if (message !== null) add(message);
  }
  for (const [index, turn] of request.turns.entries()) {
    const path = `messages[${index}]`;
    if (turn.role === "assistant") {
      const message = writeAssistant(turn, path, writing);
      const calls = turn.blocks.flatMap((block) => (block.type === "tool-call" ? [block.id] : []));
      if (message !== null && !(!writing.native && joinToLast(groups, message, calls))) add(message, calls);
    } else writeOther(turn, path, { writing, groups, add });
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
  if (group === undefined || last === undefined || results.length > 0) return false;
  if (!isJoinable(last) || !isJoinable(message)) return false;
  const content = [last["content"], message["content"]].filter((each) => each !== null);
  const made = [last["tool_calls"], message["tool_calls"]].flatMap((each) => asArray(each) ?? []);
  group.messages[0] = {
    role: "assistant",
    content: content.length === 0 ? null : content.join(""),
    ...(made.length === 0 ? {} : { tool_calls: made }),
  };
  for (const id of calls) group.calls.add(id);
  return true;
}

/** An assistant's plain text and calls, and nothing else. */
function isJoinable(message: Message): boolean {
  const { content } = message;
  const isPlain = Object.keys(message).every((name) => name === "role" || name === "content" || name === "tool_calls");
  return message["role"] === "assistant" && isPlain && (content === null || typeof content === "string");
}

function writeInstruction(
  instruction: IrRequest["instructions"][number],
  path: string,
  writing: Writing,
): Message | null {
  const { role, blocks, wasString, extras } = instruction;
  const parts = blocks.flatMap((block, index) => writePart(block, `${path}.content[${index}]`, writing));
  const others = extrasOf(extras, path, writing);
  if (writing.native) return { role, content: writeContent(parts, wasString) ?? "", ...others };
  if (parts.length === 0) return null;
  // Every compatible vendor takes a string here, not every one a list.
  return { role, content: joinTexts(parts, "\n") ?? parts, ...others };
}

function writeAssistant(turn: IrTurn, path: string, writing: Writing): Message | null {
  const parts: Part[] = [];
  const calls: unknown[] = [];
  const members: Record<string, unknown> = {};
  for (const [index, block] of turn.blocks.entries()) {
    const here = `${path}.content[${index}]`;
    if (block.type === "tool-call") {
      if (block.extras["legacy"] === true) members["function_call"] = { name: block.name, arguments: block.arguments };
      else calls.push(writeToolCall(block, here, writing));
    } else if (!writeMember(block, members, writing)) parts.push(...assistantParts(block, here, writing));
  }
  if (calls.length > 0) members["tool_calls"] = calls;
  const details = writing.native ? { reasoning_details: turn.extras["reasoning_details"] } : {};
  const others = { ...nameOf(turn), ...members, ...withoutUndefined(details), ...extrasOf(turn.extras, path, writing) };
  if (writing.native) return { role: "assistant", ...nativeContent(turn, parts), ...others };
  // A compatible vendor may take nothing but a string; several texts are one answer cut by its citations.
  const content = parts.length === 0 ? null : (joinTexts(parts, "") ?? parts);
  if (content === null && calls.length === 0) return null;
  return { role: "assistant", content, ...others };
}

function nativeContent(turn: IrTurn, parts: readonly Part[]): Message {
  if (parts.length > 0) return { content: writeContent(parts, turn.wasString) };
  // What stood for "no text": null, an empty string, an empty list, or no member at all.
  return "content" in turn.extras ? { content: turn.extras["content"] } : {};
}

/** Blocks that are members of the message instead of content, when they came so. */
function writeMember(block: IrBlock, members: Record<string, unknown>, writing: Writing): boolean {
  if (!writing.native) return false;
  if (block.type === "reasoning" && typeof block.extras["field"] === "string") {
    const { field } = block.extras;
    // Details go back as the list they came as.
    if (field !== "reasoning_details") members[field] = block.text;
    return true;
  }
  if (block.type === "refusal" && block.extras["message"] === true) {
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
function assistantParts(block: IrBlock, path: string, writing: Writing): Part[] {
  if (!writing.native && (block.type === "image" || block.type === "document" || block.type === "audio")) {
    writing.losses.drop(path, `the provider takes no ${block.type} from an assistant`);
    return [];
  }
  return writePart(block, path, writing);
}

function writeToolCall(block: ToolCall, path: string, writing: Writing): unknown {
  const others = marks(block.cache, block.extras, path, writing);
  const id = writing.native ? block.id : legalCallId(block.id);
  const name = writing.native ? block.name : legalPastName(block.name);
  if (block.kind === "custom") return { id, type: "custom", custom: { name, input: block.arguments }, ...others };
  const text = block.arguments === "" && !writing.native ? "{}" : block.arguments;
  return { id, type: "function", function: { name, arguments: text }, ...others };
}

interface Conversation {
  readonly writing: Writing;
  readonly groups: Group[];
  readonly add: (message: Message) => void;
}

/** User, tool, system and developer turns: results first, each behind its call, then everything else as one message. */
function writeOther(turn: IrTurn, path: string, conversation: Conversation): void {
  const { writing, groups, add } = conversation;
  const parts: Part[] = [];
  const results: ToolResult[] = [];
  for (const [index, block] of turn.blocks.entries()) {
    const here = `${path}.content[${index}]`;
    if (block.type === "tool-result") {
      results.push(block);
      const { message, more } = writeResult(block, here, writing);
      const group = groups.findLast(({ calls }) => calls.has(block.callId));
      if (group !== undefined) group.messages.push(message);
      else if (writing.native) add(message);
      else {
        writing.losses.approximate(here, "a result without its call is written as text");
        parts.push(textPart(String(message["content"])));
      }
      parts.push(...more);
    } else parts.push(...writePart(block, here, writing));
  }
  const others = extrasOf(turn.extras, path, writing);
  if (parts.length === 0 && (results.length > 0 || !writing.native)) return;
  const role = turn.role === "tool" ? "user" : turn.role;
  const wasString = turn.wasString || (!writing.native && parts.length === 1);
  add({ role, content: writeContent(parts, wasString) ?? "", ...nameOf(turn), ...others });
}

/** Text goes into the tool message; images, files and sounds cannot, and follow as the user's. */
function writeResult(block: ToolResult, path: string, writing: Writing): { message: Message; more: Part[] } {
  const written = block.content.flatMap((inner, index) => writePart(inner, `${path}.content[${index}]`, writing));
  const texts = writing.native ? written : written.filter(({ type }) => type === "text");
  const more = writing.native ? [] : written.filter(({ type }) => type !== "text");
  if (more.length > 0) writing.losses.approximate(path, "media of a result follow as a user message");
  if (block.isError === true) writing.losses.approximate(`${path}.is_error`, "only the text says it failed");
  const others = marks(block.cache, block.extras, path, writing);
  const content = writing.native ? (writeContent(texts, block.wasString) ?? "") : (joinTexts(texts, "\n") ?? "");
  if (block.extras["legacy"] === true) {
    return { message: { role: "function", name: block.name, content, ...others }, more };
  }
  const name = writing.native && block.name !== null ? { name: block.name } : {};
  const id = writing.native ? block.callId : legalCallId(block.callId);
  return { message: { role: "tool", tool_call_id: id, content, ...name, ...others }, more };
}

function nameOf(turn: IrTurn): Message {
  return turn.name === null ? {} : { name: turn.name };
}

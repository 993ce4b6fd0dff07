/**
 * The input into instructions and turns: instructions ahead of the conversation, then turns in order. Neighbouring items
 * of the assistant's side (messages, reasoning, calls) are one turn, and so are neighbouring results.
 */
import {
  type Extras,
  type IrBlock,
  type IrInstruction,
  type IrTurn,
  NO_EXTRAS,
  NO_SPELLING,
  plainText,
  type Spelling,
  type ToolResultBlock,
} from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { argumentsText } from "../shared/arguments.ts";
import { summaryText } from "../shared/compaction.ts";
import { extrasOf, modelled, nonEmpty, without } from "../shared/members.ts";
import { readSummary } from "./compaction.ts";
import { readMessage, readOutputItem } from "./output-reader.ts";
import { readContent } from "./part-reader.ts";

interface ReadInput {
  readonly instructions: readonly IrInstruction[];
  readonly turns: readonly IrTurn[];
}

/** Without an input the vendor continues what it has stored: nothing to read, and nothing wrong. */
export function readInput(instructions: unknown, input: unknown): ReadInput {
  const conversation: ReadConversation = { instructions: readInstructions(instructions), turns: [], open: null };
  const text = asText(input);
  if (text !== undefined) {
    const blocks = text === "" ? [] : [plainText(text)];
    conversation.turns.push(userTurn({ blocks, wasString: true, spelling: { whole: true } }));
  } else if (input !== undefined && input !== null) {
    const items = asArray(input);
    if (items === undefined) throw new WireError("input must be a string or an array of items.");
    for (const [index, item] of items.entries()) readItem(item, `input[${index}]`, conversation);
  }
  return { instructions: conversation.instructions, turns: conversation.turns };
}

interface ReadConversation {
  readonly instructions: IrInstruction[];
  readonly turns: IrTurn[];
  /** The turn that the next item may still belong to, with its blocks; null: none. */
  open: {
    readonly role: "assistant" | "tool";
    readonly blocks: IrBlock[];
    /** Of all its items. */
    readonly extras: Record<string, unknown>;
  } | null;
}

/** A string; or items, as an answer repeats them. */
function readInstructions(value: unknown): IrInstruction[] {
  if (value === undefined || value === null) return [];
  const text = asText(value);
  if (text !== undefined) {
    return [
      {
        role: "system",
        blocks: text === "" ? [] : [plainText(text)],
        wasString: true,
        extras: NO_EXTRAS,
        spelling: { field: true },
      },
    ];
  }
  const items = asArray(value);
  if (items === undefined) throw new WireError("instructions must be a string.");
  return items.map((value, index) => {
    const item = asObject(value) ?? {};
    const role = item["role"] === "system" ? "system" : "developer";
    return {
      role,
      ...readContent(item["content"], `instructions[${index}].content`),
      extras: NO_EXTRAS,
      spelling: { item },
    };
  });
}

function readItem(value: unknown, path: string, conversation: ReadConversation): void {
  const item = asObject(value);
  if (item === undefined) throw new WireError(`${path} must be an item, an object with a type or a role.`);
  const type = typeOf(item, path);
  const summary = readSummary(item);
  if (summary !== null) readSummaryItem(summary, conversation);
  else if (type === "message") readMessageItem(item, path, conversation);
  else if (type === "function_call_output" || type === "custom_tool_call_output") {
    push(conversation, "tool", [readResult(item, path)]);
  } else if (type === "agent_message") readAgentMessage(item, path, conversation);
  else if (type === "additional_tools") {
    // Its tools have been read; the item keeps its place and says nothing.
    const nothing = { blocks: [], wasString: false, extras: NO_EXTRAS, spelling: { item } };
    if (conversation.turns.length === 0) conversation.instructions.push({ role: "developer", ...nothing });
    else conversation.turns.push({ role: "user", name: null, ...nothing });
    conversation.open = null;
  } else {
    const isResult = type.endsWith("_output") || type === "mcp_approval_response";
    push(conversation, isResult ? "tool" : "assistant", readOutputItem({ ...item, type }, path));
  }
}

/** What we compacted goes back as words, to whatever lane: no vendor can open our tag. */
function readSummaryItem(summary: string, conversation: ReadConversation): void {
  const blocks = [plainText(summaryText(summary))];
  conversation.open = null;
  conversation.turns.push(userTurn({ blocks, wasString: true, spelling: NO_SPELLING }));
}

/** What one agent of a client told another: a user's words to every other protocol, with who spoke to whom. */
function readAgentMessage(item: JsonObject, path: string, conversation: ReadConversation): void {
  const { blocks } = readContent(item["content"] ?? [], `${path}.content`);
  const author = nonEmpty(item["author"]) ?? "an agent";
  const recipient = nonEmpty(item["recipient"]);
  const about = plainText(`Message from ${author}${recipient === null ? "" : ` to ${recipient}`}:`);
  conversation.open = null;
  const turn = userTurn({ blocks: [about, ...blocks], wasString: false, spelling: { item } });
  conversation.turns.push({ ...turn, extras: extrasOf(item, AGENT_MESSAGE_SHAPE) });
}

function userTurn(said: Pick<IrTurn, "blocks" | "wasString" | "spelling">): IrTurn {
  return { role: "user", name: null, extras: NO_EXTRAS, ...said };
}

/** The type may be left out of messages and of references to stored items. */
function typeOf(item: JsonObject, path: string): string {
  const type = asText(item["type"]);
  if (type !== undefined) return type;
  if (item["role"] !== undefined) return "message";
  if (asText(item["id"]) !== undefined) return "item_reference";
  throw new WireError(`${path}.type must name the kind of item, such as "message".`);
}

function readMessageItem(item: JsonObject, path: string, conversation: ReadConversation): void {
  const role = asText(item["role"]);
  const own = { extras: extrasOf(item, MESSAGE_SHAPE), spelling: { item } };
  switch (role) {
    case "assistant":
      push(conversation, "assistant", readMessage(item, path), own.extras);
      return;
    case "user":
      conversation.open = null;
      conversation.turns.push({ role, ...readContent(item["content"], `${path}.content`), name: null, ...own });
      return;
    case "system":
    case "developer":
      addInstruction(conversation, role, readContent(item["content"], `${path}.content`), own);
      return;
    default:
      throw new WireError(`${path}.role must be one of user, assistant, system and developer`, role);
  }
}

function addInstruction(
  conversation: ReadConversation,
  role: "system" | "developer",
  content: Pick<IrTurn, "blocks" | "wasString">,
  own: { readonly extras: Extras; readonly spelling: Spelling },
): void {
  conversation.open = null;
  if (conversation.turns.length === 0) conversation.instructions.push({ role, ...content, ...own });
  else conversation.turns.push({ role, ...content, name: null, ...own });
}

/** Adds to the turn that is open, or opens one. */
function push(
  conversation: ReadConversation,
  role: "assistant" | "tool",
  blocks: readonly IrBlock[],
  extras: Extras = NO_EXTRAS,
): void {
  if (blocks.length === 0) return;
  if (conversation.open?.role === role) {
    conversation.open.blocks.push(...blocks);
    Object.assign(conversation.open.extras, extras);
    return;
  }
  const open = { role, blocks: [...blocks], extras: { ...extras } };
  conversation.open = open;
  conversation.turns.push({ ...open, wasString: false, name: null, spelling: NO_SPELLING });
}

function readResult(item: JsonObject, path: string): ToolResultBlock {
  const callId = asText(item["call_id"]);
  if (callId === undefined) throw new WireError(`${path}.call_id must be the id of the call it answers.`);
  const output = item["output"];
  const { blocks, wasString } = Array.isArray(output)
    ? readContent(output, `${path}.output`)
    : readContent(argumentsText(output), `${path}.output`);
  return {
    type: "tool-result",
    callId,
    name: null,
    content: blocks,
    wasString,
    isError: null,
    cache: null,
    extras: extrasOf(item, RESULT_SHAPE),
    spelling: { item: without(item, "role") },
  };
}

const MESSAGE_SHAPE = modelled("type", "role", "content", "id", "status");
const AGENT_MESSAGE_SHAPE = modelled("type", "id", "author", "recipient", "content", "status");
const RESULT_SHAPE = modelled("type", "id", "call_id", "output", "status", "role", "caller", "created_by", "name");

/**
 * Instructions and turns into `instructions` and items of the input. Items read from this protocol go back as they were;
 * others are made anew, without ids of items, which only the vendor gives. No empty message is written, and no result
 * without the call it answers.
 */
import { UNKNOWN_SERVER } from "../../ir/dialect.ts";
import {
  type IrBlock,
  type IrInstruction,
  type IrRequest,
  type IrTurn,
  NO_EXTRAS,
  NO_SPELLING,
  type ReasoningBlock,
} from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { writeArgumentsText } from "../shared/arguments.ts";
import type { Losses } from "../shared/losses.ts";
import type { ContentPart } from "../shared/openai/content-parts.ts";
import { writeRole } from "../shared/openai/role.ts";
import { type WriteContext, writeExtras } from "../shared/write-context.ts";
import { legalCallId, legalPastName } from "./names.ts";
import { createPlaces, type ToolPlace } from "./namespaces.ts";
import { joinSaid, textPart, writePart, writeSaid } from "./part-writer.ts";
import { ownSignature } from "./reasoning-signatures.ts";
import { asTaken } from "./tool-writer.ts";
import { PROTOCOL } from "./wire.ts";

type ToolCall = Extract<IrBlock, { type: "tool-call" }>;
type ToolResult = Extract<IrBlock, { type: "tool-result" }>;

interface WrittenInput {
  /** Undefined: no member is written. */
  readonly instructions: string | undefined;
  readonly input: unknown;
}

export function writeInput(request: IrRequest, context: WriteContext): WrittenInput {
  const placeOf = createPlaces(context.native ? request : null);
  const conversation: WrittenConversation = { context, items: [], kinds: new Map(), placeOf, isAnswer: false };
  const instructions = writeInstructions(request.instructions, conversation);
  for (const [index, turn] of request.turns.entries()) {
    const path = `messages[${index}]`;
    if (turn.role === "assistant") writeAssistant(turn, path, conversation);
    else writeOther(turn, path, conversation);
    if (turn.name !== null) context.losses.drop(`${path}.name`, "speakers have no names here");
  }
  const [first] = request.turns;
  const isWhole = context.native && request.turns.length === 1 && first?.spelling["whole"] === true;
  return { instructions, input: isWhole ? textOf(first) : conversation.items };
}

/** The items of an answer that was read from this protocol. */
export function writeOutput(blocks: readonly IrBlock[], losses: Losses): readonly JsonObject[] {
  const context: WriteContext = {
    protocol: PROTOCOL,
    from: PROTOCOL,
    native: true,

    dialect: UNKNOWN_SERVER,
    losses,
  };
  const placeOf = createPlaces(null);
  const conversation: WrittenConversation = { context, items: [], kinds: new Map(), placeOf, isAnswer: true };
  const turn: IrTurn = {
    role: "assistant",
    blocks,
    wasString: false,
    name: null,
    extras: NO_EXTRAS,
    spelling: NO_SPELLING,
  };
  writeAssistant(turn, "output", conversation);
  return conversation.items;
}

interface WrittenConversation {
  readonly context: WriteContext;
  readonly items: JsonObject[];
  /** Calls made so far, by id. */
  readonly kinds: Map<string, "function" | "custom">;
  /** The client's own name of a tool. */
  readonly placeOf: (flat: string) => ToolPlace;
  /** For a client, which keeps anybody's seals; not for the vendor, which opens its own only. */
  readonly isAnswer: boolean;
}

/** The text of a turn that was the whole input. */
function textOf(turn: IrTurn): string {
  return turn.blocks.map((block) => (block.type === "text" ? block.text : "")).join("");
}

/** Texts are the field; anything more stands ahead of the conversation, where media may be. */
function writeInstructions(
  instructions: readonly IrInstruction[],
  conversation: WrittenConversation,
): string | undefined {
  const { context, items } = conversation;
  const written = instructions.map((instruction, index) => {
    const path = `system[${index}]`;
    if (!context.native) writeExtras(instruction.extras, path, context);
    return instruction.blocks.flatMap((block, at) => writePart(block, `${path}.content[${at}]`, context));
  });
  if (context.native) {
    let field: string | undefined;
    for (const [index, instruction] of instructions.entries()) {
      const parts = written[index] ?? [];
      if (instruction.spelling["field"] === true && field === undefined) field = joinSaid(parts, "\n") ?? "";
      else items.push(messageItem(instruction, writeRole(instruction.role, context), parts, context));
    }
    return field;
  }
  const text = joinSaid(written.flat(), "\n");
  if (text !== null) return text === "" ? undefined : text;
  for (const [index, instruction] of instructions.entries()) {
    const parts = written[index] ?? [];
    if (parts.length > 0) {
      items.push({ type: "message", role: writeRole(instruction.role, context), content: parts });
    }
  }
  return undefined;
}

/** A message read from here with its own members; any other is plain. */
function messageItem(
  from: Pick<IrTurn, "spelling" | "wasString">,
  role: IrTurn["role"],
  parts: readonly ContentPart[],
  context: WriteContext,
): JsonObject {
  const own = asObject(from.spelling["item"]);
  const item = own?.["type"] === "additional_tools" ? asTaken(own, context) : own;
  if (item !== undefined) return item["role"] === role || item["role"] === undefined ? item : { ...item, role };
  const text = joinSaid(parts, "\n");
  const isBare = from.wasString || parts.length <= 1;
  return { type: "message", role, content: isBare && text !== null ? text : parts };
}

// ---------------------------------------------------------------- the assistant's side

function writeAssistant(turn: IrTurn, path: string, conversation: WrittenConversation): void {
  const { context, items } = conversation;
  writeExtras(turn.extras, path, context);
  let said: { readonly item: JsonObject | undefined; readonly parts: ContentPart[] } | null = null;
  const close = () => {
    if (said !== null) items.push(...saidItem(said.item, said.parts));
    said = null;
  };
  for (const [index, block] of turn.blocks.entries()) {
    const here = `${path}.content[${index}]`;
    const item = writeItem(block, here, conversation);
    if (item !== null) {
      close();
      items.push(...item);
      continue;
    }
    const own = context.native ? messageOf(block) : undefined;
    if (said === null || said.item !== own) {
      close();
      said = { item: own, parts: [] };
    }
    said.parts.push(...writeSaid(block, here, context));
  }
  close();
}

/** The message a block came from; the same object for all blocks of one message. */
function messageOf(block: IrBlock): JsonObject | undefined {
  return asObject(block.spelling["message"]);
}

function saidItem(item: JsonObject | undefined, parts: readonly ContentPart[]): JsonObject[] {
  if (item !== undefined) {
    const isBare = asText(item["content"]) !== undefined;
    return [{ ...item, content: isBare ? (joinSaid(parts, "") ?? "") : parts }];
  }
  if (parts.length === 0) return [];
  // Several texts are one answer cut by its citations.
  return [{ type: "message", role: "assistant", content: joinSaid(parts, "") ?? parts }];
}

/** Blocks that are items of their own. Null: it belongs into a message. */
function writeItem(block: IrBlock, path: string, conversation: WrittenConversation): JsonObject[] | null {
  const { context } = conversation;
  switch (block.type) {
    case "tool-call":
      conversation.kinds.set(block.id, block.kind);
      return [writeCall(block, path, conversation)];
    case "reasoning":
      return writeReasoningItem(block, path, conversation);
    case "opaque":
      return block.sourceProtocol === PROTOCOL && messageOf(block) === undefined ? opaqueItem(block) : null;
    case "tool-result":
      return context.native || conversation.kinds.has(block.callId) ? [writeResult(block, path, conversation)] : null;
    case "text":
    case "refusal":
    case "image":
    case "document":
    case "audio":
      return null;
  }
}

function opaqueItem(block: Extract<IrBlock, { type: "opaque" }>): JsonObject[] {
  const item = asObject(block.value);
  return item === undefined ? [] : [item];
}

function writeCall(block: ToolCall, path: string, { context, placeOf }: WrittenConversation): JsonObject {
  const own = context.native ? asObject(block.spelling["item"]) : undefined;
  if (own !== undefined) return own;
  if (block.cache !== null) context.losses.drop(`${path}.cache_control`, "the provider caches by itself");
  writeExtras(block.extras, path, context);
  const call_id = legalCallId(block.id);
  const { name, ...place } = placeOf(block.name);
  const named = { call_id, name: legalPastName(name), ...place };
  if (block.kind === "custom") return { type: "custom_tool_call", ...named, input: block.arguments };
  return { type: "function_call", ...named, arguments: writeArgumentsText(block.arguments) };
}

/** Only what this vendor sealed can be given back: it refuses open thoughts, and cannot read anybody else's. */
function writeReasoningItem(block: ReasoningBlock, path: string, conversation: WrittenConversation): JsonObject[] {
  const { context, isAnswer } = conversation;
  const own = context.native ? asObject(block.spelling["item"]) : undefined;
  const isForeign = block.encrypted !== null && block.encrypted.issuer !== PROTOCOL;
  if (own !== undefined && (isAnswer || (block.signature === null && !isForeign))) return [own];
  const sealed = ownSignature(block);
  if (sealed === null) {
    context.losses.drop(path, "reasoning that the provider did not seal itself is not taken back");
    return [];
  }
  const summary = block.text === "" ? [] : [{ type: "summary_text", text: block.text }];
  return [{ type: "reasoning", summary, encrypted_content: sealed }];
}

// ---------------------------------------------------------------- everybody else

/** User, tool, system and developer turns: results first, then everything else as one message. */
function writeOther(turn: IrTurn, path: string, conversation: WrittenConversation): void {
  const { context, items } = conversation;
  writeExtras(turn.extras, path, context);
  const parts: ContentPart[] = [];
  for (const [index, block] of turn.blocks.entries()) {
    const here = `${path}.content[${index}]`;
    if (block.type === "opaque" && block.sourceProtocol === PROTOCOL && turn.role === "tool") {
      items.push(...opaqueItem(block));
    } else if (block.type === "tool-result") parts.push(...placeResult(block, here, conversation));
    else parts.push(...writePart(block, here, context));
  }
  const isOwn = context.native && asObject(turn.spelling["item"]) !== undefined;
  if (parts.length === 0 && !isOwn) return;
  items.push(messageItem(turn, turn.role === "tool" ? "user" : writeRole(turn.role, context), parts, context));
}

/** The vendor refuses a result whose call it does not see, unless it has stored the call. */
function placeResult(block: ToolResult, path: string, conversation: WrittenConversation): ContentPart[] {
  const { context, items, kinds } = conversation;
  const result = writeResult(block, path, conversation);
  if (context.native || kinds.has(block.callId)) {
    items.push(result);
    return [];
  }
  context.losses.approximate(path, "a result without its call is written as text");
  const output = result["output"];
  return asText(output) === undefined ? [...(asArray(output) ?? [])].flatMap(asPart) : [textPart(String(output))];
}

function asPart(value: unknown): ContentPart[] {
  const part = asObject(value);
  const type = asText(part?.["type"]);
  return part === undefined || type === undefined ? [] : [{ ...part, type }];
}

/** Text alone is a string, which every compatible vendor takes; with media it is a list of parts. */
function writeResult(block: ToolResult, path: string, conversation: WrittenConversation): JsonObject {
  const { context, kinds } = conversation;
  const own = context.native ? asObject(block.spelling["item"]) : undefined;
  if (own !== undefined) return own;
  if (block.cache !== null) context.losses.drop(`${path}.cache_control`, "the provider caches by itself");
  if (block.isError === true) context.losses.approximate(`${path}.is_error`, "only the text says it failed");
  writeExtras(block.extras, path, context);
  const parts = block.content.flatMap((inner, index) => writePart(inner, `${path}.content[${index}]`, context));
  const type = kinds.get(block.callId) === "custom" ? "custom_tool_call_output" : "function_call_output";
  return { type, call_id: legalCallId(block.callId), output: joinSaid(parts, "\n") ?? parts };
}

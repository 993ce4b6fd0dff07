/**
 * Puts an answer together from blocks: messages, reasoning and calls, each an item at its place in the output, and tells
 * of every step as the vendor's stream does. Texts that follow each other are parts of one message, and one part when
 * each ended before the next began. Items of parallel blocks are told of in turn, each under its own index.
 */
import type { IrEvent, StartedBlock } from "../../ir/event.ts";
import { ANSWER_BLOCKS_MAX } from "../../ir/fold.ts";
import type { IrCitation, IrRequest, ReasoningSignature } from "../../ir/request.ts";
import { asArray, asObject, type JsonObject } from "../../std/json.ts";
import { unreachable } from "../../std/unreachable.ts";
import { customNames } from "../shared/free-text-tool.ts";
import type { Losses } from "../shared/losses.ts";
import { writeUrlCitation } from "../shared/openai/url-citation.ts";
import { type CallItem, createCallItem } from "./call-item.ts";
import { createMessageItem, type MessageItem, type MessagePart } from "./message-item.ts";
import { createPlaces, type ToolPlace } from "./namespaces.ts";
import type { EventOutlet, OutputItem } from "./outlet.ts";
import { createReasoningItem, type ReasoningItem } from "./reasoning-item.ts";
import { PROTOCOL, type WireAnnotation } from "./wire.ts";

/** Events of blocks; everything else is the caller's. */
type BlockEvent = Extract<IrEvent, { readonly block: number }>;

export interface Assembler {
  push(event: BlockEvent): void;
  /** Closes what is open, in order. */
  finish(): void;
  /** The items as they are now. */
  output(): JsonObject[];
  held(): { readonly toolCalls: boolean; readonly refusal: boolean };
  /** More was said than is kept. */
  overflowed(): boolean;
}

/** What an answer may hold until its last event repeats it. Models stop at some hundred thousand tokens. */
const CHARS_MAX = 32 * 1024 * 1024;

interface AssemblerState {
  readonly outlet: EventOutlet;
  readonly losses: Losses;
  readonly placeOf: (name: string) => ToolPlace;
  /** Names of the client's custom tools. */
  readonly customs: ReadonlySet<string>;
  /** In order of their start: the place in this list is the place in the output. */
  readonly items: (MessageItem | ReasoningItem | CallItem | OpaqueItem)[];
  readonly blocks: Map<number, AssembledBlock>;
  hasCalls: boolean;
  chars: number;
}

interface AssembledBlock {
  readonly content: StartedBlock;
  /** null: nothing has been said yet that would need a place. */
  target:
    | { readonly kind: "part"; readonly item: MessageItem; readonly part: MessagePart }
    | { readonly kind: "reasoning"; readonly item: ReasoningItem }
    | { readonly kind: "call"; readonly item: CallItem }
    | null;
}

interface OpaqueItem extends OutputItem {
  readonly type: "opaque";
}

export function createAssembler(outlet: EventOutlet, losses: Losses, request: IrRequest | null): Assembler {
  const state: AssemblerState = {
    outlet,
    losses,
    placeOf: createPlaces(request),
    customs: customNames(request, PROTOCOL),
    items: [],
    blocks: new Map(),
    hasCalls: false,
    chars: 0,
  };
  return {
    push: (event) => step(state, event),
    finish() {
      for (const number of [...state.blocks.keys()]) endBlock(state, number);
      for (const item of state.items) item.close();
    },
    output: () => state.items.map((item) => item.wire()),
    held: () => ({
      toolCalls: state.hasCalls,
      refusal: state.items.some((item) => item.type === "message" && item.hasRefusal()),
    }),
    overflowed: () => state.chars > CHARS_MAX,
  };
}

function step(state: AssemblerState, event: BlockEvent): void {
  switch (event.type) {
    case "block-start":
      startBlock(state, event.block, event.choice, event.content);
      return;
    case "text-delta":
      writeText(state, event.block, event.text, event.logprobs);
      return;
    case "arguments-delta":
      writeArguments(state, event.block, event.text);
      return;
    case "signature-delta":
      writeSignature(state, event.block, event.signature);
      return;
    case "citation":
      writeCitation(state, event.block, event.citation);
      return;
    case "opaque-delta":
      state.losses.drop("output.delta", "exists only in its own protocol");
      return;
    case "block-end":
      endBlock(state, event.block);
      return;
    default:
      unreachable(event);
  }
}

function startBlock(state: AssemblerState, number: number, choice: number, content: StartedBlock): void {
  if (choice !== 0) {
    state.losses.drop(`choices[${choice}]`, "the vendor gives one answer");
    return;
  }
  if (state.blocks.size + state.items.length >= ANSWER_BLOCKS_MAX) {
    state.losses.drop("output", "too many parts");
    return;
  }
  const block: AssembledBlock = { content, target: null };
  if (content.type === "opaque") {
    writeOpaque(state, content);
    return;
  }
  state.blocks.set(number, block);
  if (content.type === "tool-call") {
    closeIdleMessage(state);
    const { id, name } = content;
    const wrapped = content.kind === "function" && state.customs.has(name);
    const kind = wrapped ? "custom" : content.kind;
    const called = { callId: id, kind, wrapped, tool: state.placeOf(name) };
    const item = createCallItem(state.outlet, state.items.length, called);
    state.items.push(item);
    state.hasCalls = true;
    block.target = { kind: "call", item };
  } else if (content.type === "reasoning" && content.encrypted !== null) openReasoning(state, block, content.encrypted);
}

/** An item of the vendor's own, whole as it came. */
function writeOpaque(state: AssemblerState, content: Extract<StartedBlock, { type: "opaque" }>): void {
  const value = content.sourceProtocol === PROTOCOL ? asObject(content.value) : undefined;
  if (value === undefined) {
    state.losses.drop(`output.${content.name}`, "exists only in its own protocol");
    return;
  }
  closeIdleMessage(state);
  const output_index = state.items.length;
  state.items.push({ type: "opaque", outputIndex: output_index, closed: true, wire: () => value, close: isClosed });
  state.outlet.emit("response.output_item.added", { output_index, item: value });
  state.outlet.emit("response.output_item.done", { output_index, item: value });
}

function isClosed(): void {
  // It came whole.
}

function writeText(state: AssemblerState, number: number, text: string, logprobs: unknown): void {
  const block = state.blocks.get(number);
  if (block === undefined) return;
  const probabilities = asArray(logprobs) ?? [];
  // An empty text opens nothing, but log probabilities of an open one are kept.
  if (text === "" && (probabilities.length === 0 || block.target === null)) return;
  state.chars += text.length;
  if (block.content.type === "reasoning") openReasoning(state, block, null).say(text);
  else if (block.content.type === "text" || block.content.type === "refusal") {
    if (logprobs !== null && asArray(logprobs) === undefined) {
      state.losses.drop("logprobs", "in another protocol's form");
    }
    openPart(state, block, block.content.type).part.say(text, probabilities);
  }
}

function writeArguments(state: AssemblerState, number: number, text: string): void {
  const target = state.blocks.get(number)?.target;
  if (target?.kind !== "call" || text === "") return;
  state.chars += text.length;
  target.item.say(text);
}

function writeSignature(state: AssemblerState, number: number, signature: ReasoningSignature): void {
  const block = state.blocks.get(number);
  if (block?.content.type !== "reasoning") {
    if (block !== undefined) state.losses.drop("output.signature", "only reasoning has a place for one");
    return;
  }
  if (block.content.encrypted !== null) {
    state.losses.drop("output.signature", "reasoning carries one seal, and the encrypted one is needed");
  } else openReasoning(state, block, null).sign(signature);
}

function writeCitation(state: AssemblerState, number: number, citation: IrCitation): void {
  const block = state.blocks.get(number);
  if (block?.content.type !== "text") return;
  if (writeAnnotation(citation, 0) === null) {
    state.losses.drop("output.annotations", "only URLs can be cited");
    return;
  }
  const { part } = openPart(state, block, "text");
  const annotation = writeAnnotation(citation, part.length());
  if (annotation !== null) part.cite(annotation);
}

function endBlock(state: AssemblerState, number: number): void {
  const block = state.blocks.get(number);
  state.blocks.delete(number);
  const target = block?.target ?? null;
  if (target === null) return;
  if (target.kind !== "part") {
    target.item.close();
    return;
  }
  target.part.writers -= 1;
  // The next text may go on with the last message; one that others have overtaken is complete.
  if (target.item !== state.items.at(-1) && !target.item.busy()) target.item.close();
}

function openReasoning(
  state: AssemblerState,
  block: AssembledBlock,
  encrypted: ReasoningSignature | null,
): ReasoningItem {
  if (block.target?.kind === "reasoning") return block.target.item;
  closeIdleMessage(state);
  const item = createReasoningItem(state.outlet, state.items.length, encrypted);
  state.items.push(item);
  block.target = { kind: "reasoning", item };
  return item;
}

function openPart(
  state: AssemblerState,
  block: AssembledBlock,
  kind: MessagePart["kind"],
): { readonly part: MessagePart } {
  if (block.target?.kind === "part") return block.target;
  const item = openMessage(state);
  const part = item.part(kind);
  part.writers += 1;
  block.target = { kind: "part", item, part };
  return block.target;
}

function openMessage(state: AssemblerState): MessageItem {
  const last = state.items.at(-1);
  if (last?.type === "message" && !last.closed) return last;
  closeIdleMessage(state);
  const item = createMessageItem(state.outlet, state.items.length);
  state.items.push(item);
  return item;
}

/** Something else follows: a message without an open block is complete. */
function closeIdleMessage(state: AssemblerState): void {
  const last = state.items.at(-1);
  if (last?.type === "message" && !last.busy()) last.close();
}

/** Null: it has no URL, and the vendor's other kinds point into its own store. `textEnd`: length of the text it stands behind. */
function writeAnnotation(citation: IrCitation, textEnd: number): WireAnnotation | JsonObject | null {
  if (citation.sourceProtocol === PROTOCOL) return asObject(citation.raw) ?? null;
  const written = writeUrlCitation(citation, textEnd);
  return written === null ? null : { type: "url_citation", ...written };
}

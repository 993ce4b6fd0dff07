/**
 * Events into chunks, in the order the vendor keeps: the role, the pieces, the finish, the usage if the client asked for
 * it, `[DONE]`. Id, model and time of the first chunk stand on every one. After an error nothing follows.
 */
import type { IrEvent, StartedBlock } from "../../ir/event.ts";
import { mergeUsage, type Usage } from "../../ir/usage.ts";
import { at } from "../../std/json.ts";
import { unreachable } from "../../std/unreachable.ts";
import type { AnswerContext, Frame, StreamWriter } from "../protocol.ts";
import { customNames, unwrapInput } from "../shared/free-text-tool.ts";
import { createAnswerLosses, type Losses } from "../shared/losses.ts";
import { writeStreamError } from "./errors.ts";
import { isFinishApproximated, writeFinish } from "./finish.ts";
import { ID_CHARS, writeAnnotation } from "./response-writer.ts";
import { writeUsage } from "./usage.ts";
import { PROTOCOL, type WireChunk, type WireDelta, type WireToolDelta } from "./wire.ts";

export function createStreamWriter(context: AnswerContext): StreamWriter {
  const state: ChunkWriterState = {
    context,
    asked: isUsageAsked(context),
    customs: customNames(context.request, PROTOCOL),
    losses: createAnswerLosses(),
    native: false,
    envelope: null,
    blocks: new Map(),
    choices: new Map(),
    usage: null,
    isOver: false,
  };
  return { losses: state.losses.list, push: (event) => (state.isOver ? [] : step(state, event)) };
}

interface ChunkWriterState {
  readonly context: AnswerContext;
  /** The client wants the usage chunk. */
  readonly asked: boolean;
  /** The client's tools with free text. */
  readonly customs: ReadonlySet<string>;
  readonly losses: Losses;
  /** The events were read from this protocol. */
  native: boolean;
  /** JSON text before and behind the list of choices, the same on every chunk; null before the first. */
  envelope: { readonly head: string; readonly tail: string } | null;
  readonly blocks: Map<number, WrittenBlock>;
  readonly choices: Map<number, ChoiceState>;
  usage: Usage | null;
  isOver: boolean;
}

interface WrittenBlock {
  readonly choice: number;
  readonly content: StartedBlock;
  /** Place among the calls of its choice; -1 for other blocks. */
  readonly toolIndex: number;
  /** Of a tool with free text that the lane called as a function: its text is told when it is whole. Null: told in pieces. */
  readonly wrapped: string[] | null;
  hasArguments: boolean;
}

interface ChoiceState {
  toolCalls: number;
  /** Length of the text so far, for citations that do not say where they stand. */
  textLength: number;
  isFinished: boolean;
}

type EventOf<T extends IrEvent["type"]> = Extract<IrEvent, { type: T }>;

function step(state: ChunkWriterState, event: IrEvent): Frame[] {
  switch (event.type) {
    case "start":
      begin(state, event);
      return touch(state, 0).frames;
    case "block-start":
      return startBlock(state, event);
    case "text-delta":
      return writeText(state, event);
    case "arguments-delta":
      return writeArguments(state, state.blocks.get(event.block), event.text);
    case "signature-delta":
      dropReasoning(state, state.blocks.get(event.block)?.choice ?? 0, "signed reasoning has no place here");
      return [];
    case "citation":
      return writeCitation(state, event);
    case "opaque-delta":
      return writeOpaque(state, state.blocks.get(event.block), event.value);
    case "block-end":
      return endBlock(state, event.block);
    case "usage":
      state.usage = mergeUsage(state.usage, event.usage);
      return [];
    case "finish":
      return writeEnding(state, event);
    case "keep-alive": // the transport has its own
    case "loss": // counted where the events are pumped
      return [];
    case "end":
      return writeEnd(state);
    case "failed": {
      state.isOver = true;
      return [{ event: null, data: JSON.stringify(writeStreamError(event.failure)) }];
    }
    default:
      return unreachable(event);
  }
}

function begin(state: ChunkWriterState, event: EventOf<"start"> | null): { head: string; tail: string } {
  const { context } = state;
  state.native = event?.sourceProtocol === PROTOCOL;
  if (!state.native) state.losses.dropExtras("", event?.extras ?? {});
  const own = state.native ? event : null;
  const members = {
    id: own?.id ?? `chatcmpl-${context.newId(ID_CHARS)}`,
    object: "chat.completion.chunk",
    created: Math.floor((event?.createdMs ?? context.createdMs) / 1000),
    model: event?.model ?? context.upstreamModel,
  } satisfies Partial<WireChunk>;
  const labels = {
    service_tier: own?.serviceTier ?? undefined,
    system_fingerprint: own?.spelling["system_fingerprint"],
    ...own?.extras,
  };
  const head = JSON.stringify({ ...members, ...labels }).slice(0, -1);
  state.envelope = { head: `${head},"choices":`, tail: state.asked ? ',"usage":null}' : "}" };
  return state.envelope;
}

/** The choice's state, and its role chunk if this is its first sign of life. */
function touch(state: ChunkWriterState, index: number): { readonly choice: ChoiceState; readonly frames: Frame[] } {
  const known = state.choices.get(index);
  if (known !== undefined) return { choice: known, frames: [] };
  const choice = { toolCalls: 0, textLength: 0, isFinished: false };
  state.choices.set(index, choice);
  return { choice, frames: [chunk(state, index, { role: "assistant", content: "", refusal: null })] };
}

function chunk(state: ChunkWriterState, index: number, delta: WireDelta, logprobs: unknown = null): Frame {
  return frameOf(state, { index, delta, logprobs, finish_reason: null });
}

function frameOf(state: ChunkWriterState, choice: object): Frame {
  const { head, tail } = state.envelope ?? begin(state, null);
  return { event: null, data: `${head}[${JSON.stringify(choice)}]${tail}` };
}

function startBlock(state: ChunkWriterState, { block, choice: index, content }: EventOf<"block-start">): Frame[] {
  const { choice, frames } = touch(state, index);
  const toolIndex = content.type === "tool-call" ? choice.toolCalls++ : -1;
  const isWrapped = content.type === "tool-call" && content.kind === "function" && state.customs.has(content.name);
  const told = isWrapped ? { ...content, kind: "custom" as const } : content;
  const open = { choice: index, content: told, toolIndex, wrapped: isWrapped ? [] : null, hasArguments: false };
  state.blocks.set(block, open);
  switch (told.type) {
    case "tool-call":
      return [...frames, chunk(state, index, { tool_calls: [startedCall(told, toolIndex)] })];
    case "opaque":
      return [...frames, ...writeOpaque(state, open, told.value)];
    case "reasoning":
      if (told.encrypted !== null) dropReasoning(state, index, "encrypted reasoning has no place here");
      return frames;
    case "text":
    case "refusal":
      return frames;
    default:
      return unreachable(told);
  }
}

function dropReasoning({ losses }: ChunkWriterState, index: number, why: string): void {
  losses.drop(`choices[${index}].delta.reasoning_content`, why);
}

function startedCall({ id, name, kind }: Extract<StartedBlock, { type: "tool-call" }>, index: number): WireToolDelta {
  if (kind === "custom") return { index, id, type: "custom", custom: { name, input: "" } };
  return { index, id, type: "function", function: { name, arguments: "" } };
}

function writeText(state: ChunkWriterState, { block, text, logprobs }: EventOf<"text-delta">): Frame[] {
  const open = state.blocks.get(block);
  if (open === undefined) return [];
  if (!state.native && logprobs !== null) state.losses.drop("logprobs", "in another protocol's form");
  const kept = state.native ? logprobs : null;
  if (text === "" && kept === null) return [];
  if (open.content.type === "refusal") return [chunk(state, open.choice, { refusal: text }, kept)];
  if (open.content.type === "reasoning") return [chunk(state, open.choice, { reasoning_content: text })];
  touch(state, open.choice).choice.textLength += text.length;
  return [chunk(state, open.choice, { content: text }, kept)];
}

function writeArguments(state: ChunkWriterState, open: WrittenBlock | undefined, text: string): Frame[] {
  if (open?.content.type !== "tool-call" || text === "") return [];
  open.hasArguments = true;
  if (open.wrapped !== null) {
    open.wrapped.push(text);
    return [];
  }
  return writePiece(state, open, text);
}

function writePiece(state: ChunkWriterState, open: WrittenBlock, text: string): Frame[] {
  if (open.content.type !== "tool-call") return [];
  const index = open.toolIndex;
  const isCustom = open.content.kind === "custom";
  const call = isCustom ? { index, custom: { input: text } } : { index, function: { arguments: text } };
  return [chunk(state, open.choice, { tool_calls: [call] })];
}

function endBlock(state: ChunkWriterState, block: number): Frame[] {
  const open = state.blocks.get(block);
  state.blocks.delete(block);
  if (open !== undefined && open.wrapped !== null && open.hasArguments) {
    return writePiece(state, open, unwrapInput(open.wrapped.join("")));
  }
  // Clients parse the joined arguments; a call without any must still be an object.
  const isBare = open?.content.type === "tool-call" && open.content.kind === "function" && !open.hasArguments;
  return isBare ? writeArguments(state, open, "{}") : [];
}

function writeCitation(state: ChunkWriterState, { block, citation }: EventOf<"citation">): Frame[] {
  const open = state.blocks.get(block);
  if (open === undefined) return [];
  const annotation = writeAnnotation(citation, touch(state, open.choice).choice.textLength);
  if (annotation !== null) return [chunk(state, open.choice, { annotations: [annotation] })];
  state.losses.drop("delta.annotations", "only URLs can be cited");
  return [];
}

/** Audio is the one block of this protocol that the IR does not stream. */
function writeOpaque(state: ChunkWriterState, open: WrittenBlock | undefined, value: unknown): Frame[] {
  if (open?.content.type !== "opaque") return [];
  const { sourceProtocol, name } = open.content;
  if (sourceProtocol === PROTOCOL && name === "audio") return [chunk(state, open.choice, { audio: value })];
  state.losses.drop(`delta.${name}`, "exists only in its own protocol");
  return [];
}

function writeEnding(state: ChunkWriterState, { choice: index, finish }: EventOf<"finish">): Frame[] {
  const { choice, frames } = touch(state, index);
  if (choice.isFinished) return frames;
  choice.isFinished = true;
  const own = state.native ? finish.raw : null;
  if (own === null && isFinishApproximated(finish.reason)) {
    state.losses.approximate(`choices[${index}].finish_reason`, `${finish.reason} has no word of its own`);
  }
  const word = own ?? writeFinish(finish.reason, { toolCalls: choice.toolCalls > 0 });
  return [...frames, ending(state, index, word)];
}

function ending(state: ChunkWriterState, index: number, word: string): Frame {
  return frameOf(state, { index, delta: {}, logprobs: null, finish_reason: word });
}

function writeEnd(state: ChunkWriterState): Frame[] {
  const frames = state.choices.size === 0 ? [...touch(state, 0).frames] : [];
  for (const [index, { isFinished, toolCalls }] of state.choices) {
    if (!isFinished) frames.push(ending(state, index, writeFinish(null, { toolCalls: toolCalls > 0 })));
  }
  const usage = state.asked ? writeUsage(state.usage, state.context, state.losses) : null;
  const head = state.envelope?.head ?? "";
  if (usage !== null) frames.push({ event: null, data: `${head}[],"usage":${JSON.stringify(usage)}}` });
  state.isOver = true;
  return [...frames, { event: null, data: "[DONE]" }];
}

/** Upstreams are always asked for usage; only this client's own wish decides whether it sees any. */
function isUsageAsked({ request }: AnswerContext): boolean {
  return request?.sourceProtocol === PROTOCOL && at(request.spelling["stream_options"], "include_usage") === true;
}

/**
 * A streamed answer of any vendor as the vendor's own sequence of events: message_start, the blocks one after the other,
 * message_delta, message_stop; or an error event. message_start waits for the first content, since usage may still come
 * with the handshake, and message_delta waits for the end, since some vendors report usage after the reason.
 */
import type { IrEvent, StartedBlock } from "../../ir/event.ts";
import { failure } from "../../ir/failure.ts";
import type { IrCitation, ReasoningSignature } from "../../ir/request.ts";
import type { IrFinish } from "../../ir/response.ts";
import { mergeUsage, type Usage } from "../../ir/usage.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import type { AnswerContext, Frame, StreamWriter } from "../protocol.ts";
import { type BlockQueue, createBlockQueue } from "../shared/block-queue.ts";
import { createLosses, type Losses } from "../shared/losses.ts";
import { mergeMembers } from "../shared/members.ts";
import { writeStreamError } from "./errors.ts";
import { writeFinish } from "./finish.ts";
import { writeOpaque } from "./reasoning-signatures.ts";
import { newMessageId, newToolUseId } from "./response-writer.ts";
import { writeCounters, writeUsage } from "./usage.ts";
import { NO_PLACE, ORIGIN } from "./wire.ts";

export function createStreamWriter(context: AnswerContext): StreamWriter {
  const state = createState(context);
  return {
    push(event) {
      if (state.ended) return [];
      state.frames = [];
      write(state, event);
      if (!state.ended && state.queue.overflowed()) fail(state);
      return state.frames;
    },
    get losses() {
      return state.losses.list;
    },
  };
}

interface State {
  readonly context: AnswerContext;
  readonly losses: Losses;
  /** Fields whose loss was reported: one loss each, however many deltas it concerns. */
  readonly reported: Set<string>;
  readonly queue: BlockQueue;
  readonly blocks: Map<number, BlockState>;
  /** What this push has written. */
  frames: Frame[];
  start: Extract<IrEvent, { type: "start" }> | null;
  /** message_start is out. */
  opened: boolean;
  ended: boolean;
  usage: Usage | null;
  finish: IrFinish | null;
  hasToolCalls: boolean;
  hasRefusal: boolean;
}

/** What a block still owes when it ends. */
interface BlockState {
  readonly content: StartedBlock;
  /** Seal of another vendor, tagged once it is whole; null: none so far. */
  seal: { readonly kind: "signature" | "encrypted"; sealed: ReasoningSignature } | null;
  /** Some arguments were written. */
  hasArguments: boolean;
}

function createState(context: AnswerContext): State {
  return {
    context,
    losses: createLosses({ noPlace: NO_PLACE }),
    reported: new Set(),
    queue: createBlockQueue(),
    blocks: new Map(),
    frames: [],
    start: null,
    opened: false,
    ended: false,
    usage: null,
    finish: null,
    hasToolCalls: false,
    hasRefusal: false,
  };
}

function write(state: State, event: IrEvent): void {
  switch (event.type) {
    case "start":
      state.start = event;
      return;
    case "usage":
      state.usage = mergeUsage(state.usage, event.usage);
      return;
    case "block-start":
      startBlock(state, event);
      return;
    case "text-delta":
      writeText(state, event);
      return;
    case "arguments-delta":
      writeArguments(state, event);
      return;
    case "signature-delta":
      writeSignature(state, event);
      return;
    case "citation":
      writeCitation(state, event.block, event.citation);
      return;
    case "opaque-delta":
      writeForeignDelta(state, event);
      return;
    case "block-end":
      endBlock(state, event.block);
      return;
    case "finish":
      if (event.choice === 0) state.finish = event.finish;
      return;
    case "keep-alive":
      // Before the start there is nothing to keep alive on this wire.
      if (state.start === null) return;
      open(state);
      state.frames.push({ event: "ping", data: PING });
      return;
    case "loss":
      return;
    case "end":
      finish(state);
      return;
    case "failed":
      state.ended = true;
      emit(state, "error", writeStreamError(event.failure));
      return;
  }
}

const PING = '{"type": "ping"}';

function emit(state: State, event: string, data: JsonObject): void {
  state.frames.push({ event, data: JSON.stringify(data) });
}

/** `delta` is JSON text: its length is what it costs to hold, and it is written once. */
function queueDelta(state: State, block: number, delta: string): void {
  state.queue.delta(block, delta.length, (index) =>
    state.frames.push({
      event: "content_block_delta",
      data: `{"type":"content_block_delta","index":${index},"delta":${delta}}`,
    }),
  );
}

/** How each kind of piece begins; its text and a brace follow. The hot path builds no object. */
const PIECES = {
  text: '{"type":"text_delta","text":',
  thinking: '{"type":"thinking_delta","thinking":',
  signature: '{"type":"signature_delta","signature":',
  arguments: '{"type":"input_json_delta","partial_json":',
} as const;

function queuePiece(state: State, block: number, piece: { kind: keyof typeof PIECES; text: string }): void {
  queueDelta(state, block, `${PIECES[piece.kind]}${JSON.stringify(piece.text)}}`);
}

function reportOnce(state: State, field: string, detail: string): void {
  if (state.reported.has(field)) return;
  state.reported.add(field);
  state.losses.drop(field, detail);
}

/** Writes message_start, once. The prompt's size must be in it: clients show it and budget by it. */
function open(state: State): void {
  if (state.opened) return;
  state.opened = true;
  const { start, context } = state;
  const native = start?.sourceProtocol === ORIGIN;
  const message: JsonObject = {
    id: native && start.id !== null ? start.id : newMessageId(context),
    type: "message",
    role: "assistant",
    model: start?.model ?? context.upstreamModel,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    // The vendor counts the first token when it starts.
    usage: writeUsage(
      state.usage,
      { inputTokens: context.inputTokensEstimate, outputTokens: 1 },
      start?.serviceTier ?? null,
    ),
  };
  if (start !== null && !native) state.losses.dropExtras("", start.extras);
  const whole = start !== null && native ? mergeMembers(message, start.extras) : message;
  emit(state, "message_start", { type: "message_start", message: whole });
}

function startBlock(state: State, event: Extract<IrEvent, { type: "block-start" }>): void {
  if (event.choice !== 0) {
    reportOnce(state, `choices[${event.choice}]`, "the Messages API gives one answer");
    return;
  }
  const { content } = event;
  const written = writeStart(state, content);
  if (written === null) return;
  if (content.type === "tool-call") state.hasToolCalls = true;
  if (content.type === "refusal") state.hasRefusal = true;
  const block: BlockState = { content, seal: foreignSeal(content), hasArguments: false };
  state.blocks.set(event.block, block);
  open(state);
  state.queue.start(event.block, {
    open: (index) => emit(state, "content_block_start", { type: "content_block_start", index, content_block: written }),
    close: (index) => emit(state, "content_block_stop", { type: "content_block_stop", index }),
    divisible: content.type === "text" || content.type === "refusal",
  });
}

/** Encrypted reasoning of another vendor travels in the signature: text may still follow it. */
function foreignSeal(content: StartedBlock): BlockState["seal"] {
  if (content.type !== "reasoning" || content.encrypted === null || content.encrypted.issuer === ORIGIN) return null;
  return { kind: "encrypted", sealed: content.encrypted };
}

/** Written as a block of its own that takes no deltas. */
function isRedacted(content: StartedBlock): boolean {
  return content.type === "reasoning" && content.encrypted?.issuer === ORIGIN;
}

/** Every member that clients append to is there from the start. Null: the block cannot be written. */
function writeStart(state: State, content: StartedBlock): JsonObject | null {
  switch (content.type) {
    case "text":
    case "refusal":
      return { type: "text", text: "" };
    case "reasoning":
      return content.encrypted?.issuer === ORIGIN
        ? { type: "redacted_thinking", data: content.encrypted.value }
        : { type: "thinking", thinking: "", signature: "" };
    case "tool-call": {
      const id = content.id === "" ? newToolUseId(state.context) : content.id;
      return { type: "tool_use", id, name: content.name, input: {}, caller: { type: "direct" } };
    }
    case "opaque": {
      const value = asObject(content.value);
      if (content.sourceProtocol === ORIGIN && value !== undefined) return value;
      reportOnce(state, content.name, "known only to its own protocol");
      return null;
    }
  }
}

function writeText(state: State, event: Extract<IrEvent, { type: "text-delta" }>): void {
  if (event.logprobs != null) reportOnce(state, "logprobs", "the Messages API has none");
  const { block, text } = event;
  const content = state.blocks.get(block)?.content;
  if (content === undefined || text === "") return;
  if (content.type === "text" || content.type === "refusal") queuePiece(state, block, { kind: "text", text });
  else if (content.type === "reasoning" && !isRedacted(content)) queuePiece(state, block, { kind: "thinking", text });
  else reportOnce(state, `${content.type}.text`, "such a block has no text");
}

function writeArguments(state: State, event: Extract<IrEvent, { type: "arguments-delta" }>): void {
  const block = state.blocks.get(event.block);
  if (block?.content.type !== "tool-call" || event.text === "") return;
  // Free text becomes the string of an object: opened with the first piece, closed when the block ends.
  const before = block.content.kind === "custom" && !block.hasArguments ? FREE_TEXT_OPEN : "";
  block.hasArguments = true;
  const text = block.content.kind === "custom" ? before + JSON.stringify(event.text).slice(1, -1) : event.text;
  queuePiece(state, event.block, { kind: "arguments", text });
}

const FREE_TEXT_OPEN = '{"input":"';
const FREE_TEXT_CLOSE = '"}';

function writeSignature(state: State, event: Extract<IrEvent, { type: "signature-delta" }>): void {
  const block = state.blocks.get(event.block);
  if (block === undefined) return;
  if (block.content.type !== "reasoning" || isRedacted(block.content)) {
    reportOnce(state, "signature", "only thinking has a place for one");
    return;
  }
  const { signature } = event;
  if (signature.issuer === ORIGIN) {
    queuePiece(state, event.block, { kind: "signature", text: signature.value });
  } else if (block.seal?.kind === "encrypted") {
    reportOnce(state, "signature", "a thinking block carries one opaque value, and the encrypted one is needed");
  } else {
    const value = (block.seal?.sealed.value ?? "") + signature.value;
    block.seal = { kind: "signature", sealed: { issuer: signature.issuer, value } };
  }
}

function writeCitation(state: State, block: number, citation: IrCitation): void {
  if (citation.sourceProtocol !== ORIGIN) {
    reportOnce(state, "citations", "the vendor's citations point into its own sources");
    return;
  }
  if (state.blocks.get(block)?.content.type !== "text") return;
  queueDelta(state, block, JSON.stringify({ type: "citations_delta", citation: citation.raw }));
}

function writeForeignDelta(state: State, event: Extract<IrEvent, { type: "opaque-delta" }>): void {
  const delta = asObject(event.value);
  if (event.sourceProtocol !== ORIGIN || delta === undefined || !state.blocks.has(event.block)) {
    reportOnce(state, "delta", "known only to its own protocol");
    return;
  }
  queueDelta(state, event.block, JSON.stringify(delta));
}

function endBlock(state: State, number: number): void {
  const block = state.blocks.get(number);
  if (block === undefined) return;
  state.blocks.delete(number);
  payDebts(state, number, block);
  state.queue.end(number);
}

function payDebts(state: State, number: number, block: BlockState): void {
  const { seal, content } = block;
  if (seal !== null) {
    queuePiece(state, number, { kind: "signature", text: writeOpaque(seal.kind, seal.sealed) });
  }
  if (content.type !== "tool-call") return;
  if (content.kind === "custom") {
    const text = block.hasArguments ? FREE_TEXT_CLOSE : FREE_TEXT_OPEN + FREE_TEXT_CLOSE;
    queuePiece(state, number, { kind: "arguments", text });
  } else if (!block.hasArguments) queuePiece(state, number, { kind: "arguments", text: "{}" });
}

function finish(state: State): void {
  open(state);
  for (const number of [...state.blocks.keys()]) endBlock(state, number);
  state.queue.finish();
  const word = writeFinish(state.finish, {
    sourceProtocol: state.start?.sourceProtocol ?? "",
    hasToolCalls: state.hasToolCalls,
    hasRefusal: state.hasRefusal,
  });
  if (!word.exact) state.losses.approximate("stop_reason", `written as ${word.word}`);
  if (state.usage?.freshInputTokens == null) {
    state.losses.approximate("usage.input_tokens", "not reported, so it is an estimate");
  }
  if (state.usage?.outputTokens == null) {
    state.losses.approximate("usage.output_tokens", "not reported, so it is written as 0");
  }
  emit(state, "message_delta", {
    type: "message_delta",
    delta: { stop_reason: word.word, stop_sequence: state.finish?.stopSequence ?? null },
    usage: writeCounters(state.usage, { inputTokens: state.context.inputTokensEstimate, outputTokens: 0 }),
  });
  emit(state, "message_stop", { type: "message_stop" });
  state.ended = true;
}

function fail(state: State): void {
  state.ended = true;
  const overflow = failure("malformed", "The model's answer mixes more parallel parts than can be put in order.");
  emit(state, "error", writeStreamError(overflow));
}

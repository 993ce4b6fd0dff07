/**
 * The stream writer of the two protocols whose answer is a list of numbered content blocks, Messages and Converse: a start,
 * the blocks one after the other, an end; or an error. The start waits for the first content, since usage may still come
 * with the handshake; the end waits for the last event, since some vendors report usage after the reason. A format says
 * how each piece is spelled.
 */
import type { IrEvent, StartedBlock } from "../../../ir/event.ts";
import { type Failure, failure } from "../../../ir/failure.ts";
import type { IrCitation, OpaqueBlock, ReasoningSignature } from "../../../ir/request.ts";
import type { IrFinish } from "../../../ir/response.ts";
import { mergeUsage, type Usage } from "../../../ir/usage.ts";
import { asObject, type JsonObject } from "../../../std/json.ts";
import type { AnswerContext, Frame, StreamWriter } from "../../protocol.ts";
import { type BlockQueue, createBlockQueue } from "../block-queue.ts";
import { FREE_TEXT_CLOSE, FREE_TEXT_OPEN } from "../free-text-tool.ts";
import { createAnswerLosses, type Losses } from "../losses.ts";
import type { TaggedSignature } from "../signature-tag.ts";
import { type AnswerFormat, TWO_OPAQUE_VALUES } from "./answer-writer.ts";

/** JSON before and after a delta's text, which is written between them: the hot path builds no object. */
type DeltaWords = readonly [before: string, after: string];

export interface StreamFormat extends AnswerFormat {
  readonly deltas: Readonly<Record<"text" | "reasoning" | "signature" | "arguments", DeltaWords>>;
  readonly deltaFrame: {
    readonly event: string;
    /** JSON before the block's index. */
    readonly open: string;
  };
  /** Encrypted reasoning that is a block of its own and takes no deltas. Other values are written when their block ends. */
  isRedactedBlock(content: StartedBlock): boolean;
  /** Null: such a block has no start on this wire; without content it is not written. */
  startOf(content: Exclude<StartedBlock, OpaqueBlock>, context: AnswerContext): JsonObject | null;
  blockStart(index: number, start: JsonObject): Frame;
  blockStop(index: number): Frame;
  /** The delta; null: another vendor's citation that means nothing here. */
  writeCitation(citation: IrCitation): JsonObject | null;
  /** Why such a citation is lost. */
  readonly noCitation: string;
  /** Of the blocks of a whole answer: what is lost is named alike in a stream. */
  readonly blocksPath: string;
  /** The delta for a value that was held until it was whole. */
  writeOpaque(value: TaggedSignature): JsonObject;
  answerStart(answer: StreamedAnswer): Frame;
  /** Null: nothing is written to keep a connection alive. */
  readonly keepAlive: Frame | null;
  answerEnd(answer: StreamedAnswer, finishWord: string): Frame[];
  writeFailure(failed: Failure): Frame;
}

/** What is known of the answer so far. */
export interface StreamedAnswer {
  readonly context: AnswerContext;
  readonly losses: Losses;
  readonly start: Extract<IrEvent, { type: "start" }> | null;
  readonly usage: Usage | null;
  readonly finish: IrFinish | null;
}

export function createContentBlockWriter(context: AnswerContext, format: StreamFormat): StreamWriter {
  const state: WriterState = {
    context,
    format,
    losses: createAnswerLosses({ noPlace: format.noPlace }),
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
  return {
    push(event) {
      if (state.ended) return [];
      state.frames = [];
      write(state, event);
      if (!state.ended && state.queue.overflowed()) {
        fail(state, failure("malformed", "The model's answer mixes more parallel parts than can be put in order."));
      }
      return state.frames;
    },
    get losses() {
      return state.losses.list;
    },
  };
}

interface WriterState extends StreamedAnswer {
  readonly format: StreamFormat;
  readonly queue: BlockQueue;
  readonly blocks: Map<number, WrittenBlock>;
  /** What this push has written. */
  frames: Frame[];
  start: Extract<IrEvent, { type: "start" }> | null;
  /** The answer's start is written. */
  opened: boolean;
  ended: boolean;
  usage: Usage | null;
  finish: IrFinish | null;
  hasToolCalls: boolean;
  hasRefusal: boolean;
}

interface WrittenBlock {
  readonly content: StartedBlock;
  readonly isRedacted: boolean;
  /** Signature or encrypted reasoning that is written when the block ends; null: none so far. */
  opaque: TaggedSignature | null;
  hasArguments: boolean;
}

function write(state: WriterState, event: IrEvent): void {
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
      writeSignature(state, event.block, event.signature);
      return;
    case "citation":
      writeCitation(state, event.block, event.citation);
      return;
    case "opaque-delta":
      writeOpaqueDelta(state, event);
      return;
    case "block-end":
      endBlock(state, event.block);
      return;
    case "finish":
      if (event.choice === 0) state.finish = event.finish;
      return;
    case "keep-alive":
      writeKeepAlive(state);
      return;
    case "loss":
      return;
    case "end":
      endAnswer(state);
      return;
    case "failed":
      fail(state, event.failure);
      return;
  }
}

function fail(state: WriterState, failed: Failure): void {
  state.ended = true;
  state.frames.push(state.format.writeFailure(failed));
}

/** Before the start there is nothing to keep alive. */
function writeKeepAlive(state: WriterState): void {
  const { keepAlive } = state.format;
  if (keepAlive === null || state.start === null) return;
  open(state);
  state.frames.push(keepAlive);
}

/** `delta` is JSON text: its length is what it costs to hold, and it is written once. */
function queueDelta(state: WriterState, block: number, delta: string): void {
  const { event, open: before } = state.format.deltaFrame;
  state.queue.delta(block, delta.length, (index) =>
    state.frames.push({ event, data: `${before}${index},"delta":${delta}}` }),
  );
}

function queueText(state: WriterState, block: number, [before, after]: DeltaWords, text: string): void {
  queueDelta(state, block, `${before}${JSON.stringify(text)}${after}`);
}

/** Writes the start of the answer, once. */
function open(state: WriterState): void {
  if (state.opened) return;
  state.opened = true;
  const { start, format } = state;
  if (start !== null && start.sourceProtocol !== format.protocol) state.losses.dropExtras("", start.extras);
  state.frames.push(format.answerStart(state));
}

function startBlock(state: WriterState, event: Extract<IrEvent, { type: "block-start" }>): void {
  const { format } = state;
  if (event.choice !== 0) {
    state.losses.drop(`choices[${event.choice}]`, `${format.api} gives one answer`);
    return;
  }
  const { content } = event;
  const start = content.type === "opaque" ? ownStart(state, content) : format.startOf(content, state.context);
  if (start === undefined) return;
  if (content.type === "tool-call") state.hasToolCalls = true;
  if (content.type === "refusal") state.hasRefusal = true;
  const isRedacted = format.isRedactedBlock(content);
  const encrypted = content.type === "reasoning" && !isRedacted ? content.encrypted : null;
  state.blocks.set(event.block, {
    content,
    isRedacted,
    // At the end, because text may still follow it.
    opaque: encrypted === null ? null : { kind: "encrypted", signature: encrypted },
    hasArguments: false,
  });
  open(state);
  state.queue.start(event.block, {
    open: (index) => {
      if (start !== null) state.frames.push(format.blockStart(index, start));
    },
    close: (index) => state.frames.push(format.blockStop(index)),
    divisible: start === null || content.type === "text" || content.type === "refusal",
  });
}

/** Undefined: it cannot be written. */
function ownStart(state: WriterState, content: OpaqueBlock): JsonObject | undefined {
  const value = asObject(content.value);
  if (content.sourceProtocol === state.format.protocol && value !== undefined) return value;
  state.losses.drop(content.name, "known only to its own protocol");
  return undefined;
}

function writeText(state: WriterState, event: Extract<IrEvent, { type: "text-delta" }>): void {
  const { deltas, api } = state.format;
  if (event.logprobs != null) state.losses.drop("logprobs", `${api} has none`);
  const block = state.blocks.get(event.block);
  if (block === undefined || event.text === "") return;
  const { type } = block.content;
  if (type === "text" || type === "refusal") queueText(state, event.block, deltas.text, event.text);
  else if (type === "reasoning" && !block.isRedacted) queueText(state, event.block, deltas.reasoning, event.text);
  else state.losses.drop(`${type}.text`, "such a block has no text");
}

function writeArguments(state: WriterState, event: Extract<IrEvent, { type: "arguments-delta" }>): void {
  const block = state.blocks.get(event.block);
  if (block?.content.type !== "tool-call" || event.text === "") return;
  // Free text becomes the string of an object: opened with the first piece, closed when the block ends.
  const isFree = block.content.kind === "custom";
  const before = isFree && !block.hasArguments ? FREE_TEXT_OPEN : "";
  block.hasArguments = true;
  const text = isFree ? before + JSON.stringify(event.text).slice(1, -1) : event.text;
  queueText(state, event.block, state.format.deltas.arguments, text);
}

/** This vendor's own goes out as it comes; another vendor's is tagged, once it is whole. */
function writeSignature(state: WriterState, number: number, signature: ReasoningSignature): void {
  const block = state.blocks.get(number);
  if (block === undefined) return;
  if (block.content.type !== "reasoning" || block.isRedacted) {
    state.losses.drop("signature", "only reasoning has a place for one");
  } else if (block.opaque?.kind === "encrypted") {
    state.losses.drop("signature", TWO_OPAQUE_VALUES);
  } else if (signature.issuer === state.format.protocol && block.opaque === null) {
    queueText(state, number, state.format.deltas.signature, signature.value);
  } else {
    const value = (block.opaque?.signature.value ?? "") + signature.value;
    block.opaque = { kind: "signature", signature: { issuer: signature.issuer, value } };
  }
}

function writeCitation(state: WriterState, block: number, citation: IrCitation): void {
  const delta = state.format.writeCitation(citation);
  if (delta === null) state.losses.drop(`${state.format.blocksPath}[].citations`, state.format.noCitation);
  else if (state.blocks.get(block)?.content.type === "text") queueDelta(state, block, JSON.stringify(delta));
}

function writeOpaqueDelta(state: WriterState, event: Extract<IrEvent, { type: "opaque-delta" }>): void {
  const delta = asObject(event.value);
  const isOwn = event.sourceProtocol === state.format.protocol;
  if (!isOwn || delta === undefined || !state.blocks.has(event.block)) {
    state.losses.drop("delta", "known only to its own protocol");
    return;
  }
  queueDelta(state, event.block, JSON.stringify(delta));
}

function endBlock(state: WriterState, number: number): void {
  const block = state.blocks.get(number);
  if (block === undefined) return;
  state.blocks.delete(number);
  writeOwed(state, number, block);
  state.queue.end(number);
}

/** What was held until the block ends. */
function writeOwed(state: WriterState, number: number, { opaque, content, hasArguments }: WrittenBlock): void {
  const { format } = state;
  if (opaque !== null) queueDelta(state, number, JSON.stringify(format.writeOpaque(opaque)));
  if (content.type !== "tool-call") return;
  if (content.kind === "custom") {
    const text = hasArguments ? FREE_TEXT_CLOSE : FREE_TEXT_OPEN + FREE_TEXT_CLOSE;
    queueText(state, number, format.deltas.arguments, text);
  } else if (!hasArguments) queueText(state, number, format.deltas.arguments, "{}");
}

function endAnswer(state: WriterState): void {
  const { format } = state;
  open(state);
  for (const number of [...state.blocks.keys()]) endBlock(state, number);
  state.queue.finish();
  const { word, exact } = format.writeFinish(state.finish, {
    sourceProtocol: state.start?.sourceProtocol ?? "",
    hasToolCalls: state.hasToolCalls,
    hasRefusal: state.hasRefusal,
  });
  if (!exact) state.losses.approximate(format.finishMember, `written as ${word}`);
  state.frames.push(...format.answerEnd(state, word));
  state.ended = true;
}

/**
 * A streamed answer of any vendor as the service's own sequence of events: messageStart, the blocks one after the other,
 * messageStop, metadata; or an exception. messageStop waits for the end, since some vendors name the reason early, and
 * metadata comes once, with the last of what was reported.
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
import { writeCitation } from "./citations.ts";
import { writeException } from "./errors.ts";
import { writeFinish } from "./finish.ts";
import { writeRedacted, writeSignature } from "./reasoning-signatures.ts";
import { metricsOf, newToolUseId, writeAnswerUsage, writeStopSequence, writeTier } from "./response-writer.ts";
import { type EventKey, ORIGIN } from "./wire.ts";

export function createStreamWriter(context: AnswerContext): StreamWriter {
  const state: State = {
    context,
    losses: createLosses(),
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

interface State {
  readonly context: AnswerContext;
  readonly losses: Losses;
  readonly queue: BlockQueue;
  readonly blocks: Map<number, BlockState>;
  /** What this push has written. */
  frames: Frame[];
  start: Extract<IrEvent, { type: "start" }> | null;
  /** messageStart is out. */
  opened: boolean;
  ended: boolean;
  usage: Usage | null;
  finish: IrFinish | null;
  hasToolCalls: boolean;
  hasRefusal: boolean;
}

interface BlockState {
  readonly content: StartedBlock;
  /** Seal that is written once it is whole; null: none so far. */
  seal: { readonly kind: "signature" | "encrypted"; sealed: ReasoningSignature } | null;
  hasArguments: boolean;
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
      writeSeal(state, event.block, event.signature);
      return;
    case "citation":
      writeCited(state, event.block, event.citation);
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
    case "loss":
      return;
    case "end":
      finish(state);
      return;
    case "failed":
      fail(state, event.failure);
      return;
  }
}

function fail(state: State, failed: Extract<IrEvent, { type: "failed" }>["failure"]): void {
  state.ended = true;
  state.frames.push(writeException(failed));
}

function emit(state: State, event: EventKey, data: JsonObject): void {
  state.frames.push({ event, data: JSON.stringify(data) });
}

/** `delta` is JSON text: its length is what it costs to hold, and it is written once. */
function queueDelta(state: State, block: number, delta: string): void {
  state.queue.delta(block, delta.length, (index) =>
    state.frames.push({ event: "contentBlockDelta", data: `{"contentBlockIndex":${index},"delta":${delta}}` }),
  );
}

function drop(state: State, field: string, detail: string): void {
  state.losses.drop(field, detail);
}

function open(state: State): void {
  if (state.opened) return;
  state.opened = true;
  if (state.start !== null && state.start.sourceProtocol !== ORIGIN) state.losses.dropExtras("", state.start.extras);
  emit(state, "messageStart", { role: "assistant" });
}

function startBlock(state: State, event: Extract<IrEvent, { type: "block-start" }>): void {
  if (event.choice !== 0) {
    drop(state, `choices[${event.choice}]`, "the Converse API gives one answer");
    return;
  }
  const { content } = event;
  const start = startOf(state, content);
  if (start === undefined) return;
  if (content.type === "tool-call") state.hasToolCalls = true;
  if (content.type === "refusal") state.hasRefusal = true;
  const encrypted = content.type === "reasoning" ? content.encrypted : null;
  state.blocks.set(event.block, {
    content,
    seal: encrypted === null ? null : { kind: "encrypted", sealed: encrypted },
    hasArguments: false,
  });
  open(state);
  state.queue.start(event.block, {
    open: (index) => {
      if (start !== null) emit(state, "contentBlockStart", { start, contentBlockIndex: index });
    },
    close: (index) => emit(state, "contentBlockStop", { contentBlockIndex: index }),
    // None of these has a start on the wire, so one without content leaves no trace.
    divisible: start === null,
  });
}

/** Null: the block has no start on this wire, as text and reasoning have none. Undefined: it cannot be written. */
function startOf(state: State, content: StartedBlock): JsonObject | null | undefined {
  switch (content.type) {
    case "text":
    case "refusal":
    case "reasoning":
      return null;
    case "tool-call": {
      const toolUseId = content.id === "" ? newToolUseId(state.context) : content.id;
      return { toolUse: { toolUseId, name: content.name } };
    }
    case "opaque": {
      const value = asObject(content.value);
      if (content.sourceProtocol === ORIGIN && value !== undefined) return value;
      drop(state, content.name, "known only to its own protocol");
      return undefined;
    }
  }
}

function writeText(state: State, event: Extract<IrEvent, { type: "text-delta" }>): void {
  if (event.logprobs != null) drop(state, "logprobs", "the Converse API has none");
  const content = state.blocks.get(event.block)?.content;
  if (content === undefined || event.text === "") return;
  const text = JSON.stringify(event.text);
  if (content.type === "text" || content.type === "refusal") queueDelta(state, event.block, `{"text":${text}}`);
  else if (content.type === "reasoning") queueDelta(state, event.block, `{"reasoningContent":{"text":${text}}}`);
  else drop(state, `${content.type}.text`, "such a block has no text");
}

function writeArguments(state: State, event: Extract<IrEvent, { type: "arguments-delta" }>): void {
  const block = state.blocks.get(event.block);
  if (block?.content.type !== "tool-call" || event.text === "") return;
  // Free text becomes the string of an object: opened with the first piece, closed when the block ends.
  const isFree = block.content.kind === "custom";
  const before = isFree && !block.hasArguments ? FREE_TEXT_OPEN : "";
  block.hasArguments = true;
  queueInput(state, event.block, isFree ? before + JSON.stringify(event.text).slice(1, -1) : event.text);
}

const FREE_TEXT_OPEN = '{"input":"';
const FREE_TEXT_CLOSE = '"}';

function queueInput(state: State, block: number, text: string): void {
  queueDelta(state, block, `{"toolUse":{"input":${JSON.stringify(text)}}}`);
}

function queueSignature(state: State, block: number, signature: string): void {
  queueDelta(state, block, `{"reasoningContent":{"signature":${JSON.stringify(signature)}}}`);
}

function writeSeal(state: State, number: number, signature: ReasoningSignature): void {
  const block = state.blocks.get(number);
  if (block === undefined) return;
  if (block.content.type !== "reasoning") {
    drop(state, "signature", "only reasoning has a place for one");
  } else if (block.seal?.kind === "encrypted") {
    drop(state, "signature", "a block carries one opaque value, and the encrypted one is needed");
  } else if (signature.issuer === ORIGIN && block.seal === null) {
    queueSignature(state, number, signature.value);
  } else {
    const value = (block.seal?.sealed.value ?? "") + signature.value;
    block.seal = { kind: "signature", sealed: { issuer: signature.issuer, value } };
  }
}

function writeCited(state: State, block: number, citation: IrCitation): void {
  const written = writeCitation(citation);
  if (written === null) {
    drop(state, "citations", "a citation without an address points into its vendor's own sources");
    return;
  }
  if (state.blocks.get(block)?.content.type !== "text") return;
  queueDelta(state, block, JSON.stringify({ citation: written }));
}

function writeForeignDelta(state: State, event: Extract<IrEvent, { type: "opaque-delta" }>): void {
  const delta = asObject(event.value);
  if (event.sourceProtocol !== ORIGIN || delta === undefined || !state.blocks.has(event.block)) {
    drop(state, "delta", "known only to its own protocol");
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

function payDebts(state: State, number: number, { seal, content, hasArguments }: BlockState): void {
  if (seal?.kind === "encrypted") {
    queueDelta(state, number, JSON.stringify({ reasoningContent: { redactedContent: writeRedacted(seal.sealed) } }));
  } else if (seal !== null) queueSignature(state, number, writeSignature(seal));
  if (content.type !== "tool-call") return;
  if (content.kind === "custom") {
    queueInput(state, number, hasArguments ? FREE_TEXT_CLOSE : FREE_TEXT_OPEN + FREE_TEXT_CLOSE);
  } else if (!hasArguments) queueInput(state, number, "{}");
}

function finish(state: State): void {
  open(state);
  for (const number of [...state.blocks.keys()]) endBlock(state, number);
  state.queue.finish();
  const native = state.start?.sourceProtocol === ORIGIN;
  const word = writeFinish(state.finish, {
    sourceProtocol: state.start?.sourceProtocol ?? "",
    hasToolCalls: state.hasToolCalls,
    hasRefusal: state.hasRefusal,
  });
  if (!word.exact) state.losses.approximate("stopReason", `written as ${word.word}`);
  emit(state, "messageStop", { stopReason: word.word, ...writeStopSequence(state.finish) });
  emit(state, "metadata", {
    usage: writeAnswerUsage(state.usage, state.context, state.losses),
    metrics: metricsOf(state.context),
    ...writeTier(state.start?.serviceTier ?? null, native),
  });
  state.ended = true;
}

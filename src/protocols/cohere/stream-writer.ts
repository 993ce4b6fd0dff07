/**
 * Events into the vendor's: the start, content parts and calls one after another, each opened and closed, the end with
 * finish and usage, `[DONE]`. Clients follow one call at a time and number nothing, so calls that another vendor
 * interleaves wait their turn. An error is an ending of its own.
 */
import type { IrEvent, StartedBlock } from "../../ir/event.ts";
import type { IrFinish } from "../../ir/response.ts";
import { mergeUsage, type Usage } from "../../ir/usage.ts";
import type { JsonObject } from "../../std/json.ts";
import { unreachable } from "../../std/unreachable.ts";
import type { AnswerContext, Frame, StreamWriter } from "../protocol.ts";
import { type BlockQueue, createBlockQueue } from "../shared/block-queue.ts";
import { codeOfFailure, streamMembers } from "../shared/errors/writing.ts";
import { createAnswerLosses, type Losses } from "../shared/losses.ts";
import { writeCitation } from "./citations.ts";
import { messageFor } from "./errors.ts";
import { answerIdOf, finishWord } from "./response-writer.ts";
import { writeUsage } from "./usage.ts";
import { PROTOCOL, type WireEventType, type WireFinish } from "./wire.ts";

export function createStreamWriter(context: AnswerContext): StreamWriter {
  const state: ChatWriterState = {
    context,
    losses: createAnswerLosses(),
    queue: createBlockQueue(),
    frames: [],
    blocks: new Map(),
    native: false,
    isStarted: false,
    parts: 0,
    calls: 0,
    citations: 0,
    finish: null,
    usage: null,
    isOver: false,
  };
  return {
    losses: state.losses.list,
    push(event) {
      if (state.isOver) return [];
      step(state, event);
      const { frames } = state;
      state.frames = [];
      return frames;
    },
  };
}

interface ChatWriterState {
  readonly context: AnswerContext;
  readonly losses: Losses;
  readonly queue: BlockQueue;
  frames: Frame[];
  readonly blocks: Map<number, WrittenBlock>;
  /** The events were read from this protocol. */
  native: boolean;
  isStarted: boolean;
  /** Content parts, calls and citations so far: each is numbered apart. */
  parts: number;
  calls: number;
  citations: number;
  finish: IrFinish | null;
  usage: Usage | null;
  isOver: boolean;
}

interface WrittenBlock {
  readonly type: StartedBlock["type"];
  readonly kind: "function" | "custom";
  /** Its number on this wire while it is open. */
  number: number;
  /** Text of the part that is open, for citations. */
  text: string;
  hasArguments: boolean;
}

function step(state: ChatWriterState, event: IrEvent): void {
  switch (event.type) {
    case "start":
      start(state, event);
      return;
    case "block-start":
      startBlock(state, event.block, event.choice, event.content);
      return;
    case "text-delta":
      addText(state, event.block, event.text, event.logprobs);
      return;
    case "arguments-delta":
      addArguments(state, event.block, event.text);
      return;
    case "signature-delta":
      state.losses.drop("message.content.thinking", "signed or encrypted reasoning has no place here");
      return;
    case "citation":
      addCitation(state, event.block, event.citation);
      return;
    case "opaque-delta":
      return;
    case "block-end":
      endBlock(state, event.block);
      return;
    case "usage":
      state.usage = mergeUsage(state.usage, event.usage);
      return;
    case "finish":
      if (event.choice === 0) state.finish ??= event.finish;
      return;
    case "keep-alive": // the transport has its own
    case "loss": // counted where the events are pumped
      return;
    case "end":
      end(state);
      return;
    case "failed":
      endFailed(state, messageFor(event.failure), {
        code: codeOfFailure(event.failure),
        ...streamMembers(event.failure),
      });
      return;
    default:
      unreachable(event);
  }
}

function emit(state: ChatWriterState, type: WireEventType, members: JsonObject): void {
  if (!state.isStarted) start(state, null);
  state.frames.push({ event: type, data: JSON.stringify({ type, ...members }) });
}

function start(state: ChatWriterState, event: Extract<IrEvent, { type: "start" }> | null): void {
  if (state.isStarted) return;
  state.isStarted = true;
  state.native = event?.sourceProtocol === PROTOCOL;
  if (!state.native) state.losses.dropExtras("", event?.extras ?? {});
  const id = (state.native ? event?.id : null) ?? answerIdOf(state.context.newId);
  const model = event?.model ?? null;
  const message = { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] };
  const data = {
    id,
    ...(model === null ? {} : { model }),
    type: "message-start" satisfies WireEventType,
    delta: { message },
    ...(state.native ? event?.extras : {}),
  };
  state.frames.push({ event: "message-start", data: JSON.stringify(data) });
}

function startBlock(state: ChatWriterState, block: number, choice: number, content: StartedBlock): void {
  if (choice !== 0) {
    state.losses.drop("choices", "the protocol has one answer");
    return;
  }
  if (content.type === "opaque") {
    state.losses.drop("message.content", `${content.name} has no place in an answer here`);
    return;
  }
  if (content.type === "reasoning" && content.encrypted !== null) {
    state.losses.drop("message.content.thinking", "signed or encrypted reasoning has no place here");
  }
  if (content.type === "refusal") {
    state.losses.add({ field: "message.content", how: "approximated", detail: "a refusal is written as text" });
  }
  const kind = content.type === "tool-call" ? content.kind : "function";
  const entry: WrittenBlock = { type: content.type, kind, number: -1, text: "", hasArguments: false };
  state.blocks.set(block, entry);
  state.queue.start(block, {
    divisible: content.type !== "tool-call",
    open: () => openPart(state, entry, content),
    close: () => closePart(state, entry),
  });
}

function openPart(
  state: ChatWriterState,
  entry: WrittenBlock,
  content: Exclude<StartedBlock, { type: "opaque" }>,
): void {
  if (content.type === "tool-call") {
    entry.number = state.calls++;
    const { id, name } = content;
    const call = { id, type: "function", function: { name, arguments: "" } };
    emit(state, "tool-call-start", { index: entry.number, delta: { message: { tool_calls: call } } });
    return;
  }
  entry.number = state.parts++;
  entry.text = "";
  const part = content.type === "reasoning" ? { type: "thinking", thinking: "" } : { type: "text", text: "" };
  emit(state, "content-start", { index: entry.number, delta: { message: { content: part } } });
}

function closePart(state: ChatWriterState, entry: WrittenBlock): void {
  if (entry.type !== "tool-call") {
    emit(state, "content-end", { index: entry.number });
    return;
  }
  if (entry.kind === "custom") writeArguments(state, entry, JSON.stringify({ input: entry.text }));
  // Clients parse the joined arguments; a call without any must still be an object.
  else if (!entry.hasArguments) writeArguments(state, entry, "{}");
  emit(state, "tool-call-end", { index: entry.number });
}

function addText(state: ChatWriterState, block: number, text: string, logprobs: unknown): void {
  const entry = state.blocks.get(block);
  if (entry === undefined || entry.type === "tool-call") return;
  if (!state.native && logprobs !== null) state.losses.drop("logprobs", "in another protocol's form");
  const kept = state.native && logprobs !== null ? { logprobs } : {};
  if (text === "" && kept.logprobs === undefined) return;
  write(state, block, text.length, () => {
    entry.text += text;
    const content = entry.type === "reasoning" ? { thinking: text } : { text };
    emit(state, "content-delta", { index: entry.number, delta: { message: { content } }, ...kept });
  });
}

/** What is held for interleaved blocks is bounded: past the bound the answer fails rather than loses a part. */
function write(state: ChatWriterState, block: number, chars: number, now: () => void): void {
  state.queue.delta(block, chars, now);
  if (state.queue.overflowed()) endFailed(state, "The answer's parts are interleaved beyond what can be held.");
}

function addArguments(state: ChatWriterState, block: number, text: string): void {
  const entry = state.blocks.get(block);
  if (entry?.type !== "tool-call" || text === "") return;
  write(state, block, text.length, () => {
    // Free text becomes one string of an object, which is written when it is whole.
    if (entry.kind === "custom") entry.text += text;
    else writeArguments(state, entry, text);
  });
}

function writeArguments(state: ChatWriterState, entry: WrittenBlock, text: string): void {
  entry.hasArguments = true;
  const call = { function: { arguments: text } };
  emit(state, "tool-call-delta", { index: entry.number, delta: { message: { tool_calls: call } } });
}

function addCitation(
  state: ChatWriterState,
  block: number,
  citation: Extract<IrEvent, { type: "citation" }>["citation"],
): void {
  const entry = state.blocks.get(block);
  if (entry === undefined || entry.type === "tool-call") return;
  write(state, block, 0, () => {
    const index = state.citations++;
    const place = { contentIndex: entry.number, from: 0, text: entry.text, sourceId: `source:${index}` };
    emit(state, "citation-start", { index, delta: { message: { citations: writeCitation(citation, place) } } });
    emit(state, "citation-end", { index });
  });
}

function endBlock(state: ChatWriterState, block: number): void {
  if (!state.blocks.has(block)) return;
  state.queue.end(block);
  state.blocks.delete(block);
}

function end(state: ChatWriterState): void {
  state.queue.finish();
  const { finish, losses, native } = state;
  const word = finishWord(finish, { native, toolCalls: state.calls > 0, losses });
  const usage = writeUsage(state.usage);
  emit(state, "message-end", { delta: { finish_reason: word, ...(usage === null ? {} : { usage }) } });
  finishFrames(state);
}

/** The failure's sentence; nothing that was held is worth more than an honest end. */
function endFailed(state: ChatWriterState, message: string, more: JsonObject = {}): void {
  emit(state, "message-end", { delta: { error: message, finish_reason: "ERROR" satisfies WireFinish, ...more } });
  finishFrames(state);
}

function finishFrames(state: ChatWriterState): void {
  state.frames.push({ event: null, data: "[DONE]" });
  state.isOver = true;
}

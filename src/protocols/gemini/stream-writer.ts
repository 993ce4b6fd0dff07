/**
 * A streamed answer of any vendor as Gemini's sequence of frames. Text and thoughts leave as they come, a function call
 * when its arguments are complete. The last frame holds the finish, the usage and the sources, or an error. Nothing is
 * sent to keep a connection alive: the official SDK stumbles over whatever is no answer.
 */
import type { IrEvent, StartedBlock } from "../../ir/event.ts";
import { failure } from "../../ir/failure.ts";
import type { IrCitation, ReasoningSignature } from "../../ir/request.ts";
import type { IrFinish } from "../../ir/response.ts";
import { mergeUsage, type Usage } from "../../ir/usage.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import type { AnswerContext, Frame, StreamWriter } from "../protocol.ts";
import { parseObject, writeArguments } from "../shared/arguments.ts";
import { createAnswerLosses, type Losses } from "../shared/losses.ts";
import { NO_PARTS, newResponseId } from "./answer-parts.ts";
import { writeStreamError } from "./errors.ts";
import { writeFinish } from "./finish.ts";
import { writeGrounding } from "./grounding.ts";
import { writeId } from "./part-writer.ts";
import { writeSignature } from "./reasoning-signatures.ts";
import { writeUsage } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";

export function createStreamWriter(context: AnswerContext): StreamWriter {
  const state: WrittenStream = {
    context,
    losses: createAnswerLosses(),
    choices: new Map(),
    blocks: new Map(),
    frames: [],
    start: null,
    names: null,
    usage: null,
    heldChars: 0,
    ended: false,
  };
  return {
    push(event) {
      if (state.ended) return [];
      state.frames = [];
      write(state, event);
      if (!state.ended && state.heldChars > HELD_CHARS_MAX) overflow(state);
      return state.frames;
    },
    get losses() {
      return state.losses.list;
    },
  };
}

/** Arguments held for calls that are not whole: as much as the largest answer; beyond it the vendor misbehaves. */
const HELD_CHARS_MAX = 16 * 1024 * 1024;
/** Citations of an answer that are told at its end. */
const CITATIONS_MAX = 512;

interface WrittenStream {
  readonly context: AnswerContext;
  readonly losses: Losses;
  readonly choices: Map<number, WrittenCandidate>;
  readonly blocks: Map<number, OpenPart>;
  /** What this push has written. */
  frames: Frame[];
  start: Extract<IrEvent, { type: "start" }> | null;
  /** JSON of the members every frame repeats; null before the first. */
  names: string | null;
  usage: Usage | null;
  heldChars: number;
  ended: boolean;
}

interface WrittenCandidate {
  finish: IrFinish | null;
  hasToolCalls: boolean;
  /** Own signature without text, waiting for the part it belongs to. */
  signature: string | null;
  /** Another vendor's, waiting for the first call or the end: clients discard thought parts. */
  foreign: string | null;
  readonly cited: { citation: IrCitation; text: string }[];
}

interface OpenPart {
  readonly choice: number;
  readonly content: StartedBlock;
  /** Arguments of a call. */
  readonly pieces: string[];
  signature: ReasoningSignature | null;
  hasText: boolean;
}

function write(state: WrittenStream, event: IrEvent): void {
  switch (event.type) {
    case "start":
      state.start = event;
      if (event.sourceProtocol !== PROTOCOL) state.losses.dropExtras("", event.extras);
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
    case "arguments-delta": {
      const block = state.blocks.get(event.block);
      if (block === undefined && event.text !== "") state.losses.drop("functionCall", "more came after it was written");
      if (block?.content.type !== "tool-call") return;
      block.pieces.push(event.text);
      // A slot of the list counts too, or a drip of nothing would cost nothing.
      state.heldChars += event.text.length + 8;
      return;
    }
    case "signature-delta": {
      const block = state.blocks.get(event.block);
      if (block?.content.type !== "reasoning") return;
      const { signature } = event;
      block.signature = { issuer: signature.issuer, value: (block.signature?.value ?? "") + signature.value };
      return;
    }
    case "citation":
      addCitation(state, event.block, event.citation);
      return;
    case "opaque-delta":
      state.losses.drop("delta", "known only to its own protocol");
      return;
    case "block-end":
      endBlock(state, event.block);
      return;
    case "finish":
      choiceOf(state, event.choice).finish = event.finish;
      return;
    case "keep-alive":
    case "loss":
      return;
    case "end":
      finish(state);
      return;
    case "failed":
      state.ended = true;
      for (const { content } of state.blocks.values()) {
        if (content.type === "tool-call") state.losses.drop("functionCall", "it broke off before it was whole");
      }
      state.frames.push({ event: null, data: JSON.stringify(writeStreamError(event.failure)) });
      return;
  }
}

function choiceOf(state: WrittenStream, index: number): WrittenCandidate {
  const known = state.choices.get(index);
  if (known !== undefined) return known;
  const choice: WrittenCandidate = { finish: null, hasToolCalls: false, signature: null, foreign: null, cited: [] };
  state.choices.set(index, choice);
  return choice;
}

/** `part` is JSON text, so that the hot path builds no object. */
function emitPart(state: WrittenStream, choice: number, part: string): void {
  const content = `{"candidates":[{"content":{"parts":[${part}],"role":"model"},"index":${choice}}]`;
  state.frames.push({ event: null, data: `${content}${namesOf(state)}}` });
}

function namesOf(state: WrittenStream): string {
  if (state.names !== null) return state.names;
  const { start, context } = state;
  const id = start?.sourceProtocol === PROTOCOL && start.id !== null ? start.id : newResponseId(context);
  const model = start?.model ?? context.upstreamModel;
  state.names = `,"modelVersion":${JSON.stringify(model)},"responseId":${JSON.stringify(id)}`;
  return state.names;
}

function startBlock(state: WrittenStream, event: Extract<IrEvent, { type: "block-start" }>): void {
  const { content, choice } = event;
  const own = choiceOf(state, choice);
  if (content.type === "opaque") {
    const value = asObject(content.value);
    if (content.sourceProtocol === PROTOCOL && value !== undefined) {
      releaseSignature(state, choice);
      emitPart(state, choice, JSON.stringify(value));
    } else state.losses.drop(content.name, "known only to its own protocol");
    return;
  }
  if (content.type === "tool-call") own.hasToolCalls = true;
  else releaseSignature(state, choice);
  state.blocks.set(event.block, { choice, content, pieces: [], signature: null, hasText: false });
  if (content.type === "reasoning") releaseForeign(state, choice);
}

function writeText(state: WrittenStream, event: Extract<IrEvent, { type: "text-delta" }>): void {
  if (event.logprobs != null) state.losses.drop("logprobs", "in the shape of another vendor");
  const block = state.blocks.get(event.block);
  if (block === undefined || event.text === "") return;
  if (!block.hasText) writeWholeCalls(state, event.block, block.choice);
  block.hasText = true;
  const text = JSON.stringify(event.text);
  if (block.content.type === "reasoning") emitPart(state, block.choice, `{"text":${text},"thought":true}`);
  else if (block.content.type !== "tool-call") emitPart(state, block.choice, `{"text":${text}}`);
}

/** Some vendors end their calls with the answer: one that is whole already keeps its place ahead of later text. */
function writeWholeCalls(state: WrittenStream, before: number, choice: number): void {
  for (const [number, block] of state.blocks) {
    if (number >= before || block.choice !== choice || block.content.type !== "tool-call") continue;
    const isWhole = block.pieces.length > 0 && parseObject(block.pieces.join("")) !== null;
    if (isWhole) endBlock(state, number);
    else state.losses.approximate("functionCall", "text that came before it was whole stands before it");
  }
}

/** Places in the answer are not known piece by piece, so the sources are told without them. */
function addCitation(state: WrittenStream, number: number, citation: IrCitation): void {
  const block = state.blocks.get(number);
  if (block === undefined) return;
  const { cited } = choiceOf(state, block.choice);
  if (citation.url === null) state.losses.drop("citations", "only sources with an address can be named");
  else if (cited.length >= CITATIONS_MAX) state.losses.drop("citations", "more than can be told at the end");
  else cited.push({ citation: { ...citation, start: null, end: null }, text: "" });
}

function endBlock(state: WrittenStream, number: number): void {
  const block = state.blocks.get(number);
  if (block === undefined) return;
  state.blocks.delete(number);
  if (block.content.type === "tool-call") writeCall(state, block, block.content);
  else if (block.content.type === "reasoning") endReasoning(state, block, block.content.encrypted);
}

function writeCall(state: WrittenStream, block: OpenPart, content: Extract<StartedBlock, { type: "tool-call" }>): void {
  const text = block.pieces.join("");
  state.heldChars -= text.length + 8 * block.pieces.length;
  const args = writeArguments(
    { kind: content.kind, arguments: text },
    `candidates[${block.choice}].content.parts[].args`,
    state.losses,
  );
  const choice = choiceOf(state, block.choice);
  const seal = choice.signature ?? choice.foreign;
  const signed = seal === null ? {} : { thoughtSignature: seal };
  if (choice.signature === null) choice.foreign = null;
  choice.signature = null;
  const functionCall = { ...writeId(content.id), name: content.name, args };
  emitPart(state, block.choice, JSON.stringify({ functionCall, ...signed }));
}

/** A signature alone waits for the call it may belong to; an own one with thoughts stands on them. */
function endReasoning(state: WrittenStream, block: OpenPart, encrypted: ReasoningSignature | null): void {
  const { signature } = block;
  if (encrypted !== null && signature !== null) {
    state.losses.drop("signature", "a part carries one opaque value, and the encrypted one is needed");
  }
  const seal = encrypted ?? signature;
  if (seal === null) return;
  const value = writeSignature(encrypted === null ? "signature" : "encrypted", seal);
  if (seal.issuer !== PROTOCOL) {
    releaseForeign(state, block.choice);
    choiceOf(state, block.choice).foreign = value;
  } else if (block.hasText) {
    emitPart(state, block.choice, JSON.stringify({ text: "", thought: true, thoughtSignature: value }));
  } else {
    releaseSignature(state, block.choice);
    choiceOf(state, block.choice).signature = value;
  }
}

/** One part holds one seal, so that the one before leaves when another follows. */
function releaseForeign(state: WrittenStream, index: number): void {
  const choice = choiceOf(state, index);
  if (choice.foreign === null) return;
  emitPart(state, index, JSON.stringify({ text: "", thoughtSignature: choice.foreign }));
  choice.foreign = null;
}

function releaseSignature(state: WrittenStream, index: number): void {
  const choice = choiceOf(state, index);
  if (choice.signature === null) return;
  emitPart(state, index, JSON.stringify({ text: "", thoughtSignature: choice.signature }));
  choice.signature = null;
}

/** Usage may come after the finish, so the last frame waits for the end. */
function finish(state: WrittenStream): void {
  for (const number of [...state.blocks.keys()]) endBlock(state, number);
  if (state.choices.size === 0) choiceOf(state, 0);
  for (const index of state.choices.keys()) releaseSignature(state, index);
  const usage = writeUsage(state.usage);
  const candidates = [...state.choices].map(([index, choice]) => writeLast(state, index, choice));
  const names = namesOf(state);
  const counted = usage === null ? "" : `,"usageMetadata":${JSON.stringify(usage)}`;
  state.frames.push({ event: null, data: `{"candidates":${JSON.stringify(candidates)}${counted}${names}}` });
  state.ended = true;
}

function writeLast(state: WrittenStream, index: number, choice: WrittenCandidate): JsonObject {
  const sourceProtocol = state.start?.sourceProtocol ?? "";
  const { word, exact } = writeFinish(choice.finish, { sourceProtocol, hasToolCalls: choice.hasToolCalls });
  if (!exact) state.losses.approximate("finishReason", `written as ${word}`);
  const grounding = writeGrounding(choice.cited);
  return {
    content: {
      parts: choice.foreign === null ? NO_PARTS : [{ text: "", thoughtSignature: choice.foreign }],
      role: "model",
    },
    finishReason: word,
    index,
    ...(grounding === null ? {} : { groundingMetadata: grounding }),
  };
}

function overflow(state: WrittenStream): void {
  state.ended = true;
  const failed = failure("malformed", "The model's answer holds more than can be put together.");
  state.frames.push({ event: null, data: JSON.stringify(writeStreamError(failed)) });
}

/**
 * A streamed answer, read: frames in, events out. Every frame is an answer of its own with what is new in it; there is no
 * last frame but the one in which every candidate has told its finish.
 */

import type { ReadEvent, StartedBlock, StreamError } from "../../ir/event.ts";
import { ANSWER_BLOCKS_MAX } from "../../ir/fold.ts";
import { type IrBlock, NO_SPELLING, type ReasoningBlock, type ReasoningSignature } from "../../ir/request.ts";
import { sha256Hex } from "../../std/digest.ts";
import { asArray, asObject, asText, type JsonObject, parseExact, parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { Frame, StreamReader } from "../protocol.ts";
import { isDoneMark } from "../shared/done-mark.ts";
import { readIndex } from "../shared/members.ts";
import { reportUnknown } from "../shared/unknown-words.ts";
import { readInBandError } from "./error-words.ts";
import { isBrokenCall, readBlocked, readFinish } from "./finish.ts";
import { readCitations } from "./grounding.ts";
import { createIdBook } from "./id-book.ts";
import { isEmpty, spelled, spelledObject } from "./members.ts";
import { withOwnName } from "./names.ts";
import { type IdBook, opaquePart, readPart } from "./part-reader.ts";
import { readSignature } from "./reasoning-signatures.ts";
import { readAnswerExtras, readBlockReason, readCandidateExtras, readCreated, readModel } from "./response-reader.ts";
import { readServiceTier, readUsage } from "./usage.ts";
import { PROTOCOL } from "./wire.ts";

export function createStreamReader(): StreamReader {
  const state: CandidateStream = {
    choices: new Map(),
    blocks: 0,
    says: false,
    ids: null,
    ended: false,
    unknown: new Set(),
    events: [],
  };
  const take = (): ReadEvent[] => {
    const { events } = state;
    state.events = [];
    return events;
  };
  const end = (): void => {
    if (isComplete(state)) endAnswer(state);
    else fail(state, "cut-short");
  };
  return {
    push(frame) {
      if (state.ended) return [];
      if (isDoneMark(frame)) end();
      else readFrame(state, frame);
      return take();
    },
    end() {
      if (state.ended) return [];
      end();
      return take();
    },
    get settled() {
      return state.ended || isComplete(state);
    },
    get answersFinished() {
      let count = 0;
      for (const choice of state.choices.values()) if (choice.finish !== null) count++;
      return count;
    },
  };
}

interface CandidateStream {
  readonly choices: Map<number, OpenCandidate>;
  /** Blocks started so far: the number of the next. */
  blocks: number;
  /** Something beside thoughts has been said, in any choice. */
  says: boolean;
  /** Null before the first frame. */
  ids: IdBook | null;
  ended: boolean;
  /** Words that no event carries, each reported once. */
  readonly unknown: Set<string>;
  /** Of this push. */
  events: ReadEvent[];
}

interface OpenCandidate {
  readonly index: number;
  /** The block that text may still go into; null: none is open. */
  open: { readonly number: number; readonly type: "text" | "reasoning" } | null;
  /** The text so far, in which sources count their places; null: too long to keep. */
  text: string | null;
  hasToolCalls: boolean;
  /** The last that was told; null: none was. Some servers tell one with every frame. */
  finish: { readonly kind: "finished" | "blocked"; readonly word: string } | null;
}

/** Answers of one request; the vendor gives at most 8. */
const CHOICES_MAX = 128;
/** Text kept for the places of sources. Characters. */
const TEXT_CHARS_MAX = 1024 * 1024;

function isComplete(state: CandidateStream): boolean {
  if (state.choices.size === 0) return false;
  for (const choice of state.choices.values()) if (choice.finish === null) return false;
  return true;
}

function readFrame(state: CandidateStream, frame: Frame): void {
  try {
    readAnswer(state, frame);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    fail(state, "malformed");
  }
}

/** Numbers in arguments keep their digits; text has none, and most frames are text. */
function parseFrame(data: string): JsonObject {
  const object = asObject(data.includes('"functionCall"') ? parseExact(data) : parseJson(data));
  if (object === undefined) throw new WireError("A frame is no object.");
  return spelled(object);
}

function readAnswer(state: CandidateStream, frame: Frame): void {
  const answer = parseFrame(frame.data);
  if (asObject(answer["error"]) !== undefined) {
    state.ended = true;
    state.events.push({ type: "failed", error: readInBandError(answer) });
    return;
  }
  const ids = start(state, answer, frame.data);
  const usage = readUsage(answer["usageMetadata"]);
  // Ahead of the content: some clients must know the prompt's size when the answer starts.
  if (usage !== null) state.events.push({ type: "usage", usage });
  const candidates = asArray(answer["candidates"]) ?? [];
  for (const [position, value] of candidates.entries()) {
    const candidate = spelledObject(value);
    if (candidate === undefined) throw new WireError("A candidate is no object.");
    readCandidate(state, choiceOf(state, readIndex(candidate["index"], position)), candidate, ids);
    if (state.ended) return;
  }
  const blocked = readBlockReason(answer);
  if (blocked === null) return;
  const choice = choiceOf(state, 0);
  choice.finish ??= { kind: "blocked", word: blocked };
}

/** The first frame names the answer; later ones repeat it. */
function start(state: CandidateStream, answer: JsonObject, data: string): IdBook {
  reportExtras(state, readAnswerExtras(answer), "");
  if (state.ids !== null) return state.ids;
  state.events.push({
    type: "start",
    sourceProtocol: PROTOCOL,
    id: asText(answer["responseId"]) ?? null,
    model: readModel(answer),
    createdMs: readCreated(answer),
    serviceTier: readServiceTier(answer["usageMetadata"]),
    extras: {},
    spelling: NO_SPELLING,
  });
  state.ids = createIdBook(asText(answer["responseId"]) ?? sha256Hex(data));
  return state.ids;
}

function choiceOf(state: CandidateStream, index: number): OpenCandidate {
  const known = state.choices.get(index);
  if (known !== undefined) return known;
  if (state.choices.size >= CHOICES_MAX) throw new WireError("The answer has too many candidates.");
  const choice: OpenCandidate = { index, open: null, text: "", hasToolCalls: false, finish: null };
  state.choices.set(index, choice);
  return choice;
}

function readCandidate(state: CandidateStream, choice: OpenCandidate, candidate: JsonObject, ids: IdBook): void {
  for (const value of asArray(spelledObject(candidate["content"])?.["parts"]) ?? []) {
    const part = spelledObject(value);
    if (part === undefined) throw new WireError("A part is no object.");
    readStreamedPart(state, choice, part, ids);
    if (state.ended) return;
  }
  const { groundingMetadata, ...extras } = readCandidateExtras(candidate);
  if (groundingMetadata !== undefined) reportUnknown(state.unknown, "groundingMetadata", state.events);
  if (candidate["groundingMetadata"] !== undefined) cite(state, choice, candidate["groundingMetadata"]);
  reportExtras(state, extras, "candidates.");
  if (candidate["logprobsResult"] !== undefined) reportUnknown(state.unknown, "logprobsResult", state.events);
  const reason = asText(candidate["finishReason"]);
  if (reason !== undefined && reason !== "FINISH_REASON_UNSPECIFIED") {
    if (isBrokenCall(reason) && !state.says) {
      fail(state, "malformed");
      return;
    }
    choice.finish = { kind: "finished", word: reason };
  }
}

function readStreamedPart(state: CandidateStream, choice: OpenCandidate, part: JsonObject, ids: IdBook): void {
  const text = asText(part["text"]);
  const isPlain = text !== undefined && PLAIN.every((name) => part[name] === undefined);
  if (isPlain && part["thought"] === true) {
    readThought(state, choice, text, asText(part["thoughtSignature"]) ?? "");
  } else if (isPlain) {
    readText(state, choice, text, part);
  } else {
    for (const block of readPart(part, "part", ids)) writeWhole(state, choice, withOwnName(block), part);
  }
}

const PLAIN = ["functionCall", "functionResponse", "inlineData", "fileData", "executableCode", "codeExecutionResult"];

function readText(state: CandidateStream, choice: OpenCandidate, text: string, part: JsonObject): void {
  if (text !== "") {
    const block = openBlock(state, choice, "text");
    if (block === null) return;
    state.events.push({ type: "text-delta", block, text, logprobs: null });
    const whole = choice.text === null ? null : choice.text + text;
    choice.text = whole === null || whole.length > TEXT_CHARS_MAX ? null : whole;
  }
  const tagged = readSignature(asText(part["thoughtSignature"]) ?? "");
  if (tagged !== null) writeSignature(state, choice, tagged.kind === "encrypted", tagged.signature);
}

function readThought(state: CandidateStream, choice: OpenCandidate, text: string, value: string): void {
  const tagged = readSignature(value);
  if (tagged?.kind === "encrypted") {
    closeBlock(state, choice);
    const block = startBlock(state, choice, { type: "reasoning", encrypted: tagged.signature });
    if (block === null) return;
    choice.open = { number: block, type: "reasoning" };
  }
  if (text === "" && tagged?.kind !== "signature") return;
  const block = openBlock(state, choice, "reasoning");
  if (block === null) return;
  if (text !== "") state.events.push({ type: "text-delta", block, text, logprobs: null });
  if (tagged?.kind === "signature") {
    state.events.push({ type: "signature-delta", block, signature: tagged.signature });
  }
}

/** Blocks that come in one piece. No event carries media, so their part travels whole. */
function writeWhole(state: CandidateStream, choice: OpenCandidate, block: IrBlock, part: JsonObject): void {
  switch (block.type) {
    case "reasoning":
      writeReasoning(state, choice, block);
      return;
    case "tool-call":
      choice.hasToolCalls = true;
      reportExtras(state, block.extras, "part.");
      writeAlone(state, choice, { type: "tool-call", id: block.id, name: block.name, kind: "function" }, (number) => {
        state.events.push({ type: "arguments-delta", block: number, text: block.arguments });
      });
      return;
    case "opaque":
      writeAlone(state, choice, block);
      return;
    default: {
      const opaque = opaquePart(part);
      if (opaque.type === "opaque") writeAlone(state, choice, opaque);
    }
  }
}

function writeReasoning(state: CandidateStream, choice: OpenCandidate, block: ReasoningBlock): void {
  const signature = block.encrypted ?? block.signature;
  if (signature !== null) writeSignature(state, choice, block.encrypted !== null, signature);
}

function writeSignature(
  state: CandidateStream,
  choice: OpenCandidate,
  isEncrypted: boolean,
  signature: ReasoningSignature,
): void {
  writeAlone(state, choice, { type: "reasoning", encrypted: isEncrypted ? signature : null }, (number) => {
    if (!isEncrypted) state.events.push({ type: "signature-delta", block: number, signature });
  });
}

function writeAlone(
  state: CandidateStream,
  choice: OpenCandidate,
  content: StartedBlock,
  fill?: (number: number) => void,
): void {
  closeBlock(state, choice);
  const number = startBlock(state, choice, content);
  if (number === null) return;
  fill?.(number);
  state.events.push({ type: "block-end", block: number });
}

/** The open block of that type, or a new one; null: there are too many. */
function openBlock(state: CandidateStream, choice: OpenCandidate, type: "text" | "reasoning"): number | null {
  if (choice.open?.type === type) return choice.open.number;
  closeBlock(state, choice);
  const number = startBlock(state, choice, type === "text" ? { type } : { type, encrypted: null });
  if (number !== null) choice.open = { number, type };
  return number;
}

function startBlock(state: CandidateStream, choice: OpenCandidate, content: StartedBlock): number | null {
  if (state.blocks >= ANSWER_BLOCKS_MAX) {
    fail(state, "malformed");
    return null;
  }
  state.says ||= content.type !== "reasoning";
  const number = state.blocks++;
  state.events.push({ type: "block-start", block: number, choice: choice.index, content });
  return number;
}

function closeBlock(state: CandidateStream, choice: OpenCandidate): void {
  if (choice.open === null) return;
  state.events.push({ type: "block-end", block: choice.open.number });
  choice.open = null;
}

/** Sources come with the last frame, while the text they belong to is still open. */
function cite(state: CandidateStream, choice: OpenCandidate, grounding: unknown): void {
  const block = choice.open?.type === "text" ? choice.open.number : null;
  const citations = readCitations(grounding, choice.text);
  if (block === null && citations.length > 0) reportUnknown(state.unknown, "citations of no text", state.events);
  if (block === null) return;
  for (const citation of citations) state.events.push({ type: "citation", block, citation });
}

function endAnswer(state: CandidateStream): void {
  for (const choice of state.choices.values()) {
    closeBlock(state, choice);
    if (choice.finish === null) continue;
    const { kind, word } = choice.finish;
    const finish = kind === "blocked" ? readBlocked(word) : readFinish(word, choice.hasToolCalls);
    state.events.push({ type: "finish", choice: choice.index, finish });
  }
  state.ended = true;
  state.events.push({ type: "end" });
}

function fail(state: CandidateStream, error: StreamError): void {
  if (state.ended) return;
  state.ended = true;
  state.events.push({ type: "failed", error });
}

function reportExtras(state: CandidateStream, extras: JsonObject, path: string): void {
  if (isEmpty(extras)) return;
  for (const name of Object.keys(extras)) reportUnknown(state.unknown, path + name, state.events);
}

/**
 * A streamed Messages answer, read: frames in, events out. Frames are told apart by the `type` in their JSON, never by
 * the event line, which compatible servers leave out.
 */
import type { ReadEvent, StreamError } from "../../ir/event.ts";
import { ANSWER_BLOCKS_MAX } from "../../ir/fold.ts";
import { dropped } from "../../ir/loss.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import type { Frame, StreamReader } from "../protocol.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { readCitation, readToolUseExtras } from "./block-reader.ts";
import { readInBandError } from "./error-words.ts";
import { readFinish } from "./finish.ts";
import { readOpaque } from "./reasoning-signatures.ts";
import { readAnswerExtras, readModel } from "./response-reader.ts";
import { readServiceTier, readUsage, readUsageExtras } from "./usage.ts";
import { type DeltaType, ORIGIN, type StreamEventType } from "./wire.ts";

export function createStreamReader(): StreamReader {
  const state: State = {
    open: new Map(),
    blocks: 0,
    started: false,
    finished: false,
    ended: false,
    unknown: new Set(),
  };
  return {
    push(frame) {
      if (state.ended) return [];
      const events: ReadEvent[] = [];
      readFrame(state, frame, events);
      return events;
    },
    end() {
      if (state.ended) return [];
      const events: ReadEvent[] = [];
      if (state.finished) endAnswer(state, events);
      else fail(state, "cut-short", events);
      return events;
    },
    get settled() {
      return state.finished || state.ended;
    },
  };
}

interface State {
  /** Blocks that have started and not ended, by the wire's index. */
  readonly open: Map<number, OpenBlock>;
  /** Blocks started so far: the number of the next. */
  blocks: number;
  started: boolean;
  /** The reason for the end has come; only usage may follow. */
  finished: boolean;
  ended: boolean;
  /** Words nobody here knows, each reported once. */
  readonly unknown: Set<string>;
}

interface OpenBlock {
  readonly number: number;
  readonly kind: "text" | "reasoning" | "tool-call" | "opaque";
  /** Arguments that came with the start, owed at the end when no delta brings any; null: some came, or not a call. */
  owed: string | null;
}

/** Unknown words reported; more of them say nothing new. */
const UNKNOWN_MAX = 16;

function readFrame(state: State, frame: Frame, events: ReadEvent[]): void {
  const message = parseFrame(frame);
  if (message === null) {
    fail(state, "malformed", events);
    return;
  }
  const type = asText(message["type"]) ?? "without a type";
  const read = READERS.get(type);
  if (read === undefined) reportUnknown(state, `event ${type}`, events);
  else read(state, message, events);
}

type FrameReader = (state: State, message: JsonObject, events: ReadEvent[]) => void;

// Closed over the SDK's union: an event the vendor adds breaks the build here until it is read. `ping` and `error` are
// in the vendor's documents but not in that union.
const EVENTS = {
  message_start: (state, message, events) => readStart(state, asObject(message["message"]) ?? {}, events),
  content_block_start: (state, message, events) => {
    startBlock(state, asNumber(message["index"]) ?? state.blocks, asObject(message["content_block"]) ?? {}, events);
  },
  content_block_delta: readDelta,
  content_block_stop: (state, message, events) => endBlock(state, asNumber(message["index"]) ?? -1, events),
  message_delta: readMessageDelta,
  message_stop: (state, _message, events) => {
    ensureStarted(state, events);
    endAnswer(state, events);
  },
  ping: (_state, _message, events) => events.push({ type: "keep-alive" }),
  error: (state, message, events) => {
    state.ended = true;
    events.push({ type: "failed", error: readInBandError(message) });
  },
} as const satisfies Record<StreamEventType | "ping" | "error", FrameReader>;

const READERS: ReadonlyMap<string, FrameReader> = new Map(Object.entries<FrameReader>(EVENTS));

function readStart(state: State, message: JsonObject, events: ReadEvent[]): void {
  if (state.started) {
    reportUnknown(state, "a second message_start", events);
    return;
  }
  state.started = true;
  events.push({
    type: "start",
    sourceProtocol: ORIGIN,
    id: asText(message["id"]) ?? null,
    model: readModel(message),
    createdMs: null,
    serviceTier: readServiceTier(message["usage"]),
    extras: readAnswerExtras(message),
  });
  pushUsage(message["usage"], events);
  // Empty on every ordinary stream; a continued turn may bring what it already has.
  for (const [index, block] of (asArray(message["content"]) ?? []).entries()) {
    startBlock(state, index, asObject(block) ?? {}, events);
    endBlock(state, index, events);
  }
}

/** A server that leaves the start out still gets its content through. */
function ensureStarted(state: State, events: ReadEvent[]): void {
  if (!state.started) readStart(state, {}, events);
}

function startBlock(state: State, index: number, content: JsonObject, events: ReadEvent[]): void {
  ensureStarted(state, events);
  if (state.open.has(index)) endBlock(state, index, events);
  if (state.blocks >= ANSWER_BLOCKS_MAX) {
    fail(state, "malformed", events);
    return;
  }
  const number = state.blocks++;
  state.open.set(index, openBlock(state, number, content, events));
}

function openBlock(state: State, number: number, content: JsonObject, events: ReadEvent[]): OpenBlock {
  const type = asText(content["type"]) ?? "";
  switch (type) {
    case "text":
      events.push({ type: "block-start", block: number, choice: 0, content: { type: "text" } });
      pushText(number, content["text"], events);
      for (const citation of asArray(content["citations"]) ?? []) {
        events.push({ type: "citation", block: number, citation: readCitation(citation) });
      }
      return { number, kind: "text", owed: null };
    case "thinking":
      events.push({ type: "block-start", block: number, choice: 0, content: { type: "reasoning", encrypted: null } });
      pushText(number, content["thinking"], events);
      pushSignature(number, content["signature"], events);
      return { number, kind: "reasoning", owed: null };
    case "redacted_thinking": {
      const opaque = readOpaque(asText(content["data"]) ?? "", "encrypted");
      const encrypted = opaque?.sealed ?? null;
      events.push({ type: "block-start", block: number, choice: 0, content: { type: "reasoning", encrypted } });
      return { number, kind: "reasoning", owed: null };
    }
    case "tool_use": {
      const [id, name] = [asText(content["id"]) ?? "", asText(content["name"]) ?? ""];
      for (const extra of Object.keys(readToolUseExtras(content))) reportUnknown(state, `tool_use.${extra}`, events);
      events.push({
        type: "block-start",
        block: number,
        choice: 0,
        content: { type: "tool-call", id, name, kind: "function" },
      });
      return { number, kind: "tool-call", owed: JSON.stringify(content["input"] ?? {}) };
    }
    default:
      events.push({
        type: "block-start",
        block: number,
        choice: 0,
        content: { type: "opaque", sourceProtocol: ORIGIN, name: type, value: content },
      });
      return { number, kind: "opaque", owed: null };
  }
}

function endBlock(state: State, index: number, events: ReadEvent[]): void {
  const block = state.open.get(index);
  if (block === undefined) return;
  state.open.delete(index);
  if (block.owed !== null) events.push({ type: "arguments-delta", block: block.number, text: block.owed });
  events.push({ type: "block-end", block: block.number });
}

function readDelta(state: State, message: JsonObject, events: ReadEvent[]): void {
  const index = asNumber(message["index"]) ?? -1;
  const delta = asObject(message["delta"]) ?? {};
  const type = asText(delta["type"]) ?? "";
  const implied = IMPLIED_BLOCKS.get(type);
  if (!state.open.has(index) && implied !== undefined) startBlock(state, index, { type: implied }, events);
  const block = state.open.get(index);
  if (block === undefined) reportUnknown(state, `${type} of no block`, events);
  else if (block.kind === "opaque") {
    events.push({ type: "opaque-delta", block: block.number, sourceProtocol: ORIGIN, value: delta });
  } else readKnownDelta(state, block, type, delta, events);
}

/** Deltas that say by themselves what block they belong to, for servers that leave out its start. */
const IMPLIED_BLOCKS: ReadonlyMap<string, string> = new Map([
  ["text_delta", "text"],
  ["thinking_delta", "thinking"],
]);

function readKnownDelta(state: State, block: OpenBlock, type: string, delta: JsonObject, events: ReadEvent[]): void {
  const read = DELTA_READERS.get(type);
  if (read === undefined) reportUnknown(state, `delta ${type}`, events);
  else read(block, delta, events);
}

type DeltaReader = (block: OpenBlock, delta: JsonObject, events: ReadEvent[]) => void;

// Closed likewise.
const DELTAS = {
  text_delta: (block, delta, events) => pushText(block.number, delta["text"], events),
  thinking_delta: (block, delta, events) => {
    // An empty one only counts the tokens of thinking that is not shown: a sign of life.
    if (delta["thinking"] === "") events.push({ type: "keep-alive" });
    else pushText(block.number, delta["thinking"], events);
  },
  signature_delta: (block, delta, events) => pushSignature(block.number, delta["signature"], events),
  input_json_delta: (block, delta, events) => {
    const text = asText(delta["partial_json"]) ?? "";
    if (text === "") return;
    block.owed = null;
    events.push({ type: "arguments-delta", block: block.number, text });
  },
  citations_delta: (block, delta, events) => {
    events.push({ type: "citation", block: block.number, citation: readCitation(delta["citation"]) });
  },
} as const satisfies Record<DeltaType, DeltaReader>;

const DELTA_READERS: ReadonlyMap<string, DeltaReader> = new Map(Object.entries<DeltaReader>(DELTAS));

function pushText(block: number, value: unknown, events: ReadEvent[]): void {
  const text = asText(value) ?? "";
  if (text !== "") events.push({ type: "text-delta", block, text, logprobs: null });
}

function pushSignature(block: number, value: unknown, events: ReadEvent[]): void {
  const opaque = readOpaque(asText(value) ?? "", "signature");
  if (opaque !== null) events.push({ type: "signature-delta", block, signature: opaque.sealed });
}

function pushUsage(value: unknown, events: ReadEvent[]): void {
  const usage = readUsage(value);
  if (usage !== null) events.push({ type: "usage", usage });
}

function readMessageDelta(state: State, message: JsonObject, events: ReadEvent[]): void {
  ensureStarted(state, events);
  pushUsage(message["usage"], events);
  const delta = asObject(message["delta"]) ?? {};
  for (const name of ["stop_details", "container"]) {
    if (asObject(delta[name]) !== undefined) reportUnknown(state, name, events);
  }
  // The start had a place for these, the end has none.
  for (const name of Object.keys(readUsageExtras(message["usage"]))) reportUnknown(state, `usage.${name}`, events);
  const reason = asText(delta["stop_reason"]);
  if (reason === undefined || state.finished) return;
  state.finished = true;
  const finish = readFinish(reason, asText(at(delta, "stop_sequence")) ?? null);
  events.push({ type: "finish", choice: 0, finish });
}

function endAnswer(state: State, events: ReadEvent[]): void {
  for (const index of [...state.open.keys()]) endBlock(state, index, events);
  state.finished = true;
  state.ended = true;
  events.push({ type: "end" });
}

function fail(state: State, error: StreamError, events: ReadEvent[]): void {
  state.ended = true;
  events.push({ type: "failed", error });
}

function reportUnknown(state: State, what: string, events: ReadEvent[]): void {
  if (state.unknown.has(what) || state.unknown.size >= UNKNOWN_MAX) return;
  state.unknown.add(what);
  events.push({ type: "loss", loss: dropped("stream", `nothing in between carries ${what.slice(0, 60)}`) });
}

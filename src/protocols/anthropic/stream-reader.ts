/**
 * A streamed Messages answer, read: frames in, events out. Frames are told apart by the `type` in their JSON, never by
 * the event line, which compatible servers leave out.
 */

import type { ReadEvent } from "../../ir/event.ts";
import { ANSWER_BLOCKS_MAX } from "../../ir/fold.ts";
import { NO_SPELLING } from "../../ir/request.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import type { Frame, StreamReader } from "../protocol.ts";
import { inputText } from "../shared/arguments.ts";
import {
  type BlockStream,
  createBlockStream,
  createBlockStreamReader,
  endAnswer,
  fail,
  pushText,
  pushUsage,
  reportUnknown,
} from "../shared/content-blocks/stream-reader.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { readCitation, readToolUseExtras } from "./block-reader.ts";
import { readInBandError } from "./error-words.ts";
import { readFailedFinish, readFinish } from "./finish.ts";
import { readOpaque } from "./reasoning-signatures.ts";
import { readAnswerExtras, readModel } from "./response-reader.ts";
import { readEndUsage, readServiceTier, readUsage, readUsageExtras } from "./usage.ts";
import { type DeltaType, PROTOCOL, type StreamEventType } from "./wire.ts";

export function createStreamReader(): StreamReader {
  return createBlockStreamReader<MessageStream>(createBlockStream(endBlock), readFrame);
}

type MessageStream = BlockStream<MessageBlock>;

interface MessageBlock {
  readonly number: number;
  readonly kind: "text" | "reasoning" | "tool-call" | "opaque";
  /** Arguments that came with the start, owed at the end when no delta brings any; null: some came, or not a call. */
  owed: string | null;
}

function readFrame(stream: MessageStream, frame: Frame, events: ReadEvent[]): void {
  const message = parseFrame(frame);
  if (message === null) {
    fail(stream, "malformed", events);
    return;
  }
  const type = asText(message["type"]) ?? "without a type";
  const read = READERS.get(type);
  if (read === undefined) reportUnknown(stream, `event ${type}`, events);
  else read(stream, message, events);
}

type FrameReader = (stream: MessageStream, message: JsonObject, events: ReadEvent[]) => void;

// Closed over the SDK's union: an event the vendor adds breaks the build here until it is read. `ping` and `error` are
// in the vendor's documents but not in that union.
const EVENTS = {
  message_start: (stream, message, events) => readStart(stream, asObject(message["message"]) ?? {}, events),
  content_block_start: (stream, message, events) => {
    startBlock(stream, asNumber(message["index"]) ?? stream.blocks, asObject(message["content_block"]) ?? {}, events);
  },
  content_block_delta: readDelta,
  content_block_stop: (stream, message, events) => endBlock(stream, asNumber(message["index"]) ?? -1, events),
  message_delta: readMessageDelta,
  message_stop: (stream, message, events) => {
    ensureStarted(stream, events);
    pushUsage(readEndUsage(message), events);
    endAnswer(stream, events);
  },
  ping: (_stream, _message, events) => events.push({ type: "keep-alive" }),
  error: (stream, message, events) => {
    fail(stream, readInBandError(message), events);
  },
} as const satisfies Record<StreamEventType | "ping" | "error", FrameReader>;

const READERS: ReadonlyMap<string, FrameReader> = new Map(Object.entries<FrameReader>(EVENTS));

function readStart(stream: MessageStream, message: JsonObject, events: ReadEvent[]): void {
  if (stream.started) {
    reportUnknown(stream, "a second message_start", events);
    return;
  }
  stream.started = true;
  events.push({
    type: "start",
    sourceProtocol: PROTOCOL,
    id: asText(message["id"]) ?? null,
    model: readModel(message),
    createdMs: null,
    serviceTier: readServiceTier(message["usage"]),
    extras: readAnswerExtras(message),
    spelling: NO_SPELLING,
  });
  pushUsage(readUsage(message["usage"]), events);
  // Empty on every ordinary stream; a continued turn may bring what it already has.
  for (const [index, block] of (asArray(message["content"]) ?? []).entries()) {
    startBlock(stream, index, asObject(block) ?? {}, events);
    endBlock(stream, index, events);
  }
}

/** A server that leaves the start out still gets its content through. */
function ensureStarted(stream: MessageStream, events: ReadEvent[]): void {
  if (!stream.started) readStart(stream, {}, events);
}

function startBlock(stream: MessageStream, index: number, content: JsonObject, events: ReadEvent[]): void {
  ensureStarted(stream, events);
  if (stream.open.has(index)) endBlock(stream, index, events);
  if (stream.blocks >= ANSWER_BLOCKS_MAX) {
    fail(stream, "malformed", events);
    return;
  }
  const number = stream.blocks++;
  stream.open.set(index, openBlock(stream, number, content, events));
}

function openBlock(stream: MessageStream, number: number, content: JsonObject, events: ReadEvent[]): MessageBlock {
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
      const encrypted = opaque?.signature ?? null;
      events.push({ type: "block-start", block: number, choice: 0, content: { type: "reasoning", encrypted } });
      return { number, kind: "reasoning", owed: null };
    }
    case "tool_use": {
      const [id, name] = [asText(content["id"]) ?? "", asText(content["name"]) ?? ""];
      for (const extra of Object.keys(readToolUseExtras(content))) reportUnknown(stream, `tool_use.${extra}`, events);
      events.push({
        type: "block-start",
        block: number,
        choice: 0,
        content: { type: "tool-call", id, name, kind: "function" },
      });
      return { number, kind: "tool-call", owed: inputText(content["input"]) };
    }
    default:
      events.push({
        type: "block-start",
        block: number,
        choice: 0,
        content: { type: "opaque", sourceProtocol: PROTOCOL, name: type, value: content, spelling: NO_SPELLING },
      });
      return { number, kind: "opaque", owed: null };
  }
}

function endBlock(stream: MessageStream, index: number, events: ReadEvent[]): void {
  const block = stream.open.get(index);
  if (block === undefined) return;
  stream.open.delete(index);
  if (block.owed !== null) events.push({ type: "arguments-delta", block: block.number, text: block.owed });
  events.push({ type: "block-end", block: block.number });
}

function readDelta(stream: MessageStream, message: JsonObject, events: ReadEvent[]): void {
  const index = asNumber(message["index"]) ?? -1;
  const delta = asObject(message["delta"]) ?? {};
  const type = asText(delta["type"]) ?? "";
  const implied = IMPLIED_BLOCKS.get(type);
  if (!stream.open.has(index) && implied !== undefined) startBlock(stream, index, { type: implied }, events);
  const block = stream.open.get(index);
  if (block === undefined) reportUnknown(stream, `${type} of no block`, events);
  else if (block.kind === "opaque") {
    events.push({ type: "opaque-delta", block: block.number, sourceProtocol: PROTOCOL, value: delta });
  } else readKnownDelta(stream, block, type, delta, events);
}

/** Deltas that say by themselves what block they belong to, for servers that leave out its start. */
const IMPLIED_BLOCKS: ReadonlyMap<string, string> = new Map([
  ["text_delta", "text"],
  ["thinking_delta", "thinking"],
]);

function readKnownDelta(
  stream: MessageStream,
  block: MessageBlock,
  type: string,
  delta: JsonObject,
  events: ReadEvent[],
): void {
  const read = DELTA_READERS.get(type);
  if (read === undefined) reportUnknown(stream, `delta ${type}`, events);
  else read(block, delta, events);
}

type DeltaReader = (block: MessageBlock, delta: JsonObject, events: ReadEvent[]) => void;

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

function pushSignature(block: number, value: unknown, events: ReadEvent[]): void {
  const opaque = readOpaque(asText(value) ?? "", "signature");
  if (opaque !== null) events.push({ type: "signature-delta", block, signature: opaque.signature });
}

function readMessageDelta(stream: MessageStream, message: JsonObject, events: ReadEvent[]): void {
  ensureStarted(stream, events);
  pushUsage(readEndUsage(message), events);
  const delta = asObject(message["delta"]) ?? {};
  for (const name of ["stop_details", "container"]) {
    if (asObject(delta[name]) !== undefined) reportUnknown(stream, name, events);
  }
  // The start had a place for these, the end has none.
  for (const name of Object.keys(readUsageExtras(message["usage"]))) reportUnknown(stream, `usage.${name}`, events);
  const reason = asText(delta["stop_reason"]);
  if (reason === undefined) return;
  const failed = readFailedFinish(reason);
  if (failed !== null) fail(stream, failed, events);
  else stream.finish = readFinish(reason, asText(at(delta, "stop_sequence")) ?? null);
}

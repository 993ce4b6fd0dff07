/**
 * A streamed Converse answer, read: frames in, events out. A text block has no start of its own, so any delta opens the
 * block it belongs to; the reason for the end comes before the usage.
 */

import type { ReadEvent, StartedBlock } from "../../ir/event.ts";
import { ANSWER_BLOCKS_MAX } from "../../ir/fold.ts";
import { NO_SPELLING } from "../../ir/request.ts";
import { asNumber, asObject, asText, type JsonObject } from "../../std/json.ts";
import { exceptionOf } from "../framing/event-stream-framing.ts";
import type { Frame, StreamReader } from "../protocol.ts";
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
import { readCitation } from "./citations.ts";
import { readException } from "./error-words.ts";
import { isBrokenOutput, readFinish } from "./finish.ts";
import { toolNames } from "./names.ts";
import { readRedacted, readSignature } from "./reasoning-signatures.ts";
import { readAnswerExtras, readServiceTier, readStopSequence } from "./response-reader.ts";
import { keyOf } from "./unions.ts";
import { readUsage } from "./usage.ts";
import { type DeltaKey, type EventKey, PROTOCOL } from "./wire.ts";

export function createStreamReader(): StreamReader {
  const stream: ConverseStream = { ...createBlockStream(endBlock), redactedChars: 0, says: false };
  return createBlockStreamReader(stream, readFrame);
}

interface ConverseStream extends BlockStream<ConverseBlock> {
  /** Held so far. */
  redactedChars: number;
  /** Something beside reasoning has been said. */
  says: boolean;
}

interface ConverseBlock {
  /** -1: redacted reasoning, which starts when it is whole. */
  readonly number: number;
  readonly kind: "text" | "reasoning" | "redacted" | "tool-call" | "opaque";
  /** Pieces of redacted reasoning, base64 each. */
  readonly redacted: string[];
}

/** Characters of redacted reasoning held: as much as the largest answer. */
const REDACTED_CHARS_MAX = 16 * 1024 * 1024;

type EventReader = (stream: ConverseStream, message: JsonObject, events: ReadEvent[]) => void;

// Closed over the SDK's union: an event the vendor adds breaks the build here until it is read.
const EVENTS = {
  messageStart: ensureStarted,
  contentBlockStart: readStart,
  contentBlockDelta: readDelta,
  contentBlockStop: (stream, message, events) => endBlock(stream, indexOf(message), events),
  messageStop: readStop,
  metadata: readMetadata,
} as const satisfies Record<EventKey, EventReader>;

const READERS: ReadonlyMap<string, EventReader> = new Map(Object.entries<EventReader>(EVENTS));

function readFrame(stream: ConverseStream, frame: Frame, events: ReadEvent[]): void {
  const exception = exceptionOf(frame);
  if (exception !== null) {
    fail(stream, readException(exception, frame.data), events);
    return;
  }
  const read = READERS.get(frame.event ?? "");
  if (read === undefined) {
    // Sent by some services ahead of everything; it says nothing here.
    if (frame.event !== "initial-response") reportUnknown(stream, `event ${frame.event ?? ""}`, events);
    return;
  }
  const message = parseFrame(frame);
  if (message === null) fail(stream, "malformed", events);
  else read(stream, message, events);
}

function ensureStarted(stream: ConverseStream, _message: JsonObject, events: ReadEvent[]): void {
  if (stream.started) return;
  stream.started = true;
  events.push({
    type: "start",
    sourceProtocol: PROTOCOL,
    id: null,
    model: null,
    createdMs: null,
    serviceTier: null,
    extras: {},
    spelling: NO_SPELLING,
  });
}

function indexOf(message: JsonObject): number {
  return asNumber(message["contentBlockIndex"]) ?? 0;
}

function readStart(stream: ConverseStream, message: JsonObject, events: ReadEvent[]): void {
  const start = asObject(message["start"]) ?? {};
  const key = keyOf(start);
  // An empty start says only that something follows; its first delta says what.
  if (key === undefined) return;
  const use = asObject(start["toolUse"]);
  const isOwnCall = use === undefined || (asText(use["type"]) ?? "tool_use") !== "tool_use";
  if (use === undefined || isOwnCall) {
    openBlock(
      stream,
      indexOf(message),
      "opaque",
      { type: "opaque", sourceProtocol: PROTOCOL, name: key, value: start, spelling: NO_SPELLING },
      events,
    );
    return;
  }
  const [id, name] = [asText(use["toolUseId"]) ?? "", asText(use["name"]) ?? ""];
  openBlock(
    stream,
    indexOf(message),
    "tool-call",
    { type: "tool-call", id, name: toolNames.restore(name), kind: "function" },
    events,
  );
}

function openBlock(
  stream: ConverseStream,
  index: number,
  kind: ConverseBlock["kind"],
  content: StartedBlock | null,
  events: ReadEvent[],
): ConverseBlock | null {
  ensureStarted(stream, {}, events);
  if (stream.open.has(index)) endBlock(stream, index, events);
  if (stream.blocks + stream.open.size >= ANSWER_BLOCKS_MAX) {
    fail(stream, "malformed", events);
    return null;
  }
  stream.says ||= kind !== "reasoning" && kind !== "redacted";
  const number = content === null ? -1 : stream.blocks++;
  const block: ConverseBlock = { number, kind, redacted: [] };
  stream.open.set(index, block);
  if (content !== null) events.push({ type: "block-start", block: number, choice: 0, content });
  return block;
}

function endBlock(stream: BlockStream<ConverseBlock>, index: number, events: ReadEvent[]): void {
  const block = stream.open.get(index);
  if (block === undefined) return;
  stream.open.delete(index);
  if (block.kind !== "redacted") {
    events.push({ type: "block-end", block: block.number });
    return;
  }
  const encrypted = readRedacted(joinBase64(block.redacted))?.signature ?? null;
  const number = stream.blocks++;
  events.push({ type: "block-start", block: number, choice: 0, content: { type: "reasoning", encrypted } });
  events.push({ type: "block-end", block: number });
}

/** Each piece is base64 of its own bytes. */
function joinBase64(pieces: readonly string[]): string {
  if (pieces.length <= 1) return pieces[0] ?? "";
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64"))).toString("base64");
}

function readDelta(stream: ConverseStream, message: JsonObject, events: ReadEvent[]): void {
  const delta = asObject(message["delta"]) ?? {};
  const index = indexOf(message);
  const open = stream.open.get(index);
  if (open?.kind === "opaque") {
    events.push({ type: "opaque-delta", block: open.number, sourceProtocol: PROTOCOL, value: delta });
    return;
  }
  const key = keyOf(delta);
  if (key === undefined) return;
  const read = DELTA_READERS.get(key);
  if (read === undefined) reportUnknown(stream, `delta ${key}`, events);
  else read(stream, index, delta, events);
}

type DeltaReader = (stream: ConverseStream, index: number, delta: JsonObject, events: ReadEvent[]) => void;

/** Content only the vendor's own tools have, outside a block of theirs. */
const stray =
  (key: string): DeltaReader =>
  (stream, _index, _delta, events) =>
    reportUnknown(stream, `delta ${key}`, events);

// Closed likewise.
const DELTAS = {
  text: (stream, index, delta, events) => {
    const block = blockOf(stream, index, "text", events);
    if (block !== null) pushText(block.number, delta["text"], events);
  },
  toolUse: readInput,
  reasoningContent: readReasoning,
  citation: (stream, index, delta, events) => {
    const block = blockOf(stream, index, "text", events);
    if (block !== null)
      events.push({ type: "citation", block: block.number, citation: readCitation(delta["citation"]) });
  },
  toolResult: stray("toolResult"),
  image: stray("image"),
} as const satisfies Record<DeltaKey, DeltaReader>;

const DELTA_READERS: ReadonlyMap<string, DeltaReader> = new Map(Object.entries<DeltaReader>(DELTAS));

/** The open block at this index, opened if need be; null: there are too many. */
function blockOf(
  stream: ConverseStream,
  index: number,
  kind: "text" | "reasoning" | "redacted",
  events: ReadEvent[],
): ConverseBlock | null {
  const open = stream.open.get(index);
  if (open?.kind === kind) return open;
  const content: Record<typeof kind, StartedBlock | null> = {
    text: { type: "text" },
    reasoning: { type: "reasoning", encrypted: null },
    redacted: null,
  };
  return openBlock(stream, index, kind, content[kind], events);
}

function readInput(stream: ConverseStream, index: number, delta: JsonObject, events: ReadEvent[]): void {
  const block = stream.open.get(index);
  if (block?.kind !== "tool-call") {
    reportUnknown(stream, "input of no call", events);
    return;
  }
  const text = asText(asObject(delta["toolUse"])?.["input"]) ?? "";
  if (text !== "") events.push({ type: "arguments-delta", block: block.number, text });
}

function readReasoning(stream: ConverseStream, index: number, delta: JsonObject, events: ReadEvent[]): void {
  const content = asObject(delta["reasoningContent"]) ?? {};
  const redacted = asText(content["redactedContent"]);
  if (redacted !== undefined) {
    stream.redactedChars += redacted.length;
    if (stream.redactedChars > REDACTED_CHARS_MAX) fail(stream, "malformed", events);
    else blockOf(stream, index, "redacted", events)?.redacted.push(redacted);
    return;
  }
  const block = blockOf(stream, index, "reasoning", events);
  if (block === null) return;
  pushText(block.number, content["text"], events);
  const opaque = readSignature(asText(content["signature"]) ?? "");
  if (opaque !== null) events.push({ type: "signature-delta", block: block.number, signature: opaque.signature });
}

function readStop(stream: ConverseStream, message: JsonObject, events: ReadEvent[]): void {
  ensureStarted(stream, {}, events);
  reportExtras(stream, message, events);
  const reason = asText(message["stopReason"]);
  if (reason === undefined) return;
  if (isBrokenOutput(reason) && !stream.says) fail(stream, "malformed", events);
  else stream.finish = readFinish(reason, readStopSequence(message));
}

/** The last event of a whole answer. */
function readMetadata(stream: ConverseStream, message: JsonObject, events: ReadEvent[]): void {
  ensureStarted(stream, {}, events);
  pushUsage(readUsage(message["usage"]), events);
  if (readServiceTier(message) !== null) reportUnknown(stream, "serviceTier", events);
  reportExtras(stream, message, events);
  if (stream.finish !== null) endAnswer(stream, events);
}

/** The start of an answer has a place for these, its end has none. */
function reportExtras(stream: ConverseStream, message: JsonObject, events: ReadEvent[]): void {
  for (const name of Object.keys(readAnswerExtras(message))) {
    // Padding, so that the length of a message tells nothing of its words.
    if (name !== "p") reportUnknown(stream, name, events);
  }
}

/**
 * A streamed Converse answer, read: frames in, events out. A text block has no start of its own, so any delta opens the
 * block it belongs to; the reason for the end comes before the usage.
 */
import type { ReadEvent, StartedBlock, StreamError } from "../../ir/event.ts";
import { ANSWER_BLOCKS_MAX } from "../../ir/fold.ts";
import { dropped } from "../../ir/loss.ts";
import { asNumber, asObject, asText, type JsonObject } from "../../std/json.ts";
import { exceptionOf } from "../framing/event-stream-framing.ts";
import type { Frame, StreamReader } from "../protocol.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { readCitation } from "./citations.ts";
import { readException } from "./error-words.ts";
import { readFinish } from "./finish.ts";
import { readRedacted, readSignature } from "./reasoning-signatures.ts";
import { readAnswerExtras, readServiceTier, readStopSequence } from "./response-reader.ts";
import { toolNames } from "./tool-ids.ts";
import { keyOf } from "./unions.ts";
import { readUsage } from "./usage.ts";
import { type DeltaKey, type EventKey, ORIGIN } from "./wire.ts";

export function createStreamReader(): StreamReader {
  const state: State = {
    open: new Map(),
    blocks: 0,
    redactedChars: 0,
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
  redactedChars: number;
  started: boolean;
  /** The reason for the end has come; only usage may follow. */
  finished: boolean;
  ended: boolean;
  /** Words nobody here knows, each reported once. */
  readonly unknown: Set<string>;
}

interface OpenBlock {
  /** -1: redacted reasoning, which starts when it is whole. */
  readonly number: number;
  readonly kind: "text" | "reasoning" | "redacted" | "tool-call" | "opaque";
  /** Pieces of redacted reasoning, base64 each. */
  readonly redacted: string[];
}

/** Unknown words reported; more of them say nothing new. */
const UNKNOWN_MAX = 16;
/** Characters of redacted reasoning held: as much as the largest answer. */
const REDACTED_CHARS_MAX = 16 * 1024 * 1024;

type EventReader = (state: State, message: JsonObject, events: ReadEvent[]) => void;

// Closed over the SDK's union: an event the vendor adds breaks the build here until it is read.
const EVENTS = {
  messageStart: ensureStarted,
  contentBlockStart: readStart,
  contentBlockDelta: readDelta,
  contentBlockStop: (state, message, events) => endBlock(state, indexOf(message), events),
  messageStop: readStop,
  metadata: readMetadata,
} as const satisfies Record<EventKey, EventReader>;

const READERS: ReadonlyMap<string, EventReader> = new Map(Object.entries<EventReader>(EVENTS));

function readFrame(state: State, frame: Frame, events: ReadEvent[]): void {
  const exception = exceptionOf(frame);
  if (exception !== null) {
    state.ended = true;
    events.push({ type: "failed", error: readException(exception, frame.data) });
    return;
  }
  const read = READERS.get(frame.event ?? "");
  if (read === undefined) {
    // Sent by some services ahead of everything; it says nothing here.
    if (frame.event !== "initial-response") reportUnknown(state, `event ${frame.event ?? ""}`, events);
    return;
  }
  const message = parseFrame(frame);
  if (message === null) fail(state, "malformed", events);
  else read(state, message, events);
}

function ensureStarted(state: State, _message: JsonObject, events: ReadEvent[]): void {
  if (state.started) return;
  state.started = true;
  events.push({
    type: "start",
    sourceProtocol: ORIGIN,
    id: null,
    model: null,
    createdMs: null,
    serviceTier: null,
    extras: {},
  });
}

function indexOf(message: JsonObject): number {
  return asNumber(message["contentBlockIndex"]) ?? 0;
}

function readStart(state: State, message: JsonObject, events: ReadEvent[]): void {
  const start = asObject(message["start"]) ?? {};
  const key = keyOf(start);
  // An empty start says only that something follows; its first delta says what.
  if (key === undefined) return;
  const use = asObject(start["toolUse"]);
  const isOwnCall = use === undefined || (asText(use["type"]) ?? "tool_use") !== "tool_use";
  if (use === undefined || isOwnCall) {
    openBlock(
      state,
      indexOf(message),
      "opaque",
      { type: "opaque", sourceProtocol: ORIGIN, name: key, value: start },
      events,
    );
    return;
  }
  const [id, name] = [asText(use["toolUseId"]) ?? "", asText(use["name"]) ?? ""];
  openBlock(
    state,
    indexOf(message),
    "tool-call",
    { type: "tool-call", id, name: toolNames.restore(name), kind: "function" },
    events,
  );
}

function openBlock(
  state: State,
  index: number,
  kind: OpenBlock["kind"],
  content: StartedBlock | null,
  events: ReadEvent[],
): OpenBlock | null {
  ensureStarted(state, {}, events);
  if (state.open.has(index)) endBlock(state, index, events);
  if (state.blocks + state.open.size >= ANSWER_BLOCKS_MAX) {
    fail(state, "malformed", events);
    return null;
  }
  const number = content === null ? -1 : state.blocks++;
  const block: OpenBlock = { number, kind, redacted: [] };
  state.open.set(index, block);
  if (content !== null) events.push({ type: "block-start", block: number, choice: 0, content });
  return block;
}

function endBlock(state: State, index: number, events: ReadEvent[]): void {
  const block = state.open.get(index);
  if (block === undefined) return;
  state.open.delete(index);
  if (block.kind !== "redacted") {
    events.push({ type: "block-end", block: block.number });
    return;
  }
  const encrypted = readRedacted(joinBase64(block.redacted))?.sealed ?? null;
  const number = state.blocks++;
  events.push({ type: "block-start", block: number, choice: 0, content: { type: "reasoning", encrypted } });
  events.push({ type: "block-end", block: number });
}

/** Each piece is base64 of its own bytes. */
function joinBase64(pieces: readonly string[]): string {
  if (pieces.length <= 1) return pieces[0] ?? "";
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64"))).toString("base64");
}

function readDelta(state: State, message: JsonObject, events: ReadEvent[]): void {
  const delta = asObject(message["delta"]) ?? {};
  const index = indexOf(message);
  const open = state.open.get(index);
  if (open?.kind === "opaque") {
    events.push({ type: "opaque-delta", block: open.number, sourceProtocol: ORIGIN, value: delta });
    return;
  }
  const key = keyOf(delta);
  if (key === undefined) return;
  const read = DELTA_READERS.get(key);
  if (read === undefined) reportUnknown(state, `delta ${key}`, events);
  else read(state, index, delta, events);
}

type DeltaReader = (state: State, index: number, delta: JsonObject, events: ReadEvent[]) => void;

/** Content only the vendor's own tools have, outside a block of theirs. */
const stray =
  (key: string): DeltaReader =>
  (state, _index, _delta, events) =>
    reportUnknown(state, `delta ${key}`, events);

// Closed likewise.
const DELTAS = {
  text: (state, index, delta, events) => {
    const block = blockOf(state, index, "text", events);
    if (block !== null) pushText(block, delta["text"], events);
  },
  toolUse: readInput,
  reasoningContent: readReasoning,
  citation: (state, index, delta, events) => {
    const block = blockOf(state, index, "text", events);
    if (block !== null)
      events.push({ type: "citation", block: block.number, citation: readCitation(delta["citation"]) });
  },
  toolResult: stray("toolResult"),
  image: stray("image"),
} as const satisfies Record<DeltaKey, DeltaReader>;

const DELTA_READERS: ReadonlyMap<string, DeltaReader> = new Map(Object.entries<DeltaReader>(DELTAS));

/** The open block at this index, opened if need be; null: there are too many. */
function blockOf(
  state: State,
  index: number,
  kind: "text" | "reasoning" | "redacted",
  events: ReadEvent[],
): OpenBlock | null {
  const open = state.open.get(index);
  if (open?.kind === kind) return open;
  const content: Record<typeof kind, StartedBlock | null> = {
    text: { type: "text" },
    reasoning: { type: "reasoning", encrypted: null },
    redacted: null,
  };
  return openBlock(state, index, kind, content[kind], events);
}

function pushText(block: OpenBlock, value: unknown, events: ReadEvent[]): void {
  const text = asText(value) ?? "";
  if (text !== "") events.push({ type: "text-delta", block: block.number, text, logprobs: null });
}

function readInput(state: State, index: number, delta: JsonObject, events: ReadEvent[]): void {
  const block = state.open.get(index);
  if (block?.kind !== "tool-call") {
    reportUnknown(state, "input of no call", events);
    return;
  }
  const text = asText(asObject(delta["toolUse"])?.["input"]) ?? "";
  if (text !== "") events.push({ type: "arguments-delta", block: block.number, text });
}

function readReasoning(state: State, index: number, delta: JsonObject, events: ReadEvent[]): void {
  const content = asObject(delta["reasoningContent"]) ?? {};
  const redacted = asText(content["redactedContent"]);
  if (redacted !== undefined) {
    state.redactedChars += redacted.length;
    if (state.redactedChars > REDACTED_CHARS_MAX) fail(state, "malformed", events);
    else blockOf(state, index, "redacted", events)?.redacted.push(redacted);
    return;
  }
  const block = blockOf(state, index, "reasoning", events);
  if (block === null) return;
  pushText(block, content["text"], events);
  const opaque = readSignature(asText(content["signature"]) ?? "");
  if (opaque !== null) events.push({ type: "signature-delta", block: block.number, signature: opaque.sealed });
}

function readStop(state: State, message: JsonObject, events: ReadEvent[]): void {
  ensureStarted(state, {}, events);
  reportExtras(state, message, events);
  const reason = asText(message["stopReason"]);
  if (reason === undefined || state.finished) return;
  for (const index of [...state.open.keys()]) endBlock(state, index, events);
  state.finished = true;
  events.push({ type: "finish", choice: 0, finish: readFinish(reason, readStopSequence(message)) });
}

/** The last event of a whole answer. */
function readMetadata(state: State, message: JsonObject, events: ReadEvent[]): void {
  ensureStarted(state, {}, events);
  const usage = readUsage(message["usage"]);
  if (usage !== null) events.push({ type: "usage", usage });
  if (readServiceTier(message) !== null) reportUnknown(state, "serviceTier", events);
  reportExtras(state, message, events);
  if (state.finished) endAnswer(state, events);
}

/** The start of an answer has a place for these, its end has none. */
function reportExtras(state: State, message: JsonObject, events: ReadEvent[]): void {
  for (const name of Object.keys(readAnswerExtras(message))) {
    // Padding, so that the length of a message tells nothing of its words.
    if (name !== "p") reportUnknown(state, name, events);
  }
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

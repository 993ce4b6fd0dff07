/**
 * Events into ours. Every event names its kind in the JSON (`type`), so the SSE event line is not needed. Content parts
 * and calls are numbered apart by the vendor; here they are one row of blocks. A text stays open past its end until
 * something else begins, because its citations may follow. What has no place in the IR is a loss.
 */
import type { ReadEvent, StartedBlock, StreamError } from "../../ir/event.ts";
import { ANSWER_BLOCKS_MAX } from "../../ir/fold.ts";
import { NO_SPELLING } from "../../ir/request.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import type { Frame, StreamReader } from "../protocol.ts";
import { argumentsText } from "../shared/arguments.ts";
import { isDoneMark } from "../shared/done-mark.ts";
import { extrasOf, modelled, nonEmpty } from "../shared/members.ts";
import { shortHash } from "../shared/names/tools.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { createStreamLosses } from "../shared/stream-losses.ts";
import { placeOf, readCitation } from "./citations.ts";
import { isError, readInBandError } from "./error-words.ts";
import { isFailedFinish, readFinish } from "./finish.ts";
import { toolNames } from "./names.ts";
import { readEndUsage } from "./usage.ts";
import { PROTOCOL, type WireEventType } from "./wire.ts";

export function createStreamReader(): StreamReader {
  const state: ChatReaderState = {
    found: [],
    early: [],
    lose: createStreamLosses((event) => void (state.isStarted ? state.found : state.early).push(event)),
    isStarted: false,
    blocks: 0,
    open: new Map(),
    toolCalls: 0,
    id: "",
    finish: null,
    isFinished: false,
    isOver: false,
  };
  const fail = (error: StreamError) => {
    state.isOver = true;
    state.found.push({ type: "failed", error });
  };
  const close = () => {
    state.isOver = true;
    closeSaid(state);
    for (const { block } of state.open.values()) state.found.push({ type: "block-end", block });
    const { finish, toolCalls } = state;
    if (finish !== null) {
      state.found.push({ type: "finish", choice: 0, finish: readFinish(finish, { toolCalls: toolCalls > 0 }) });
    }
    state.found.push({ type: "end" });
  };
  return {
    push(frame) {
      if (state.isOver) return [];
      if (isDoneMark(frame)) {
        if (state.isFinished) close();
        else fail("cut-short");
        return take(state);
      }
      const event = parseFrame(frame);
      if (event === null) fail("malformed");
      else readEvent(event, frame, state);
      return take(state);
    },
    end() {
      if (state.isOver) return [];
      if (state.isFinished) close();
      else fail("cut-short");
      return take(state);
    },
    get settled() {
      return state.isOver || state.isFinished;
    },
  };
}

/** `key`: what the vendor numbers it by. */
type Key = `content ${number}` | `call ${number}` | "plan";

interface OpenPart {
  readonly block: number;
  readonly type: StartedBlock["type"];
}

interface ChatReaderState {
  found: ReadEvent[];
  /** Losses before the start, which comes first. */
  early: ReadEvent[];
  readonly lose: (field: string, detail: string) => void;
  isStarted: boolean;
  blocks: number;
  readonly open: Map<Key, OpenPart>;
  toolCalls: number;
  /** The answer's, for ids of calls that have none. */
  id: string;
  /** The last word for it; null: none was told. */
  finish: string | null;
  /** The last event has come, though perhaps early. */
  isFinished: boolean;
  isOver: boolean;
}

function take(state: ChatReaderState): ReadEvent[] {
  const taken = state.found;
  state.found = [];
  return taken;
}

type EventReader = (event: JsonObject, state: ChatReaderState) => void;

const EVENTS = {
  "message-start": startAnswer,
  "content-start": startContent,
  "content-delta": addContent,
  "content-end": () => undefined,
  "tool-plan-delta": addPlan,
  "tool-call-start": startCall,
  "tool-call-delta": addArguments,
  "tool-call-end": endCall,
  "citation-start": addCitations,
  "citation-end": () => undefined,
  "message-end": endAnswer,
  debug: (_event, state) => state.lose("debug", "exists only in its own protocol"),
} as const satisfies Record<WireEventType, EventReader>;

const READERS: ReadonlyMap<string, EventReader> = new Map(Object.entries(EVENTS));

function readEvent(event: JsonObject, frame: Frame, state: ChatReaderState): void {
  const type = asText(event["type"]) ?? (frame.event === null || isError(event) ? null : frame.event);
  if (frame.event === "error" || type === "error" || (type === null && isError(event))) {
    state.isOver = true;
    state.found.push({ type: "failed", error: readInBandError(event) });
    return;
  }
  const read = type === null ? undefined : READERS.get(type);
  if (read === undefined) state.lose("event", "an unknown kind of event");
  else read(event, state);
}

function startAnswer(event: JsonObject, state: ChatReaderState): void {
  if (state.isStarted) return;
  state.id = asText(event["id"]) ?? "";
  start(state, nonEmpty(event["id"]), nonEmpty(event["model"]), extrasOf(event, MESSAGE_START_SHAPE));
}

/** A server that leaves the first event out has still begun. */
function start(state: ChatReaderState, id: string | null, model: string | null, extras: JsonObject): void {
  state.isStarted = true;
  const none = { createdMs: null, serviceTier: null };
  state.found.push(
    { type: "start", sourceProtocol: PROTOCOL, id, model, ...none, extras, spelling: NO_SPELLING },
    ...state.early,
  );
  state.early = [];
}

/** Texts and thoughts end where something else begins; calls stay open until they end. */
function closeSaid(state: ChatReaderState): void {
  for (const [key, { block, type }] of state.open) {
    if (type === "tool-call") continue;
    state.found.push({ type: "block-end", block });
    state.open.delete(key);
  }
}

function open(state: ChatReaderState, key: Key, content: StartedBlock): OpenPart | null {
  if (!state.isStarted) start(state, null, null, {});
  const before = state.open.get(key);
  if (before !== undefined) state.found.push({ type: "block-end", block: before.block });
  state.open.delete(key);
  closeSaid(state);
  if (state.blocks >= ANSWER_BLOCKS_MAX) {
    state.lose("message.content", "too many parts");
    return null;
  }
  const opened = { block: state.blocks++, type: content.type };
  state.open.set(key, opened);
  state.found.push({ type: "block-start", block: opened.block, choice: 0, content });
  return opened;
}

function startContent(event: JsonObject, state: ChatReaderState): void {
  const content = asObject(at(event, "delta", "message", "content")) ?? {};
  const key = contentKey(event);
  const type = asText(content["type"]) ?? (content["thinking"] === undefined ? "text" : "thinking");
  const opened = open(state, key, startedContent(type, content));
  if (opened !== null) say(state, opened, content, event["logprobs"] ?? null);
}

function startedContent(type: string, value: JsonObject): StartedBlock {
  if (type === "text") return { type: "text" };
  if (type === "thinking") return { type: "reasoning", encrypted: null };
  return { type: "opaque", sourceProtocol: PROTOCOL, name: type, value, spelling: NO_SPELLING };
}

function addContent(event: JsonObject, state: ChatReaderState): void {
  const wire = at(event, "delta", "message", "content");
  const text = asText(wire);
  const content = asObject(wire) ?? (text === undefined ? {} : { text });
  const key = contentKey(event);
  const logprobs = event["logprobs"] ?? null;
  const isThought = nonEmpty(content["thinking"]) !== null;
  const known = state.open.get(key);
  if (known?.type === "opaque") {
    state.found.push({ type: "opaque-delta", block: known.block, sourceProtocol: PROTOCOL, value: content });
    return;
  }
  // Some servers leave the start out; and an empty piece opens nothing.
  if (known === undefined && !isThought && nonEmpty(content["text"]) === null) return;
  const wanted = isThought ? "reasoning" : "text";
  const opened = known?.type === wanted ? known : open(state, key, startedContent(isThought ? "thinking" : "text", {}));
  if (opened !== null) say(state, opened, content, logprobs);
}

function say(state: ChatReaderState, { block, type }: OpenPart, content: JsonObject, logprobs: unknown): void {
  if (type === "opaque") return;
  const text = asText(content[type === "reasoning" ? "thinking" : "text"]) ?? "";
  if (text !== "" || logprobs !== null) state.found.push({ type: "text-delta", block, text, logprobs });
}

/** Words beside calls: the model's plan, which is text to every other protocol. */
function addPlan(event: JsonObject, state: ChatReaderState): void {
  const text = nonEmpty(at(event, "delta", "message", "tool_plan"));
  if (text === null) return;
  const opened = state.open.get("plan") ?? open(state, "plan", { type: "text" });
  if (opened !== null) state.found.push({ type: "text-delta", block: opened.block, text, logprobs: null });
}

function startCall(event: JsonObject, state: ChatReaderState): void {
  const call = callOf(event);
  const name = asText(at(call, "function", "name"));
  if (name === undefined) {
    state.lose("message.tool_calls", "a call that names no tool");
    return;
  }
  const id = nonEmpty(call["id"]) ?? `call_${shortHash(`${state.id} ${state.toolCalls}`)}`;
  state.toolCalls++;
  const content: StartedBlock = { type: "tool-call", id, name: toolNames.restore(name), kind: "function" };
  const opened = open(state, callKey(event), content);
  if (opened !== null) addText(state, opened, argumentsText(at(call, "function", "arguments")));
}

function addArguments(event: JsonObject, state: ChatReaderState): void {
  const opened = state.open.get(callKey(event));
  if (opened === undefined) {
    state.lose("message.tool_calls", "arguments of a call that never began");
    return;
  }
  addText(state, opened, argumentsText(at(callOf(event), "function", "arguments")));
}

function addText(state: ChatReaderState, { block }: OpenPart, text: string): void {
  if (text !== "") state.found.push({ type: "arguments-delta", block, text });
}

function endCall(event: JsonObject, state: ChatReaderState): void {
  const key = callKey(event);
  const opened = state.open.get(key);
  if (opened === undefined) return;
  state.open.delete(key);
  state.found.push({ type: "block-end", block: opened.block });
}

function addCitations(event: JsonObject, state: ChatReaderState): void {
  const wire = at(event, "delta", "message", "citations");
  for (const each of asArray(wire) ?? (asObject(wire) === undefined ? [] : [wire])) {
    const block = citedBlock(each, state);
    if (block === null) state.lose("message.citations", "it cites no text that is open");
    else state.found.push({ type: "citation", block, citation: readCitation(each) });
  }
}

/** Null: the text it stands behind is over, or was no text. */
function citedBlock(citation: unknown, { open: opened }: ChatReaderState): number | null {
  const { kind, part } = placeOf(citation);
  if (kind === "thinking") return null;
  const plan = opened.get("plan");
  if (kind === "plan") return plan?.block ?? null;
  if (part !== null) {
    const found = opened.get(`content ${part}`);
    return found?.type === "text" ? found.block : null;
  }
  return [...opened.values()].findLast(({ type }) => type === "text")?.block ?? null;
}

function endAnswer(event: JsonObject, state: ChatReaderState): void {
  const delta = asObject(event["delta"]) ?? {};
  const raw = asText(delta["finish_reason"]) ?? null;
  if (nonEmpty(delta["error"]) !== null || (raw !== null && isFailedFinish(raw))) {
    state.isOver = true;
    state.found.push({ type: "failed", error: readInBandError(event) });
    return;
  }
  if (!state.isStarted) start(state, nonEmpty(event["id"]), null, {});
  const usage = readEndUsage(event);
  if (usage !== null) state.found.push({ type: "usage", usage });
  state.finish = raw ?? state.finish;
  state.isFinished = true;
}

/** The vendor's is an object, though its name is that of a list. */
function callOf(event: JsonObject): JsonObject {
  const wire = at(event, "delta", "message", "tool_calls");
  return asObject(wire) ?? asObject(asArray(wire)?.[0]) ?? {};
}

function contentKey(event: JsonObject): Key {
  return `content ${asNumber(event["index"]) ?? 0}`;
}

function callKey(event: JsonObject): Key {
  return `call ${asNumber(event["index"]) ?? 0}`;
}

const MESSAGE_START_SHAPE = modelled("id", "type", "model", "delta");

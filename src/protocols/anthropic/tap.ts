/**
 * Watches a relayed answer without translating it. Most frames are deltas, told from their first characters and never
 * parsed; the few that carry usage, the end or an error are.
 */
import { mergeUsage, type Usage } from "../../ir/usage.ts";
import { asObject, asText, at, type JsonObject } from "../../std/json.ts";
import type { Frame, Tap, TapNote } from "../protocol.ts";
import { isDoneMark } from "../shared/done-mark.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { NOTHING_TO_NOTE, noAnswer, ONE_MORE_PIECE } from "../shared/tap-notes.ts";
import { readInBandError } from "./error-words.ts";
import { readFailedFinish } from "./finish.ts";
import { readModel } from "./response-reader.ts";
import { readEndUsage, readUsage } from "./usage.ts";

export function createTap(): Tap {
  let usage: Usage | null = null;
  let isFinished = false;
  return {
    frame(frame) {
      const quick = quickNote(frame);
      if (quick !== null) return quick;
      if (isDoneMark(frame)) return { ...NOTHING_TO_NOTE, settled: isFinished, terminal: isFinished };
      const note = readNote(parseFrame(frame) ?? {});
      isFinished ||= note.finish !== null;
      if (note.usage === null) return note;
      usage = mergeUsage(usage, note.usage);
      return { ...note, usage };
    },
    body: readBody,
  };
}

const DELTA_START = '{"type":"content_block_delta"';
/** Inside a string every quote is escaped, so these can only be members. */
const EMPTY_MEMBERS = ['"text":""', '"partial_json":""', '"thinking":""'];
/** What all of them hold. */
const EMPTY = '":""';
const QUIET =
  /^\{"type":\s?"(?:ping|content_block_stop)"|"content_block":\{"type":"(?:text","text|thinking","thinking)":""/;
/** Calls, and blocks of the vendor's own. */
const WHOLE_START = /^\{"type":"content_block_start","index":\d+,"content_block":\{"type":"(?!text"|thinking")\w/;

/** Null when the frame must be parsed: other spacing, another order, or a kind that says more. */
function quickNote(frame: Frame): TapNote | null {
  const { data } = frame;
  if (data.startsWith(DELTA_START)) {
    const isEmpty = data.includes(EMPTY) && EMPTY_MEMBERS.some((member) => data.includes(member));
    return isEmpty ? NOTHING_TO_NOTE : ONE_MORE_PIECE;
  }
  if (WHOLE_START.test(data)) return ONE_MORE_PIECE;
  return QUIET.test(data) ? NOTHING_TO_NOTE : null;
}

function readNote(message: JsonObject): TapNote {
  switch (message["type"]) {
    case "content_block_delta":
      return isEmptyDelta(message["delta"]) ? NOTHING_TO_NOTE : ONE_MORE_PIECE;
    case "content_block_start":
      return isMeaningfulStart(asObject(message["content_block"]) ?? {}) ? ONE_MORE_PIECE : NOTHING_TO_NOTE;
    case "message_start": {
      const started = asObject(message["message"]) ?? {};
      return { ...NOTHING_TO_NOTE, usage: readUsage(started["usage"]), model: readModel(started) };
    }
    case "message_delta": {
      const finish = asText(at(message, "delta", "stop_reason")) ?? null;
      const usage = readEndUsage(message);
      const failure = finish === null ? null : readFailedFinish(finish);
      if (failure !== null) return { ...NOTHING_TO_NOTE, usage, failure, isFailureUntold: true, settled: true };
      const ends = finish !== null;
      return { ...NOTHING_TO_NOTE, usage, finish, settled: ends, meaningful: ends };
    }
    case "message_stop":
      return { ...ONE_MORE_PIECE, usage: readEndUsage(message), settled: true, terminal: true };
    case "error":
      return { ...NOTHING_TO_NOTE, failure: readInBandError(message), settled: true, terminal: true };
    default:
      return NOTHING_TO_NOTE;
  }
}

function isEmptyDelta(delta: unknown): boolean {
  return ["text", "partial_json", "thinking"].some((name) => at(delta, name) === "");
}

function isMeaningfulStart(block: JsonObject): boolean {
  const type = asText(block["type"]);
  if (type === "text") return (asText(block["text"]) ?? "") !== "";
  if (type === "thinking") return (asText(block["thinking"]) ?? "") !== "";
  return type !== undefined;
}

const NO_ANSWER = noAnswer("The answer has no content.");

function readBody(body: JsonObject): TapNote {
  if (body["type"] === "error" || (body["error"] !== undefined && !Array.isArray(body["content"]))) {
    return { ...NOTHING_TO_NOTE, failure: readInBandError(body), settled: true, terminal: true };
  }
  const finish = asText(body["stop_reason"]) ?? null;
  const broken = finish === null ? null : readFailedFinish(finish);
  const failure = Array.isArray(body["content"]) ? broken : NO_ANSWER;
  return {
    meaningful: failure === null,
    usage: readUsage(body["usage"]),
    failure,
    settled: true,
    terminal: true,
    model: readModel(body),
    finish: failure === null ? finish : null,
  };
}

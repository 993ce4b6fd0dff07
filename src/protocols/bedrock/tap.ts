/**
 * Watches a relayed answer without translating it. Most frames are deltas, told from their name and a look at their text
 * and never parsed; the few that carry usage, the end or an exception are.
 */
import type { ErrorWords } from "../../ir/error-words.ts";
import { asText, at, type JsonObject } from "../../std/json.ts";
import { exceptionOf } from "../framing/event-stream-framing.ts";
import type { Frame, Tap, TapNote } from "../protocol.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { readError, readException } from "./error-words.ts";
import { readUsage } from "./usage.ts";

export function createTap(): Tap {
  let finished = false;
  return {
    frame(frame) {
      const exception = exceptionOf(frame);
      if (exception !== null) {
        return { ...QUIET, failure: readException(exception, frame.data), settled: true, terminal: true };
      }
      const note = readNote(frame, finished);
      finished ||= note.settled;
      return note;
    },
    body: readBody,
  };
}

const QUIET: TapNote = {
  meaningful: false,
  usage: null,
  failure: null,
  settled: false,
  terminal: false,
  model: null,
  finish: null,
};
const MEANINGFUL: TapNote = { ...QUIET, meaningful: true };

function readNote(frame: Frame, finished: boolean): TapNote {
  switch (frame.event) {
    case "contentBlockDelta":
      return isEmptyDelta(frame.data) ? QUIET : MEANINGFUL;
    case "contentBlockStart":
      return /"start"\s*:\s*\{\s*"/.test(frame.data) ? MEANINGFUL : QUIET;
    case "messageStop": {
      const finish = asText(at(parseFrame(frame), "stopReason")) ?? null;
      const ends = finish !== null;
      return { ...QUIET, finish, settled: ends, meaningful: ends };
    }
    case "metadata":
      return { ...QUIET, usage: readUsage(at(parseFrame(frame), "usage")), settled: finished, terminal: finished };
    default:
      return QUIET;
  }
}

/** Inside a string every quote is escaped, so these can only be members. */
const EMPTY_MEMBERS = ['"text":""', '"input":""', '"delta":{}', '"signature":""', '"reasoningContent":{}'];

function isEmptyDelta(data: string): boolean {
  const tight = data.length > LOOK_CHARS ? data : data.replaceAll(/"\s*:\s*/g, '":');
  return EMPTY_MEMBERS.some((member) => tight.includes(member));
}

/** A delta that says nothing is short, whatever its padding. */
const LOOK_CHARS = 512;

const NO_ANSWER: ErrorWords = {
  status: 200,
  code: null,
  type: null,
  message: "The answer has no message.",
  meaning: null,
  retryAfterMs: null,
};

function readBody(body: JsonObject): TapNote {
  const isAnswer = Array.isArray(at(body, "output", "message", "content"));
  const isError = !isAnswer && (body["__type"] !== undefined || body["message"] !== undefined);
  const failure = isAnswer ? null : isError ? readError({ status: 500, headers: {}, json: body, text: "" }) : NO_ANSWER;
  return {
    meaningful: failure === null,
    usage: readUsage(body["usage"]),
    failure,
    settled: true,
    terminal: true,
    model: null,
    finish: asText(body["stopReason"]) ?? null,
  };
}

/**
 * Watches a relayed answer without translating it. Most frames are deltas, told from their name and a look at their text
 * and never parsed; the few that carry usage, the end or an exception are.
 */
import { asText, at, type JsonObject } from "../../std/json.ts";
import { exceptionOf } from "../framing/event-stream-framing.ts";
import type { Frame, Tap, TapNote } from "../protocol.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { NOTHING_TO_NOTE, noAnswer, ONE_MORE_PIECE } from "../shared/tap-notes.ts";
import { readError, readException } from "./error-words.ts";
import { readUsage } from "./usage.ts";

export function createTap(): Tap {
  let finished = false;
  return {
    frame(frame) {
      const exception = exceptionOf(frame);
      if (exception !== null) {
        return { ...NOTHING_TO_NOTE, failure: readException(exception, frame.data), settled: true, terminal: true };
      }
      const note = readNote(frame, finished);
      finished ||= note.settled;
      return note;
    },
    body: readBody,
  };
}

function readNote(frame: Frame, finished: boolean): TapNote {
  switch (frame.event) {
    case "contentBlockDelta":
      return isEmptyDelta(frame.data) ? NOTHING_TO_NOTE : ONE_MORE_PIECE;
    case "contentBlockStart":
      return /"start"\s*:\s*\{\s*"/.test(frame.data) ? ONE_MORE_PIECE : NOTHING_TO_NOTE;
    case "messageStop": {
      const finish = asText(at(parseFrame(frame), "stopReason")) ?? null;
      const ends = finish !== null;
      return { ...NOTHING_TO_NOTE, finish, settled: ends, meaningful: ends };
    }
    case "metadata":
      return {
        ...NOTHING_TO_NOTE,
        usage: readUsage(at(parseFrame(frame), "usage")),
        settled: finished,
        terminal: finished,
      };
    default:
      return NOTHING_TO_NOTE;
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

const NO_ANSWER = noAnswer("The answer has no message.");

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

/**
 * Watches a relayed answer. Once the first meaningful event has passed, a frame that is one more piece is only recognised:
 * usage, the finish and errors all stand in other events.
 */
import { asArray, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import type { Frame, Tap, TapNote } from "../protocol.ts";
import { isDoneMark } from "../shared/done-mark.ts";
import { nonEmpty } from "../shared/members.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { NOTHING_TO_NOTE, noAnswer, ONE_MORE_PIECE } from "../shared/tap-notes.ts";
import { isError, readInBandError } from "./error-words.ts";
import { isFailedFinish } from "./finish.ts";
import { readEndUsage, readUsage } from "./usage.ts";

export function createTap(): Tap {
  let isCommitted = false; // the first meaningful frame has been seen
  let isSettled = false;

  const note = (frame: Frame, event: JsonObject): TapNote => {
    const type = asText(event["type"]) ?? (frame.event === null || isError(event) ? "" : frame.event);
    const isTrouble = frame.event === "error" || type === "error" || (type === "" && isError(event));
    const delta = asObject(event["delta"]) ?? {};
    const raw = type === "message-end" ? (asText(delta["finish_reason"]) ?? null) : null;
    const isFailed =
      isTrouble ||
      (type === "message-end" && (nonEmpty(delta["error"]) !== null || (raw !== null && isFailedFinish(raw))));
    const isEnding = type === "message-end" && !isFailed;
    const meaningful = !isFailed && ((raw !== null && !isCommitted) || isPiece(type, delta));
    isCommitted ||= meaningful;
    isSettled ||= isEnding || isFailed;
    return {
      meaningful,
      usage: isEnding ? readEndUsage(event) : null,
      failure: isFailed ? readInBandError(event) : null,
      settled: isEnding || isFailed,
      terminal: false,
      model: type === "message-start" ? nonEmpty(event["model"]) : null,
      finish: isFailed ? null : raw,
    };
  };

  return {
    frame(frame) {
      if (isDoneMark(frame)) return { ...NOTHING_TO_NOTE, settled: isSettled, terminal: true };
      if (isCommitted && PIECE.test(frame.data.slice(0, PIECE_CHARS))) return ONE_MORE_PIECE;
      const event = parseFrame(frame);
      return event === null ? NOTHING_TO_NOTE : note(frame, event);
    },
    body: readBody,
  };
}

/** The vendor writes the kind first, so the head of a frame tells. Inside texts a quote is escaped, so none matches. */
const PIECE = /"type":\s?"(content|tool-call|tool-plan)-delta"/;
const PIECE_CHARS = 200;

/** Something the client would see as an answer. A handshake or an empty piece is not. */
function isPiece(type: string, delta: JsonObject): boolean {
  const message = asObject(delta["message"]) ?? {};
  switch (type) {
    case "content-start":
    case "content-delta": {
      const content = asObject(message["content"]) ?? {};
      const kind = asText(content["type"]) ?? "text";
      if (kind !== "text" && kind !== "thinking") return true;
      return [content["text"], content["thinking"], message["content"]].some((each) => nonEmpty(each) !== null);
    }
    case "tool-plan-delta":
      return nonEmpty(message["tool_plan"]) !== null;
    case "tool-call-start":
      return asText(at(callOf(message), "function", "name")) !== undefined;
    default:
      return false;
  }
}

function callOf(message: JsonObject): unknown {
  return asArray(message["tool_calls"])?.[0] ?? message["tool_calls"];
}

function readBody(body: JsonObject): TapNote {
  const raw = asText(body["finish_reason"]) ?? null;
  const isAnswer = asObject(body["message"]) !== undefined;
  const isFailed = raw !== null && isFailedFinish(raw);
  const failure = isAnswer && !isFailed ? null : isFailed || isError(body) ? readInBandError(body) : NO_ANSWER;
  return {
    meaningful: failure === null,
    usage: readUsage(body["usage"]) ?? readUsage(body["meta"]),
    failure,
    settled: failure === null,
    terminal: true,
    model: nonEmpty(body["model"]),
    finish: failure === null ? raw : null,
  };
}

const NO_ANSWER = noAnswer("The answer holds no message.");

/**
 * Watches a relayed answer. Once the first meaningful event has passed, a frame is only searched for the few words that
 * stand in events with a status: usage, the end and errors are all there.
 */

import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import type { Frame, Tap, TapNote } from "../protocol.ts";
import { isDoneMark } from "../shared/done-mark.ts";
import { nonEmpty } from "../shared/members.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { NOTHING_TO_NOTE, noAnswer, ONE_MORE_PIECE } from "../shared/tap-notes.ts";
import { readInBandError } from "./error-words.ts";
import { reasonOf } from "./response-reader.ts";
import { readEventUsage, readUsage } from "./usage.ts";

export function createTap(): Tap {
  let isCommitted = false; // the first meaningful frame has been seen

  const note = (frame: Frame, event: JsonObject): TapNote => {
    const type = asText(event["type"]) ?? "";
    const response = asObject(event["response"]);
    const isError = type === "error" || (type === "" && (frame.event === "error" || event["error"] !== undefined));
    const status = asText(response?.["status"]) ?? ENDINGS.get(type) ?? null;
    const isEnding = ENDINGS.has(type);
    const isFailed = isError || (isEnding && (status === "failed" || status === "cancelled"));
    const isFinished = isEnding && !isFailed;
    const meaningful = isCommitted ? DELTAS.has(type) : isFinished || isMeaningful(type, event);
    isCommitted ||= meaningful;
    return {
      meaningful,
      usage: readEventUsage(event),
      failure: isFailed ? readInBandError(event) : null,
      // The vendor's SDK has no such event.
      ...(type === "response.cancelled" ? { isFailureUntold: true } : {}),
      settled: isEnding || isError,
      // An error may be followed by the failed answer that repeats it.
      terminal: isEnding,
      model: nonEmpty(response?.["model"]),
      finish: isFinished ? ((response === undefined ? null : reasonOf(response)) ?? status) : null,
    };
  };

  return {
    frame(frame) {
      if (isDoneMark(frame)) return { ...NOTHING_TO_NOTE, terminal: true };
      if (isCommitted && !mayMatter(frame)) return frame.data.includes(DELTA) ? ONE_MORE_PIECE : NOTHING_TO_NOTE;
      const event = parseFrame(frame);
      return event === null ? NOTHING_TO_NOTE : note(frame, event);
    },
    body: readBody,
  };
}

/** False for a frame that can only be one more piece. Inside texts a quote is escaped, so none matches by chance. */
function mayMatter({ event, data }: Frame): boolean {
  return event === "error" || data.includes('"status":') || data.includes('"status" :') || ERROR.test(data);
}

const DELTA = '"delta":';
const ERROR = /"type":\s?"error"|^\s*\{\s*"error"|"response\.(completed|incomplete|failed|cancelled)"/;

/** Something the client would see as an answer. A handshake or an empty piece is not. */
function isMeaningful(type: string, event: JsonObject): boolean {
  if (DELTAS.has(type)) return (asText(event["delta"]) ?? "") !== "";
  const item = asObject(event["item"]);
  const kind = asText(item?.["type"]);
  if (type === "response.output_item.added") return kind !== undefined && kind !== "message" && kind !== "reasoning";
  if (type === "response.output_item.done") {
    return kind === "reasoning" ? isSaying(item) : kind !== "message" || hasContent(item);
  }
  return type === "response.output_text.annotation.added" || (WHOLES.has(type) && hasText(event));
}

function isSaying(item: JsonObject | undefined): boolean {
  const { encrypted_content: sealed, summary, content } = item ?? {};
  return nonEmpty(sealed) !== null || [summary, content].some((list) => (asArray(list) ?? []).some(isText));
}

function hasContent(item: JsonObject | undefined): boolean {
  return (asArray(item?.["content"]) ?? []).some(isText);
}

function isText(part: unknown): boolean {
  return hasText(asObject(part) ?? {});
}

function hasText(object: JsonObject): boolean {
  return nonEmpty(object["text"]) !== null || nonEmpty(object["refusal"]) !== null;
}

function readBody(body: JsonObject): TapNote {
  const status = asText(body["status"]) ?? null;
  const isFailed = status === "failed" || status === "cancelled";
  const isAnswer = asArray(body["output"]) !== undefined && !isFailed;
  const hasError = asObject(body["error"]) !== undefined || (asText(body["error"]) ?? "") !== "";
  const failure = isAnswer ? null : isFailed || hasError ? readInBandError(body) : NO_ANSWER;
  return {
    meaningful: failure === null,
    usage: readUsage(body["usage"]),
    failure,
    settled: failure === null,
    terminal: true,
    model: nonEmpty(body["model"]),
    finish: failure === null ? (reasonOf(body) ?? status) : null,
  };
}

/** The status each says, should the object inside leave it out. */
const ENDINGS: ReadonlyMap<string, string> = new Map([
  ["response.completed", "completed"],
  ["response.incomplete", "incomplete"],
  ["response.failed", "failed"],
  ["response.cancelled", "cancelled"],
]);

const DELTAS: ReadonlySet<string> = new Set([
  "response.output_text.delta",
  "response.refusal.delta",
  "response.reasoning_text.delta",
  "response.reasoning_summary_text.delta",
  "response.reasoning.delta",
  "response.reasoning_summary.delta",
  "response.function_call_arguments.delta",
  "response.custom_tool_call_input.delta",
]);

const WHOLES: ReadonlySet<string> = new Set([
  "response.output_text.done",
  "response.refusal.done",
  "response.reasoning_text.done",
  "response.reasoning_summary_text.done",
]);

const NO_ANSWER = noAnswer("The answer holds no output.");

/**
 * Watches a relayed answer. Most frames are only searched for a few strings. A frame is parsed when it may be the first
 * meaningful one, or may hold usage, a finish, an error, or a later choice.
 */
import type { ErrorWords } from "../../ir/error-words.ts";
import { mergeUsage, type Usage } from "../../ir/usage.ts";
import { asArray, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import type { Frame, Tap, TapNote } from "../protocol.ts";
import { isDoneMark } from "../shared/done-mark.ts";
import { isBlank, nonEmpty, readIndex } from "../shared/members.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { NOTHING_TO_NOTE, noAnswer, ONE_MORE_PIECE } from "../shared/tap-notes.ts";
import { isBlankAudio, isBlankCall, isBlankFunction } from "./blank-members.ts";
import { readInBandError, readUntoldError } from "./error-words.ts";
import { readReasoningText } from "./reasoning-fields.ts";
import { readUsage } from "./usage.ts";

export function createTap(): Tap {
  let isCommitted = false; // the first meaningful frame has been seen
  let usage: Usage | null = null;
  const open = new Set<number>(); // choices that have begun and not finished
  const finished = new Set<number>(); // choices that have

  const isComplete = () => finished.size > 0 && open.size === 0;
  const note = (chunk: JsonObject): TapNote => {
    const told = errorIn(chunk);
    const words = told ?? readUntoldError(chunk);
    const reported = readUsage(chunk);
    if (reported !== null) usage = mergeUsage(usage, reported);
    let finish: string | null = null;
    let meaningful = false;
    for (const [position, choice] of (asArray(chunk["choices"]) ?? []).entries()) {
      const index = readIndex(at(choice, "index"), position);
      const word = nonEmpty(at(choice, "finish_reason"));
      if (word === null) {
        // Some vendors add an empty piece with the usage to a choice that is finished.
        if (open.size < CHOICES_MAX && !finished.has(index)) open.add(index);
      } else {
        finish ??= word;
        if (finished.size < CHOICES_MAX) finished.add(index);
        open.delete(index);
      }
      // A text completion has its text in the choice itself.
      meaningful ||=
        (word !== null && !isCommitted && words === null) ||
        hasContent(asObject(at(choice, "delta"))) ||
        nonEmpty(at(choice, "text")) !== null;
    }
    isCommitted ||= meaningful;
    return {
      meaningful,
      usage: reported === null ? null : usage,
      failure: words,
      ...(words !== null && told === null ? { isFailureUntold: true } : {}),
      settled: finish !== null && open.size === 0,
      terminal: false,
      model: nonEmpty(chunk["model"]),
      finish,
      ...(finished.size + open.size > 1 ? { answers: { finished: finished.size, open: open.size } } : {}),
    };
  };

  return {
    frame(frame) {
      if (isDoneMark(frame)) return { ...NOTHING_TO_NOTE, settled: finished.size > 0, terminal: true };
      // A choice may begin after the others are finished, the first one too.
      if (isCommitted && !isComplete() && !mayMatter(frame)) return ONE_MORE_PIECE;
      const chunk = parseFrame(frame);
      if (chunk === null) return NOTHING_TO_NOTE;
      return frame.event === "error" ? { ...note(chunk), failure: readInBandError(chunk) } : note(chunk);
    },
    body: readBody,
  };
}

/** False for a frame that can only be one more piece of the first choice. Inside texts a quote is escaped, so none matches. */
function mayMatter({ event, data }: Frame): boolean {
  if (event === "error" || !data.includes('"choices":[{"index":0,')) return true;
  if (data.includes('"finish_reason":"') || data.includes('"finish_reason": "')) return true;
  if (data.includes('"error":')) return true;
  // Some vendors ping with empty pieces.
  if (data.includes('"content":""')) return true;
  for (let from = data.indexOf(USAGE); from >= 0; from = data.indexOf(USAGE, from + USAGE.length)) {
    if (!data.startsWith("null", from + USAGE.length)) return true;
  }
  return false;
}

const USAGE = '"usage":';

function hasContent(delta: JsonObject | undefined): boolean {
  if (delta === undefined) return false;
  if ((readReasoningText(delta)?.text ?? "") !== "") return true;
  if (!isBlank(delta["content"]) || !isBlank(delta["refusal"])) return true;
  if ((asArray(delta["tool_calls"]) ?? []).some((call) => !isBlankCall(call))) return true;
  const audio = asObject(delta["audio"]);
  return !isBlankFunction(delta["function_call"]) || (audio !== undefined && !isBlankAudio(audio));
}

function readBody(body: JsonObject): TapNote {
  const choices = asArray(body["choices"]) ?? [];
  const failure = errorIn(body) ?? readUntoldError(body) ?? (choices.length === 0 ? NO_ANSWER : null);
  return {
    meaningful: failure === null,
    usage: readUsage(body),
    failure,
    settled: failure === null,
    terminal: true,
    model: nonEmpty(body["model"]),
    finish: nonEmpty(at(choices[0], "finish_reason")),
  };
}

/** Null too when `error` is null or false, as some vendors always send it. */
function errorIn(chunk: JsonObject): ErrorWords | null {
  const error = chunk["error"];
  return asObject(error) === undefined && (asText(error) ?? "") === "" ? null : readInBandError(chunk);
}

/** Choices followed at a time, as many as the vendor ever gives. */
const CHOICES_MAX = 128;

const NO_ANSWER = noAnswer("The answer holds no choices.");

/**
 * Watches a relayed answer without translating it. Once the answer has begun, a frame that only carries text is
 * recognised by its characters, and only its small usage object is parsed. Every other frame is parsed whole.
 */

import { mergeUsage, type Usage } from "../../ir/usage.ts";
import { asArray, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { Frame, Tap, TapNote } from "../protocol.ts";
import { isDoneMark } from "../shared/done-mark.ts";
import { readIndex } from "../shared/members.ts";
import { parseFrame } from "../shared/parse-frame.ts";
import { NOTHING_TO_NOTE, noAnswer } from "../shared/tap-notes.ts";
import { readInBandError } from "./error-words.ts";
import { spelledObject } from "./members.ts";
import { readBlockReason, readModel } from "./response-reader.ts";
import { readUsage } from "./usage.ts";

export function createTap(): Tap {
  /** Candidates seen, and whether each has told its finish. */
  const finished = new Map<number, boolean>();
  let usage: Usage | null = null;
  let begun = false;
  // Of several candidates one may begin after the others are finished.
  const isComplete = () => finished.size > 0 && [...finished.values()].every(Boolean);
  const merged = (note: TapNote): TapNote => {
    begun ||= note.meaningful;
    if (note.usage === null) return note;
    usage = mergeUsage(usage, note.usage);
    return { ...note, usage };
  };
  return {
    frame(frame) {
      if (isDoneMark(frame)) return { ...NOTHING_TO_NOTE, settled: isComplete(), terminal: isComplete() };
      const quick = begun && !isComplete() ? quickNote(frame) : null;
      return merged(quick ?? readNote(looseObject(parseFrame(frame)), finished));
    },
    body: readBody,
  };
}

/** Inside a string every quote is escaped, so these can only be members. */
const SAYS_MORE = /"(finish_?[rR]eason|error|prompt_?[fF]eedback|function_?[cC]all|index"\s*:\s*[1-9])/;
const USAGE_MEMBER = '"usageMetadata"';

/** Null when the frame must be parsed. */
function quickNote({ data }: Frame): TapNote | null {
  if (!data.startsWith('{"candidates"') || SAYS_MORE.test(data)) return null;
  const from = data.indexOf(USAGE_MEMBER);
  if (from === -1) return { ...NOTHING_TO_NOTE, meaningful: true };
  const open = data.indexOf("{", from);
  const close = endOfObject(data, open);
  if (close === -1 || data.indexOf(USAGE_MEMBER, close) !== -1) return null;
  return { ...NOTHING_TO_NOTE, meaningful: true, usage: readUsage(parseFrame({ data: data.slice(open, close) })) };
}

/** The object holds numbers and a few words, none of them with a brace. -1: it does not end. */
function endOfObject(data: string, open: number): number {
  let depth = 0;
  for (let at = open; at !== -1 && at < data.length; at++) {
    const code = data.charCodeAt(at);
    if (code === OPEN) depth++;
    else if (code === CLOSE && --depth === 0) return at + 1;
  }
  return -1;
}

const OPEN = 0x7b;
const CLOSE = 0x7d;

/** As the reader counts them. */
const CHOICES_MAX = 128;

function readNote(answer: JsonObject, finished: Map<number, boolean>): TapNote {
  if (asObject(answer["error"]) !== undefined) {
    return { ...NOTHING_TO_NOTE, failure: readInBandError(answer), settled: true, terminal: true };
  }
  let meaningful = false;
  let finish: string | null = null;
  for (const [position, value] of (asArray(answer["candidates"]) ?? []).slice(0, CHOICES_MAX).entries()) {
    const candidate = looseObject(value);
    const index = readIndex(candidate["index"], position);
    const reason = asText(candidate["finishReason"]) ?? "";
    const ends = reason !== "" && reason !== "FINISH_REASON_UNSPECIFIED";
    if (finished.size < CHOICES_MAX) finished.set(index, ends || finished.get(index) === true);
    if (ends) finish = reason;
    meaningful ||= ends || hasContent(candidate["content"]);
  }
  const blocked = blockReasonOf(answer);
  if (blocked !== null && finished.get(0) !== true) {
    finished.set(0, true);
    finish ??= blocked;
    meaningful = true;
  }
  const done = [...finished.values()].filter(Boolean).length;
  return {
    ...NOTHING_TO_NOTE,
    meaningful,
    usage: readUsage(answer["usageMetadata"]),
    settled: done > 0 && done === finished.size,
    model: readModel(answer),
    finish,
    ...(finished.size > 1 ? { answers: { finished: done, open: finished.size - done } } : {}),
  };
}

/** Spelled where that is possible; what names a member twice is the reader's to refuse. */
function looseObject(value: unknown): JsonObject {
  try {
    return spelledObject(value) ?? {};
  } catch (error) {
    if (error instanceof WireError) return {};
    throw error;
  }
}

function blockReasonOf(answer: JsonObject): string | null {
  try {
    return readBlockReason(answer);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** A part that is more than an empty text. */
function hasContent(content: unknown): boolean {
  return (asArray(looseObject(content)["parts"]) ?? []).some((value) => {
    const part = looseObject(value);
    const names = Object.keys(part).filter((name) => name !== "text" && name !== "thought");
    return asText(part["text"]) !== undefined && names.length === 0 ? part["text"] !== "" : names.length > 0;
  });
}

const NO_ANSWER = noAnswer("The answer has no candidates.");

function readBody(given: JsonObject): TapNote {
  const body = looseObject(given);
  const candidates = asArray(body["candidates"]) ?? [];
  if (asObject(body["error"]) !== undefined) {
    return { ...NOTHING_TO_NOTE, failure: readInBandError(body), settled: true, terminal: true };
  }
  const blocked = blockReasonOf(body);
  const failure = candidates.length > 0 || blocked !== null ? null : NO_ANSWER;
  return {
    meaningful: failure === null,
    usage: readUsage(body["usageMetadata"]),
    failure,
    settled: true,
    terminal: true,
    model: readModel(body),
    finish: asText(at(candidates, 0, "finishReason")) ?? (candidates.length === 0 ? blocked : null),
  };
}

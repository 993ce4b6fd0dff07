/** Why an answer ended, both ways. Their vocabulary is open, ours is closed. */
import type { ErrorWords } from "../../ir/error-words.ts";
import type { FinishReason, IrFinish } from "../../ir/response.ts";
import {
  type AnswerShape,
  type FinishFormat,
  type WrittenFinish,
  writeFinishWord,
} from "../shared/content-blocks/finish.ts";
import { failedFinish } from "../shared/failed-finish.ts";
import { PROTOCOL, type StopReason } from "./wire.ts";

// Closed over the SDK's union: a word the vendor adds to its SDK breaks the build here until it has a meaning.
const READ_FINISH = {
  end_turn: "stop",
  max_tokens: "length",
  stop_sequence: "stop-sequence",
  tool_use: "tool-calls",
  pause_turn: "pause",
  refusal: "refusal",
  model_context_window_exceeded: "context-length",
} as const satisfies Record<StopReason, FinishReason>;

/** A finish that is no answer: a compatible server hands its model's failure through. */
export function readFailedFinish(raw: string): ErrorWords | null {
  const failed = failedFinish(raw);
  if (failed === undefined) return null;
  const status = failed === "overloaded" ? OVERLOADED_STATUS : BROKEN_STATUS;
  return { status, code: null, type: raw, message: null, meaning: null, retryAfterMs: null };
}

const OVERLOADED_STATUS = 529;
const BROKEN_STATUS = 502;

const WRITE_FINISH = {
  stop: "end_turn",
  "stop-sequence": "stop_sequence",
  length: "max_tokens",
  "tool-calls": "tool_use",
  "content-filter": "refusal",
  refusal: "refusal",
  pause: "pause_turn",
  "context-length": "model_context_window_exceeded",
  other: "end_turn",
} as const satisfies Record<FinishReason, StopReason>;

export function readFinish(raw: string, stopSequence: string | null): IrFinish {
  return { reason: isStopReason(raw) ? READ_FINISH[raw] : "other", raw, stopSequence };
}

export function writeFinish(finish: IrFinish | null, shape: AnswerShape): WrittenFinish {
  return writeFinishWord(finish, shape, FINISH);
}

const FINISH: FinishFormat = { protocol: PROTOCOL, words: WRITE_FINISH, inexact: new Set(["other"]) };

function isStopReason(raw: string): raw is StopReason {
  return Object.hasOwn(READ_FINISH, raw);
}

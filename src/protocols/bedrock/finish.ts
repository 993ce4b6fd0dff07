/** Why an answer ended, both ways. Their vocabulary is open, ours is closed. */
import type { FinishReason, IrFinish } from "../../ir/response.ts";
import {
  type AnswerShape,
  type FinishFormat,
  type WrittenFinish,
  writeFinishWord,
} from "../shared/content-blocks/finish.ts";
import { PROTOCOL, type StopReason } from "./wire.ts";

// Closed over the SDK's union: a word the vendor adds to its SDK breaks the build here until it has a meaning.
const READ_FINISH = {
  end_turn: "stop",
  tool_use: "tool-calls",
  max_tokens: "length",
  stop_sequence: "stop-sequence",
  guardrail_intervened: "content-filter",
  content_filtered: "content-filter",
  malformed_model_output: "other",
  malformed_tool_use: "other",
  model_context_window_exceeded: "context-length",
} as const satisfies Record<StopReason, FinishReason>;

/** Words of a model behind the service that come through although the service's list lacks them. */
const THROUGH: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ["refusal", "refusal"],
  ["pause_turn", "pause"],
]);

/**
 * The model's output could not be read. Alone, or after reasoning only, it means that there is no answer; other protocols
 * have no word for that.
 */
export function isBrokenOutput(reason: string): boolean {
  return BROKEN.has(reason);
}

const BROKEN: ReadonlySet<string> = new Set(["malformed_model_output", "malformed_tool_use"] satisfies StopReason[]);

export const BROKEN_OUTPUT = "The model's output could not be read.";

const WRITE_FINISH = {
  stop: "end_turn",
  "stop-sequence": "stop_sequence",
  length: "max_tokens",
  "tool-calls": "tool_use",
  "content-filter": "content_filtered",
  refusal: "content_filtered",
  pause: "end_turn",
  "context-length": "model_context_window_exceeded",
  other: "end_turn",
} as const satisfies Record<FinishReason, StopReason>;

export function readFinish(raw: string, stopSequence: string | null): IrFinish {
  return { reason: isStopReason(raw) ? READ_FINISH[raw] : (THROUGH.get(raw) ?? "other"), raw, stopSequence };
}

export function writeFinish(finish: IrFinish | null, shape: AnswerShape): WrittenFinish {
  return writeFinishWord(finish, shape, FINISH);
}

const FINISH: FinishFormat = { protocol: PROTOCOL, words: WRITE_FINISH, inexact: new Set(["other", "pause"]) };

function isStopReason(raw: string): raw is StopReason {
  return Object.hasOwn(READ_FINISH, raw);
}

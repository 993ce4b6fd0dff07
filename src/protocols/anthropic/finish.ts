/** Why an answer ended, both ways. Their vocabulary is open, ours is closed. */
import type { FinishReason, IrFinish } from "../../ir/response.ts";
import { ORIGIN, type StopReason } from "./wire.ts";

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

export interface AnswerShape {
  readonly sourceProtocol: string;
  readonly hasToolCalls: boolean;
  readonly hasRefusal: boolean;
}

/**
 * The legal word for the client. `word` may be one the SDK does not know only when this vendor itself said it.
 * A vendor that says "stop" over a tool call would end the client's agent loop, so the calls decide; and a claim of tool
 * calls over none would leave the client waiting for something to run.
 */
export function writeFinish(finish: IrFinish | null, shape: AnswerShape): { word: string; exact: boolean } {
  if (finish === null) return { word: shape.hasToolCalls ? "tool_use" : "end_turn", exact: false };
  if (shape.sourceProtocol === ORIGIN && finish.raw !== null) return { word: finish.raw, exact: true };
  const { reason } = finish;
  if (shape.hasToolCalls && (reason === "stop" || reason === "other")) return { word: "tool_use", exact: true };
  if (shape.hasRefusal && (reason === "stop" || reason === "other")) return { word: "refusal", exact: true };
  if (reason === "tool-calls" && !shape.hasToolCalls) return { word: "end_turn", exact: false };
  return { word: WRITE_FINISH[reason], exact: reason !== "other" };
}

function isStopReason(raw: string): raw is StopReason {
  return Object.hasOwn(READ_FINISH, raw);
}

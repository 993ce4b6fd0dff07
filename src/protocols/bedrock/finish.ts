/** Why an answer ended, both ways. Their vocabulary is open, ours is closed. */
import type { FinishReason, IrFinish } from "../../ir/response.ts";
import { ORIGIN, type StopReason } from "./wire.ts";

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

export interface AnswerShape {
  readonly sourceProtocol: string;
  readonly hasToolCalls: boolean;
  readonly hasRefusal: boolean;
}

/**
 * The legal word for the client. A vendor that says "stop" over a tool call would end the client's agent loop, so the calls
 * decide; and a claim of tool calls over none would leave the client waiting for something to run.
 */
export function writeFinish(finish: IrFinish | null, shape: AnswerShape): { word: string; exact: boolean } {
  if (finish === null) return { word: shape.hasToolCalls ? "tool_use" : "end_turn", exact: false };
  if (shape.sourceProtocol === ORIGIN && finish.raw !== null) return { word: finish.raw, exact: true };
  const { reason } = finish;
  if (shape.hasToolCalls && (reason === "stop" || reason === "other")) return { word: "tool_use", exact: true };
  if (shape.hasRefusal && (reason === "stop" || reason === "other")) return { word: "content_filtered", exact: true };
  if (reason === "tool-calls" && !shape.hasToolCalls) return { word: "end_turn", exact: false };
  return { word: WRITE_FINISH[reason], exact: reason !== "other" && reason !== "pause" };
}

function isStopReason(raw: string): raw is StopReason {
  return Object.hasOwn(READ_FINISH, raw);
}

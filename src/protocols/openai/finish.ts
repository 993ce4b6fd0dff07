/** Why an answer ended, both ways. Vendors' words are open: an unknown one reads as `other`. Ours are closed. */
import type { FinishReason, IrFinish } from "../../ir/response.ts";
import type { WireFinish } from "./wire.ts";

/** What else the answer held decides: vendors say "stop" after tool calls, and OpenAI says it after a refusal. */
export function readFinish(raw: string, held: { readonly toolCalls: boolean; readonly refusal: boolean }): IrFinish {
  const reason = READ.get(raw) ?? "other";
  if (reason === "stop" && held.toolCalls) return { reason: "tool-calls", raw, stopSequence: null };
  if (reason === "stop" && held.refusal) return { reason: "refusal", raw, stopSequence: null };
  return { reason, raw, stopSequence: null };
}

/** No finish counts as a plain stop: clients wait for the word. */
export function writeFinish(reason: FinishReason | null, held: { readonly toolCalls: boolean }): WireFinish {
  if (reason === null || reason === "stop") return held.toolCalls ? "tool_calls" : "stop";
  return WRITE[reason];
}

/** True when the vendor's few words say less than the reason does. */
export function isFinishApproximated(reason: FinishReason): boolean {
  return reason === "pause" || reason === "other" || reason === "context-length";
}

const READ: ReadonlyMap<string, FinishReason> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["tool_calls", "tool-calls"],
  ["function_call", "tool-calls"],
  ["content_filter", "content-filter"],
  // Compatible vendors: Mistral, TGI, vLLM forks, gateways that hand another vendor's word through.
  ["model_length", "length"],
  ["max_tokens", "length"],
  ["eos", "stop"],
  ["eos_token", "stop"],
  ["end_turn", "stop"],
  ["stop_sequence", "stop-sequence"],
  ["tool_use", "tool-calls"],
  ["tool_call", "tool-calls"],
  ["refusal", "refusal"],
  ["sensitive", "content-filter"],
]);

const WRITE: Readonly<Record<FinishReason, WireFinish>> = {
  stop: "stop",
  "stop-sequence": "stop",
  length: "length",
  "tool-calls": "tool_calls",
  "content-filter": "content_filter",
  refusal: "content_filter",
  pause: "stop",
  "context-length": "length",
  other: "stop",
};

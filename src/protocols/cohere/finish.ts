/**
 * Why an answer ended, both ways (SDK types ChatFinishReason, and FinishReason of the API's first version). Vendors'
 * words are open: an unknown one reads as `other`. Ours are closed.
 */
import type { FinishReason, IrFinish } from "../../ir/response.ts";
import type { WireFinish } from "./wire.ts";

/** A finish that is no answer: the generation broke down. */
export function isFailedFinish(raw: string): boolean {
  return FAILED.has(raw.toUpperCase());
}

/** What else the answer held decides: an answer that calls tools waits for their results, whatever its word. */
export function readFinish(raw: string, held: { readonly toolCalls: boolean }): IrFinish {
  const reason = READ.get(raw.toUpperCase()) ?? "other";
  return { reason: reason === "stop" && held.toolCalls ? "tool-calls" : reason, raw, stopSequence: null };
}

/** No finish counts as complete: clients wait for the word. */
export function writeFinish(reason: FinishReason | null, held: { readonly toolCalls: boolean }): WireFinish {
  if (reason === null || reason === "stop") return held.toolCalls ? "TOOL_CALL" : "COMPLETE";
  return WRITE[reason];
}

/** True when the vendor's few words say less than the reason does. */
export function isFinishApproximated(reason: FinishReason): boolean {
  return WRITE_LESS.has(reason);
}

const FAILED: ReadonlySet<string> = new Set(["ERROR", "TIMEOUT"]);

const READ: ReadonlyMap<string, FinishReason> = new Map([
  ["COMPLETE", "stop"],
  ["STOP_SEQUENCE", "stop-sequence"],
  ["MAX_TOKENS", "length"],
  ["TOOL_CALL", "tool-calls"],
  ["ERROR_TOXIC", "content-filter"],
  ["ERROR_LIMIT", "context-length"],
  ["USER_CANCEL", "other"],
]);

const WRITE: Readonly<Record<FinishReason, WireFinish>> = {
  stop: "COMPLETE",
  "stop-sequence": "STOP_SEQUENCE",
  length: "MAX_TOKENS",
  "tool-calls": "TOOL_CALL",
  "content-filter": "ERROR_TOXIC",
  // The words of a refusal are the answer; clients take every ERROR for a failure.
  refusal: "COMPLETE",
  pause: "COMPLETE",
  "context-length": "MAX_TOKENS",
  other: "COMPLETE",
};

const WRITE_LESS: ReadonlySet<FinishReason> = new Set(["refusal", "pause", "context-length", "other"]);

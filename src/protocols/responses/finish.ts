/**
 * Why an answer ended, both ways. The vendor has a status and, for an incomplete answer, a reason; both are open words:
 * an unknown one reads as `other`.
 */
import type { FinishReason, IrFinish } from "../../ir/response.ts";

export interface HeldKinds {
  readonly toolCalls: boolean;
  readonly refusal: boolean;
}

/** What the answer held decides what "completed" means. Null: it has not ended. */
export function readFinish(status: string, reason: string | null, held: HeldKinds): IrFinish | null {
  const finish = (word: FinishReason, raw: string): IrFinish => ({ reason: word, raw, stopSequence: null });
  if (status === "in_progress" || status === "queued") return null;
  if (status === "incomplete") {
    return finish(reason === null ? "other" : (REASONS.get(reason) ?? "other"), reason ?? status);
  }
  if (status !== "completed") return finish("other", status);
  return finish(held.toolCalls ? "tool-calls" : held.refusal ? "refusal" : "stop", status);
}

interface WrittenFinish {
  readonly status: "completed" | "incomplete";
  /** null: it is complete. */
  readonly reason: string | null;
  /** The status says less than the reason did. */
  readonly approximated: boolean;
}

/** No finish counts as completed: clients wait for the word. `own`: the finish was read from this protocol. */
export function writeFinish(finish: IrFinish | null, held: HeldKinds, own: boolean): WrittenFinish {
  if (finish === null) return COMPLETED;
  if (own && finish.raw !== null && finish.raw !== "completed") {
    return { status: "incomplete", reason: finish.raw === "incomplete" ? null : finish.raw, approximated: false };
  }
  switch (finish.reason) {
    case "length":
      return { status: "incomplete", reason: "max_output_tokens", approximated: false };
    case "context-length":
      return { status: "incomplete", reason: "max_output_tokens", approximated: true };
    case "content-filter":
      return { status: "incomplete", reason: "content_filter", approximated: false };
    case "refusal":
      // A refusal part says it; without one only the status can.
      return held.refusal ? COMPLETED : { status: "incomplete", reason: "content_filter", approximated: false };
    case "stop-sequence":
    case "pause":
    case "other":
      return { ...COMPLETED, approximated: true };
    case "stop":
    case "tool-calls":
      return COMPLETED;
  }
}

const COMPLETED: WrittenFinish = { status: "completed", reason: null, approximated: false };

const REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ["max_output_tokens", "length"],
  // Compatible vendors.
  ["max_tokens", "length"],
  ["length", "length"],
  ["content_filter", "content-filter"],
]);

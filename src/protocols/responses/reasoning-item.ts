/**
 * Reasoning of an answer. Its text is a summary here, which is what the vendor's clients show; its seal comes with the
 * end, as the vendor sends it.
 */
import type { ReasoningSignature } from "../../ir/request.ts";
import { type EventOutlet, type OutputItem, pieceHead } from "./outlet.ts";
import { writeSignatures } from "./reasoning-signatures.ts";
import type { WireReasoning } from "./wire.ts";

export interface ReasoningItem extends OutputItem {
  readonly type: "reasoning";
  say(text: string): void;
  /** Pieces of one signature join. */
  sign(piece: ReasoningSignature): void;
}

/** `encrypted`: the whole of it, known from the start; null: none so far. */
export function createReasoningItem(
  outlet: EventOutlet,
  outputIndex: number,
  encrypted: ReasoningSignature | null,
): ReasoningItem {
  const id = outlet.newId("rs");
  const pieces: string[] = [];
  let signature: ReasoningSignature | null = null;
  let closed = false;
  const place = { item_id: id, output_index: outputIndex, summary_index: 0 };
  const head = pieceHead("response.reasoning_summary_text.delta", place);
  const summary = (): WireReasoning["summary"] => {
    return pieces.length === 0 ? [] : [{ type: "summary_text", text: pieces.join("") }];
  };
  const wire = (): WireReasoning => {
    const sealed = writeSignatures({ encrypted, signature });
    return { id, type: "reasoning", summary: summary(), ...(sealed === null ? {} : { encrypted_content: sealed }) };
  };
  const closeSummary = () => {
    const [part] = summary();
    if (part === undefined) return;
    outlet.emit("response.reasoning_summary_text.done", { ...place, text: part.text });
    outlet.emit("response.reasoning_summary_part.done", { ...place, part });
  };
  outlet.emit("response.output_item.added", {
    output_index: outputIndex,
    item: { id, type: "reasoning", summary: [] } satisfies WireReasoning,
  });
  return {
    type: "reasoning",
    outputIndex,
    get closed() {
      return closed;
    },
    wire: () => ({ ...wire() }),
    say(text) {
      if (pieces.length === 0) {
        const part = { type: "summary_text", text: "" };
        outlet.emit("response.reasoning_summary_part.added", { ...place, part });
      }
      pieces.push(text);
      outlet.piece("response.reasoning_summary_text.delta", head, text);
    },
    sign(piece) {
      signature = { issuer: piece.issuer, value: (signature?.value ?? "") + piece.value };
    },
    close() {
      if (closed) return;
      closeSummary();
      closed = true;
      outlet.emit("response.output_item.done", { output_index: outputIndex, item: wire() });
    },
  };
}

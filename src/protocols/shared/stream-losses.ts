/** Losses of a streamed answer: each field is reported once, and a stream that loses without end does not fill a record. */
import type { ReadEvent } from "../../ir/event.ts";
import { dropped } from "../../ir/loss.ts";

const FIELDS_MAX = 32;

export function createStreamLosses(emit: (event: ReadEvent) => void): (field: string, detail: string) => void {
  const reported = new Set<string>();
  return (field, detail) => {
    if (reported.has(field) || reported.size >= FIELDS_MAX) return;
    reported.add(field);
    emit({ type: "loss", loss: dropped(field, detail) });
  };
}

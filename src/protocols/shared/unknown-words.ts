/** Parts of a streamed answer that no event carries: each is a loss, told once. */
import type { ReadEvent } from "../../ir/event.ts";
import { dropped } from "../../ir/loss.ts";

/** More of them say nothing new. */
const UNKNOWN_MAX = 16;
const WORD_CHARS_MAX = 60;

/** `unknown`: those of this answer so far. */
export function reportUnknown(unknown: Set<string>, what: string, events: ReadEvent[]): void {
  if (unknown.has(what) || unknown.size >= UNKNOWN_MAX) return;
  unknown.add(what);
  const detail = `the IR does not carry ${what.slice(0, WORD_CHARS_MAX)}`;
  events.push({ type: "loss", loss: dropped("stream", detail) });
}

/**
 * Streamed arguments that say nothing. Vendors write the word `null` for a tool without parameters, and clients parse
 * what they are sent. A call's first pieces wait while they may still become that word; the word itself is left out.
 */
import type { ReadEvent } from "../../ir/event.ts";
import type { StreamReader } from "../protocol.ts";

/** A reader whose calls of functions have an object for arguments, or none. */
export function withoutNullArguments(reader: StreamReader): StreamReader {
  const held = new Map<number, string>(); // by block: what has come of calls that have said nothing yet
  const sift = (events: ReadEvent[]): ReadEvent[] =>
    held.size === 0 && !events.some(startsCall) ? events : events.flatMap((event) => siftEvent(held, event));
  return {
    push: (frame) => sift(reader.push(frame)),
    end: () => sift(reader.end()),
    get settled() {
      return reader.settled;
    },
  };
}

function startsCall(event: ReadEvent): boolean {
  return event.type === "block-start" && event.content.type === "tool-call" && event.content.kind === "function";
}

function siftEvent(held: Map<number, string>, event: ReadEvent): ReadEvent[] {
  switch (event.type) {
    case "block-start":
      if (startsCall(event)) held.set(event.block, "");
      return [event];
    case "arguments-delta": {
      const before = held.get(event.block);
      if (before === undefined) return [event];
      const text = before + event.text;
      if (mayBeNothing(text)) {
        held.set(event.block, text);
        return [];
      }
      held.delete(event.block);
      return [{ ...event, text }];
    }
    case "block-end": {
      const text = held.get(event.block) ?? "";
      held.delete(event.block);
      // Blanks are the vendor's own words, and writers know them.
      return text === "" || text.trim() === "null"
        ? [event]
        : [{ type: "arguments-delta", block: event.block, text }, event];
    }
    default:
      return [event];
  }
}

/** Vendors write one word and perhaps a line break; a longer one is no such text. */
const HELD_CHARS_MAX = 256;

/** True for every beginning of a blank text and of the word `null`. */
function mayBeNothing(text: string): boolean {
  return text.length <= HELD_CHARS_MAX && /^\s*(?:n(?:u(?:l(?:l\s*)?)?)?)?$/.test(text);
}

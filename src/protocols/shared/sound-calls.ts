/**
 * Calls of a stream as clients can use them. A call without a name is none. Vendors write the word `null` for a tool
 * without parameters, and clients parse what they are sent: a call's first pieces wait while they may still become that
 * word, and the word itself is left out.
 */
import type { ReadEvent, StartedBlock } from "../../ir/event.ts";
import { dropped } from "../../ir/loss.ts";
import type { StreamReader } from "../protocol.ts";
import { mappedReader } from "./mapped-reader.ts";

/** A reader whose calls have a name, and of functions an object for arguments, or none. */
export function withSoundCalls(reader: StreamReader): StreamReader {
  const calls: OpenCalls = { held: new Map(), nameless: new Set() };
  return mappedReader(reader, (events) =>
    calls.held.size + calls.nameless.size === 0 && !events.some(isCallStart)
      ? events
      : events.flatMap((event) => siftEvent(calls, event)),
  );
}

interface OpenCalls {
  /** By block: what has come of calls that have said nothing yet. */
  readonly held: Map<number, string>;
  /** Blocks of calls that are left out. */
  readonly nameless: Set<number>;
}

function isCallStart(event: ReadEvent): boolean {
  return event.type === "block-start" && event.content.type === "tool-call";
}

function siftEvent(calls: OpenCalls, event: ReadEvent): ReadEvent[] {
  switch (event.type) {
    case "block-start":
      return siftStart(calls, event, event.content);
    case "arguments-delta":
      return calls.nameless.has(event.block) ? [] : siftArguments(calls, event);
    case "block-end":
      return calls.nameless.delete(event.block) ? [] : siftEnd(calls, event);
    default:
      return [event];
  }
}

function siftStart({ held, nameless }: OpenCalls, event: EventOf<"block-start">, content: StartedBlock): ReadEvent[] {
  if (content.type !== "tool-call") return [event];
  if (content.name === "") {
    nameless.add(event.block);
    return [{ type: "loss", loss: dropped("tool_calls", "a call without a name") }];
  }
  if (content.kind === "function") held.set(event.block, "");
  return [event];
}

function siftArguments({ held }: OpenCalls, event: EventOf<"arguments-delta">): ReadEvent[] {
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

function siftEnd({ held }: OpenCalls, event: EventOf<"block-end">): ReadEvent[] {
  const text = held.get(event.block) ?? "";
  held.delete(event.block);
  // Blanks are the vendor's own words, and writers know them.
  const isNothing = text === "" || text.trim() === "null";
  return isNothing ? [event] : [{ type: "arguments-delta", block: event.block, text }, event];
}

type EventOf<T extends ReadEvent["type"]> = Extract<ReadEvent, { type: T }>;

/** Vendors write one word and perhaps a line break; a longer one is no such text. */
const HELD_CHARS_MAX = 256;

/** True for every beginning of a blank text and of the word `null`. */
function mayBeNothing(text: string): boolean {
  return text.length <= HELD_CHARS_MAX && /^\s*(?:n(?:u(?:l(?:l\s*)?)?)?)?$/.test(text);
}

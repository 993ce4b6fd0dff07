/** Server-Sent Events as a carrier's framing. */
import { encodeUtf8 } from "../../std/bytes.ts";
import type { FrameJoiner, Framing } from "../protocol.ts";
import { createFrameCutter, createSseSplitter, writeSseFrame } from "./sse.ts";

/** `keepAlive`: the bytes of one heartbeat; null: this carrier's clients would stumble over any. */
export function sseFraming(keepAlive: string | null): Framing {
  return {
    id: "sse",
    contentType: "text/event-stream",
    begins: beginsEvents,
    createSplitter: () => createSseSplitter(),
    createCutter: () => createFrameCutter(),
    createJoiner: () => JOINER,
    keepAlive: keepAlive === null ? null : encodeUtf8(keepAlive),
  };
}

const NO_BYTES = new Uint8Array(0);

/** Every frame stands for itself, so one joiner serves all streams. */
const JOINER: FrameJoiner = { write: (frame) => encodeUtf8(writeSseFrame(frame)), end: () => NO_BYTES };

const FIELDS = ["data:", "event:", "id:", "retry:", ":"] as const;

/** Ahead of the first field may stand a byte order mark and blank lines. */
function beginsEvents(bytes: Uint8Array): boolean | null {
  const text = new TextDecoder().decode(bytes.subarray(0, BEGINNING_BYTES)).trimStart();
  if (FIELDS.some((field) => text.startsWith(field))) return true;
  return FIELDS.some((field) => field.startsWith(text)) ? null : false;
}

const BEGINNING_BYTES = 256;

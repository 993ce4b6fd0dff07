/**
 * Short messages of a head and a body, for sockets that take them at once as nearly always: they are put together in one
 * buffer that all share, so that a write needs no memory of its own.
 */
import { lengthOf } from "./bytes.ts";

/** Above this, head and body are written one after the other: their copy would cost more than a call of the system. */
export const SHORT_BYTES_MAX = 64 * 1024;

/** Filled and written in one turn. */
const SHARED = Buffer.allocUnsafeSlow(SHORT_BYTES_MAX);

/** `null`: all of it was taken, else what was not, as bytes of its own; `taken` is how many were, or less than zero. */
interface ShortWrite {
  readonly rest: Uint8Array | null;
  readonly taken: number;
}

/** `head` is Latin-1. Not for more than `SHORT_BYTES_MAX`. */
export function writeShort(
  write: (bytes: Uint8Array) => number,
  head: string,
  body: readonly Uint8Array[],
): ShortWrite {
  let at = SHARED.write(head, 0, "latin1");
  for (const part of body) {
    SHARED.set(part, at);
    at += part.length;
  }
  const taken = write(SHARED.subarray(0, at));
  if (taken === at) return ALL;
  return { rest: new Uint8Array(SHARED.subarray(Math.max(0, taken), at)), taken };
}

const ALL: ShortWrite = { rest: null, taken: 0 };

export function isShortMessage(head: string, body: readonly Uint8Array[]): boolean {
  return head.length + lengthOf(body) <= SHORT_BYTES_MAX;
}

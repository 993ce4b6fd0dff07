/**
 * A JSON array as a stream: every element is a frame, the brackets and commas are the framing. Gemini streams so when the
 * client does not ask for Server-Sent Events. Incremental and linear: each byte is looked at once, in whatever pieces.
 */
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../std/bytes.ts";
import { parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { Frame, FrameCutter, FrameJoiner, FrameSplitter, Framing } from "../protocol.ts";

/** Bytes of one element, with what stands ahead of it. As an SSE frame. */
const ELEMENT_BYTES_MAX = 16 * 1024 * 1024;

/** `broken`: what a client is told in place of an element that is no JSON, so that the array stays legal. */
export function jsonArrayFraming(broken: string): Framing {
  return {
    id: "json-array",
    contentType: "application/json",
    // No lane is asked for one, and a whole answer may look the same.
    begins: () => false,
    createSplitter,
    createCutter: () => createCutter(),
    createJoiner: () => createJoiner(broken),
    // White space between elements would be legal, and no client is known to need it.
    keepAlive: null,
  };
}

function createSplitter(): FrameSplitter {
  const cutter = createCutter();
  const read = (piece: Uint8Array): Frame[] => {
    const text = decodeUtf8(piece);
    const from = text.search(ELEMENT_START);
    return from === -1 ? [] : [{ event: null, data: text.slice(from).trimEnd() }];
  };
  return {
    heldBytes: cutter.heldBytes,
    push: (bytes) => cutter.push(bytes).flatMap(read),
    end() {
      const rest = cutter.end();
      if (rest === null) return [];
      const left = decodeUtf8(rest).trim();
      if (!/^[[\],\s]*$/.test(left)) throw new WireError("The stream breaks off in the middle of an element.");
      return [];
    },
  };
}

/** Ahead of an element stand only brackets of the framing, commas and white space. */
const ELEMENT_START = /[^[,\]\s]/;

/**
 * Cuts after every element; all cuts and the end together are the input, byte for byte. Elements are objects: what stands
 * between them, other than the framing's own bytes, goes with the element after it.
 */
export function createCutter(options?: { bytesMax?: number }): FrameCutter {
  const bytesMax = options?.bytesMax ?? ELEMENT_BYTES_MAX;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;

  const hold = (piece: Uint8Array): void => {
    if (piece.length === 0) return;
    heldBytes += piece.length;
    if (heldBytes > bytesMax) throw tooLarge();
    // Many small pieces are joined now and then, so that a drip of single bytes does not cost a slot each.
    held.push(piece.slice());
    if (held.length >= PIECES_MAX) held = [concatBytes(held)];
  };
  const take = (last: Uint8Array): Uint8Array => {
    if (heldBytes + last.length > bytesMax) {
      throw tooLarge();
    }
    const whole = held.length === 0 ? last : concatBytes([...held, last]);
    held = [];
    heldBytes = 0;
    return whole;
  };

  return {
    heldBytes: () => heldBytes,
    push(bytes) {
      const cuts: Uint8Array[] = [];
      let start = 0;
      for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at];
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) inString = false;
        } else if (byte === QUOTE) inString = true;
        else if (byte === BRACE_OPEN) depth++;
        else if (byte === BRACE_CLOSE && depth > 0 && --depth === 0) {
          cuts.push(take(bytes.subarray(start, at + 1)));
          start = at + 1;
        }
      }
      hold(bytes.subarray(start));
      return cuts;
    },
    end: () => (heldBytes === 0 ? null : take(new Uint8Array(0))),
  };
}

/** An element that is no JSON would break the whole array, and a terminator of another framing is none of it. */
function createJoiner(broken: string): FrameJoiner {
  let opened = false;
  let closed = false;
  return {
    write(frame) {
      const element = elementOf(frame.data, broken);
      if (closed || element === null) return NO_BYTES;
      const written = encodeUtf8(`${opened ? ",\r\n" : "["}${element}`);
      opened = true;
      return written;
    },
    end() {
      if (closed) return NO_BYTES;
      closed = true;
      return opened ? CLOSE : EMPTY;
    },
  };
}

function elementOf(data: string, broken: string): string | null {
  if (data === "[DONE]" || data.trim() === "") return null;
  try {
    parseJson(data);
    return data;
  } catch (error) {
    if (error instanceof WireError) return broken;
    throw error;
  }
}

function tooLarge(): WireError {
  return new WireError("One element of the stream is larger than a frame may be.", undefined, "size");
}

const NO_BYTES = new Uint8Array(0);
const CLOSE = encodeUtf8("]");
const EMPTY = encodeUtf8("[]");
/** Pieces joined at a time. */
const PIECES_MAX = 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** Bytes and text: strict UTF-8 both ways, and the two operations on byte arrays the language lacks. */
import { WireError } from "./wire-error.ts";

/** Bytes that the text takes. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return ENCODER.encode(text);
}

/** Drops a byte order mark at the start. Throws a WireError on anything that is not UTF-8, overlong forms included. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    // The decoder's only reason to throw; its message says nothing of where.
    throw new WireError("The bytes are not valid UTF-8.");
  }
}

export function lengthOf(parts: readonly Uint8Array[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

/** The one part itself; null: there is none. */
export function wholeOf(parts: readonly Uint8Array[]): Uint8Array | null {
  const [first] = parts;
  return first === undefined || parts.length === 1 ? (first ?? null) : concatBytes(parts);
}

/** Always a new array, even for a single part. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The same bytes with a Buffer's methods; no copy, and no new view where they have them, as those of a socket do. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The first index at or after `from` where `needle` stands, or -1. */
export function indexOfBytes(haystack: Uint8Array, needle: Uint8Array, from = 0): number {
  // Buffer's search is one native pass; comparing from each hit of the first byte in script is slower and quadratic.
  return asBuffer(haystack).indexOf(needle, from);
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true });

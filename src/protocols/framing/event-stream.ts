/**
 * AWS event streams (vnd.amazon.eventstream), both ways. A message is: total length and header length (4 bytes each, big
 * endian), the CRC-32 of those 8 bytes, the headers, the payload, and the CRC-32 of everything before it (smithy.io,
 * Amazon Event Stream, read 2026-11). Both checksums are verified; a message is held until it is whole, under a bound.
 */
import { concatBytes, encodeUtf8 } from "../../std/bytes.ts";
import { crc32 } from "../../std/digest.ts";
import { WireError } from "../../std/wire-error.ts";
import type { FrameCutter } from "../protocol.ts";

/** Most bytes one message may hold, as for an event of an SSE stream. */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

const PRELUDE_BYTES = 12;
const CHECKSUM_BYTES = 4;
const MESSAGE_BYTES_MIN = PRELUDE_BYTES + CHECKSUM_BYTES;

export type HeaderValue =
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "byte" | "short" | "integer"; readonly value: number }
  /** A timestamp counts milliseconds since 1970. */
  | { readonly type: "long" | "timestamp"; readonly value: bigint }
  | { readonly type: "binary"; readonly value: Uint8Array }
  | { readonly type: "string" | "uuid"; readonly value: string };

export interface EventMessage {
  readonly headers: ReadonlyMap<string, HeaderValue>;
  readonly payload: Uint8Array;
}

/**
 * Cuts a stream into whole messages, every byte kept. Throws a WireError where the bytes cannot be messages; the checksum
 * at the end of a message is for the decoder.
 */
export function createMessageCutter(options?: { readonly bytesMax?: number }): FrameCutter {
  const bytesMax = options?.bytesMax ?? MESSAGE_BYTES_MAX;
  let held = new Uint8Array(0); // the start of a message, in a buffer that doubles
  let size = 0;
  let total = 0; // of the held message; 0: its prelude is not whole

  const hold = (bytes: Uint8Array): void => {
    const after = size + bytes.length;
    if (after > held.length) {
      const larger = new Uint8Array(Math.max(after, 2 * held.length, HELD_BYTES_MIN));
      larger.set(held.subarray(0, size));
      held = larger;
    }
    held.set(bytes, size);
    size = after;
  };
  const takeHeld = (): Uint8Array => {
    const whole = held.slice(0, size);
    size = 0;
    total = 0;
    if (held.length > HELD_BYTES_KEPT_MAX) held = new Uint8Array(0);
    return whole;
  };

  return {
    heldBytes: () => size,
    push(bytes) {
      const cuts: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        if (size === 0 && bytes.length - at >= PRELUDE_BYTES) {
          const length = readPrelude(bytes.subarray(at, at + PRELUDE_BYTES), bytesMax);
          if (bytes.length - at >= length) {
            cuts.push(bytes.subarray(at, at + length));
            at += length;
            continue;
          }
        }
        const wanted = (total === 0 ? PRELUDE_BYTES : total) - size;
        const taken = Math.min(wanted, bytes.length - at);
        hold(bytes.subarray(at, at + taken));
        at += taken;
        if (size === PRELUDE_BYTES) total = readPrelude(held.subarray(0, PRELUDE_BYTES), bytesMax);
        if (size === total) cuts.push(takeHeld());
      }
      return cuts;
    },
    end: () => (size === 0 ? null : takeHeld()),
  };
}

/** Most messages of a model stream fit without growing. */
const HELD_BYTES_MIN = 1024;
/** A hold that grew past this for one large message is given back, because a stream may stay open for long. */
const HELD_BYTES_KEPT_MAX = 64 * 1024;

/** The length of the whole message. */
function readPrelude(prelude: Uint8Array, bytesMax: number): number {
  const view = viewOf(prelude);
  const total = view.getUint32(0);
  if (crc32(prelude.subarray(0, 8)) !== view.getUint32(8)) {
    throw new WireError("The event stream is damaged: the checksum of a message's length is wrong.");
  }
  if (total > bytesMax)
    throw new WireError("One message of the event stream is larger than a message may be.", undefined, "size");
  if (total < MESSAGE_BYTES_MIN || view.getUint32(4) > total - MESSAGE_BYTES_MIN) {
    throw new WireError("The event stream is damaged: the lengths of a message contradict each other.");
  }
  return total;
}

/** By the checksum of the first lengths; null: they are not whole. */
export function beginsMessage(bytes: Uint8Array): boolean | null {
  if (bytes.length < PRELUDE_BYTES) return null;
  return crc32(bytes.subarray(0, 8)) === viewOf(bytes).getUint32(8);
}

/** Exactly one whole message. Throws a WireError on anything else. */
export function decodeMessage(bytes: Uint8Array): EventMessage {
  if (bytes.length < MESSAGE_BYTES_MIN) throw new WireError("The event stream ends inside a message.");
  const total = readPrelude(bytes.subarray(0, PRELUDE_BYTES), bytes.length);
  if (total !== bytes.length) throw new WireError("The event stream ends inside a message.");
  const view = viewOf(bytes);
  const end = total - CHECKSUM_BYTES;
  if (crc32(bytes.subarray(0, end)) !== view.getUint32(end)) {
    throw new WireError("The event stream is damaged: the checksum of a message is wrong.");
  }
  const payloadAt = PRELUDE_BYTES + view.getUint32(4);
  return { headers: readHeaders(bytes.subarray(PRELUDE_BYTES, payloadAt)), payload: bytes.subarray(payloadAt, end) };
}

/** Bytes of a value by type; null: a length of two bytes stands in front. */
const TYPES = [
  { type: "boolean", bytes: 0 },
  { type: "boolean", bytes: 0 },
  { type: "byte", bytes: 1 },
  { type: "short", bytes: 2 },
  { type: "integer", bytes: 4 },
  { type: "long", bytes: 8 },
  { type: "binary", bytes: null },
  { type: "string", bytes: null },
  { type: "timestamp", bytes: 8 },
  { type: "uuid", bytes: 16 },
] as const;

const DAMAGED_HEADER = "The event stream is damaged: a header of a message cannot be read.";

function readHeaders(bytes: Uint8Array): Map<string, HeaderValue> {
  const headers = new Map<string, HeaderValue>();
  const view = viewOf(bytes);
  let at = 0;
  const take = (length: number): number => {
    const from = at;
    if (from + length > bytes.length) throw new WireError(DAMAGED_HEADER);
    at += length;
    return from;
  };
  while (at < bytes.length) {
    const nameBytes = view.getUint8(take(1));
    const nameAt = take(nameBytes);
    const code = view.getUint8(take(1));
    const type = TYPES[code];
    if (type === undefined) throw new WireError(DAMAGED_HEADER);
    const length = type.bytes ?? view.getUint16(take(2));
    const value = bytes.subarray(take(length), at);
    headers.set(textOf(bytes.subarray(nameAt, nameAt + nameBytes)), readValue(code, value));
  }
  return headers;
}

function readValue(code: number, bytes: Uint8Array): HeaderValue {
  const view = viewOf(bytes);
  switch (code) {
    case 0:
    case 1:
      return { type: "boolean", value: code === 0 };
    case 2:
      return { type: "byte", value: view.getInt8(0) };
    case 3:
      return { type: "short", value: view.getInt16(0) };
    case 4:
      return { type: "integer", value: view.getInt32(0) };
    case 5:
      return { type: "long", value: view.getBigInt64(0) };
    case 6:
      return { type: "binary", value: bytes };
    case 7:
      return { type: "string", value: textOf(bytes) };
    case 8:
      return { type: "timestamp", value: view.getBigInt64(0) };
    default:
      return { type: "uuid", value: uuidText(bytes) };
  }
}

/** Throws a RangeError where a name, a value or the whole is longer than the format can say. */
export function encodeMessage(message: EventMessage): Uint8Array<ArrayBuffer> {
  const headers = concatBytes([...message.headers].map(([name, value]) => writeHeader(name, value)));
  const total = MESSAGE_BYTES_MIN + headers.length + message.payload.length;
  if (total > MESSAGE_BYTES_MAX) throw new RangeError("a message of an event stream is larger than one may be");
  const bytes = new Uint8Array(total);
  const view = viewOf(bytes);
  view.setUint32(0, total);
  view.setUint32(4, headers.length);
  view.setUint32(8, crc32(bytes.subarray(0, 8)));
  bytes.set(headers, PRELUDE_BYTES);
  bytes.set(message.payload, PRELUDE_BYTES + headers.length);
  view.setUint32(total - CHECKSUM_BYTES, crc32(bytes.subarray(0, total - CHECKSUM_BYTES)));
  return bytes;
}

const NAME_BYTES_MAX = 255;
const VALUE_BYTES_MAX = 65_535;

function writeHeader(name: string, value: HeaderValue): Uint8Array {
  const nameBytes = encodeUtf8(name);
  if (nameBytes.length === 0 || nameBytes.length > NAME_BYTES_MAX) throw new RangeError("a header's name is too long");
  const { code, bytes } = writeValue(value);
  const sized = value.type === "binary" || value.type === "string";
  if (bytes.length > VALUE_BYTES_MAX) throw new RangeError("a header's value is too long");
  const length = sized ? [bytes.length >> 8, bytes.length & 0xff] : [];
  return concatBytes([Uint8Array.of(nameBytes.length), nameBytes, Uint8Array.of(code), Uint8Array.from(length), bytes]);
}

function writeValue(value: HeaderValue): { readonly code: number; readonly bytes: Uint8Array } {
  const fixed = (code: number, length: number, set: (view: DataView) => void) => {
    const bytes = new Uint8Array(length);
    set(viewOf(bytes));
    return { code, bytes };
  };
  switch (value.type) {
    case "boolean":
      return fixed(value.value ? 0 : 1, 0, () => undefined);
    case "byte":
      return fixed(2, 1, (view) => view.setInt8(0, value.value));
    case "short":
      return fixed(3, 2, (view) => view.setInt16(0, value.value));
    case "integer":
      return fixed(4, 4, (view) => view.setInt32(0, value.value));
    case "long":
      return fixed(5, 8, (view) => view.setBigInt64(0, value.value));
    case "binary":
      return { code: 6, bytes: value.value };
    case "string":
      return { code: 7, bytes: encodeUtf8(value.value) };
    case "timestamp":
      return fixed(8, 8, (view) => view.setBigInt64(0, value.value));
    case "uuid":
      return { code: 9, bytes: Uint8Array.from(Buffer.from(value.value.replaceAll("-", ""), "hex")) };
  }
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** A header is for machines: what is not UTF-8 in it is replaced and then matches nothing. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

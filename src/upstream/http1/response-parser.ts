/**
 * The one parser of HTTP/1.1 responses: bytes are pushed in as they come, cut anywhere, and a sink is told the head, the
 * pieces of the body and the end. It keeps a head until it is whole and nothing of a body.
 */
import { concatBytes } from "../../std/bytes.ts";
import { unreachable } from "../../std/unreachable.ts";
import { type BodyFraming, type HeadFault, type ResponseHead, readResponseHead } from "./response-head.ts";

export type ResponseFault = HeadFault | "head-size" | "chunk-size" | "chunk-end" | "trailers" | "cut-short";

export interface ResponseSink {
  head(head: ResponseHead): void;
  /** Never empty. The bytes are a part of what was pushed. */
  body(bytes: Uint8Array): void;
  /** The last event. `isKept`: the connection may carry another request. */
  end(isKept: boolean): void;
  /** The last event. */
  broken(fault: ResponseFault): void;
}

export interface ResponseParser {
  push(bytes: Uint8Array): void;
  /** The connection has ended properly: the end of some bodies, and too early for all others. */
  close(): void;
  /** For the next response on the connection. */
  reset(): void;
}

/** Interim answers before the real one count too. */
export const HEAD_BYTES_MAX = 64 * 1024;
/** Size and extensions of one chunk. */
const CHUNK_LINE_BYTES_MAX = 4 * 1024;
const TRAILER_BYTES_MAX = HEAD_BYTES_MAX;
/** 256 TiB: every size is an exact number. */
const CHUNK_DIGITS_MAX = 12;

type State = "head" | "length" | "close" | "chunk-line" | "chunk-data" | "chunk-end" | "trailers" | "over";

const [TAB, LF, CR, SPACE, SEMICOLON] = [9, 10, 13, 32, 59];

/** A class, because its state is the place in the response and every step of it keeps all of it true. */
class Parser implements ResponseParser {
  readonly #sink: ResponseSink;
  #state: State = "head";
  /** Of a head that is not whole. */
  #parts: Uint8Array[] = [];
  /** Of all heads, of one chunk line, of the trailers. */
  #bytes = 0;
  /** A line has just ended; or, below zero, that and a CR came. */
  #lineEnd: 0 | 1 | -1 = 0;
  #isKept = false;
  /** Of the body or the chunk. */
  #left = 0;
  #digits = 0;
  #afterDigits = false;
  #afterSemicolon = false;
  #sawCr = false;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  reset(): void {
    this.#state = "head";
    this.#parts = [];
    this.#bytes = 0;
    this.#lineEnd = 0;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const state = this.#state;
      switch (state) {
        case "head":
          at = this.#readHead(bytes, at);
          break;
        case "length":
        case "chunk-data":
        case "close":
          at = this.#readData(bytes, at, state);
          break;
        case "chunk-line":
          at = this.#readChunkLine(bytes, at);
          break;
        case "chunk-end":
          at = this.#readChunkEnd(bytes, at);
          break;
        case "trailers":
          at = this.#readTrailers(bytes, at);
          break;
        case "over":
          return;
        default:
          unreachable(state);
      }
    }
  }

  close(): void {
    // After the last chunk nothing of the body is missing.
    if (this.#state === "close" || this.#state === "trailers") this.#end(false);
    else if (this.#state !== "over") this.#break("cut-short");
  }

  /** The index after the head, or after all bytes. */
  #readHead(bytes: Uint8Array, from: number): number {
    const end = this.#blankLineEnd(bytes, from);
    const stop = end === -1 ? bytes.length : end;
    this.#bytes += stop - from;
    if (this.#bytes > HEAD_BYTES_MAX) return this.#break("head-size");
    const part = bytes.subarray(from, stop);
    if (end === -1) {
      this.#parts.push(part);
      return stop;
    }
    const whole = this.#parts.length === 0 ? part : concatBytes([...this.#parts, part]);
    this.#parts = [];
    const reading = readResponseHead(Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString("latin1"));
    if (reading.kind === "broken") return this.#break(reading.fault);
    const { head } = reading;
    // An interim answer: the real one follows.
    if (head.status < 200) return stop;
    this.#sink.head(head);
    this.#isKept = head.isKept;
    return this.#openBody(head.framing, stop, bytes.length);
  }

  #openBody(framing: BodyFraming, at: number, length: number): number {
    switch (framing.kind) {
      case "none":
        return this.#end(this.#isKept && at === length);
      case "length":
        this.#left = framing.bytes;
        this.#state = "length";
        return at;
      case "close":
        this.#state = "close";
        return at;
      case "chunked":
        this.#openChunk();
        return at;
      default:
        return unreachable(framing);
    }
  }

  #readData(bytes: Uint8Array, from: number, state: "length" | "chunk-data" | "close"): number {
    const length = state === "close" ? bytes.length - from : Math.min(this.#left, bytes.length - from);
    const stop = from + length;
    this.#sink.body(length === bytes.length ? bytes : bytes.subarray(from, stop));
    if (state === "close") return stop;
    this.#left -= length;
    if (this.#left > 0) return stop;
    if (state === "length") return this.#end(this.#isKept && stop === bytes.length);
    this.#state = "chunk-end";
    this.#sawCr = false;
    return stop;
  }

  #openChunk(): void {
    this.#state = "chunk-line";
    this.#left = 0;
    this.#digits = 0;
    this.#bytes = 0;
    this.#afterDigits = false;
    this.#afterSemicolon = false;
    this.#sawCr = false;
  }

  /** Hexadecimal digits, blanks, and after a semicolon anything up to the end of the line. */
  #readChunkLine(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      this.#bytes += 1;
      if (this.#bytes > CHUNK_LINE_BYTES_MAX) return this.#break("chunk-size");
      if (byte === LF) {
        if (this.#digits === 0 || !this.#sawCr) return this.#break("chunk-size");
        return this.#openChunkData(at + 1);
      }
      if (this.#sawCr) return this.#break("chunk-size");
      if (byte === CR) this.#sawCr = true;
      else if (this.#afterSemicolon) continue;
      else if (byte === SEMICOLON) this.#afterSemicolon = true;
      else if (byte === SPACE || byte === TAB) this.#afterDigits = true;
      else if (!this.#takeDigit(byte)) return this.#break("chunk-size");
    }
    return bytes.length;
  }

  #takeDigit(byte: number): boolean {
    const digit = hexDigit(byte);
    if (digit === -1 || this.#afterDigits || this.#digits >= CHUNK_DIGITS_MAX) return false;
    this.#digits += 1;
    this.#left = this.#left * 16 + digit;
    return true;
  }

  #openChunkData(at: number): number {
    if (this.#left > 0) {
      this.#state = "chunk-data";
      return at;
    }
    this.#state = "trailers";
    this.#bytes = 0;
    this.#lineEnd = 1;
    return at;
  }

  #readChunkEnd(bytes: Uint8Array, from: number): number {
    const byte = bytes[from];
    if (byte === CR && !this.#sawCr) this.#sawCr = true;
    else if (byte === LF && this.#sawCr) this.#openChunk();
    else return this.#break("chunk-end");
    return from + 1;
  }

  /** They say nothing that is used, and are read over. */
  #readTrailers(bytes: Uint8Array, from: number): number {
    const end = this.#blankLineEnd(bytes, from);
    const stop = end === -1 ? bytes.length : end;
    this.#bytes += stop - from;
    if (this.#bytes > TRAILER_BYTES_MAX) return this.#break("trailers");
    return end === -1 ? stop : this.#end(this.#isKept && stop === bytes.length);
  }

  /** The index after the first empty line, wherever it was cut; -1: it has not come. A line may end without its CR. */
  #blankLineEnd(bytes: Uint8Array, from: number): number {
    let lineEnd = this.#lineEnd;
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte === LF) {
        if (lineEnd !== 0) {
          this.#lineEnd = 0;
          return at + 1;
        }
        lineEnd = 1;
      } else lineEnd = byte === CR && lineEnd === 1 ? -1 : 0;
    }
    this.#lineEnd = lineEnd;
    return -1;
  }

  /** Last in every step: the sink may begin the next request at once. */
  #end(isKept: boolean): number {
    this.#state = "over";
    this.#sink.end(isKept);
    return Number.POSITIVE_INFINITY;
  }

  #break(fault: ResponseFault): number {
    this.#state = "over";
    this.#sink.broken(fault);
    return Number.POSITIVE_INFINITY;
  }
}

export function createResponseParser(sink: ResponseSink): ResponseParser {
  return new Parser(sink);
}

/** -1: it is none. */
function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

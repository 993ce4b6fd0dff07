/**
 * A body in chunks (RFC 9112 section 7.1): bytes are pushed in as they come, cut anywhere, and its data comes out. Trailers
 * say nothing that is used, and are read over.
 */
import { concatBytes } from "../bytes.ts";
import { readFields } from "./fields.ts";

export type ChunkFault = "chunk-size" | "chunk-end" | "trailers";

interface ChunkedOptions {
  /** The data of what was pushed, in one piece and never empty: each piece costs its reader a write. */
  readonly onData: (bytes: Uint8Array) => void;
  /** Trailers are checked as fields are, and their lines end in CRLF: what two readers could end elsewhere is a fault. */
  readonly strictTrailers: boolean;
  readonly trailerBytesMax: number;
}

/** Size and extensions of one chunk. */
const CHUNK_LINE_BYTES_MAX = 4 * 1024;
/** 256 TiB: every size is an exact number. */
const CHUNK_DIGITS_MAX = 12;

const [TAB, LF, CR, SPACE, SEMICOLON] = [9, 10, 13, 32, 59];

type State = "chunk-line" | "chunk-data" | "chunk-end" | "trailers" | "over" | "broken";

/** A class, because its state is the place in the body and every step of it keeps all of it true. */
export class ChunkedBody {
  readonly #options: ChunkedOptions;
  #state: State = "chunk-line";
  #fault: ChunkFault | null = null;
  /** Of one chunk line, of the trailers. */
  #bytes = 0;
  /** Of the chunk. */
  #left = 0;
  #digits = 0;
  #afterDigits = false;
  #afterSemicolon = false;
  #sawCr = false;
  readonly #blankLine = new BlankLine(1);
  /** Data of what is being read. */
  #data: Uint8Array | null = null;
  #moreData: Uint8Array[] = [];
  /** Of the trailers, where they are checked. */
  #parts: Uint8Array[] = [];

  constructor(options: ChunkedOptions) {
    this.#options = options;
  }

  /** Once there is one, nothing more is read. */
  get fault(): ChunkFault | null {
    return this.#fault;
  }

  get isOver(): boolean {
    return this.#state === "over";
  }

  /** After the last chunk nothing of the data is missing. */
  get hasAllData(): boolean {
    return this.#state === "over" || this.#state === "trailers";
  }

  /** The index after the body, or after all bytes. */
  read(bytes: Uint8Array, from: number): number {
    const at = this.#read(bytes, from);
    const data = this.#data;
    if (data === null) return at;
    const more = this.#moreData;
    this.#data = null;
    if (more.length > 0) this.#moreData = [];
    this.#options.onData(more.length === 0 ? data : concatBytes([data, ...more]));
    return at;
  }

  #read(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      switch (this.#state) {
        case "chunk-line":
          at = this.#readLine(bytes, at);
          break;
        case "chunk-data":
          at = this.#readData(bytes, at);
          break;
        case "chunk-end":
          at = this.#readEnd(bytes, at);
          break;
        case "trailers":
          at = this.#readTrailers(bytes, at);
          break;
        default:
          return at;
      }
    }
    return at;
  }

  /** Hexadecimal digits, blanks, and after a semicolon anything up to the end of the line. */
  #readLine(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      this.#bytes += 1;
      if (this.#bytes > CHUNK_LINE_BYTES_MAX) return this.#break("chunk-size", at);
      if (byte === LF) {
        if (this.#digits === 0 || !this.#sawCr) return this.#break("chunk-size", at);
        return this.#openData(at + 1);
      }
      if (this.#sawCr) return this.#break("chunk-size", at);
      if (byte === CR) this.#sawCr = true;
      else if (this.#afterSemicolon) continue;
      else if (byte === SEMICOLON) this.#afterSemicolon = true;
      else if (byte === SPACE || byte === TAB) this.#afterDigits = true;
      else if (!this.#takeDigit(byte)) return this.#break("chunk-size", at);
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

  #openData(at: number): number {
    if (this.#left > 0) this.#state = "chunk-data";
    else {
      this.#state = "trailers";
      this.#bytes = 0;
    }
    return at;
  }

  #readData(bytes: Uint8Array, from: number): number {
    const stop = from + Math.min(this.#left, bytes.length - from);
    this.#left -= stop - from;
    if (this.#left === 0) {
      this.#state = "chunk-end";
      this.#sawCr = false;
    }
    const data = stop - from === bytes.length ? bytes : bytes.subarray(from, stop);
    if (this.#data === null) this.#data = data;
    else this.#moreData.push(data);
    return stop;
  }

  #readEnd(bytes: Uint8Array, from: number): number {
    const byte = bytes[from];
    if (byte === CR && !this.#sawCr) this.#sawCr = true;
    else if (byte === LF && this.#sawCr) this.#openLine();
    else return this.#break("chunk-end", from);
    return from + 1;
  }

  #openLine(): void {
    this.#state = "chunk-line";
    this.#left = 0;
    this.#digits = 0;
    this.#bytes = 0;
    this.#afterDigits = false;
    this.#afterSemicolon = false;
    this.#sawCr = false;
  }

  #readTrailers(bytes: Uint8Array, from: number): number {
    const end = this.#blankLine.endIn(bytes, from);
    const stop = end === -1 ? bytes.length : end;
    this.#bytes += stop - from;
    const { strictTrailers, trailerBytesMax } = this.#options;
    if (this.#bytes > trailerBytesMax) return this.#break("trailers", from);
    if (strictTrailers) this.#parts.push(bytes.subarray(from, stop));
    if (end === -1) return stop;
    if (strictTrailers && !areFields(concatBytes(this.#parts))) return this.#break("trailers", from);
    this.#parts = [];
    this.#state = "over";
    return stop;
  }

  #break(fault: ChunkFault, at: number): number {
    this.#state = "broken";
    this.#fault = fault;
    return at;
  }
}

/** The end of a head or of trailers: an empty line, wherever it is cut. A line may end without its CR. */
export class BlankLine {
  /** 1: a line has just ended; -1: that, and a CR came. */
  #lineEnd: 0 | 1 | -1;

  constructor(lineEnd: 0 | 1) {
    this.#lineEnd = lineEnd;
  }

  reset(): void {
    this.#lineEnd = 0;
  }

  /** The index after it; -1: it has not come. */
  endIn(bytes: Uint8Array, from: number): number {
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
}

function areFields(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  return !LONE_LINE_END.test(text) && readFields(text, 0, { mayFold: false }).kind === "fields";
}

/** A CR or an LF that stands without the other, which two readers could take for different things. */
export const LONE_LINE_END = /\r(?!\n)|(?<!\r)\n/;

/** -1: it is none. */
function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

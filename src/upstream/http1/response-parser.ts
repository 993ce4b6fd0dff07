/**
 * The one parser of HTTP/1.1 responses: bytes are pushed in as they come, cut anywhere, and a sink is told the head, the
 * pieces of the body and the end. It keeps a head until it is whole and nothing of a body.
 */
import { asBuffer, concatBytes } from "../../std/bytes.ts";
import { BlankLine, ChunkedBody, type ChunkFault } from "../../std/http1/chunked.ts";
import { unreachable } from "../../std/unreachable.ts";
import { type BodyFraming, type HeadFault, type ResponseHead, readResponseHead } from "./response-head.ts";

export type ResponseFault = HeadFault | ChunkFault | "head-size" | "cut-short";

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
/** Servers send all kinds of them, and they are read over. */
const CHUNKS = { strictTrailers: false, trailerBytesMax: HEAD_BYTES_MAX } as const;

type State = "head" | "length" | "close" | "chunked" | "over";

/** A class, because its state is the place in the response and every step of it keeps all of it true. */
class Parser implements ResponseParser {
  readonly #sink: ResponseSink;
  #state: State = "head";
  /** Of a head that is not whole. */
  #parts: Uint8Array[] = [];
  /** Of all heads. */
  #bytes = 0;
  readonly #blankLine = new BlankLine(0);
  #isKept = false;
  /** Of a body of declared length. */
  #left = 0;
  #chunks: ChunkedBody | null = null;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  reset(): void {
    this.#state = "head";
    this.#parts = [];
    this.#bytes = 0;
    this.#blankLine.reset();
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
        case "close":
          at = this.#readData(bytes, at, state);
          break;
        case "chunked":
          at = this.#readChunks(bytes, at);
          break;
        case "over":
          return;
        default:
          unreachable(state);
      }
    }
  }

  close(): void {
    if (this.#state === "close" || (this.#state === "chunked" && this.#chunks?.hasAllData)) this.#end(false);
    else if (this.#state !== "over") this.#break("cut-short");
  }

  /** The index after the head, or after all bytes. */
  #readHead(bytes: Uint8Array, from: number): number {
    const end = this.#blankLine.endIn(bytes, from);
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
    const reading = readResponseHead(asBuffer(whole).toString("latin1"));
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
        this.#chunks = new ChunkedBody({ onData: (data) => this.#sink.body(data), ...CHUNKS });
        this.#state = "chunked";
        return at;
      default:
        return unreachable(framing);
    }
  }

  #readData(bytes: Uint8Array, from: number, state: "length" | "close"): number {
    const length = state === "close" ? bytes.length - from : Math.min(this.#left, bytes.length - from);
    const stop = from + length;
    this.#sink.body(length === bytes.length ? bytes : bytes.subarray(from, stop));
    if (state === "close") return stop;
    this.#left -= length;
    if (this.#left > 0) return stop;
    return this.#end(this.#isKept && stop === bytes.length);
  }

  #readChunks(bytes: Uint8Array, from: number): number {
    const chunks = this.#chunks;
    if (chunks === null) return bytes.length;
    const stop = chunks.read(bytes, from);
    // The sink may have begun something else with what it was given.
    if (this.#state !== "chunked") return Number.POSITIVE_INFINITY;
    if (chunks.fault !== null) return this.#break(chunks.fault);
    return chunks.isOver ? this.#end(this.#isKept && stop === bytes.length) : stop;
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

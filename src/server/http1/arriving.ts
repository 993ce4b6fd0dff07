/** One request of a connection while it comes in: its body is pushed on as it arrives, and never before a reader asks for it. */
import { ChunkedBody } from "../../std/http1/chunked.ts";
import { createStopper, type Stopper, type StopSignal } from "../../std/stop-signal.ts";
import type { Arrival, ArrivingBody, BodyEvents } from "../arrival.ts";
import type { RequestHead } from "./request-head.ts";

/** A class, because the connection and the reader of the body meet in it, each at its own pace. */
export class Arriving implements Arrival, ArrivingBody {
  readonly head: RequestHead;
  readonly #stopper: Stopper = createStopper();
  readonly #onRead: () => void;
  #events: BodyEvents | null = null;
  #isLetGo = false;
  #isBodyOver: boolean;
  /** Of a body of declared length. */
  #left: number;
  readonly #chunks: ChunkedBody | null;

  /** `onRead`: from now on the body is wanted. */
  constructor(head: RequestHead, onRead: () => void) {
    const { framing } = head;
    this.head = head;
    this.#onRead = onRead;
    this.#left = framing.kind === "length" ? framing.bytes : 0;
    this.#isBodyOver = framing.kind === "length" && framing.bytes === 0;
    this.#chunks =
      framing.kind === "chunked"
        ? new ChunkedBody({ onData: (bytes) => this.#events?.data(bytes), ...CHECKED_TRAILERS })
        : null;
  }

  get method(): string {
    return this.head.method;
  }

  get target(): string {
    return this.head.target;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.head.headers;
  }

  get signal(): StopSignal {
    return this.#stopper.signal;
  }

  get body(): ArrivingBody {
    return this;
  }

  get declared(): ArrivingBody["declared"] {
    const { framing } = this.head;
    return framing.kind === "length" ? framing.bytes : framing.kind === "chunked" ? null : "unsound";
  }

  get isBodyOver(): boolean {
    return this.#isBodyOver;
  }

  /** What comes is taken, if only to be thrown away. */
  get isWanted(): boolean {
    return this.#events !== null || this.#isLetGo;
  }

  read(events: BodyEvents): void {
    this.#events = events;
    if (this.#isBodyOver) events.end();
    else this.#onRead();
  }

  letGo(): void {
    this.#events = null;
    this.#isLetGo = true;
  }

  asRequest(): Request {
    const { method, target, headers } = this.head;
    const path = target.startsWith("/") ? target : "/";
    return new Request(`http://gateway.invalid${path}`, { method: method === "CONNECT" ? "OPTIONS" : method, headers });
  }

  /** The index after what belongs to the body; -1: it is none, which its reader has been told. */
  push(bytes: Uint8Array): number {
    return this.#chunks === null ? this.#pushDeclared(bytes) : this.#pushChunks(this.#chunks, bytes);
  }

  /** The client has left. */
  leave(): void {
    this.#stopper.abort();
    this.#break();
  }

  #pushDeclared(bytes: Uint8Array): number {
    const length = Math.min(this.#left, bytes.length);
    this.#left -= length;
    if (length > 0) this.#events?.data(length === bytes.length ? bytes : bytes.subarray(0, length));
    if (this.#left === 0) this.#end();
    return length;
  }

  #pushChunks(chunks: ChunkedBody, bytes: Uint8Array): number {
    const length = chunks.read(bytes, 0);
    if (chunks.fault !== null) {
      this.#break();
      return -1;
    }
    if (chunks.isOver) this.#end();
    return length;
  }

  #end(): void {
    this.#isBodyOver = true;
    const events = this.#events;
    this.#events = null;
    events?.end();
  }

  #break(): void {
    const events = this.#events;
    this.#events = null;
    this.#isLetGo = true;
    events?.broken();
  }
}

const CHECKED_TRAILERS = { strictTrailers: true, trailerBytesMax: 16 * 1024 } as const;

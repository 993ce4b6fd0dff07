/**
 * One connection of a client over HTTP/1.1: its requests one after the other, and their answers in the same order. A request
 * sent ahead waits for the answer before it. A client that closes its own half still gets what it asked for.
 */
import { asBuffer, concatBytes } from "../../std/bytes.ts";
import type { Outgoing } from "../arrival.ts";
import { framingOf, writeAnswerHead } from "./answer-head.ts";
import { AnswerStream } from "./answer-stream.ts";
import { Arriving } from "./arriving.ts";
import type { ConnectionHost, ServerSocket } from "./host.ts";
import { readRequestHead } from "./request-head.ts";
import { SocketWriter } from "./socket-writer.ts";

/** What a client sends ahead of its turn; more of it waits in the system. */
const HELD_BYTES_MAX = 64 * 1024;
/** Of a request line and its headers. */
const HEAD_BYTES_MAX = 16 * 1024;
/** For a whole head. */
const HEAD_SECONDS = 60;
/** A connection between two requests, and the rest of an answer that a client does not take. */
const IDLE_SECONDS = 240;
const STALL_SECONDS = 120;
/** After the answer to a request that was not read to its end: closed at once, the client may lose the answer. */
const LINGER_SECONDS = 4;
const LINGER_BYTES_MAX = 16 * 1024 * 1024;

type Phase =
  /** Between requests, or inside a head. */
  | { readonly kind: "head" }
  /** Until its answer is written and its body is over. */
  | {
      readonly kind: "request";
      readonly arriving: Arriving;
      stream: AnswerStream | null;
      isHeadSent: boolean;
      isAnswered: boolean;
    }
  /** Nothing is served any more; what still comes is thrown away. */
  | { readonly kind: "closing"; bytes: number }
  | { readonly kind: "over" };

type Serving = Extract<Phase, { kind: "request" }>;

/** A class, because a socket, a request and its answer must agree on whose turn it is. */
export class ClientConnection {
  readonly socket: ServerSocket;
  readonly #host: ConnectionHost;
  readonly #writer: SocketWriter;
  #phase: Phase = { kind: "head" };
  /** Came and not read yet. */
  #held: Uint8Array = NO_BYTES;
  #isPaused = false;
  #isReading = false;
  /** The client has closed its half. */
  #clientEnded = false;

  constructor(socket: ServerSocket, host: ConnectionHost) {
    this.socket = socket;
    this.#host = host;
    this.#writer = new SocketWriter(socket);
    socket.timeout(IDLE_SECONDS);
  }

  get isIdle(): boolean {
    return this.#phase.kind === "head" && this.#held.length === 0;
  }

  received(bytes: Uint8Array): void {
    if (this.#phase.kind === "over") return;
    if (this.#phase.kind === "closing") {
      this.#discard(this.#phase, bytes.length);
      return;
    }
    if (this.isIdle) this.socket.timeout(HEAD_SECONDS);
    this.#held = this.#held.length === 0 ? bytes : concatBytes([this.#held, bytes]);
    this.#read();
  }

  drained(): void {
    if (this.#writer.drained() && this.#writer.isFull && !this.#isStreaming) this.socket.timeout(STALL_SECONDS);
  }

  /** The client sends nothing more. Whether it still reads shows when something is written. */
  clientEnded(): void {
    this.#clientEnded = true;
    const phase = this.#phase;
    if (phase.kind === "closing" || phase.kind === "over") {
      this.terminate();
      return;
    }
    if (phase.kind === "head") {
      this.#close();
      return;
    }
    if (!phase.arriving.isBodyOver) {
      this.terminate();
      return;
    }
    if (phase.stream !== null) phase.stream.touch();
    else if (!phase.isHeadSent && !phase.arriving.head.isOld) this.socket.write(CONTINUE);
  }

  timedOut(): void {
    if (this.#phase.kind === "head" && this.#held.length > 0) this.#refuse(408, "The request did not arrive in time.");
    else this.terminate();
  }

  /** At once; whatever is under way is told. */
  terminate(): void {
    this.socket.terminate();
    this.closed();
  }

  /** The socket is gone. Idempotent. */
  closed(): void {
    const phase = this.#phase;
    if (phase.kind === "over") return;
    this.#phase = { kind: "over" };
    this.#held = NO_BYTES;
    if (phase.kind !== "request") return;
    phase.stream?.leave();
    if (!phase.isAnswered) phase.arriving.leave();
  }

  /** The server takes no further request. */
  drain(): void {
    if (this.isIdle) this.#close();
  }

  get #isStreaming(): boolean {
    return this.#phase.kind === "request" && this.#phase.stream !== null;
  }

  // ---------------------------------------------------------------- in

  /** As far as what came takes us. */
  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#held.length > 0 && this.#readNext());
    this.#isReading = false;
    this.#pace();
  }

  /** False: it must wait, for more bytes or for a reader of them. */
  #readNext(): boolean {
    const phase = this.#phase;
    if (phase.kind === "head") return this.#readHead();
    if (phase.kind !== "request" || phase.arriving.isBodyOver || !phase.arriving.isWanted) return false;
    this.#readBody(phase);
    return true;
  }

  #readHead(): boolean {
    const held = this.#skipEmptyLines();
    if (held.length === 0) return false;
    if (held[0] === PREFACE[0] && startsAlike(held, PREFACE)) {
      if (held.length < PREFACE.length) return false;
      this.#phase = { kind: "over" };
      this.#held = NO_BYTES;
      this.#host.takeOver(this.socket, held);
      return false;
    }
    const end = asBuffer(held).indexOf(HEAD_END);
    const length = end === -1 ? held.length : end + HEAD_END.length;
    if (length > HEAD_BYTES_MAX) this.#refuse(431, "The head of the request is too long.");
    else if (end !== -1) this.#open(held, length);
    return this.#phase.kind !== "closing" && end !== -1;
  }

  /** They may stand before a request (RFC 9112 section 2.2). */
  #skipEmptyLines(): Uint8Array {
    let from = 0;
    while (this.#held[from] === CR && this.#held[from + 1] === LF) from += 2;
    if (from > 0) this.#held = this.#held.subarray(from);
    return this.#held;
  }

  #open(held: Uint8Array, length: number): void {
    const reading = readRequestHead(asBuffer(held).toString("latin1", 0, length));
    if (reading.kind === "refused") {
      this.#refuse(reading.status, reading.message);
      return;
    }
    this.#held = held.length === length ? NO_BYTES : held.subarray(length);
    this.socket.timeout(0);
    const arriving = new Arriving(reading.head, () => this.#bodyWanted(phase));
    const phase: Serving = { kind: "request", arriving, stream: null, isHeadSent: false, isAnswered: false };
    this.#phase = phase;
    let answer: Outgoing | Promise<Outgoing>;
    try {
      answer = this.#host.serve(arriving);
    } catch (error) {
      this.#fail(phase, error);
      return;
    }
    if (answer instanceof Promise) {
      answer.then(
        (each) => this.#answer(phase, each),
        (error: unknown) => this.#fail(phase, error),
      );
    } else this.#answer(phase, answer);
  }

  #bodyWanted(phase: Serving): void {
    if (this.#phase !== phase) return;
    if (phase.arriving.head.waitsToContinue && this.#held.length === 0 && !phase.isHeadSent)
      this.socket.write(CONTINUE);
    // What came with the head is there at once.
    if (this.#held.length > 0) this.#readBody(phase);
    else this.#pace();
  }

  #readBody(phase: Serving): void {
    const held = this.#held;
    this.#held = NO_BYTES;
    const length = phase.arriving.push(held);
    if (this.#phase !== phase) return;
    if (length === -1) return;
    this.#held = length === held.length ? NO_BYTES : held.subarray(length);
    if (phase.arriving.isBodyOver) this.#finishIfDone(phase);
  }

  /** What cannot be read yet stays with the system, and slows the client. */
  #pace(): void {
    const isFull = this.#held.length > HELD_BYTES_MAX;
    if (isFull === this.#isPaused) return;
    this.#isPaused = isFull;
    if (isFull) this.socket.pause();
    else this.socket.resume();
  }

  // ---------------------------------------------------------------- out

  #fail(phase: Serving, error: unknown): void {
    this.#host.onBug(error);
    if (this.#phase === phase && !phase.isHeadSent) this.#answer(phase, this.#host.internalError());
    else if (this.#phase === phase) this.terminate();
  }

  #answer(phase: Serving, answer: Outgoing): void {
    const { body } = answer;
    if (this.#phase !== phase) {
      drop(body);
      return;
    }
    const { head } = phase.arriving;
    const framing = framingOf(answer, head);
    const isKept = this.#isKept(phase, answer) && framing.kind !== "close";
    let text: string;
    try {
      text = writeAnswerHead({ ...answer, framing, isKept, date: this.#host.date() });
    } catch (error) {
      drop(body);
      this.#fail(phase, error);
      return;
    }
    phase.isHeadSent = true;
    const end = (): void => this.#answered(phase, isKept);
    if (body instanceof Uint8Array) {
      if (this.#writer.sendMessage(text, head.method === "HEAD" ? NO_BYTES : body, end)) end();
      else this.socket.timeout(STALL_SECONDS);
      return;
    }
    const { nowMs, setTimer } = this.#host;
    const isChunked = framing.kind === "chunked";
    const cut = (): void => this.terminate();
    const stream = new AnswerStream(body, {
      writer: this.#writer,
      isChunked,
      nowMs,
      setTimer,
      onWhole: end,
      onCut: cut,
    });
    if (framing.kind === "none") {
      stream.leave();
      if (this.#writer.send([Buffer.from(text, "latin1")], end)) end();
      return;
    }
    phase.stream = stream;
    if (this.#writer.send([Buffer.from(text, "latin1")], () => stream.start())) stream.start();
    if (this.#clientEnded) stream.touch();
  }

  /** The rest of an unread body is thrown away where that costs less than another connection. */
  #isKept({ arriving }: Serving, { close }: Outgoing): boolean {
    const { head } = arriving;
    if (close || head.closes || this.#host.isDraining() || head.framing.kind === "unsound") return false;
    return arriving.isBodyOver || (head.framing.kind === "length" && !head.waitsToContinue);
  }

  /** All of the answer is with the system. */
  #answered(phase: Serving, isKept: boolean): void {
    if (this.#phase !== phase) return;
    phase.isAnswered = true;
    phase.stream = null;
    if (!isKept) {
      this.#close();
      return;
    }
    if (phase.arriving.isBodyOver) {
      this.#finishIfDone(phase);
      return;
    }
    phase.arriving.letGo();
    this.socket.timeout(HEAD_SECONDS);
    this.#read();
  }

  #finishIfDone(phase: Serving): void {
    if (!phase.isAnswered || this.#phase !== phase) return;
    this.#phase = { kind: "head" };
    if (this.#held.length === 0) {
      if (this.#clientEnded || this.#host.isDraining()) {
        this.#close();
        return;
      }
      this.socket.timeout(IDLE_SECONDS);
      return;
    }
    this.socket.timeout(HEAD_SECONDS);
    this.#read();
    // A half of a request is all there is, and no more comes.
    if (this.#clientEnded && this.#phase.kind === "head") this.#close();
  }

  /** Of a request that no handler sees. */
  #refuse(status: number, message: string): void {
    const body = Buffer.from(JSON.stringify({ error: { message, type: "invalid_request_error", code: "http" } }));
    const headers = { "content-type": "application/json", "cache-control": "no-store" };
    const framing = { kind: "length", bytes: body.length } as const;
    const text = writeAnswerHead({ status, headers, framing, isKept: false, date: this.#host.date() });
    const close = (): void => this.#close();
    if (this.#writer.sendMessage(text, body, close)) close();
  }

  /** A client that still sends would lose the answer with a connection that is closed under it. */
  #close(): void {
    const phase = this.#phase;
    if (phase.kind === "over" || phase.kind === "closing") return;
    const isAllRead = phase.kind === "request" ? phase.arriving.isBodyOver : this.#held.length === 0;
    this.#held = NO_BYTES;
    if (isAllRead || this.#clientEnded) {
      this.#phase = { kind: "over" };
      this.socket.end();
      return;
    }
    this.#phase = { kind: "closing", bytes: 0 };
    if (phase.kind === "request") phase.arriving.letGo();
    this.#pace();
    this.socket.shutdown();
    this.socket.timeout(LINGER_SECONDS);
  }

  #discard(phase: Extract<Phase, { kind: "closing" }>, bytes: number): void {
    phase.bytes += bytes;
    if (phase.bytes > LINGER_BYTES_MAX) this.terminate();
  }
}

/** An answer that cannot be sent. Its source holds a lane, which must not wait for a client that never comes. */
function drop(body: Outgoing["body"]): void {
  if (body instanceof Uint8Array) return;
  body.source.cancel();
  body.onEnd();
}

const NO_BYTES = new Uint8Array(0);
const [LF, CR] = [10, 13];
const HEAD_END = "\r\n\r\n";
const CONTINUE = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n");
/** What a connection of HTTP/2 begins with (RFC 9113 section 3.4). */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** As far as both go. */
function startsAlike(bytes: Uint8Array, other: Uint8Array): boolean {
  const length = Math.min(bytes.length, other.length);
  for (let at = 0; at < length; at += 1) if (bytes[at] !== other[at]) return false;
  return true;
}

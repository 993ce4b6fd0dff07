/**
 * One connection to an upstream: one request after another, and what came of each. It belongs to a pool, which is told
 * when it is free and when it is gone.
 */
import type { PlainSocket, SocketEvents } from "../../std/effects.ts";
import { isShortMessage, writeShort } from "../../std/short-write.ts";
import type { RequestMessage } from "./request-writer.ts";
import type { ResponseHead } from "./response-head.ts";
import { createResponseParser, type ResponseFault, type ResponseParser, type ResponseSink } from "./response-parser.ts";

/** How much of a request the system has taken. */
type Written = "nothing" | "part" | "all";

export type ConnectionLoss =
  /** `code`: the system's; null: the other side ended it properly. No byte of an answer had come. */
  | { readonly kind: "closed"; readonly code: string | null; readonly written: Written }
  /** What came is no answer, or not the whole of one. */
  | { readonly kind: "fault"; readonly fault: ResponseFault };

/** The events of one request: a head, pieces of its body, and one of the last two. */
export interface RequestEvents {
  head(head: ResponseHead): void;
  body(bytes: Uint8Array): void;
  end(): void;
  lost(loss: ConnectionLoss): void;
}

interface ConnectionOwner {
  stood(connection: Connection): void;
  failed(connection: Connection, code: string): void;
  free(connection: Connection): void;
  /** Once, for each that stood. */
  gone(connection: Connection): void;
}

/** A class, because it holds that a socket carries one request at a time and is given back or ended after each. */
export class Connection implements SocketEvents, ResponseSink {
  readonly #owner: ConnectionOwner;
  readonly #parser: ResponseParser = createResponseParser(this);
  #socket: PlainSocket | null = null;
  #request: RequestEvents | null = null;
  /** Not yet taken by the system, in order. */
  #unwritten: readonly Uint8Array[] = [];
  #written: Written = "nothing";
  #requests = 0;
  #isAnswered = false;
  #isPaused = false;
  #keptMs: number | null = null;

  constructor(owner: ConnectionOwner) {
    this.#owner = owner;
  }

  /** It carried a request before this one. */
  get isReused(): boolean {
    return this.#requests > 1;
  }

  /** Of the request under way. */
  get written(): Written {
    return this.#written;
  }

  /** How long the other side keeps it idle; null: it did not say. */
  get keptMs(): number | null {
    return this.#keptMs;
  }

  send(message: RequestMessage, request: RequestEvents): void {
    this.#request = request;
    this.#requests += 1;
    this.#isAnswered = false;
    this.#written = "nothing";
    this.#parser.reset();
    this.#begin(message);
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket?.resume();
  }

  /** Whatever is under way is told nothing more. */
  terminate(): void {
    this.#request = null;
    this.#socket?.terminate();
  }

  stood(socket: PlainSocket): void {
    this.#socket = socket;
    this.#owner.stood(this);
  }

  failed(code: string): void {
    this.#owner.failed(this, code);
  }

  received(bytes: Uint8Array): void {
    // Without a request there is nothing to say: what comes could be taken for the next answer.
    if (this.#request === null) this.terminate();
    else {
      this.#isAnswered = true;
      this.#parser.push(bytes);
    }
  }

  drained(): void {
    if (this.#unwritten.length > 0) this.#write();
  }

  closed(code: string | null): void {
    this.#socket = null;
    this.#owner.gone(this);
    const request = this.#request;
    if (request === null) return;
    if (code === null && this.#isAnswered) {
      this.#parser.close();
      return;
    }
    this.#request = null;
    if (this.#isAnswered) request.lost({ kind: "fault", fault: "cut-short" });
    else request.lost({ kind: "closed", code, written: this.#written });
  }

  head(head: ResponseHead): void {
    this.#keptMs = head.keptMs;
    this.#request?.head(head);
  }

  body(bytes: Uint8Array): void {
    this.#request?.body(bytes);
  }

  /** An answer that came before the whole request was written leaves the rest of it on the way. */
  end(isKept: boolean): void {
    const request = this.#request;
    this.#request = null;
    request?.end();
    this.resume();
    if (isKept && this.#written === "all") this.#owner.free(this);
    else this.#socket?.terminate();
  }

  broken(fault: ResponseFault): void {
    const request = this.#request;
    this.terminate();
    request?.lost({ kind: "fault", fault });
  }

  #begin({ head, body }: RequestMessage): void {
    if (!isShortMessage(head, body)) {
      this.#unwritten = [Buffer.from(head, "latin1"), ...body.filter((part) => part.length > 0)];
      this.#write();
      return;
    }
    const { rest, taken } = writeShort(this.#take, head, body);
    this.#unwritten = rest === null ? NOTHING : [rest];
    this.#written = rest === null ? "all" : taken > 0 ? "part" : "nothing";
  }

  readonly #take = (bytes: Uint8Array): number => this.#socket?.write(bytes) ?? -1;

  /** A write that finds the socket closed changes nothing: its end is told by the event. */
  #write(): void {
    const [part, ...rest] = this.#unwritten;
    if (part === undefined) {
      this.#written = "all";
      return;
    }
    const taken = this.#socket?.write(part) ?? -1;
    if (taken > 0) this.#written = "part";
    if (taken < part.length) {
      if (taken > 0) this.#unwritten = [part.subarray(taken), ...rest];
      return;
    }
    this.#unwritten = rest;
    this.#write();
  }
}

const NOTHING: readonly Uint8Array[] = [];

/**
 * A request over a connection of our own: kept connections, a limit for connecting alone, every timer and the caller's
 * signal, and one ending whatever happens.
 */
import type { Failure } from "../../ir/failure.ts";
import type { Cancel, Effects } from "../../std/effects.ts";
import type { PushedBody, Send, SendInput, Sent, UpstreamBody, UpstreamChunk } from "../contract.ts";
import { BROKEN_ANSWER, type Timeout, timeoutFailure, transportFailure, UNWRITABLE_REQUEST } from "../failures.ts";
import { type IdleWatch, watchIdle } from "../idle-watch.ts";
import { isShort } from "../short-body.ts";
import { type BodyHooks, BodySource } from "./body-source.ts";
import type { Connection, ConnectionLoss, RequestEvents } from "./connection.ts";
import { decodedBody, encodingOf } from "./decoded-body.ts";
import type { Pool, Waiter } from "./pool.ts";
import { createPools } from "./pools.ts";
import { type RequestMessage, writeRequest } from "./request-writer.ts";
import type { ResponseHead } from "./response-head.ts";

type ClientEffects = Pick<Effects, "connect" | "setTimer" | "nowMs">;

export function createSocketClient(effects: ClientEffects): Send {
  const findPool = createPools(effects);
  return (input) => {
    if (input.signal.aborted) return Promise.resolve({ kind: "aborted" });
    const found = findPool(input.url, input.ca);
    const message = found === null ? null : writeRequest(input, found.place);
    if (found === null || message === null) {
      return Promise.resolve({ kind: "failed", failure: UNWRITABLE_REQUEST, mayHaveRun: false });
    }
    return new Promise((resolve) => new Call({ effects, input, message, pool: found.pool, resolve }).start());
  };
}

interface CallInput {
  readonly effects: ClientEffects;
  readonly input: SendInput;
  readonly message: RequestMessage;
  readonly pool: Pool;
  readonly resolve: (sent: Sent) => void;
}

/** A class, because it holds that one request has one answer and one ending, and that its timers go with it. */
class Call implements Waiter, RequestEvents, BodyHooks, UpstreamBody {
  readonly #call: CallInput;
  #connection: Connection | null = null;
  #source: BodySource | null = null;
  #isReopened = false;
  #isOver = false;
  #timedOut: Timeout | null = null;
  #cancelConnect: Cancel = nothing;
  #cancelFirstByte: Cancel = nothing;
  #cancelTotal: Cancel = nothing;
  #idle: IdleWatch | null = null;

  constructor(call: CallInput) {
    this.#call = call;
  }

  start(): void {
    const { input, pool } = this.#call;
    input.signal.addEventListener("abort", this.#onSignal, { once: true });
    this.#cancelFirstByte = this.#timer(input.timers.firstByteMs, "first byte");
    this.#cancelTotal = this.#timer(input.timers.totalMs, "total");
    pool.take(this);
    this.#watchConnecting();
  }

  given(connection: Connection): void {
    this.#cancelConnect();
    this.#connection = connection;
    connection.send(this.#call.message, this);
  }

  refused(code: string): void {
    this.#fail(transportFailure({ code }).failure, false);
  }

  head(head: ResponseHead): void {
    const { headers } = head;
    this.#source = new BodySource(isShort(headers), this);
    const encoding = encodingOf(headers["content-encoding"]);
    const body = encoding === null ? this : decodedBody(this, encoding);
    this.#call.resolve({ kind: "response", status: head.status, headers, body });
  }

  body(bytes: Uint8Array): void {
    this.#source?.push(bytes);
  }

  end(): void {
    this.#connection = null;
    this.#source?.end(END);
  }

  lost(loss: ConnectionLoss): void {
    const connection = this.#connection;
    this.#connection = null;
    const failure = failureOf(loss);
    const isUnread = loss.kind === "closed" && loss.written !== "all" && connection?.isReused === true;
    if (this.#source !== null) this.#source.end({ kind: "failed", failure });
    else if (isUnread && !this.#isReopened) this.#reopen();
    else this.#fail(failure, loss.kind === "fault" || loss.written !== "nothing");
  }

  /** The other side closed an idle connection just then, and cannot have read a request that was not all written. */
  #reopen(): void {
    this.#isReopened = true;
    this.#call.pool.takeNew(this);
    this.#watchConnecting();
  }

  /** Until a connection is there: it may be at once. */
  #watchConnecting(): void {
    if (this.#connection === null && !this.#isOver)
      this.#cancelConnect = this.#timer(this.#call.input.timers.connectMs, "connect");
  }

  #timer(ms: number, why: Timeout): Cancel {
    return ms > 0 ? this.#call.effects.setTimer(ms, () => this.#stop(why)) : nothing;
  }

  readonly #onSignal = (): void => this.#stop(null);

  /** By a timer of ours; or, null, by the caller. */
  #stop(why: Timeout | null): void {
    if (this.#isOver) return;
    this.#timedOut = why;
    this.#clear();
    const mayHaveRun = this.#connection !== null && this.#connection.written !== "nothing";
    this.#leave();
    const failure = why === null ? null : timeoutFailure(why);
    if (this.#source !== null) this.#source.break(failure === null ? ABORTED : { kind: "failed", failure });
    else if (failure !== null) this.#fail(failure, mayHaveRun);
    else this.#settle({ kind: "aborted" });
  }

  /** Takes the request off its connection, or out of the line for one. */
  #leave(): void {
    if (this.#connection === null) this.#call.pool.drop(this);
    else this.#connection.terminate();
    this.#connection = null;
  }

  #fail(failure: Failure, mayHaveRun: boolean): void {
    this.#settle({ kind: "failed", failure, mayHaveRun });
  }

  #settle(sent: Sent): void {
    this.#close();
    this.#call.resolve(sent);
  }

  #close(): void {
    this.#isOver = true;
    this.#clear();
  }

  #clear(): void {
    this.#cancelConnect();
    this.#cancelFirstByte();
    this.#cancelTotal();
    this.#idle?.close();
    this.#call.input.signal.removeEventListener("abort", this.#onSignal);
  }

  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  took(chunk: UpstreamChunk): void {
    this.#idle?.heard();
    if (chunk.kind !== "bytes" || chunk.isLast) this.#close();
  }

  waits(): void {
    this.#watchIdle().waits();
  }

  pushTo(take: (chunk: UpstreamChunk) => void): PushedBody {
    // A body is handed out with its source.
    return this.#source?.pushTo(take) ?? NOTHING_TO_PUSH;
  }

  next(): Promise<UpstreamChunk> {
    const { signal } = this.#call.input;
    if (this.#source === null || this.#isOver)
      return Promise.resolve(this.#timedOut === null && signal.aborted ? ABORTED : END);
    // What is given at once in one piece is not waited for.
    if (!this.#source.isComplete) this.#watchIdle().waits();
    return this.#source.next();
  }

  whole(): Uint8Array | null {
    return this.#isOver ? null : (this.#source?.takeWhole() ?? null);
  }

  idled(): void {
    this.#idle?.idled();
  }

  begun(): void {
    this.#cancelFirstByte();
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#leave();
    this.#source?.break(END);
    this.#close();
  }

  #watchIdle(): IdleWatch {
    const { effects, input } = this.#call;
    this.#idle ??= watchIdle(effects, input.timers.idleMs, () => this.#stop("idle"));
    return this.#idle;
  }
}

function failureOf(loss: ConnectionLoss): Failure {
  if (loss.kind === "fault" && loss.fault !== "cut-short") return BROKEN_ANSWER;
  return transportFailure({ code: loss.kind === "fault" ? null : loss.code }).failure;
}

const END: UpstreamChunk = { kind: "end" };
const ABORTED: UpstreamChunk = { kind: "aborted" };

const nothing = (): void => undefined;
const NOTHING_TO_PUSH: PushedBody = { pause: nothing, resume: nothing };

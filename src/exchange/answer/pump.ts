/**
 * The answer after the commit: what comes from the upstream goes through the flow and straight on to the client's sink,
 * which may pause it. No promise, timer or closure is made for a chunk.
 */
import { failure } from "../../ir/failure.ts";
import { concatBytes } from "../../std/bytes.ts";
import type { Cancel, Effects } from "../../std/effects.ts";
import type { PushedBody, UpstreamBody, UpstreamChunk } from "../../upstream/contract.ts";
import { pushedBody } from "../../upstream/pushed-body.ts";
import type { ByteSink, ByteSource, PushedSource } from "../contract.ts";
import { askedOf } from "./asked-source.ts";
import { GRACE_MS, isIdle } from "./before-commit.ts";
import { type Flow, isDone, isSilent } from "./flow.ts";

/** Silence after which a stream of ours shows that it is alive. */
export const KEEP_ALIVE_MS = 15_000;

interface PumpInput {
  readonly body: UpstreamBody;
  readonly flow: Flow;
  readonly held: readonly Uint8Array[];
  /** The upstream has already closed. */
  readonly closed: boolean;
  /** The client's stream ends with its ending; false: the lane's own bytes go on until it closes. */
  readonly endsAtEnding: boolean;
  /** Sent in silence; null: never. */
  readonly keepAlive: Uint8Array | null;
  readonly effects: Pick<Effects, "setTimer" | "nowMs">;
  /** A bug in a reader or writer; the stream has been ended honestly. */
  readonly onBug: (error: unknown) => void;
  /** Once, when nothing more will be sent. `clientGone`: the client left first. */
  readonly onEnd: (how: { readonly clientGone: boolean; readonly bytes: number }) => void;
}

/** What the client is given after the commit. */
export function createPump(input: PumpInput): ByteSource {
  return askedOf(new Pump(input));
}

/** A class, because it holds that a client is given one ending, and nothing while it has paused or after it has left. */
class Pump implements PushedSource {
  readonly #input: PumpInput;
  #sink: ByteSink | null = null;
  #body: PushedBody | null = null;
  #isHeldBack: boolean;
  /** The upstream has said its last. */
  #isClosed: boolean;
  #isPaused = false;
  #isOver = false;
  #bytes = 0;
  /** Since when the client waits for bytes; as a pause ends it begins anew. */
  #silentSinceMs = 0;
  #cancelGrace: Cancel | null = null;
  #cancelKeepAlive: Cancel | null = null;
  #cancelDrain: Cancel | null = null;

  constructor(input: PumpInput) {
    this.#input = input;
    this.#isHeldBack = input.held.length > 0;
    this.#isClosed = input.closed;
  }

  pushTo(sink: ByteSink): this {
    this.#sink = sink;
    this.#isPaused = true;
    this.resume();
    return this;
  }

  resume(): void {
    if (!this.#isPaused || this.#isOver) return;
    this.#isPaused = false;
    this.#watchSilence();
    if (this.#isHeldBack) {
      this.#isHeldBack = false;
      this.#write(this.#input.held);
      this.#watchGrace();
    }
    this.#go();
  }

  cancel(): void {
    this.#end(true);
  }

  get isCut(): boolean {
    const { flow } = this.#input;
    return !flow.tellsTrouble && flow.note.failure !== null;
  }

  #go(): void {
    if (this.#isPaused || this.#isOver) return;
    if (this.#hasAll()) {
      this.#finish();
      return;
    }
    this.#body ??= pushedBody(this.#input.body, this.#take);
    this.#body.resume();
  }

  #hasAll(): boolean {
    return this.#isClosed || (this.#input.endsAtEnding && this.#input.flow.note.ended);
  }

  readonly #take = (chunk: UpstreamChunk): void => {
    if (chunk.kind !== "bytes") this.#isClosed = true;
    if (this.#isOver) {
      if (this.#isClosed) this.#cancelDrain?.();
      return;
    }
    this.#write(this.#safely(chunk));
    this.#watchGrace();
    if (!this.#isPaused && this.#hasAll()) this.#finish();
  };

  /** A bug ends this one stream in the client's protocol, and nothing else. */
  #safely(chunk: UpstreamChunk): readonly Uint8Array[] {
    try {
      return outputOf(this.#input, chunk);
    } catch (error) {
      this.#isClosed = true;
      this.#input.onBug(error);
      return this.#input.flow.fail(failure("internal", "The gateway had an internal error."));
    }
  }

  #write(out: readonly Uint8Array[]): void {
    const [first] = out;
    if (first !== undefined) this.#send(out.length === 1 ? first : concatBytes(out));
  }

  #send(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#input.keepAlive !== null) this.#silentSinceMs = this.#input.effects.nowMs();
    if (this.#sink?.write(bytes) !== false) return;
    this.#isPaused = true;
    this.#body?.pause();
  }

  #finish(): void {
    this.#end(false);
    this.#sink?.end(this.isCut);
  }

  #end(clientGone: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelGrace?.();
    this.#cancelKeepAlive?.();
    const { body, flow } = this.#input;
    if (clientGone || !flow.note.ended) body.cancel();
    else this.#drain();
    this.#input.onEnd({ clientGone, bytes: this.#bytes });
  }

  /** Reads past the ending so that the connection can serve again; closes it when the upstream does not stop. */
  #drain(): void {
    if (this.#isClosed) return;
    this.#cancelDrain = this.#input.effects.setTimer(GRACE_MS, () => this.#input.body.cancel());
    this.#body ??= pushedBody(this.#input.body, this.#take);
    this.#body.resume();
  }

  #watchGrace(): void {
    if (this.#isOver) return;
    const { body, effects, flow } = this.#input;
    if (isSilent(flow.note)) this.#cancelGrace ??= effects.setTimer(GRACE_MS, () => body.cancel());
    else if (this.#cancelGrace !== null) {
      this.#cancelGrace();
      this.#cancelGrace = null;
    }
  }

  /** One timer for the whole stream, looking back when it fires. */
  #watchSilence(): void {
    const { effects, keepAlive } = this.#input;
    if (keepAlive === null) return;
    this.#silentSinceMs = effects.nowMs();
    if (this.#cancelKeepAlive === null) this.#armKeepAlive(keepAlive, KEEP_ALIVE_MS);
  }

  #armKeepAlive(keepAlive: Uint8Array, ms: number): void {
    const { effects } = this.#input;
    this.#cancelKeepAlive = effects.setTimer(ms, () => {
      const silentMs = effects.nowMs() - this.#silentSinceMs;
      if (!this.#isPaused && silentMs >= KEEP_ALIVE_MS) this.#send(keepAlive);
      if (this.#isOver) return;
      const leftMs = KEEP_ALIVE_MS - (effects.nowMs() - this.#silentSinceMs);
      this.#armKeepAlive(keepAlive, this.#isPaused || leftMs <= 0 ? KEEP_ALIVE_MS : leftMs);
    });
  }
}

/** What the client gets of one upstream chunk; any but bytes is the last. */
function outputOf({ flow, body }: PumpInput, chunk: UpstreamChunk): readonly Uint8Array[] {
  switch (chunk.kind) {
    case "bytes": {
      const step = flow.push(chunk.bytes);
      if (isIdle(flow, step)) body.idled();
      return step.out;
    }
    case "end":
      return flow.end().out;
    case "failed":
      return isDone(flow.note) ? flow.end().out : flow.fail(chunk.failure);
    case "aborted":
      // Done: our own grace timer. Otherwise the gateway is stopping (a client that left never reads this).
      return isDone(flow.note)
        ? flow.end().out
        : flow.fail(failure("shutting-down", "Service unavailable: the gateway is shutting down."));
  }
}

/**
 * The one place that waits on an upstream body. First until there is something to commit to, then at the client's pace.
 */
import { type Failure, failure } from "../../ir/failure.ts";
import { concatBytes } from "../../std/bytes.ts";
import type { Effects } from "../../std/effects.ts";
import type { UpstreamBody, UpstreamChunk } from "../../upstream/contract.ts";
import type { ByteSource } from "../contract.ts";
import { MALFORMED } from "./classify.ts";
import { type Flow, type FlowStep, isDone, isSilent } from "./flow.ts";

/** A handshake larger than this is committed unseen: no vendor's is. Pings are no part of it. */
const HELD_FRAMES_MAX = 64;
/** As one frame: a first event may echo all tools and instructions. */
const HELD_BYTES_MAX = 16 * 1024 * 1024;
/** Comments, pings and padding ahead of any event. */
const PADDING_BYTES_MAX = 256 * 1024;
/** An answer that is judged as a whole may not be larger. */
export const HELD_WHOLE_BYTES_MAX = 16 * 1024 * 1024;
export const TOO_LARGE_TO_JUDGE = failure("answer-refused", "The model's answer is too large to be judged as a whole.");
/** How long an upstream may stay open after its last word before we close it. */
export const GRACE_MS = 2_000;
/** Silence after which a stream of ours shows that it is alive. */
const KEEP_ALIVE_MS = 15_000;

export type OpenedFlow =
  | { readonly kind: "committed"; readonly held: readonly Uint8Array[]; readonly closed: boolean }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "aborted" };

/** Reads until the first meaningful event, the end, trouble, or a full handshake buffer. Nothing reaches the client here. */
export async function openFlow(body: UpstreamBody, flow: Flow): Promise<OpenedFlow> {
  const held: Uint8Array[] = [];
  let seenBytes = 0;
  let frames = 0;
  for (;;) {
    const chunk = await body.next();
    if (chunk.kind === "aborted") return { kind: "aborted" };
    if (chunk.kind === "failed") return { kind: "failed", failure: chunk.failure };
    const step = chunk.kind === "end" ? flow.end() : flow.push(chunk.bytes);
    if (step.failure !== null) return giveUp(body, step.failure);
    held.push(...step.out);
    if (chunk.kind === "bytes") seenBytes += chunk.bytes.length;
    // One large frame, a picture as a rule, is a frame like any other; its framing bounds it.
    const heldBytes = seenBytes - flow.heldBytes();
    frames += step.frames;
    const closed = chunk.kind === "end";
    // Without end: there is nothing to commit to.
    if (frames === 0 && heldBytes >= PADDING_BYTES_MAX) return giveUp(body, MALFORMED);
    if (closed || flow.note.meaningful || frames >= HELD_FRAMES_MAX || heldBytes >= HELD_BYTES_MAX) {
      body.begun();
      flow.commit();
      return { kind: "committed", held, closed };
    }
    if (isIdle(flow, step)) body.idled();
  }
}

/** Nothing came but signs of life. */
function isIdle(flow: Flow, step: FlowStep): boolean {
  return step.frames === 0 && flow.heldBytes() === 0;
}

/** Reads until the answer is whole, or trouble. Nothing reaches the client here. */
export async function openWhole(body: UpstreamBody, flow: Flow, setTimer: Effects["setTimer"]): Promise<OpenedFlow> {
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  let cancelGrace: (() => void) | null = null;
  try {
    for (;;) {
      const chunk = await body.next();
      // Done: our own grace timer, or an upstream that breaks after its last word.
      if (chunk.kind === "aborted" && !isDone(flow.note)) return { kind: "aborted" };
      if (chunk.kind === "failed" && !isDone(flow.note)) return { kind: "failed", failure: chunk.failure };
      const step = chunk.kind === "bytes" ? flow.push(chunk.bytes) : flow.end();
      if (step.failure !== null) return giveUp(body, step.failure);
      held.push(...step.out);
      if (chunk.kind !== "bytes" || flow.note.ended) {
        flow.commit();
        return { kind: "committed", held, closed: chunk.kind !== "bytes" };
      }
      heldBytes += chunk.bytes.length;
      if (heldBytes > HELD_WHOLE_BYTES_MAX) return giveUp(body, TOO_LARGE_TO_JUDGE);
      if (flow.note.meaningful) body.begun();
      if (isIdle(flow, step)) body.idled();
      cancelGrace?.();
      cancelGrace = isSilent(flow.note) ? setTimer(GRACE_MS, () => body.cancel()) : null;
    }
  } finally {
    cancelGrace?.();
  }
}

function giveUp(body: UpstreamBody, failed: Failure): OpenedFlow {
  body.cancel();
  return { kind: "failed", failure: failed };
}

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
  readonly setTimer: Effects["setTimer"];
  /** A bug in a reader or writer; the stream has been ended honestly. */
  readonly onBug: (error: unknown) => void;
  /** Once, when nothing more will be sent. `clientGone`: the client left first. */
  readonly onEnd: (how: { readonly clientGone: boolean; readonly bytes: number }) => void;
}

/** What the client reads from after the commit. */
export function createPump(input: PumpInput): ByteSource {
  const { body, flow } = input;
  let held: readonly Uint8Array[] | null = input.held;
  let closed = input.closed;
  let over = false;
  let bytesSent = 0;
  let pending: Promise<UpstreamChunk> | null = null;
  let cancelGrace: (() => void) | null = null;

  const end = (clientGone: boolean): void => {
    if (over) return;
    over = true;
    cancelGrace?.();
    if (clientGone || !flow.note.ended) body.cancel();
    else void drain(body, input.setTimer);
    input.onEnd({ clientGone, bytes: bytesSent });
  };
  const send = (out: readonly Uint8Array[]): Uint8Array | null => {
    const [first] = out;
    if (first === undefined) return null;
    const bytes = out.length === 1 ? first : concatBytes(out);
    bytesSent += bytes.length;
    return bytes;
  };
  const watchGrace = (): void => {
    if (isSilent(flow.note)) cancelGrace ??= input.setTimer(GRACE_MS, () => body.cancel());
    else {
      cancelGrace?.();
      cancelGrace = null;
    }
  };

  /** A bug ends this one stream in the client's protocol, and nothing else. */
  const safely = (chunk: UpstreamChunk): readonly Uint8Array[] => {
    if (chunk.kind !== "bytes") closed = true;
    try {
      return outputOf(input, chunk);
    } catch (error) {
      closed = true;
      input.onBug(error);
      return flow.fail(failure("internal", "The gateway had an internal error."));
    }
  };

  const wait = (): Promise<UpstreamChunk | null> => {
    pending ??= body.next();
    return input.keepAlive === null ? pending : orSilence(pending, input.setTimer);
  };
  /** What goes out for one chunk; null: nothing does. */
  const take = (chunk: UpstreamChunk): Uint8Array | null => {
    pending = null;
    const bytes = send(safely(chunk));
    watchGrace();
    return bytes;
  };
  const isOver = (): boolean => over || closed || (input.endsAtEnding && flow.note.ended);
  const nothingMore = (): null => {
    end(false);
    return null;
  };
  const rest = async (): Promise<Uint8Array | null> => {
    while (!isOver()) {
      const chunk = await wait();
      if (over) break;
      const bytes = chunk === null ? input.keepAlive : take(chunk);
      if (bytes !== null) return bytes;
    }
    return nothingMore();
  };
  /** Nearly every chunk gives something to send, so that one wait is enough. */
  const first = (chunk: UpstreamChunk | null): Uint8Array | null | Promise<Uint8Array | null> => {
    if (over) return null;
    return (chunk === null ? input.keepAlive : take(chunk)) ?? rest();
  };

  return {
    next() {
      if (held !== null) {
        const bytes = send(held);
        held = null;
        watchGrace();
        if (bytes !== null) return Promise.resolve(bytes);
      }
      return isOver() ? Promise.resolve(nothingMore()) : wait().then(first);
    },
    cancel: () => end(true),
    get isCut() {
      return !flow.tellsTrouble && flow.note.failure !== null;
    },
  };
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

/** Reads past the ending so that the connection can serve again; closes it when the upstream does not stop. Never rejects. */
async function drain(body: UpstreamBody, setTimer: Effects["setTimer"]): Promise<void> {
  const cancelTimer = setTimer(GRACE_MS, () => body.cancel());
  for (;;) {
    const chunk = await body.next();
    if (chunk.kind !== "bytes") break;
  }
  cancelTimer();
}

/** What was waited for, or null after a silence; the wait goes on. `pending` never rejects. */
export function orSilence<T>(pending: Promise<T>, setTimer: Effects["setTimer"]): Promise<T | null> {
  return new Promise((resolve) => {
    const cancel = setTimer(KEEP_ALIVE_MS, () => resolve(null));
    void pending.then((value) => {
      cancel();
      resolve(value);
    });
  });
}

/**
 * A streamed answer at the client's pace. The source is asked only when the connection has room. A client that leaves
 * is noticed at once, also while the source is silent. A client that takes nothing for too long counts as gone.
 */
import type { ByteSource } from "../exchange/contract.ts";
import type { Effects } from "../std/effects.ts";
import { type StallWatch, watchStall } from "./stall-watch.ts";

interface StreamInput {
  readonly source: ByteSource;
  /** Aborts when the client's connection is gone. */
  readonly signal: AbortSignal;
  readonly nowMs: Effects["nowMs"];
  readonly setTimer: Effects["setTimer"];
  /** Once, right before the last of it is handed over, or when the client is gone. */
  readonly onEnd: () => void;
}

export function streamOf(input: StreamInput): ReadableStream<Uint8Array> {
  const { source, signal } = input;
  let over = false;
  /** Of a long piece, what is not handed over yet. */
  let rest: Uint8Array | null = null;
  /** null: it has not begun. */
  let stall: StallWatch | null = null;

  const finish = (): void => {
    over = true;
    stall?.stop();
    signal.removeEventListener("abort", leave);
    input.onEnd();
  };
  const leave = (): void => {
    if (over) return;
    finish();
    source.cancel();
  };
  const giveUp = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    leave();
    controller.error(new Error("the client took nothing for too long"));
  };

  const hand = (controller: ReadableStreamDefaultController<Uint8Array>, bytes: Uint8Array | null): void => {
    // The client may have left in the meantime; a stream that was cancelled takes nothing more.
    if (over) return;
    if (bytes === null) {
      finish();
      // A reset is the one way left to say that something is missing.
      if (source.isCut) controller.error(new Error("the upstream broke off its answer"));
      else controller.close();
      return;
    }
    stall?.ready();
    rest = bytes.length > HANDED_BYTES_MAX ? bytes.subarray(HANDED_BYTES_MAX) : null;
    controller.enqueue(rest === null ? bytes : bytes.subarray(0, HANDED_BYTES_MAX));
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (signal.aborted) return leave();
        signal.addEventListener("abort", leave);
        stall = watchStall({ ...input, onStall: () => giveUp(controller) });
      },
      // Not async: for every chunk that would be one more promise to wait for.
      pull(controller) {
        stall?.waits();
        if (over) return undefined;
        return rest === null ? source.next().then((bytes) => hand(controller, bytes)) : hand(controller, rest);
      },
      cancel: leave,
    },
    PULL_ONLY,
  );
}

/** The runtime copies what a connection does not take at once, and keeps the copy as long as the client does not read. */
const HANDED_BYTES_MAX = 64 * 1024;

/** Nothing is read ahead of the client. */
const PULL_ONLY: QueuingStrategy<Uint8Array> = { highWaterMark: 0 };

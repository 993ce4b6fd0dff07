/**
 * One request to one upstream, as the rest of the gateway sees it: what goes out, what comes back. The body is asked for,
 * or pushed to a reader that can pause it, so a slow reader slows the upstream; an abort reaches a silent upstream at once.
 */
import type { Timers, UpstreamClient } from "../ir/deployment.ts";
import type { Failure } from "../ir/failure.ts";
import type { StopSignal } from "../std/stop-signal.ts";

export interface SendInput {
  readonly url: string;
  readonly method: "POST" | "GET";
  readonly headers: Readonly<Record<string, string>>;
  /** In parts that follow each other, so that what was spliced is copied once; none: there is no body. */
  readonly body: readonly Uint8Array[];
  readonly timers: Timers;
  /** Client gone, deadline or shutdown. */
  readonly signal: StopSignal;
  /** null: connect directly, whatever the environment says. */
  readonly proxy: string | null;
  /** PEM text of the authorities to trust; null: the built-in ones. */
  readonly ca: string | null;
  readonly client: UpstreamClient;
}

export type Sent =
  | {
      readonly kind: "response";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: UpstreamBody;
    }
  /** `mayHaveRun`: bytes may have reached the upstream, which may be working (and billing) now. */
  | { readonly kind: "failed"; readonly failure: Failure; readonly mayHaveRun: boolean }
  /** The given signal fired. */
  | { readonly kind: "aborted" };

export type UpstreamChunk =
  /** `isLast`: the whole body; asking on answers the end. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly isLast: boolean }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "aborted" };

export interface UpstreamBody {
  /** The idle timer runs only while this waits. Never rejects. */
  next(): Promise<UpstreamChunk>;
  /** All of the body where it has come already, which is then given; null: it is to be asked for. Absent: it always is. */
  whole?(): Uint8Array | null;
  /**
   * From now on `take` is given each chunk as it comes, an ending as the last, instead of `next`. It begins paused. Absent:
   * the body can only be asked.
   */
  pushTo?(take: (chunk: UpstreamChunk) => void): PushedBody;
  /** What came last was a ping, or as empty: the idle time goes on as if nothing had come. */
  idled(): void;
  /** What was waited for has come: from now on the idle timer watches, no longer the first-byte timer. */
  begun(): void;
  /** Aborts the upstream and clears every timer. Idempotent. */
  cancel(): void;
}

export interface PushedBody {
  /** Nothing is given until it is resumed. What comes meanwhile is bounded. */
  pause(): void;
  /** What came meanwhile is given at once. The idle timer runs only from here to a pause. */
  resume(): void;
}

export type Send = (input: SendInput) => Promise<Sent>;

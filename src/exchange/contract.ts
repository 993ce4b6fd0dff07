/** What the server knows of an exchange: identify, run, refuse. No framework type crosses here. */
import type { Caller } from "../governance/identify.ts";
import type { Failure } from "../ir/failure.ts";
import type { RequestParts, Route } from "../ir/route.ts";
import type { StopSignal } from "../std/stop-signal.ts";

export interface Exchange {
  /** Who is calling, from the head alone, before the body is read. */
  credential(
    route: Route | null,
    parts: RequestParts,
  ): { readonly kind: "caller"; readonly caller: Caller } | { readonly kind: "refused"; readonly failure: Failure };
  /** Never rejects: whatever happens ends in one answer and one record. */
  run(input: RunInput): Promise<Answer>;
  /** A refusal in the path's dialect, recorded. `route` null: the path belongs to no route. */
  refuse(input: RefuseInput): Answer;
}

export interface RunInput {
  readonly route: Route;
  readonly parts: RequestParts;
  readonly caller: Caller;
  /** Whole and bounded. */
  readonly body: Uint8Array;
  /** Client gone or shutdown. */
  readonly signal: StopSignal;
  /** Monotonic moment the head arrived. */
  readonly receivedMs: number;
}

export interface RefuseInput {
  readonly route: Route | null;
  readonly parts: RequestParts;
  readonly failure: Failure;
  readonly receivedMs: number;
}

export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | ByteSource;
}

/** A stream at the client's pace: nothing is read from the upstream before `next` is called. */
export interface ByteSource {
  /** The next bytes, never empty; null at the end. Never rejects: trouble is written into the stream in the client's dialect. */
  next(): Promise<Uint8Array | null>;
  /** The client left or the server stops: aborts the upstream at once and settles. Idempotent. */
  cancel(): void;
  /** At the end: the answer broke off and its format cannot say so, so that the client's connection must. */
  readonly isCut: boolean;
}

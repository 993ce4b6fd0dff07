/** A request on its way in and an answer on its way out, whichever version of HTTP carries them. */
import type { ByteSource } from "../exchange/contract.ts";
import type { StopSignal } from "../std/stop-signal.ts";

export interface Arrival {
  readonly method: string;
  /** Path and query as sent, or an absolute URL; anything else has no path. */
  readonly target: string;
  /** Lower-case names; several of one name joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Fires when the client is gone. */
  readonly signal: StopSignal;
  readonly body: ArrivingBody;
  /** For the router, which takes no other form; without the body. */
  asRequest(): Request;
}

export interface ArrivingBody {
  /** Bytes by its head; null: it comes in chunks; `unsound`: the head says two things about its length. */
  readonly declared: number | null | "unsound";
  /** At most once. The events may begin before it has returned. */
  read(events: BodyEvents): void;
  /** No event comes any more, and what still arrives is thrown away. */
  letGo(): void;
}

/** Pieces, then one of the other two. */
export interface BodyEvents {
  data(bytes: Uint8Array): void;
  end(): void;
  /** What came is no body, or the client has left in the middle of it. */
  broken(): void;
}

export interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | StreamedBody;
  /** The connection ends with this answer: the server stops, or the rest of the request is not worth reading. */
  readonly close: boolean;
}

export interface StreamedBody {
  readonly source: ByteSource;
  /** Once, right before the last of it is handed over, or when the client is gone. */
  readonly onEnd: () => void;
}

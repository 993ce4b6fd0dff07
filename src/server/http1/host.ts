/** What a connection is given: its socket, and the server that it belongs to. */
import type { Effects, PlainSocket } from "../../std/effects.ts";
import type { Arrival, Outgoing } from "../arrival.ts";

export interface ServerSocket extends PlainSocket {
  /** Closes both ways, once what was taken is sent. */
  end(): void;
  /** Closes its own half. */
  shutdown(): void;
  /** Silence of so many seconds from now on is told; 0: of none. */
  timeout(seconds: number): void;
}

export interface ConnectionHost {
  readonly serve: (arrival: Arrival) => Outgoing | Promise<Outgoing>;
  readonly nowMs: Effects["nowMs"];
  readonly setTimer: Effects["setTimer"];
  /** A bug of ours ended an answer. */
  readonly onBug: (error: unknown) => void;
  readonly internalError: () => Outgoing;
  /** Now, as HTTP writes it. */
  readonly date: () => string;
  /** No further request is taken on any connection. */
  isDraining(): boolean;
  /** The client speaks HTTP/2: `bytes` came first, and everything else of this socket goes elsewhere. */
  takeOver(socket: ServerSocket, bytes: Uint8Array): void;
}

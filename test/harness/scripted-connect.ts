/** Connections whose every event a test plays, and which keep what was written to them. */
import type { ConnectPlace, Effects, SocketEvents } from "../../src/std/effects.ts";

export interface ScriptedSocket {
  readonly place: ConnectPlace;
  /** Latin-1. */
  readonly written: () => string;
  readonly isPaused: () => boolean;
  readonly isTerminated: () => boolean;
  /** It was given up before it stood. */
  readonly isCancelled: () => boolean;
  /** What the next writes take; then everything. Below zero: it is closed. */
  takes(...counts: readonly number[]): void;
  stand(): void;
  refuse(code: string): void;
  say(bytes: string): void;
  drain(): void;
  end(code?: string | null): void;
}

export interface ScriptedConnect {
  readonly connect: Effects["connect"];
  /** Oldest first. */
  readonly sockets: readonly ScriptedSocket[];
  /** The one of that number; fails when there is none. */
  at(index: number): ScriptedSocket;
}

export function createScriptedConnect(): ScriptedConnect {
  const sockets: ScriptedSocket[] = [];
  return {
    sockets,
    at(index) {
      const socket = sockets[index];
      if (socket === undefined) throw new Error(`no connection ${index}: there are ${sockets.length}`);
      return socket;
    },
    connect(place, events) {
      let isCancelled = false;
      sockets.push(openSocket(place, events, () => isCancelled));
      return () => {
        isCancelled = true;
      };
    },
  };
}

function openSocket(place: ConnectPlace, events: SocketEvents, isCancelled: () => boolean): ScriptedSocket {
  let written = "";
  let isPaused = false;
  let isTerminated = false;
  let counts: readonly number[] = [];
  return {
    place,
    written: () => written,
    isPaused: () => isPaused,
    isTerminated: () => isTerminated,
    isCancelled,
    takes(...next) {
      counts = next;
    },
    stand: () =>
      events.stood({
        write(bytes) {
          const [count = bytes.length, ...rest] = counts;
          counts = rest;
          const taken = Math.min(count, bytes.length);
          if (taken > 0) written += Buffer.from(bytes.subarray(0, taken)).toString("latin1");
          return taken;
        },
        pause() {
          isPaused = true;
        },
        resume() {
          isPaused = false;
        },
        terminate() {
          if (isTerminated) return;
          isTerminated = true;
          events.closed(null);
        },
      }),
    refuse: (code) => events.failed(code),
    say: (bytes) => events.received(Buffer.from(bytes, "latin1")),
    drain: () => events.drained(),
    end: (code = null) => events.closed(code),
  };
}

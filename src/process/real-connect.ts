/** Connections of the runtime as the core sees them: one set of handlers for all, and the certificate verified before one stands. */
import { closeSync, openSync } from "node:fs";
import type { Cancel, ConnectPlace, Effects, SocketEvents } from "../std/effects.ts";

/** What the handlers know of one connection. */
interface Life {
  readonly events: SocketEvents;
  state: "opening" | "standing" | "over";
  /** null: the system is still trying. */
  socket: Socket | null;
  isCancelled: boolean;
  /** What broke the connection, where that was told before its end. */
  code: string | null;
}

type Socket = Bun.Socket<Life>;

/** The name of HTTP/1.1 as the list of application protocols has it (RFC 7301): its length, then itself. */
const HTTP1_ONLY = "\bhttp/1.1";

export const realConnect: Effects["connect"] = (place, events): Cancel => {
  const life: Life = { events, state: "opening", socket: null, isCancelled: false, code: null };
  open(place, life).catch((error: unknown) => fail(life, refusalOf(codeOf(error))));
  return () => {
    if (life.state !== "opening") return;
    life.isCancelled = true;
    life.socket?.terminate();
  };
};

/** Rejects also where the options themselves are refused. */
async function open({ host, port, tls }: ConnectPlace, life: Life): Promise<Socket> {
  const common = { hostname: host, port, data: life };
  if (tls === null) return Bun.connect<Life>({ ...common, socket: PLAIN });
  return Bun.connect<Life>({
    ...common,
    socket: SECURE,
    tls: {
      rejectUnauthorized: true,
      ALPNProtocols: HTTP1_ONLY,
      ...(tls.serverName === null ? {} : { serverName: tls.serverName }),
      ...(tls.ca === null ? {} : { ca: tls.ca }),
    },
  });
}

const COMMON = {
  data: ({ data: { events } }: Socket, bytes: Uint8Array): void => events.received(bytes),
  drain: ({ data: life }: Socket): void => {
    if (life.state === "standing") life.events.drained();
  },
  error(socket: Socket, error: Error): void {
    const { data: life } = socket;
    life.code ??= codeOf(error);
    socket.terminate();
    // Trouble of the connection has a code. What has none was thrown by a handler: a bug, which must be seen.
    if (life.code !== "") return;
    queueMicrotask(() => {
      throw error;
    });
  },
  close({ data: life }: Socket, error?: Error): void {
    fail(life, life.code ?? "ECONNRESET");
    if (life.state === "over") return;
    life.state = "over";
    life.events.closed(life.code ?? (error === undefined ? null : codeOf(error)));
  },
} as const;

const PLAIN: Bun.SocketHandler<Life> = {
  ...COMMON,
  open(socket) {
    if (reached(socket)) stand(socket);
  },
};

const SECURE: Bun.SocketHandler<Life> = {
  ...COMMON,
  open: (socket) => void reached(socket),
  handshake(socket, isAuthorized, error) {
    if (isAuthorized && error === null) {
      stand(socket);
      return;
    }
    fail(socket.data, error === null ? "ECONNRESET" : codeOf(error));
    socket.terminate();
  },
};

/** False: it had been given up by then, and is closed. */
function reached(socket: Socket): boolean {
  const life = socket.data;
  life.socket = socket;
  if (life.isCancelled) socket.terminate();
  return !life.isCancelled;
}

function stand(socket: Socket): void {
  const life = socket.data;
  if (life.state !== "opening") return;
  life.state = "standing";
  life.events.stood(socket);
}

function fail(life: Life, code: string): void {
  if (life.state !== "opening") return;
  life.state = "over";
  life.events.failed(code);
}

/** Bun 1.4.5 says of a connection for which there was no descriptor that it was refused, which would blame the other side. */
function refusalOf(code: string): string {
  if (code !== "ECONNREFUSED") return code;
  try {
    closeSync(openSync("/dev/null", "r"));
    return code;
  } catch (error) {
    const own = codeOf(error);
    return own === "EMFILE" || own === "ENFILE" ? own : code;
  }
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

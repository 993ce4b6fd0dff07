/** Connections of the runtime as the core sees them: one set of handlers for all, and the certificate verified before one stands. */
import type { Cancel, ConnectPlace, Effects, SocketEvents } from "../std/effects.ts";

/** What the handlers know of one connection. */
interface Life {
  readonly events: SocketEvents;
  state: "opening" | "standing" | "over";
  isCancelled: boolean;
  /** What broke the connection, where that was told before its end. */
  code: string | null;
}

type Socket = Bun.Socket<Life>;

/** The name of HTTP/1.1 as the list of application protocols has it (RFC 7301): its length, then itself. */
const HTTP1_ONLY = "\bhttp/1.1";

export const realConnect: Effects["connect"] = (place, events): Cancel => {
  const life: Life = { events, state: "opening", isCancelled: false, code: null };
  let socket: Socket | null = null;
  const opened = (standing: Socket): void => {
    socket = standing;
    if (life.isCancelled) standing.terminate();
  };
  open(place, life).then(opened, (error: unknown) => fail(life, codeOf(error)));
  return () => {
    if (life.state !== "opening") return;
    life.isCancelled = true;
    socket?.terminate();
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
  error: ({ data: life }: Socket, error: Error): void => {
    life.code ??= codeOf(error);
  },
  close({ data: life }: Socket, error?: Error): void {
    fail(life, life.code ?? "ECONNRESET");
    if (life.state === "over") return;
    life.state = "over";
    life.events.closed(life.code ?? (error === undefined ? null : codeOf(error)));
  },
} as const;

const PLAIN: Bun.SocketHandler<Life> = { ...COMMON, open: stand };

const SECURE: Bun.SocketHandler<Life> = {
  ...COMMON,
  handshake(socket, isAuthorized, error) {
    if (isAuthorized && error === null) {
      stand(socket);
      return;
    }
    fail(socket.data, error === null ? "ECONNRESET" : codeOf(error));
    socket.terminate();
  },
};

function stand(socket: Socket): void {
  const life = socket.data;
  if (life.state !== "opening") return;
  if (life.isCancelled) {
    socket.terminate();
    return;
  }
  life.state = "standing";
  life.events.stood(socket);
}

function fail(life: Life, code: string): void {
  if (life.state !== "opening") return;
  life.state = "over";
  life.events.failed(code);
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/**
 * The sockets of this room: the address that clients connect to, and a server of the runtime's behind it for HTTP/2, opened
 * when the first such client comes. The one place of this room that touches the runtime.
 */
import { randomBytes } from "node:crypto";
import { codeOf } from "../std/describe-error.ts";
import type { Effects } from "../std/effects.ts";
import type { Arrival, Outgoing } from "./arrival.ts";
import { ClientConnection } from "./http1/connection.ts";
import type { ConnectionHost, ServerSocket } from "./http1/host.ts";
import { arrivalOf, responseOf } from "./runtime-arrival.ts";
import { openTunnel, type TunnelSide } from "./tunnel.ts";

interface ListenOptions extends Omit<ConnectionHost, "date" | "takeOver"> {
  readonly wallMs: Effects["wallMs"];
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** For a socket that only this process knows, where the system has no names without a file. */
  readonly socketsFolder: string;
  /** Several processes share the address; the system spreads connections over them. */
  readonly reusePort: boolean;
}

export interface Listener {
  readonly port: number;
  /** Takes no connection any more, ends those between two requests, and resolves when the last is closed. */
  stop(): Promise<void>;
  /** Closes everything at once. */
  stopNow(): void;
}

/** What belongs to one socket. */
interface Life {
  /** HTTP/1.1, or what its bytes are passed on to. */
  owner: ClientConnection | TunnelSide | null;
}

type Socket = Bun.Socket<Life>;

/** Throws the system's error where the address cannot be had. */
export function listen(options: ListenOptions): Listener {
  const connections = new Map<ServerSocket, { readonly socket: Socket; readonly connection: ClientConnection }>();
  const tunnels = new Set<Socket>();
  const http2 = createHttp2(options);
  let onAllClosed = (): void => undefined;
  const gone = (): void => {
    if (connections.size + tunnels.size === 0) onAllClosed();
  };
  const host: ConnectionHost = {
    ...options,
    date: createDates(options.wallMs),
    takeOver(near, bytes) {
      const socket = connections.get(near)?.socket;
      if (socket === undefined) return;
      connections.delete(near);
      tunnels.add(socket);
      socket.timeout(0);
      socket.data.owner = http2.carry(socket, bytes);
    },
  };
  const listener = Bun.listen<Life>({
    hostname: options.host,
    port: options.port,
    ...(options.reusePort ? { reusePort: true } : {}),
    allowHalfOpen: true,
    data: { owner: null },
    socket: {
      open(socket) {
        const connection = new ClientConnection(socket, host);
        socket.data = { owner: connection };
        connections.set(socket, { socket, connection });
      },
      data: ({ data: { owner } }, bytes) => owner?.received(bytes),
      drain: ({ data: { owner } }) => owner?.drained(),
      end({ data: { owner } }) {
        if (owner instanceof ClientConnection) owner.clientEnded();
        else owner?.closed();
      },
      timeout({ data: { owner } }) {
        if (owner instanceof ClientConnection) owner.timedOut();
      },
      error(socket, error) {
        // Trouble of the connection has a code. What has none was thrown by a handler.
        if (codeOf(error) === undefined) options.onBug(error);
        socket.terminate();
      },
      close(socket) {
        const { owner } = socket.data;
        owner?.closed();
        connections.delete(socket);
        tunnels.delete(socket);
        gone();
      },
    },
  });
  const closeAll = (): void => {
    for (const { connection } of [...connections.values()]) connection.terminate();
    for (const socket of [...tunnels]) socket.terminate();
  };
  return {
    port: listener.port,
    stop() {
      listener.stop();
      http2.stop();
      for (const { connection } of [...connections.values()]) connection.drain();
      return new Promise((resolve) => {
        onAllClosed = resolve;
        gone();
      });
    },
    stopNow() {
      listener.stop();
      closeAll();
      http2.stopNow();
    },
  };
}

interface Http2 {
  /** The near side of a tunnel that begins with `first`. */
  carry(near: Socket, first: Uint8Array): TunnelSide;
  stop(): void;
  stopNow(): void;
}

function createHttp2(options: ListenOptions): Http2 {
  let server: ReturnType<typeof Bun.serve> | null = null;
  /** Only this process knows the name, and on Linux there is no file. */
  const path = `${process.platform === "linux" ? "\0" : options.socketsFolder}ringmain-${randomBytes(16).toString("hex")}`;
  const serve = (request: Request, own: Pick<Bun.Server<undefined>, "timeout">): Response | Promise<Response> => {
    const arrival: Arrival = arrivalOf(request);
    const { nowMs, setTimer } = options;
    const onStream = (): void => own.timeout(request, 0);
    const respond = (answer: Outgoing): Response => responseOf(answer, { request, nowMs, setTimer, onStream });
    const answer = options.serve(arrival);
    return answer instanceof Promise ? answer.then(respond) : respond(answer);
  };
  const open = (): void => {
    server ??= Bun.serve({
      unix: path,
      // Otherwise an exception is answered with a page that shows source.
      development: false,
      // The runtime bounds HTTP/2 to 256 streams and 16 KB of headers (test/server/http2.test.ts).
      ...HTTP2,
      // The bound is ours (body.ts), because the runtime's own refusal is in no vendor's dialect.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: serve,
      error(error) {
        options.onBug(error);
        const { status, headers, body } = options.internalError();
        return new Response(body instanceof Uint8Array ? Buffer.from(body) : null, { status, headers });
      },
    });
  };
  return {
    carry(near, first) {
      open();
      const tunnel = openTunnel(near, first);
      Bun.connect<undefined>({
        unix: path,
        data: undefined,
        socket: {
          open: (far) => tunnel.join(far),
          data: (_far, bytes) => tunnel.far.received(bytes),
          drain: () => tunnel.far.drained(),
          close: () => tunnel.far.closed(),
          error: (far) => far.terminate(),
        },
      }).catch((error: unknown) => {
        options.onBug(error);
        near.terminate();
      });
      return tunnel.near;
    },
    stop() {
      // Tells its clients to go, and answers what is under way.
      void server?.stop();
    },
    stopNow() {
      void server?.stop(true);
    },
  };
}

/** The longest silence the runtime can count. Its types know neither setting for an address of this kind. */
const HTTP2: object = { http2: true, idleTimeout: 255 };

/** The moment as HTTP writes it, made once a second. */
function createDates(wallMs: () => number): () => string {
  let second = -1;
  let text = "";
  return () => {
    const now = Math.floor(wallMs() / 1_000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1_000).toUTCString();
    }
    return text;
  };
}

/** Opens the address and keeps it: the one place of this room that touches the runtime's own server. */
import { codeOf } from "../std/describe-error.ts";
import type { Effects } from "../std/effects.ts";
import { type AdminPorts, createAdmin } from "./admin.ts";
import { type App, createApp, internalError, type ServerState } from "./app.ts";
import { BODY_BYTES_MAX } from "./body.ts";
import type { Gateway } from "./gateway.ts";
import type { AddressFigures } from "./observe.ts";

interface ServerOptions {
  readonly gateway: Gateway;
  readonly observe: AddressFigures;
  /** What the process keeps, beside what the gateway itself can tell. */
  readonly adminPorts: Omit<AdminPorts, "explain" | "masked">;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Several processes share the address; the system spreads connections over them. */
  readonly reusePort: boolean;
  /** A bug of ours ended a request. */
  readonly onBug: (error: unknown) => void;
  readonly setTimer: Effects["setTimer"];
  /** Resolves when the runtime has done with the bytes that came last. */
  readonly nextTurn: () => Promise<void>;
  readonly bodyBytesMax?: number;
}

type ServerStart =
  | { readonly kind: "listening"; readonly server: RunningServer }
  /** `code` is the system's word: EADDRINUSE, EACCES … */
  | { readonly kind: "failed"; readonly code: string };

export interface RunningServer {
  readonly port: number;
  /** Requests since the start. */
  arrived(): number;
  /** Of request bodies in memory now. */
  bodiesBytes(): number;
  /** Requests that arrive from now on are this gateway's. */
  reconfigure(gateway: Gateway): void;
  /** From now on it is not ready, and every answer asks its client to connect anew; it still answers. */
  announceStop(): void;
  /** Takes no connection any more; resolves when the last answer is out. */
  stop(): Promise<void>;
  /** Closes everything at once. */
  stopNow(): void;
}

/** The longest the runtime can count. Idle connections only: streams are watched by timers of our own. */
const IDLE_SECONDS = 255;

export function startServer(options: ServerOptions): ServerStart {
  const state: ServerState = { draining: false, arrived: 0, bodies: { bytes: 0, unknownBytes: 0 } };
  const stopping = new AbortController();
  const appOf = (gateway: Gateway): App => createGatewayApp({ ...options, gateway }, state, stopping.signal);
  let app = appOf(options.gateway);
  let server: ReturnType<typeof Bun.serve>;
  try {
    server = Bun.serve({
      hostname: options.host,
      port: options.port,
      reusePort: options.reusePort,
      // Otherwise an exception is answered with a page that shows source.
      development: false,
      idleTimeout: IDLE_SECONDS,
      // Beside HTTP/1.1 on the same port, for connections that begin with its preface: the AWS SDK for JavaScript speaks
      // it on http://. The runtime bounds it to 256 streams and 16 KB of headers (test/server/http2.test.ts).
      http2: true,
      // The bound is ours (body.ts), because the runtime's own refusal is in no vendor's dialect.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: (request, connections) => app.fetch(request, connections),
      error(error) {
        options.onBug(error);
        return internalError();
      },
    });
  } catch (error) {
    return { kind: "failed", code: codeOf(error) ?? "unknown" };
  }
  return {
    kind: "listening",
    server: {
      port: server.port ?? options.port,
      arrived: () => state.arrived,
      bodiesBytes: () => state.bodies.bytes,
      reconfigure(gateway) {
        app = appOf(gateway);
      },
      announceStop() {
        state.draining = true;
        stopping.abort();
      },
      async stop() {
        state.draining = true;
        stopping.abort();
        await server.stop();
      },
      stopNow() {
        state.draining = true;
        void server.stop(true);
      },
    },
  };
}

function createGatewayApp(options: ServerOptions, state: ServerState, stopping: AbortSignal): App {
  const { adminPorts, gateway, setTimer } = options;
  const { explain, masked, mayAdminister, nowMs } = gateway;
  const ports = { ...adminPorts, explain, masked };
  return createApp({
    gateway,
    observe: options.observe,
    admin: mayAdminister === null ? null : createAdmin({ mayAdminister, ports, stopping, nowMs, setTimer }),
    setTimer,
    nextTurn: options.nextTurn,
    bodyBytesMax: options.bodyBytesMax ?? BODY_BYTES_MAX,
    idleSeconds: IDLE_SECONDS,
    state,
    onBug: options.onBug,
  });
}

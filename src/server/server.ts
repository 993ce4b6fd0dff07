/** A server for one gateway after another on one address. */
import { codeOf } from "../std/describe-error.ts";
import type { Effects } from "../std/effects.ts";
import { type AdminPorts, createAdmin } from "./admin.ts";
import type { LanePort } from "./admin-lanes.ts";
import { type App, createApp, internalError, type ServerState } from "./app.ts";
import { BODY_BYTES_MAX } from "./body.ts";
import type { Gateway } from "./gateway.ts";
import type { AddressFigures } from "./observe.ts";
import { type Listener, listen } from "./serve.ts";

interface ServerOptions {
  readonly gateway: Gateway;
  readonly observe: AddressFigures;
  /** What the process keeps, beside what the gateway itself can tell. */
  readonly adminPorts: Omit<AdminPorts, "explain" | "masked" | "lanes"> & { readonly orders: Omit<LanePort, "stats"> };
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** For a socket that only this process knows, where the system has no names without a file; ends in a slash. */
  readonly socketsFolder: string;
  /** Several processes share the address; the system spreads connections over them. */
  readonly reusePort: boolean;
  /** A bug of ours ended a request. */
  readonly onBug: (error: unknown) => void;
  readonly wallMs: Effects["wallMs"];
  readonly setTimer: Effects["setTimer"];
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

export function startServer(options: ServerOptions): ServerStart {
  const state: ServerState = { draining: false, arrived: 0, bodies: { bytes: 0, unknownBytes: 0 } };
  const stopping = new AbortController();
  const appOf = (gateway: Gateway): App => createGatewayApp({ ...options, gateway }, state, stopping.signal);
  let app = appOf(options.gateway);
  const { host, port, reusePort, socketsFolder, wallMs, setTimer, onBug } = options;
  const { nowMs } = options.gateway;
  let listener: Listener;
  try {
    listener = listen({
      host,
      port,
      reusePort,
      socketsFolder,
      nowMs,
      wallMs,
      setTimer,
      onBug,
      internalError,
      serve: (arrival) => app.fetch(arrival),
      isDraining: () => state.draining,
    });
  } catch (error) {
    return { kind: "failed", code: codeOf(error) ?? "unknown" };
  }
  const announceStop = (): void => {
    state.draining = true;
    stopping.abort();
  };
  return {
    kind: "listening",
    server: {
      port: listener.port,
      arrived: () => state.arrived,
      bodiesBytes: () => state.bodies.bytes,
      reconfigure(gateway) {
        app = appOf(gateway);
      },
      announceStop,
      stop() {
        announceStop();
        return listener.stop();
      },
      stopNow() {
        state.draining = true;
        listener.stopNow();
      },
    },
  };
}

function createGatewayApp(options: ServerOptions, state: ServerState, stopping: AbortSignal): App {
  const { adminPorts, gateway, setTimer } = options;
  const { explain, masked, mayAdminister } = gateway;
  const { orders, ...others } = adminPorts;
  const lanes: LanePort = { ...orders, stats: options.observe.stats };
  const ports = { ...others, explain, masked, lanes };
  return createApp({
    gateway,
    observe: options.observe,
    admin: mayAdminister === null ? null : createAdmin({ mayAdminister, ports, stopping, setTimer }),
    setTimer,
    bodyBytesMax: options.bodyBytesMax ?? BODY_BYTES_MAX,
    state,
    onBug: options.onBug,
  });
}

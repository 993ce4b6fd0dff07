/** Answers open to every caller: the process lives, the gateway is ready. They name nothing of the configuration. */
import { encodeUtf8 } from "../std/bytes.ts";
import type { Outgoing } from "./arrival.ts";
import type { Gateway } from "./gateway.ts";

/** The process lives: anything that answers does. */
export function healthz(): Outgoing {
  return plain(200, "ok");
}

/** May requests be sent here? `draining`: it stops soon, and says so before it refuses connections. */
export function readyz(gateway: Pick<Gateway, "ready">, draining: boolean): Outgoing {
  if (draining) return plain(503, "stopping");
  const { ok, reason } = gateway.ready();
  return plain(ok ? 200 : 503, ok ? "ok" : reason);
}

/** Paths by which clients test the connection. */
export const PRESENCE_PATHS = ["/", "/api/hello"] as const;

export function presence(): Outgoing {
  return plain(200, "ok");
}

function plain(status: number, text: string): Outgoing {
  return { status, headers: PLAIN, body: encodeUtf8(`${text}\n`), close: false };
}

const PLAIN = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" } as const;

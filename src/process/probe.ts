/**
 * Opens an address for a moment the plain way. Workers that share one open it in a way that would join a program that already
 * serves there, and every other request would then be that program's.
 */
import type { Deployment } from "../ir/deployment.ts";
import { formatAddress } from "../std/address.ts";
import { codeOf } from "../std/describe-error.ts";
import { whyNotListening } from "./address.ts";

type Probed =
  | { readonly kind: "free"; readonly port: number }
  /** `code` is the system's word. */
  | { readonly kind: "taken"; readonly code: string };

/** The port workers are to open, or a sentence why they cannot. */
export function portFor({ workers, listen }: Deployment, platform: string): number | string {
  const { host, port } = listen;
  if (workers === 1) return port; // it is opened plainly, which tells by itself whether it is free
  if (platform !== "linux") {
    return "workers: more than 1 needs Linux, where they can share one address. Set `workers: 1`.";
  }
  const probed = freePort(host, port);
  return probed.kind === "free" ? probed.port : whyNotListening(formatAddress(host, port), probed.code);
}

/** No request is served here. */
const ignore = (): void => undefined;

/** `port` 0: one that is free is chosen. */
function freePort(host: string, port: number): Probed {
  try {
    const listener = Bun.listen({ hostname: host, port, exclusive: true, socket: { data: ignore } });
    const free = listener.port;
    listener.stop(true);
    return { kind: "free", port: free };
  } catch (error) {
    return { kind: "taken", code: codeOf(error) ?? "unknown" };
  }
}

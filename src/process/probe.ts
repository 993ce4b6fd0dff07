/**
 * Opens an address for a moment the plain way. Workers that share one open it in a way that would join whoever already
 * serves there, and every other request would then be somebody else's.
 */

export type Probed =
  | { readonly kind: "free"; readonly port: number }
  /** `code` is the system's word. */
  | { readonly kind: "taken"; readonly code: string };

/** Nobody is served here. */
const ignore = (): void => undefined;

/** `port` 0: one that is free is chosen. */
export function freePort(host: string, port: number): Probed {
  try {
    const listener = Bun.listen({ hostname: host, port, exclusive: true, socket: { data: ignore } });
    const free = listener.port;
    listener.stop(true);
    return { kind: "free", port: free };
  } catch (error) {
    const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
    return { kind: "taken", code: typeof code === "string" ? code : "unknown" };
  }
}

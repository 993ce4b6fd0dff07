/** An address as people and programs write it, and whether it is this machine's own. */

/** `127.0.0.1:8080`, `[::1]:8080`. */
export function formatAddress(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** No other machine can reach it. Of names only `localhost` is known to stay here. `host` without brackets. */
export function isLoopback(host: string): boolean {
  return host === "::1" || host.toLowerCase() === "localhost" || LOOPBACK_V4.test(host);
}

const LOOPBACK_V4 = /^127(?:\.\d{1,3}){3}$/;

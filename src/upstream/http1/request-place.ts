/** Where a URL leads: the connection that is needed, and the two lines of a request that name the rest. */
import type { ConnectPlace } from "../../std/effects.ts";

export interface RequestPlace {
  /** Scheme, host and port: what may share a connection. */
  readonly origin: string;
  readonly hostHeader: string;
  /** Path and query. */
  readonly target: string;
  readonly connect: ConnectPlace;
}

/** null: it is no URL of HTTP. */
export function requestPlace(url: string, ca: string | null): RequestPlace | null {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== "https:" && parsed.protocol !== "http:")) return null;
  const { hostname } = parsed;
  const isSecure = parsed.protocol === "https:";
  const isAddress = hostname.startsWith("[") || IPV4.test(hostname);
  return {
    origin: parsed.origin,
    hostHeader: parsed.host,
    target: parsed.pathname + parsed.search,
    connect: {
      host: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
      port: parsed.port === "" ? (isSecure ? 443 : 80) : Number(parsed.port),
      tls: isSecure ? { serverName: isAddress ? null : hostname, ca } : null,
    },
  };
}

/** URLs have every spelling of one in this form. */
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/**
 * The head of a request as the rooms behind see it. Odd targets and hosts, as clients send them, end here: a
 * malformed path matches no route, and a malformed host is refused.
 */
import type { RequestParts } from "../ir/route.ts";
import type { Arrival } from "./arrival.ts";

/** Path as sent, but for dot segments, which are resolved by then; "" for a target that holds none (CONNECT). */
export function pathOf(url: string): string {
  const start = pathStart(url);
  if (start === -1) return "";
  const end = url.indexOf("?", start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}

export function partsOf(arrival: Arrival, path: string, params: RequestParts["params"]): RequestParts {
  return { method: arrival.method, path, query: queryOf(arrival.target), headers: arrival.headers, params };
}

/**
 * A name or an address, perhaps with a port. Two Host headers arrive joined by a comma and are refused, because a proxy
 * ahead may have taken the other one. HTTP/1.0 needs none.
 */
export function isHostPlausible(host: string | undefined): boolean {
  return host === undefined || HOST.test(host);
}

const HOST = /^(?:[\w.-]{1,253}|\[[\da-fA-F:.]{2,45}\])?(?::\d{1,5})?$/;

/** `http://host/path`, or the bare path when the Host header could not be read as one. */
function pathStart(url: string): number {
  if (url.startsWith("/")) return 0;
  const scheme = url.indexOf("://");
  return scheme === -1 ? -1 : url.indexOf("/", scheme + SCHEME_END.length);
}

const SCHEME_END = "://";

function queryOf(url: string): string {
  const mark = url.indexOf("?");
  return mark === -1 ? "" : url.slice(mark + 1);
}

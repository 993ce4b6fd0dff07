/** A request as the bytes of HTTP/1.1. What could end a header early is refused, never repaired. */

import { lengthOf } from "../../std/bytes.ts";
import type { SendInput } from "../contract.ts";
import type { RequestPlace } from "./request-place.ts";

/** What is written to a connection. */
export interface RequestMessage {
  /** Latin-1. */
  readonly head: string;
  readonly body: readonly Uint8Array[];
}

/** null: a header cannot be written. */
export function writeRequest(
  { method, headers, body }: Pick<SendInput, "method" | "headers" | "body">,
  { target, hostHeader }: RequestPlace,
): RequestMessage | null {
  let head = `${method} ${target} HTTP/1.1\r\n`;
  let hasHost = false;
  let hasAccept = false;
  for (const name in headers) {
    const value = headers[name] ?? "";
    if (!NAME.test(name) || UNWRITABLE.test(value)) return null;
    const lower = name.toLowerCase();
    if (OURS.has(lower)) continue;
    if (lower === "host") hasHost = true;
    else if (lower === "accept") hasAccept = true;
    head += `${name}: ${value}\r\n`;
  }
  if (!hasHost) head += `host: ${hostHeader}\r\n`;
  if (!hasAccept) head += "accept: */*\r\n";
  head += "connection: keep-alive\r\n";
  const length = lengthOf(body);
  head += method === "GET" && length === 0 ? "\r\n" : `content-length: ${length}\r\n\r\n`;
  return { head, body };
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** The end of a line, and what Latin-1 has no byte for. */
const UNWRITABLE = /[\0\r\n]|[^\0-\xff]/;
/** How the message ends and what becomes of the connection. */
const OURS: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "connection", "keep-alive"]);

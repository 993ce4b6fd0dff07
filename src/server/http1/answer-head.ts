/** The head of an HTTP/1.1 answer as bytes. */
import type { Outgoing } from "../arrival.ts";

/** How the end of the body is known. */
type AnswerFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  /** With the connection. */
  | { readonly kind: "close" };

interface AnswerHead extends Pick<Outgoing, "status" | "headers"> {
  readonly framing: AnswerFraming;
  readonly isKept: boolean;
  /** As HTTP writes it. */
  readonly date: string;
}

/** Latin-1. Throws on a header that cannot be sent: it would end the head or begin another. */
export function writeAnswerHead({ status, headers, framing, isKept, date }: AnswerHead): string {
  let text = `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n`;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || OURS.has(name)) continue;
    if (UNSENDABLE.test(value)) throw new Error(`the header ${name} of an answer cannot be sent`);
    text += `${name}: ${value}\r\n`;
  }
  if (framing.kind === "length") text += `content-length: ${framing.bytes}\r\n`;
  if (framing.kind === "chunked") text += "transfer-encoding: chunked\r\n";
  if (!isKept) text += "connection: close\r\n";
  return `${text}date: ${date}\r\n\r\n`;
}

/** Said by the connection itself. */
const OURS: ReadonlySet<string> = new Set(["connection", "content-length", "date", "keep-alive", "transfer-encoding"]);
/** Anything but a tab and what Latin-1 shows. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/;

/** For people who read the wire; programs look at the number. */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  424: "Failed Dependency",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

/** Status, method and version decide whether there is a body at all, and how it ends. */
export function framingOf(
  { status, body }: Pick<Outgoing, "status" | "body">,
  { method, isOld }: { readonly method: string; readonly isOld: boolean },
): AnswerFraming {
  if (status === 204 || status === 304) return NONE;
  if (body instanceof Uint8Array) return { kind: "length", bytes: body.length };
  if (method === "HEAD") return NONE;
  return isOld ? CLOSE : CHUNKED;
}

const NONE: AnswerFraming = { kind: "none" };
const CHUNKED: AnswerFraming = { kind: "chunked" };
const CLOSE: AnswerFraming = { kind: "close" };

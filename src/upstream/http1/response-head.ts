/**
 * The head of an HTTP/1.1 response as text (RFC 9112), read into status, headers and how its body ends. It takes what
 * servers really send, and refuses what two readers could understand differently.
 */
import { asksToClose, type Fields, readFields } from "../../std/http1/fields.ts";

/** How the body ends. */
export type BodyFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  /** With the connection. */
  | { readonly kind: "close" };

export interface ResponseHead {
  readonly status: number;
  /** Lower-case names; several of one name joined by a comma. Without Set-Cookie, and values with control characters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly framing: BodyFraming;
  /** False: the connection ends with this answer. */
  readonly isKept: boolean;
  /** How long the server keeps an idle connection; null: it does not say. */
  readonly keptMs: number | null;
}

export type HeadFault = "status-line" | "header-line" | "header-count" | "length" | "coding" | "switching";

type HeadReading =
  | { readonly kind: "head"; readonly head: ResponseHead }
  | { readonly kind: "broken"; readonly fault: HeadFault };

/** `text`: Latin-1, its last line ended. */
export function readResponseHead(text: string): HeadReading {
  const lineEnd = text.indexOf("\n");
  const statusLine = STATUS_LINE.exec(text.slice(0, lineEnd));
  if (statusLine === null) return broken("status-line");
  const isOld = statusLine[1] === "0";
  const status = Number(statusLine[2]);
  if (status === 101) return broken("switching");
  const read = readFields(text, lineEnd + 1, { mayFold: true });
  if (read.kind === "broken") return read;
  const { fields } = read;
  const framing = framingOf(fields, status);
  if (framing.kind === "broken") return framing;
  if (CONTROLS_ANYWHERE.test(text)) dropUnreadable(fields);
  const { connection, "keep-alive": keepAlive } = fields;
  return {
    kind: "head",
    head: {
      status,
      headers: fields,
      framing,
      isKept: !isOld && framing.kind !== "close" && !asksToClose(connection),
      keptMs: keepAlive === undefined ? null : keptMsOf(keepAlive),
    },
  };
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?\r?$/s;

const broken = (fault: HeadFault) => ({ kind: "broken", fault }) as const;

/** A body with two lengths, or a length beside chunks, is one that another reader could end elsewhere. */
function framingOf(fields: Fields, status: number): BodyFraming | ReturnType<typeof broken> {
  const { "transfer-encoding": coding, "content-length": lengths } = fields;
  if (coding !== undefined && lengths !== undefined) return broken("length");
  if (coding !== undefined && coding.toLowerCase() !== "chunked") return broken("coding");
  const length = lengths === undefined || LENGTH.test(lengths) ? lengths : oneLength(lengths);
  if (length === null) return broken("length");
  if (status < 200 || status === 204 || status === 304) return NONE;
  if (coding !== undefined) return { kind: "chunked" };
  if (length === undefined) return { kind: "close" };
  const bytes = Number(length);
  return bytes === 0 ? NONE : { kind: "length", bytes };
}

/** The one that a list repeats; null: it does not. */
function oneLength(list: string): string | null {
  const [length = "", ...others] = new Set(list.split(",").map((each) => each.trim()));
  return others.length === 0 && LENGTH.test(length) ? length : null;
}

/** Every number of so many digits is exact. */
const LENGTH = /^\d{1,15}$/;
const NONE: BodyFraming = { kind: "none" };

/** A value with control characters is left out: no client could read it, and a log must not. */
function dropUnreadable(fields: Fields): void {
  for (const name in fields) if (CONTROLS.test(fields[name] ?? "")) delete fields[name];
}

/** Both ranges of them in Latin-1, which is how a header's bytes come; a tab is white space. */
const CONTROLS = /[^\t\x20-\x7e\xa0-\xff]/;
/** The same in a whole head, whose lines end. */
const CONTROLS_ANYWHERE = /[^\t\n\r\x20-\x7e\xa0-\xff]|\r(?!\n)/;

function keptMsOf(keepAlive: string): number | null {
  const [, secs] = /(?:^|[,; \t])timeout=(\d{1,6})(?:$|[,; \t])/i.exec(keepAlive) ?? [];
  return secs === undefined ? null : Number(secs) * 1_000;
}

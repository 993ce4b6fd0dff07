/**
 * The head of an HTTP/1.1 request as text (RFC 9112), read strictly: what two readers could understand differently is
 * refused, because a proxy ahead may be the other one.
 */
import { LONE_LINE_END } from "../../std/http1/chunked.ts";
import { asksToClose, type Fields, readFields } from "../../std/http1/fields.ts";

/** How the body ends. `unsound`: the head says two things about it, or something that is no length. */
type RequestFraming =
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "unsound" };

export interface RequestHead {
  readonly method: string;
  /** Path and query, with dot segments resolved; as sent where it is none (`*`, or a host and port). */
  readonly target: string;
  /** Lower-case names; several of one name joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly framing: RequestFraming;
  /** HTTP/1.0: no chunks, and the connection ends with the answer. */
  readonly isOld: boolean;
  /** The client wants the connection to end with the answer. */
  readonly closes: boolean;
  /** The client sends its body when it has been told to go on. */
  readonly waitsToContinue: boolean;
}

type RequestHeadReading =
  | { readonly kind: "head"; readonly head: RequestHead }
  /** `status` and a sentence for the client. */
  | { readonly kind: "refused"; readonly status: number; readonly message: string };

/** `text`: Latin-1, the empty line included. */
export function readRequestHead(text: string): RequestHeadReading {
  const line = REQUEST_LINE.exec(text);
  if (line === null) return refused(400, "The first line is no request line of HTTP/1.1.");
  const [first, method = "", sent = "", major, minor] = line;
  if (major !== "1") return refused(505, "This server speaks HTTP/1.1 and HTTP/2.");
  if (LONE_LINE_END.test(text)) return refused(400, "Lines must end in CR and LF.");
  if (CONTROLS.test(text)) return refused(400, "A header holds a control character.");
  const read = readFields(text, first.length, { mayFold: false });
  if (read.kind === "broken") {
    return read.fault === "header-count"
      ? refused(431, "There are too many headers.")
      : refused(400, "A header line is malformed.");
  }
  const { fields } = read;
  const target = targetOf(method, sent, fields);
  if (target === null) return refused(400, "The request target is malformed.");
  const isOld = minor === "0";
  if (fields["host"] === undefined && !isOld) return refused(400, "The Host header is missing.");
  return {
    kind: "head",
    head: {
      method,
      target,
      headers: fields,
      framing: framingOf(fields, isOld),
      isOld,
      closes: isOld || asksToClose(fields["connection"]),
      waitsToContinue: !isOld && fields["expect"]?.toLowerCase() === "100-continue",
    },
  };
}

const REQUEST_LINE = /^([A-Z][A-Z-]{0,31}) ([\x21-\x7e]+) HTTP\/(\d)\.(\d)\r\n/;
const CONTROLS = /[^\t\r\n\x20-\x7e\x80-\xff]/;

const refused = (status: number, message: string) => ({ kind: "refused", status, message }) as const;

/** null: it is malformed. A whole URL names the host too, which then counts (RFC 9112 section 3.2.2). */
function targetOf(method: string, sent: string, fields: Fields): string | null {
  if (sent.startsWith("/")) return PLAIN_TARGET.test(sent) && !DOTS.test(sent) ? sent : resolved(`http://host${sent}`);
  if (method === "CONNECT" || sent === "*") return sent;
  if (!WHOLE_URL.test(sent)) return null;
  const host = sent.slice(sent.indexOf("//") + 2).split(/[/?]/, 1)[0] ?? "";
  fields["host"] = host;
  return resolved(sent);
}

/** What a URL may hold as it is. */
const PLAIN_TARGET = /^\/(?!\/)[\w\-.~!$&'()*+,;=:@/%?[\]]*$/;
/** Segments that mean another path; an escaped dot is one too. */
const DOTS = /\/\.|%2e/i;
const WHOLE_URL = /^https?:\/\/[^/?#@\\]+(?:[/?]|$)/i;

function resolved(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
}

function framingOf(fields: Fields, isOld: boolean): RequestFraming {
  const { "transfer-encoding": coding, "content-length": length } = fields;
  if (coding !== undefined) {
    const isChunked = coding.toLowerCase() === "chunked" && length === undefined && !isOld;
    return isChunked ? CHUNKED : UNSOUND;
  }
  if (length === undefined) return NONE;
  return LENGTH.test(length) ? { kind: "length", bytes: Number(length) } : UNSOUND;
}

/** Every number of so many digits is exact. */
const LENGTH = /^\d{1,15}$/;
const NONE: RequestFraming = { kind: "length", bytes: 0 };
const CHUNKED: RequestFraming = { kind: "chunked" };
const UNSOUND: RequestFraming = { kind: "unsound" };

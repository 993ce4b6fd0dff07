/** The field lines of an HTTP/1.1 head or trailer (RFC 9112 section 5), as text, read into a plain object. */

export type Fields = Record<string, string>;

type FieldsReading =
  | { readonly kind: "fields"; readonly fields: Fields }
  | { readonly kind: "broken"; readonly fault: "header-line" | "header-count" };

/** As the runtime's own client has it. */
export const HEADERS_MAX = 256;

/**
 * `text`: Latin-1, its last line ended; read from index `from`. Names come in lower case, several of one name joined by a
 * comma. `mayFold`: a value may go on in a line that begins with a blank, which only servers of old send.
 */
export function readFields(text: string, from: number, { mayFold }: { readonly mayFold: boolean }): FieldsReading {
  const fields: Fields = {};
  let count = 0;
  let last: string | null = null;
  for (let start = from; start < text.length; ) {
    const newline = text.indexOf("\n", start);
    const end = text.charCodeAt(newline - 1) === CR && newline > start ? newline - 1 : newline;
    if (isBlank(text.charCodeAt(start))) {
      if (last === null || !mayFold) return broken("header-line");
      if (last !== IGNORED) fields[last] = `${fields[last] ?? ""} ${trimmed(text, start, end)}`;
    } else if (end > start) {
      const colon = text.indexOf(":", start);
      if (colon === -1 || colon > end) return broken("header-line");
      const name = text.slice(start, colon).toLowerCase();
      if (!TOKEN.test(name)) return broken("header-line");
      count += 1;
      if (count > HEADERS_MAX) return broken("header-count");
      last = name;
      if (name !== IGNORED) add(fields, name, trimmed(text, colon + 1, end));
    }
    start = newline + 1;
  }
  return { kind: "fields", fields };
}

const broken = (fault: "header-line" | "header-count") => ({ kind: "broken", fault }) as const;

function add(fields: Fields, name: string, value: string): void {
  const text = Object.hasOwn(fields, name) ? `${fields[name]}, ${value}` : value;
  // Assigned, this one name would be the object's prototype.
  if (name === "__proto__") Object.defineProperty(fields, name, { value: text, ...ORDINARY });
  else fields[name] = text;
}

const ORDINARY = { configurable: true, enumerable: true, writable: true } as const;

/** Comes as a list, which no comma can join, and is of no use here. */
const IGNORED = "set-cookie";
const CR = 13;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const isBlank = (code: number): boolean => code === 32 || code === 9;

/** Only spaces and tabs are white space here. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** `close` is one of the options of a Connection header. */
export function asksToClose(connection: string | undefined): boolean {
  return connection !== undefined && CLOSES.test(connection);
}

const CLOSES = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i;

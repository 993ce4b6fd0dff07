/**
 * One linear pass over a form (multipart/form-data, RFC 7578 over RFC 2046) that finds where its fields stand, so that one
 * value can be replaced in the sender's own bytes. Stricter than most readers: what two of them could read differently
 * is refused, because the next one must see the same fields as we did.
 */
import { encodeUtf8, indexOfBytes } from "./bytes.ts";
import type { Edit } from "./json-edit.ts";

export interface FormField {
  readonly name: string;
  /** Byte offsets of the value, the end exclusive. */
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly isFile: boolean;
}

type FormScan =
  | { readonly kind: "ok"; readonly fields: readonly FormField[] }
  /** A sentence for the client; holds nothing of the body. */
  | { readonly kind: "bad"; readonly message: string };

/** Vendors take 16 images and a few dozen words; the rest is room. */
export const FORM_FIELDS_MAX = 256;
/** Headers of one part, in bytes: a name, a file's name and a type. */
const PART_HEAD_BYTES_MAX = 8 * 1024;
/** RFC 2046 section 5.1.1. */
const BOUNDARY = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/;

/** The boundary named by a content type; null: it is no form, or names none that may be one. */
export function boundaryOf(contentType: string): string | null {
  const [media = "", ...rest] = contentType.split(";");
  if (media.trim().toLowerCase() !== "multipart/form-data") return null;
  const found = /(?:^|;)\s*boundary=(?:"([^"\\]+)"|([^\s;"]+))\s*(?:;|$)/i.exec(rest.join(";"));
  const boundary = found?.[1] ?? found?.[2];
  return boundary !== undefined && BOUNDARY.test(boundary) ? boundary : null;
}

export function scanForm(bytes: Uint8Array, boundary: string): FormScan {
  const delimiter = encodeUtf8(`\r\n--${boundary}`);
  const first = delimiter.subarray(CRLF.length);
  const fields: FormField[] = [];
  // A preamble would be read as nothing by some and as a part by others.
  if (!startsWith(bytes, first, 0)) return bad("does not begin with its boundary");
  for (let at = first.length; ; ) {
    if (startsWith(bytes, DASHES, at)) {
      const rest = bytes.subarray(at + DASHES.length);
      return rest.length === 0 || (rest.length === CRLF.length && startsWith(rest, CRLF, 0))
        ? { kind: "ok", fields }
        : bad("goes on after its end");
    }
    if (!startsWith(bytes, CRLF, at)) return bad("has a broken boundary");
    if (fields.length >= FORM_FIELDS_MAX) return bad(`has more than ${FORM_FIELDS_MAX} fields`);
    const headStart = at + CRLF.length;
    const headEnd = indexOfBytes(bytes.subarray(0, headStart + PART_HEAD_BYTES_MAX), BLANK_LINE, headStart);
    if (headEnd === -1) return bad("has a part whose headers do not end");
    const head = readHead(bytes.subarray(headStart, headEnd));
    if (typeof head === "string") return bad(head);
    const valueStart = headEnd + BLANK_LINE.length;
    const valueEnd = indexOfBytes(bytes, delimiter, valueStart - CRLF.length);
    if (valueEnd === -1) return bad("breaks off before its end");
    // The line break after the headers is taken for the boundary's by some readers.
    if (valueEnd < valueStart) return bad("has a part without a value");
    fields.push({ ...head, valueStart, valueEnd });
    at = valueEnd + delimiter.length;
  }
}

/** Adds a field before all others. */
export function insertField(boundary: string, name: string, value: string): Edit {
  const part = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  return { start: 0, end: 0, replacement: encodeUtf8(part) };
}

/** Name and kind of a part, or what is wrong with its headers. */
function readHead(bytes: Uint8Array): { name: string; isFile: boolean } | string {
  let found: { name: string; isFile: boolean } | null = null;
  for (const line of LATIN1.decode(bytes).split("\r\n")) {
    // A bare line break or a folded line is one header to some readers and two to others.
    if (/[\r\n\0]/.test(line) || /^[ \t]/.test(line)) return "has a part with a broken header";
    const colon = line.indexOf(":");
    if (colon < 1) return "has a part with a broken header";
    const header = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (header === "content-transfer-encoding" && !/^(?:7bit|8bit|binary)$/i.test(value)) {
      return "has an encoded part, which no client should send";
    }
    if (header !== "content-disposition") continue;
    if (found !== null) return "has a part with two names";
    const disposition = DISPOSITION.exec(value);
    if (disposition === null) return "has a part without a plain name";
    const parameters = disposition[1] ?? "";
    const names = [...parameters.matchAll(PARAMETER)].map(([, key = "", quoted, token]) => ({
      key: key.toLowerCase(),
      value: quoted ?? token ?? "",
    }));
    const [name, ...more] = names.filter(({ key }) => key === "name");
    if (name === undefined || more.length > 0 || names.some(({ key }) => key === "name*")) {
      return "has a part without a plain name";
    }
    // Readers disagree about backslashes and percent signs in names; no field of a vendor has any.
    if (/["\\%]/.test(name.value)) return "has a part without a plain name";
    found = { name: name.value, isFile: names.some(({ key }) => key === "filename" || key === "filename*") };
  }
  return found ?? "has a part without a name";
}

/** A quoted value may hold an escaped quote, as in a file's name. */
const PARAMETER = /;\s*([\w!#$&+.^`|~*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g;
const DISPOSITION = /^form-data((?:\s*;\s*[\w!#$&+.^`|~*-]+=(?:"(?:[^"\\]|\\.)*"|[^\s;"]*))+)\s*;?$/i;

function startsWith(bytes: Uint8Array, prefix: Uint8Array, from: number): boolean {
  if (from + prefix.length > bytes.length) return false;
  for (let at = 0; at < prefix.length; at++) if (bytes[from + at] !== prefix[at]) return false;
  return true;
}

function bad(what: string): FormScan {
  return { kind: "bad", message: `The form ${what}. Send it as multipart/form-data with its boundary.` };
}

const CRLF = encodeUtf8("\r\n");
const DASHES = encodeUtf8("--");
const BLANK_LINE = encodeUtf8("\r\n\r\n");
const LATIN1 = new TextDecoder("latin1");

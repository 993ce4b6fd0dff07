/** A form (multipart/form-data) as far as the gateway decides on it: a few short text fields, and where they stand. */
import { type Failed, failed, failure, ok, type Result } from "../../ir/failure.ts";
import { decodeUtf8, encodeUtf8 } from "../../std/bytes.ts";
import { type Edit, type JsonObject, parseJson } from "../../std/json.ts";
import { boundaryOf, type FormField, insertField, scanForm } from "../../std/multipart.ts";
import { WireError } from "../../std/wire-error.ts";

export interface Form {
  /** The client's own, which names the boundary its bytes are cut by. */
  readonly contentType: string;
  readonly boundary: string;
  readonly fields: readonly FormField[];
  /** Short text fields by name; of a name that is there more than once, the last. */
  readonly texts: JsonObject;
  /** Of the words; pictures and sound are not counted. */
  readonly tokensEstimate: number;
}

/** Longer fields are a prompt, and no decision reads them. Bytes. */
const TEXT_BYTES_MAX = 4_096;
/** As for JSON: errs to the high side. */
const BYTES_PER_TOKEN = 3.5;

export function readForm(bytes: Uint8Array, contentType: string, decided: ReadonlySet<string>): Result<Form> {
  const boundary = boundaryOf(contentType);
  if (boundary === null)
    return refused("The request body must be JSON, or a form with content-type: multipart/form-data and its boundary.");
  const scan = scanForm(bytes, boundary);
  if (scan.kind === "bad") return refused(scan.message);
  const texts: Record<string, string> = Object.create(null);
  let textBytes = 0;
  for (const field of scan.fields) {
    const { name, valueStart, valueEnd, isFile } = field;
    const isDecided = decided.has(name);
    if (isDecided && isFile) return refused(`The form sends "${name}" as a file. Send it as text.`);
    if (isDecided && Object.hasOwn(texts, name))
      return refused(`The form names "${name}" more than once. Send it once.`);
    if (isFile) continue;
    textBytes += valueEnd - valueStart;
    if (valueEnd - valueStart > TEXT_BYTES_MAX) {
      if (isDecided) return refused(`The value of "${name}" is longer than ${TEXT_BYTES_MAX} bytes.`);
      continue;
    }
    const text = textOf(bytes.subarray(valueStart, valueEnd));
    if (text === null && isDecided) return refused(`The value of "${name}" must be text in UTF-8.`);
    if (text !== null) texts[name] = text;
  }
  return ok({
    contentType,
    boundary,
    fields: scan.fields,
    texts,
    tokensEstimate: Math.ceil(textBytes / BYTES_PER_TOKEN),
  });
}

function refused(message: string): Failed {
  return failed(failure("invalid-request", message));
}

/** Edits that give fields the wanted values (JSON text of strings), sorted. What a form cannot hold is a bug of its carrier. */
export function formEdits(form: Form, wanted: Readonly<Record<string, string | null>>): Edit[] {
  const edits = Object.entries(wanted).flatMap(([name, jsonText]): Edit[] => {
    const value = jsonText === null ? null : parseJson(jsonText);
    if (typeof value !== "string") throw new Error(`a form cannot hold the member ${name}`);
    const present = form.fields.filter((field) => field.name === name);
    if (present.length === 0) return [insertField(form.boundary, name, value)];
    return present.map(({ valueStart, valueEnd }) => ({
      start: valueStart,
      end: valueEnd,
      replacement: encodeUtf8(value),
    }));
  });
  return edits.toSorted((left, right) => left.start - right.start);
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

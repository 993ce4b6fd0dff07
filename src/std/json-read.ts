/** Parsing JSON text and reading what came out. Every reader answers undefined for the wrong type and never throws. */
import { buildExact, type RawJson } from "./json-exact.ts";
import { WireError } from "./wire-error.ts";

export type { RawJson };

export type JsonObject = { readonly [name: string]: unknown };

/** Throws a WireError when `text` is not JSON or is nested deeper than the parser's stack. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    throw notJson(error);
  }
}

/**
 * Like `parseJson`, but a number that would be written differently from how it was read (9007199254740993, 1.0, -0,
 * 1e400) stays a `RawJson` holding the author's digits. Several times slower than `parseJson`: see `parseBody`.
 */
export function parseExact(text: string): unknown {
  parseJson(text);
  try {
    return buildExact(text);
  } catch (error) {
    throw notJson(error); // deeper than our own stack
  }
}

/** `exactNumbers` is what the scan of the same text said; most bodies are false and take the fast path. */
export function parseBody(text: string, exactNumbers: boolean): unknown {
  return exactNumbers ? parseExact(text) : parseJson(text);
}

export function isRawJson(value: unknown): value is RawJson {
  return JSON.isRawJSON(value);
}

/** Walks own properties and array elements; undefined as soon as a step is missing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here: unknown = value;
  for (const step of path) {
    if (typeof step === "number") here = asArray(here)?.[step];
    else {
      const object = asObject(here);
      here = object !== undefined && Object.hasOwn(object, step) ? object[step] : undefined;
    }
  }
  return here;
}

/** Arrays and raw numbers are not objects here. */
export function asObject(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

export function asArray(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Also reads a raw number, to the nearest double. One too large for a double (1e400) is undefined, as is NaN. */
export function asNumber(value: unknown): number | undefined {
  const number = isRawJson(value) ? readRawNumber(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

export function asBoolean(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawJson(value);
}

/** Raw JSON may also hold text, a boolean or null, when it was built so. */
function readRawNumber(raw: RawJson): unknown {
  const value: unknown = JSON.parse(raw.rawJSON);
  return value;
}

function notJson(error: unknown): WireError {
  // The engine's reason quotes the offending token, however long: it counts as input and is cut.
  return new WireError("The text is not valid JSON", error instanceof Error ? error.message : String(error));
}

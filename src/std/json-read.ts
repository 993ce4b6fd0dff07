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

type Step = string | number;

/**
 * Walks own properties and array elements; undefined as soon as a step is missing. Called dozens of times per request, so
 * that its steps are no list.
 */
export function at(value: unknown, one?: Step, two?: Step, three?: Step, four?: Step, five?: Step): unknown {
  if (one === undefined) return value;
  const first = stepInto(value, one);
  if (two === undefined) return first;
  const second = stepInto(first, two);
  return three === undefined ? second : deeper(second, three, four, five);
}

function deeper(value: unknown, three: Step, four: Step | undefined, five: Step | undefined): unknown {
  const third = stepInto(value, three);
  if (four === undefined) return third;
  const fourth = stepInto(third, four);
  return five === undefined ? fourth : stepInto(fourth, five);
}

/** The same for a way of any length. */
export function atPath(value: unknown, path: readonly Step[]): unknown {
  return path.reduce<unknown>(stepInto, value);
}

function stepInto(value: unknown, step: Step): unknown {
  if (typeof step === "number") return asArray(value)?.[step];
  const object = asObject(value);
  return object !== undefined && Object.hasOwn(object, step) ? object[step] : undefined;
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

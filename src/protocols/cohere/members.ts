/** Reading members of a body that must be there, or of a certain kind. Every message names the place and says what to do. */
import { asArray, asNumber, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";

export function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Null for an empty text as well: vendors write one where they have nothing to say. */
export function nonEmpty(value: unknown): string | null {
  const text = asText(value);
  return text === undefined || text === "" ? null : text;
}

export function needText(value: unknown, path: string): string {
  const text = asText(value);
  if (text === undefined) throw new WireError(`${path} must be a string.`);
  return text;
}

export function needObject(value: unknown, path: string): JsonObject {
  const object = asObject(value);
  if (object === undefined) throw new WireError(`${path} must be an object.`);
  return object;
}

export function needList(value: unknown, path: string): readonly unknown[] {
  const list = asArray(value);
  if (list === undefined) throw new WireError(`${path} must be an array.`);
  return list;
}

/** Null and absent are the same: not said. */
export function readNumber(body: JsonObject, name: string): number | null {
  if (isNothing(body[name])) return null;
  const number = asNumber(body[name]);
  if (number === undefined) throw new WireError(`${name} must be a number.`);
  return number;
}

/** Absent and null are an empty list. */
export function readTexts(value: unknown, path: string): string[] {
  if (isNothing(value)) return [];
  return needList(value, path).map((each, index) => needText(each, `${path}[${index}]`));
}

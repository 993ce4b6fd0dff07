/** Reading members of a body that must be there, or of a certain kind. Every message names the place and says what to do. */
import { asArray, asText } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { isNothing } from "../shared/members.ts";

export function needText(value: unknown, path: string): string {
  const text = asText(value);
  if (text === undefined) throw new WireError(`${path} must be a string.`);
  return text;
}

export function needList(value: unknown, path: string): readonly unknown[] {
  const list = asArray(value);
  if (list === undefined) throw new WireError(`${path} must be an array.`);
  return list;
}

/** Absent and null are an empty list. */
export function readTexts(value: unknown, path: string): string[] {
  if (isNothing(value)) return [];
  return needList(value, path).map((each, index) => needText(each, `${path}[${index}]`));
}

/** A new member of an object deep inside a JSON document, in the document's own bytes. */
import { encodeUtf8 } from "./bytes.ts";
import { type Edit, editMembers, replaceValue, splice } from "./json-edit.ts";
import { JSON_LIMITS, scanJson } from "./json-scan.ts";

interface Insertion {
  /** Members from the top down to the object that gets the new one; what is absent or null on the way becomes an object. */
  readonly path: readonly string[];
  readonly name: string;
  readonly jsonText: string;
}

/** null: the bytes are no object, something else stands in the way, or the member is there already. */
export function insertDeep(bytes: Uint8Array, { path, name, jsonText }: Insertion): Uint8Array | null {
  const scan = scanJson(bytes, JSON_LIMITS);
  if (scan.kind !== "ok") return null;
  const { members } = scan;
  const [step, ...rest] = path;
  const wanted = step ?? name;
  const member = members.findLast((each) => each.name === wanted);
  const made = rest.reduceRight((inner, outer) => `{${JSON.stringify(outer)}:${inner}}`, `{${pair(name, jsonText)}}`);
  if (member === undefined) {
    const text = step === undefined ? jsonText : made;
    return splice(bytes, editMembers(bytes, members, { remove: [], append: [{ name: wanted, jsonText: text }] }));
  }
  if (step === undefined) return null;
  const inner = bytes.subarray(member.valueStart, member.valueEnd);
  if (isNull(inner)) return splice(bytes, [replaceValue(member, made)]);
  const changed = insertDeep(inner, { path: rest, name, jsonText });
  if (changed === null) return null;
  const edit: Edit = { start: member.valueStart, end: member.valueEnd, replacement: changed };
  return splice(bytes, [edit]);
}

function pair(name: string, jsonText: string): string {
  return `${JSON.stringify(name)}:${jsonText}`;
}

const NULL = encodeUtf8("null");

function isNull(bytes: Uint8Array): boolean {
  return bytes.length === NULL.length && NULL.every((byte, index) => bytes[index] === byte);
}

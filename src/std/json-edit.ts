/**
 * Edits to the top level of a JSON object in its own bytes, so that everything not edited leaves as it came: order,
 * spacing, digits and escapes. Offsets come from `scanJson` over the same bytes.
 */
import { concatBytes, encodeUtf8 } from "./bytes.ts";
import type { TopMember } from "./json-scan.ts";

/** Replaces the bytes from `start` up to but not including `end`; equal offsets insert. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly replacement: Uint8Array;
}

/** In one piece, and a copy. */
export function splice(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array<ArrayBuffer> {
  return concatBytes(spliceParts(bytes, edits));
}

/** Views of the bytes, and what replaces the rest. The edits must be sorted and must not overlap: that is the caller's bug and throws a RangeError. */
export function spliceParts(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const edit of edits) {
    if (edit.start < from || edit.end < edit.start || edit.end > bytes.length) {
      throw new RangeError(`edit ${edit.start}-${edit.end} overlaps another, is out of order or leaves the bytes`);
    }
    parts.push(bytes.subarray(from, edit.start), edit.replacement);
    from = edit.end;
  }
  parts.push(bytes.subarray(from));
  return parts;
}

export function replaceValue(member: TopMember, jsonText: string): Edit {
  return { start: member.valueStart, end: member.valueEnd, replacement: encodeUtf8(jsonText) };
}

/** Removes every member of that name; changes nothing when there is none. Not to be mixed with other edits of members. */
export function removeMember(bytes: Uint8Array, members: readonly TopMember[], name: string): Edit {
  return joinEdits(bytes, editMembers(bytes, members, { remove: [name], append: [] }));
}

/** Adds a member after the last one. The caller knows that the name is free. Not to be mixed with `removeMember`. */
export function appendMember(bytes: Uint8Array, members: readonly TopMember[], name: string, jsonText: string): Edit {
  return joinEdits(bytes, editMembers(bytes, members, { remove: [], append: [{ name, jsonText }] }));
}

/** Several removals and additions at once, sorted; commas come out right whichever members go. */
export function editMembers(
  bytes: Uint8Array,
  members: readonly TopMember[],
  change: {
    readonly remove: readonly string[];
    readonly append: readonly { readonly name: string; readonly jsonText: string }[];
  },
): Edit[] {
  const gone = new Set(change.remove);
  const edits = removalEdits(members, gone);
  if (change.append.length === 0) return edits;
  const last = members.at(-1);
  const end = last === undefined ? bytes.indexOf(OPEN_BRACE) + 1 : last.valueEnd;
  const added = change.append.map(({ name, jsonText }) => `${JSON.stringify(name)}:${jsonText}`).join(",");
  const comma = members.some((member) => !gone.has(member.name)) ? "," : "";
  edits.push({ start: end, end, replacement: encodeUtf8(comma + added) });
  return edits;
}

/** One edit per run of neighbours that go: with the comma before the run, or for a run at the start the one after. */
function removalEdits(members: readonly TopMember[], gone: ReadonlySet<string>): Edit[] {
  const edits: Edit[] = [];
  let before: TopMember | undefined; // the last member that stays
  let first: TopMember | undefined; // the first member of the current run
  let last: TopMember | undefined; // the last one of it
  const close = (next: TopMember | undefined) => {
    if (first === undefined || last === undefined) return;
    if (before !== undefined) edits.push(removal(before.valueEnd, last.valueEnd));
    else edits.push(removal(first.nameStart, next === undefined ? last.valueEnd : next.nameStart));
    first = undefined;
  };
  for (const member of members) {
    if (gone.has(member.name)) {
      first ??= member;
      last = member;
    } else {
      close(member);
      before = member;
    }
  }
  close(undefined);
  return edits;
}

function removal(start: number, end: number): Edit {
  return { start, end, replacement: new Uint8Array(0) };
}

/** The same change as one edit, the bytes between carried along. */
function joinEdits(bytes: Uint8Array, edits: readonly Edit[]): Edit {
  const first = edits[0];
  const last = edits.at(-1);
  if (first === undefined || last === undefined) return removal(0, 0);
  if (first === last) return first;
  const shifted = edits.map((edit) => ({ ...edit, start: edit.start - first.start, end: edit.end - first.start }));
  return { start: first.start, end: last.end, replacement: splice(bytes.subarray(first.start, last.end), shifted) };
}

const OPEN_BRACE = 0x7b;

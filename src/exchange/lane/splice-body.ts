/**
 * Same-protocol request bytes: the client's own, with only the members replaced that the carrier or hidden usage must
 * replace. Everything else, to the last space and digit, is what the client sent.
 */
import type { HiddenUsage } from "../../protocols/protocol.ts";
import { encodeUtf8 } from "../../std/bytes.ts";
import { type Edit, editMembers, spliceParts } from "../../std/json.ts";
import type { ParsedRequest } from "../request/facts.ts";
import { formEdits } from "../request/form.ts";

interface RelayInput {
  readonly request: ParsedRequest;
  /** Top-level members to set (JSON text) or to remove (null). */
  readonly members: Readonly<Record<string, string | null>>;
  readonly hidden: HiddenUsage | null;
}

/** In parts, of which the client's bytes are views. */
export function relayBody(input: RelayInput): readonly Uint8Array[] {
  const { request, hidden } = input;
  if (request.form !== null) return spliceParts(request.bytes, formEdits(request.form, input.members));
  const edits = memberEdits(request, input.members);
  if (hidden !== null) edits.push(...hidden.request(request.bytes, request.members));
  if (edits.length === 0) return [request.bytes];
  return spliceParts(
    request.bytes,
    edits.toSorted((left, right) => left.start - right.start),
  );
}

function memberEdits(request: ParsedRequest, wanted: Readonly<Record<string, string | null>>): Edit[] {
  const edits: Edit[] = [];
  const remove: string[] = [];
  const append: { name: string; jsonText: string }[] = [];
  for (const [name, jsonText] of Object.entries(wanted)) {
    const present = request.members.filter((member) => member.name === name);
    if (jsonText === null) {
      if (present.length > 0) remove.push(name);
    } else if (present.length === 0) append.push({ name, jsonText });
    else {
      const replacement = encodeUtf8(jsonText);
      // A duplicate that was allowed (the gateway decides nothing on it) gets the same value everywhere.
      for (const { valueStart, valueEnd } of present) {
        if (!sameBytes(request.bytes, valueStart, valueEnd, replacement))
          edits.push({ start: valueStart, end: valueEnd, replacement });
      }
    }
  }
  if (remove.length > 0 || append.length > 0)
    edits.push(...editMembers(request.bytes, request.members, { remove, append }));
  return edits;
}

function sameBytes(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  if (end - start !== other.length) return false;
  for (let at = 0; at < other.length; at++) if (bytes[start + at] !== other[at]) return false;
  return true;
}

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
  return spliceParts(request.bytes, edits.length === 1 ? edits : edits.toSorted(byStart));
}

function byStart(left: Edit, right: Edit): number {
  return left.start - right.start;
}

function memberEdits(request: ParsedRequest, wanted: Readonly<Record<string, string | null>>): Edit[] {
  const edits: Edit[] = [];
  let other = NO_CHANGE;
  for (const name in wanted) {
    const jsonText = wanted[name] ?? null;
    const isPresent = request.members.some((member) => member.name === name);
    if (jsonText !== null && isPresent) addReplacements(edits, request, name, bytesOf(jsonText));
    else if (jsonText !== null) other = { ...other, append: [...other.append, { name, jsonText }] };
    else if (isPresent) other = { ...other, remove: [...other.remove, name] };
  }
  if (other !== NO_CHANGE) edits.push(...editMembers(request.bytes, request.members, other));
  return edits;
}

interface Change {
  readonly remove: readonly string[];
  readonly append: readonly { readonly name: string; readonly jsonText: string }[];
}

/** Members are replaced as a rule. */
const NO_CHANGE: Change = { remove: [], append: [] };

/** A duplicate that was allowed (the gateway decides nothing on it) gets the same value everywhere. */
function addReplacements(edits: Edit[], request: ParsedRequest, name: string, replacement: Uint8Array): void {
  for (const member of request.members) {
    const { valueStart: start, valueEnd: end } = member;
    if (member.name === name && !sameBytes(request.bytes, start, end, replacement))
      edits.push({ start, end, replacement });
  }
}

/** Values are names of models and flags of the configuration; of more only the first are remembered. */
const TEXTS_MAX = 1_024;
const TEXT_CHARS_MAX = 256;
const TEXTS = new Map<string, Uint8Array>();

function bytesOf(jsonText: string): Uint8Array {
  const known = TEXTS.get(jsonText);
  if (known !== undefined) return known;
  const bytes = encodeUtf8(jsonText);
  if (TEXTS.size < TEXTS_MAX && jsonText.length <= TEXT_CHARS_MAX) TEXTS.set(jsonText, bytes);
  return bytes;
}

function sameBytes(bytes: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  if (end - start !== other.length) return false;
  for (let at = 0; at < other.length; at++) if (bytes[start + at] !== other[at]) return false;
  return true;
}

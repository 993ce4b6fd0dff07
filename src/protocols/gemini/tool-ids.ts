/**
 * Ids and names of tools. The vendor gives ids only with its newer models, and pairs results with calls by name and order
 * otherwise; other vendors need an id that no second call has. One that is missing is invented here, and one that was
 * invented is left out again when the conversation comes back.
 */
import { sha256Hex } from "../../std/digest.ts";

const INVENTED = /^rmg_[0-9a-f]{24}$/;

/** `place` is what no other call of the conversation shares: the answer's id, or where the call stands in it. */
export function inventId(place: string, index: number, name: string): string {
  return `rmg_${sha256Hex(JSON.stringify([place, index, name])).slice(0, 24)}`;
}

export function isInvented(id: string): boolean {
  return INVENTED.test(id);
}

/**
 * Letters, digits, `_`, `:`, `.` and `-`, at most 128 characters, beginning with a letter or `_` (SDK type
 * FunctionDeclaration and ai.google.dev/api/caching#FunctionDeclaration, read 2026-11-27).
 */
const LEGAL_NAME = /^[a-zA-Z_][a-zA-Z0-9_:.-]{0,127}$/;
const NAME_CHARS_MAX = 128;

/** Names that differ stay different: an adapted name ends in a hash of the original. */
export function legalToolName(name: string): string {
  if (LEGAL_NAME.test(name)) return name;
  const suffix = `_${sha256Hex(name).slice(0, 8)}`;
  const adapted = name.replace(/[^a-zA-Z0-9_:.-]/g, "_").replace(/^(?![a-zA-Z_])/, "_");
  return adapted.slice(0, NAME_CHARS_MAX - suffix.length) + suffix;
}

/**
 * Ids and names the vendor accepts. Ids must match `^[a-zA-Z0-9_-]+$` (maximhq/bifrost#5097) and names
 * `^[a-zA-Z0-9_-]{1,128}$` (home-assistant/core#147760); other vendors issue ids with dots, colons and any length.
 */
import { sha256Hex } from "../../std/digest.ts";

/** The vendor names no bound; its own are 30 long, and compatible servers refuse more than 64. */
const ID_CHARS_MAX = 64;
const LEGAL_ID = /^[a-zA-Z0-9_-]+$/;
const LEGAL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const NAME_CHARS_MAX = 128;
const HASH_CHARS = 32;

/** The same id for a call and its result, whatever it was: legal ids stay, others become a hash of themselves. */
export function legalToolId(id: string): string {
  return id.length <= ID_CHARS_MAX && LEGAL_ID.test(id) ? id : `toolu_rm_${hash(id)}`;
}

/** Names that differ stay different: an adapted name ends in a hash of the original. */
export function legalToolName(name: string): string {
  if (LEGAL_NAME.test(name)) return name;
  const suffix = `_${hash(name).slice(0, 8)}`;
  return name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, NAME_CHARS_MAX - suffix.length) + suffix;
}

function hash(text: string): string {
  return sha256Hex(text).slice(0, HASH_CHARS);
}

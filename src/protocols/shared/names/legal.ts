/** Ids and names within what a vendor accepts: those that fit stay, others become a hash of themselves. */
import { sha256Hex } from "../../../std/digest.ts";

const LEGAL = /^[a-zA-Z0-9_-]+$/;
const HASH_CHARS = 32;
const SUFFIX_CHARS = 8;

/** The same id for a call and its result, whatever it was. */
export function legalId(id: string, options: { readonly charsMax: number; readonly prefix: string }): string {
  if (id.length <= options.charsMax && LEGAL.test(id)) return id;
  return `${options.prefix}${sha256Hex(id).slice(0, HASH_CHARS)}`;
}

/** Names that differ stay different: an adapted name ends in a hash of the original. */
export function legalName(name: string, charsMax: number): string {
  if (name.length <= charsMax && LEGAL.test(name)) return name;
  const suffix = `_${sha256Hex(name).slice(0, SUFFIX_CHARS)}`;
  return name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, charsMax - suffix.length) + suffix;
}

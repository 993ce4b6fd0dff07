/**
 * Ids and names the vendor accepts. Ids must match `^[a-zA-Z0-9_-]+$` (maximhq/bifrost#5097) and names
 * `^[a-zA-Z0-9_-]{1,128}$` (home-assistant/core#147760); other vendors issue ids with dots, colons and any length.
 */
import { legalId, legalName } from "../shared/names/legal.ts";

/** The vendor names no bound; its own are 30 long, and compatible servers refuse more than 64. */
const ID_CHARS_MAX = 64;
const NAME_CHARS_MAX = 128;

export function legalCallId(id: string): string {
  return legalId(id, { charsMax: ID_CHARS_MAX, prefix: "toolu_rm_" });
}

export function legalToolName(name: string): string {
  return legalName(name, NAME_CHARS_MAX);
}

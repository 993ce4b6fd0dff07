/**
 * Names and ids the vendor takes. Function names are `^[a-zA-Z0-9_-]{1,64}$` and tool call ids at most 40 characters
 * (`string_above_max_length` from the vendor, seen in 2025 and 2026); clients of other protocols know neither limit.
 */
import { createToolNames, shortHash } from "../shared/names/tools.ts";

export { shortHash };

export const TOOL_NAME_CHARS_MAX = 64;
export const CALL_ID_CHARS_MAX = 40;

export const {
  legal: legalName,
  legalPast: legalPastName,
  restore: restoreName,
} = createToolNames({ alphabet: "a-zA-Z0-9_-", notFirst: "", charsMax: TOOL_NAME_CHARS_MAX, prefix: "x-u_" });

/** The same id for the same id, so that a call and its result agree; short ones stay as they are. */
export function legalCallId(id: string): string {
  return id.length <= CALL_ID_CHARS_MAX && id !== "" ? id : `call_${shortHash(id)}`;
}

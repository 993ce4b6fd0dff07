/**
 * Names and ids the vendor takes. Function names are `^[a-zA-Z0-9_-]{1,64}$` and tool call ids at most 40 characters
 * (`string_above_max_length` from the vendor, seen in 2025 and 2026); clients of other protocols know neither limit.
 */
import { createNames } from "../shared/openai/names.ts";

export const TOOL_NAME_CHARS_MAX = 64;
const CALL_ID_CHARS_MAX = 40;

export const {
  legal: legalName,
  legalPast: legalPastName,
  restore: restoreName,
  legalCallId,
} = createNames({ toolNameCharsMax: TOOL_NAME_CHARS_MAX, callIdCharsMax: CALL_ID_CHARS_MAX });

/**
 * Names and ids the vendor takes. Function names are `^[a-zA-Z0-9_-]{1,128}$`, call ids at most 64 characters of any
 * kind (`string_above_max_length` from the vendor, seen through 2026); clients of other protocols know neither limit.
 * And the other way round: tools of a `namespace`, which only this protocol has, under one flat name each.
 */
import { shortHash } from "../shared/names/tools.ts";
import { createNames } from "../shared/openai/names.ts";

const TOOL_NAME_CHARS_MAX = 128;
const CALL_ID_CHARS_MAX = 64;

export const {
  legal: legalName,
  legalPast: legalPastName,
  restore: restoreName,
  legalCallId,
} = createNames({ toolNameCharsMax: TOOL_NAME_CHARS_MAX, callIdCharsMax: CALL_ID_CHARS_MAX });

/** A label of a schema: 64 plain characters. */
export function legalLabel(label: string): string {
  return LEGAL_LABEL.test(label) ? label : shorten(label);
}

/**
 * One name for a tool of a namespace, the same for the same two names. Namespaces of agents often end in "__" already
 * (`mcp__files__`).
 */
export function flatName(namespace: string, name: string): string {
  const flat = namespace.endsWith("__") ? `${namespace}${name}` : `${namespace}__${name}`;
  return LEGAL_LABEL.test(flat) ? flat : shorten(flat);
}

/** To what every other protocol takes. */
function shorten(name: string): string {
  const hash = shortHash(name);
  return `${name.replace(ILLEGAL, "_").slice(0, LABEL_CHARS_MAX - hash.length - 1)}_${hash}`;
}

const LABEL_CHARS_MAX = 64;
const LEGAL_LABEL = /^[a-zA-Z0-9_-]{1,64}$/;
const ILLEGAL = /[^a-zA-Z0-9_-]/g;

/**
 * Names and ids the vendor takes. Function names are `^[a-zA-Z0-9_-]{1,128}$`, call ids at most 64 characters of any
 * kind (`string_above_max_length` from the vendor, seen through 2026); clients of other protocols know neither limit.
 * And the other way round: tools of a `namespace`, which only this protocol has, under one flat name each.
 */

const TOOL_NAME_CHARS_MAX = 128;
const CALL_ID_CHARS_MAX = 64;

/** What every other protocol takes. */
const FLAT_NAME_CHARS_MAX = 64;

/** A name the vendor takes, from which `restoreName` makes the original again; null: it is too long for that. */
export function legalName(name: string): string | null {
  if (LEGAL_NAME.test(name) && !name.startsWith(ESCAPED_PREFIX)) return name;
  const escaped = ESCAPED_PREFIX + name.replace(TO_ESCAPE, escapeUnit);
  return name === "" || escaped.length > TOOL_NAME_CHARS_MAX ? null : escaped;
}

/** For calls in the history, whose names need not come back: shortened where it must be, always the same way. */
export function legalPastName(name: string): string {
  return legalName(name) ?? shorten(name, TOOL_NAME_CHARS_MAX);
}

/** Undoes `legalName`; a name it did not make is returned as it is. */
export function restoreName(name: string): string {
  if (!name.startsWith(ESCAPED_PREFIX)) return name;
  return name
    .slice(ESCAPED_PREFIX.length)
    .replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The same id for the same id, so that a call and its result agree; short ones stay as they are. */
export function legalCallId(id: string): string {
  return id.length <= CALL_ID_CHARS_MAX && id !== "" ? id : `call_${shortHash(id)}`;
}

/** A label of a schema: 64 plain characters. */
export function legalLabel(label: string): string {
  return LEGAL_LABEL.test(label) ? label : shorten(label, FLAT_NAME_CHARS_MAX);
}

/**
 * One name for a tool of a namespace, the same for the same two names. Namespaces of agents often end in "__" already
 * (`mcp__files__`).
 */
export function flatName(namespace: string, name: string): string {
  const flat = namespace.endsWith("__") ? `${namespace}${name}` : `${namespace}__${name}`;
  return LEGAL_LABEL.test(flat) ? flat : shorten(flat, FLAT_NAME_CHARS_MAX);
}

/** 22 characters of base 32 from four passes of FNV-1a, for telling a conversation's ids apart; no secret depends on it. */
export function shortHash(text: string): string {
  let hash = "";
  for (const seed of HASH_SEEDS) {
    let state = seed;
    for (let index = 0; index < text.length; index += 1) {
      state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
      state ^= state >>> 15;
    }
    hash += (state >>> 0).toString(32).padStart(7, "0");
  }
  return hash.slice(0, HASH_CHARS);
}

function shorten(name: string, charsMax: number): string {
  return `${name.replace(ILLEGAL, "_").slice(0, charsMax - HASH_CHARS - 1)}_${shortHash(name)}`;
}

function escapeUnit(unit: string): string {
  return `_u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const HASH_CHARS = 22;
const HASH_SEEDS = [0x811c9dc5, 0x2f4a7c15, 0x6b8e90d3, 0x1f83d9ab];
const LEGAL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const LEGAL_LABEL = /^[a-zA-Z0-9_-]{1,64}$/;
const ILLEGAL = /[^a-zA-Z0-9_-]/g;

/** Marks a name that was escaped; a client's own name that begins so is escaped too, and comes back whole. */
const ESCAPED_PREFIX = "x-u_";

/** Every code unit the vendor refuses, and an underscore that would look like one of our escapes. */
const TO_ESCAPE = /[^a-zA-Z0-9_-]|_(?=u[0-9a-f]{4})/g;
const ESCAPE = /_u([0-9a-f]{4})/g;

/**
 * One linear pass over the bytes of a JSON object before anything parses it: bounds its depth and its names, finds the
 * top-level members, and says whether a number needs exact handling. It checks less than a parser does, and what it
 * lets through must still be parsed; it never loops, recurses or loses count on any bytes.
 */

export interface JsonLimits {
  readonly depthMax: number;
  readonly keysMax: number;
}

export const JSON_LIMITS: JsonLimits = {
  // Recorded requests nest 11 deep; ten times that leaves room for schemas and is far from the end of any stack.
  depthMax: 64,
  // Recorded requests hold some 200 names, a long agent session many times that. So many distinct names cost the parser
  // 220 ms and 11 MB (Bun 1.4.5, two shared cores), which is as long as one request may hold up the others.
  keysMax: 100_000,
};

/** Byte offsets into the scanned bytes, ends exclusive. */
export interface TopMember {
  /** With escapes resolved. */
  readonly name: string;
  /** At the opening quote. */
  readonly nameStart: number;
  /** After the closing quote. */
  readonly nameEnd: number;
  /** White space around the value is outside. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

export type JsonScan =
  | {
      readonly kind: "ok";
      /** In order of appearance; a repeated name is listed each time. */
      readonly members: readonly TopMember[];
      /** True when some number may not survive a double: 16 or more digits, a large exponent, or -0. */
      readonly exactNumbers: boolean;
    }
  | {
      readonly kind: "bad";
      readonly reason: "depth" | "keys" | "syntax" | "not-object";
      /** A sentence for the client; holds nothing of the body. */
      readonly message: string;
      /** Byte offset where the scan stopped. */
      readonly at: number;
    };

type BadScan = Extract<JsonScan, { kind: "bad" }>;

/** What the pass carries along. `keys` counts member names and containers that are elements of arrays. */
interface ScanState {
  readonly bytes: Uint8Array;
  readonly limits: JsonLimits;
  keys: number;
  exactNumbers: boolean;
  /** Set once, when a step answers -1. */
  bad: BadScan | null;
  /** What closes each open container, for the one container scanned at a time; null: none was yet. */
  closers: Uint8Array | null;
}

export function scanJson(bytes: Uint8Array, limits: JsonLimits): JsonScan {
  const state: ScanState = { bytes, limits, keys: 0, exactNumbers: false, bad: null, closers: null };
  const open = skipSpace(bytes, hasByteOrderMark(bytes) ? 3 : 0);
  if (bytes[open] !== OPEN_BRACE) return bad("not-object", "The body must be a JSON object.", open);
  const members: TopMember[] = [];
  const close = scanMembers(state, open + 1, members);
  if (close < 0) return state.bad ?? syntax(bytes.length);
  const rest = skipSpace(bytes, close + 1);
  if (rest !== bytes.length) return syntax(rest);
  return { kind: "ok", members, exactNumbers: state.exactNumbers };
}

/** From after the opening brace; answers the index of the closing one, or -1. */
function scanMembers(state: ScanState, from: number, members: TopMember[]): number {
  const { bytes } = state;
  let here = skipSpace(bytes, from);
  if (bytes[here] === CLOSE_BRACE) return here;
  while (here < bytes.length) {
    if (bytes[here] !== QUOTE) return fail(state, syntax(here));
    const nameEnd = stringEnd(bytes, here + 1);
    if (nameEnd < 0) return fail(state, syntax(bytes.length));
    const colon = skipSpace(bytes, nameEnd);
    if (bytes[colon] !== COLON) return fail(state, syntax(colon));
    state.keys += 1;
    if (state.keys > state.limits.keysMax) return fail(state, tooManyKeys(here));
    const valueStart = skipSpace(bytes, colon + 1);
    const valueEnd = scanValue(state, valueStart);
    if (valueEnd < 0) return -1;
    const name = readName(bytes, here, nameEnd);
    if (name === null) return fail(state, syntax(here));
    members.push({ name, nameStart: here, nameEnd, valueStart, valueEnd });
    const after = skipSpace(bytes, valueEnd);
    if (bytes[after] === CLOSE_BRACE) return after;
    if (bytes[after] !== COMMA) return fail(state, syntax(after));
    here = skipSpace(bytes, after + 1);
  }
  return fail(state, syntax(here));
}

/** Answers the index after the value, or -1. */
function scanValue(state: ScanState, from: number): number {
  const { bytes } = state;
  const first = bytes[from];
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return scanContainer(state, from);
  let end = from;
  if (first === QUOTE) end = stringEnd(bytes, from + 1);
  else if (startsNumber(first)) end = scanNumber(state, from);
  else while (isLowerCase(bytes[end])) end += 1; // true, false, null; whether it is one of them is the parser's to say
  return end > from ? end : fail(state, syntax(end < 0 ? bytes.length : from));
}

/** Any nested object or array, from its opening byte; answers the index after its closing one, or -1. */
function scanContainer(state: ScanState, from: number): number {
  const { bytes, limits } = state;
  // The top-level object, depth 1, is not in it.
  state.closers ??= new Uint8Array(limits.depthMax);
  const { closers } = state;
  let depth = 1;
  let closer = 0;
  let here = from;
  while (here < bytes.length) {
    const byte = bytes[here];
    switch (byte) {
      case QUOTE:
        here = stringEnd(bytes, here + 1);
        if (here < 0) return fail(state, syntax(bytes.length));
        continue;
      case COLON:
        state.keys += 1;
        if (state.keys > limits.keysMax) return fail(state, tooManyKeys(here));
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (depth >= limits.depthMax) return fail(state, tooDeep(here));
        if (closer === CLOSE_BRACKET) {
          state.keys += 1;
          if (state.keys > limits.keysMax) return fail(state, tooManyKeys(here));
        }
        closers[depth - 1] = closer;
        depth += 1;
        closer = byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (byte !== closer) return fail(state, syntax(here));
        depth -= 1;
        if (depth === 1) return here + 1;
        closer = closers[depth - 1] ?? 0;
        break;
      default:
        if (startsNumber(byte)) {
          here = scanNumber(state, here);
          continue;
        }
    }
    here += 1;
  }
  return fail(state, syntax(here));
}

/**
 * From after the opening quote; answers the index after the closing one, or -1. Short strings are walked, long ones
 * left to the native search, whose call costs as much as some 20 steps of the walk.
 */
function stringEnd(bytes: Uint8Array, from: number): number {
  let here = from; // always at an unescaped character
  for (;;) {
    const walkEnd = Math.min(here + STRING_WALK_BYTES, bytes.length);
    while (here < walkEnd) {
      const byte = bytes[here];
      if (byte === QUOTE) return here + 1;
      here += byte === BACKSLASH ? 2 : 1;
    }
    const quote = bytes.indexOf(QUOTE, here);
    if (quote < 0) return -1;
    let slashes = quote;
    while (slashes > here && bytes[slashes - 1] === BACKSLASH) slashes -= 1;
    if ((quote - slashes) % 2 === 0) return quote + 1;
    here = quote + 1;
  }
}

/** Answers the index after the number; notes whether a double might change it. */
function scanNumber(state: ScanState, from: number): number {
  const { bytes } = state;
  let here = from;
  let digits = 0; // from the first that is not zero
  let inExponent = false;
  let exponentDigits = 0;
  for (; here < bytes.length; here += 1) {
    const byte = bytes[here] ?? 0;
    if (byte >= DIGIT_0 && byte <= DIGIT_9) {
      if (inExponent) exponentDigits += 1;
      else if (digits > 0 || byte > DIGIT_0) digits += 1;
    } else if (byte === LOWER_E || byte === UPPER_E) inExponent = true;
    else if (byte !== POINT && byte !== MINUS && byte !== PLUS) break;
  }
  if (
    digits >= DIGITS_INEXACT ||
    here - from > NUMBER_PLAIN_BYTES_MAX ||
    exponentDigits >= EXPONENT_DIGITS_INEXACT ||
    (digits === 0 && bytes[from] === MINUS)
  ) {
    state.exactNumbers = true;
  }
  return here;
}

/** Null when the name's escapes are not JSON. Bytes that are not UTF-8 are the later decode's to refuse. */
function readName(bytes: Uint8Array, start: number, end: number): string | null {
  if (end - start > NAME_PLAIN_BYTES_MAX) return readOddName(bytes, start, end);
  let slot = end - start;
  for (let here = start + 1; here < end - 1; here += 1) {
    const byte = bytes[here] ?? 0;
    if (byte === BACKSLASH || byte >= 0x80) return readOddName(bytes, start, end);
    slot = (slot * 31 + byte) % NAME_SLOTS;
  }
  const known = NAMES[slot];
  if (known !== undefined && isName(known, bytes, start, end)) return known;
  let name = "";
  for (let here = start + 1; here < end - 1; here += 1) name += String.fromCharCode(bytes[here] ?? 0);
  NAMES[slot] = name;
  return name;
}

/** Requests have the same few names again and again, so the text of each is made once. A slot holds its newest name. */
const NAME_SLOTS = 1_021;
const NAMES: (string | undefined)[] = new Array(NAME_SLOTS);

function isName(known: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start - 2) return false;
  for (let at = 0; at < known.length; at += 1) if (known.charCodeAt(at) !== bytes[start + 1 + at]) return false;
  return true;
}

function readOddName(bytes: Uint8Array, start: number, end: number): string | null {
  try {
    const name: unknown = JSON.parse(LENIENT_DECODER.decode(bytes.subarray(start, end)));
    return typeof name === "string" ? name : null;
  } catch {
    return null; // a broken escape: the caller reports the syntax error
  }
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let here = from;
  for (;;) {
    const byte = bytes[here];
    if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) return here;
    here += 1;
  }
}

function startsNumber(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= DIGIT_0 && byte <= DIGIT_9) || byte === MINUS);
}

function isLowerCase(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x61 && byte <= 0x7a;
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function fail(state: ScanState, why: BadScan): -1 {
  state.bad ??= why;
  return -1;
}

function bad(reason: BadScan["reason"], message: string, at: number): BadScan {
  return { kind: "bad", reason, message, at };
}

function syntax(at: number): BadScan {
  return bad("syntax", "The body is not valid JSON.", at);
}

function tooDeep(at: number): BadScan {
  return bad("depth", "The body is nested too deeply.", at);
}

function tooManyKeys(at: number): BadScan {
  return bad("keys", "The body holds too many names and nested values.", at);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const UPPER_E = 0x45;
const LOWER_E = 0x65;
const SPACE = 0x20;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Bytes of a string walked before the native search is called. */
const STRING_WALK_BYTES = 16;

/** A double keeps every decimal of 15 digits and not every one of 16. */
const DIGITS_INEXACT = 16;

/** Above it a number of few digits has many leading zeros and may fall below the smallest double. */
const NUMBER_PLAIN_BYTES_MAX = 24;

/** A power of ten of two digits neither overflows nor underflows with a plain mantissa; one of three may. */
const EXPONENT_DIGITS_INEXACT = 3;

/** Names of real members are short; a longer one is left to the native decoder. */
const NAME_PLAIN_BYTES_MAX = 64;

const LENIENT_DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads a JSON object that is too large to be parsed, in pieces: whether its braces, strings and top level are those of one
 * object, and its small top-level members. Of a large member only its extent is known. Linear, and bounded by what is kept.
 */
import { concatBytes, decodeUtf8 } from "./bytes.ts";
import { type JsonObject, parseJson } from "./json-read.ts";
import { WireError } from "./wire-error.ts";

interface JsonOutline {
  /** False: the bytes so far cannot be the beginning of one JSON object. */
  push(bytes: Uint8Array): boolean;
  /** The object is closed, and nothing but space came after it. */
  isWhole(): boolean;
  /** Of the members so far, large ones included. */
  hasMember(name: string): boolean;
  /** The small members that are closed so far. */
  members(): JsonObject;
  /** Bytes so far that are not long strings without a space, which are media in base64. */
  proseBytes(): number;
}

/** A top-level member up to this is kept; usage and errors take some hundred bytes. */
const MEMBER_BYTES_MAX = 64 * 1024;
/** All that is kept, with room for their names. */
const KEPT_BYTES_MAX = 256 * 1024;
/** A string longer than this without a space near its start is taken for base64. */
const MEDIA_BYTES_MIN = 4_096;
const MEDIA_LOOK_BYTES = 256;
const DEPTH_MAX = 10_000;
/** Names beyond these are not looked for. */
const NAMES_MAX = 1_000;
const NAME_CHARS_MAX = 64;

/** Where the next byte stands; of the top level alone, but for `nested`. */
type Place = "start" | "first-name" | "name" | "colon" | "value" | "scalar" | "nested" | "comma" | "end" | "broken";

export function createJsonOutline(): JsonOutline {
  let place: Place = "start";
  let depth = 0;
  let inString = false;
  let escaped = false;
  /** Plain ASCII, which the names that are looked for are. */
  let name = "";
  const names = new Set<string>();
  let stringBytes = 0;
  let spaceSeen = false;
  let proseBytes = 0;
  const small = createSmallMembers();
  const endString = (): void => {
    inString = false;
    if (stringBytes > MEDIA_BYTES_MIN && !spaceSeen) proseBytes -= stringBytes;
    if (depth !== 1) return;
    if (place !== "value" && names.size < NAMES_MAX) names.add(name);
    place = place === "value" ? "comma" : "colon";
  };
  const inText = (byte: number): void => {
    if (escaped) escaped = false;
    else if (byte === BACKSLASH) escaped = true;
    else if (byte === QUOTE) {
      endString();
      return;
    }
    stringBytes += 1;
    if (depth === 1 && place !== "value" && name.length <= NAME_CHARS_MAX) name += String.fromCharCode(byte);
    if (byte === SPACE && stringBytes <= MEDIA_LOOK_BYTES) spaceSeen = true;
  };
  const openString = (): void => {
    inString = true;
    name = "";
    stringBytes = 0;
    spaceSeen = false;
  };
  /** One byte of the top level that is in no string. */
  const atTop = (byte: number): Place => {
    switch (place) {
      case "start":
        depth = byte === BRACE_OPEN ? 1 : 0;
        return byte === BRACE_OPEN ? "first-name" : "broken";
      case "first-name":
      case "name":
        if (byte === QUOTE) openString();
        else if (byte !== BRACE_CLOSE || place === "name") return "broken";
        return byte === QUOTE ? place : "end";
      case "colon":
        return byte === COLON ? "value" : "broken";
      case "value":
        if (byte === QUOTE) openString();
        if (opens(byte)) depth += 1;
        return byte === QUOTE ? "value" : opens(byte) ? "nested" : isScalar(byte) ? "scalar" : "broken";
      case "scalar":
        return isScalar(byte) ? "scalar" : afterValue(byte);
      case "comma":
        return afterValue(byte);
      default:
        return "broken";
    }
  };
  const inside = (byte: number): void => {
    if (byte === QUOTE) openString();
    else if (opens(byte)) depth += 1;
    else if (byte === BRACE_CLOSE || byte === BRACKET_CLOSE) depth -= 1;
    if (depth === 1) place = "comma";
    if (depth > DEPTH_MAX) place = "broken";
  };
  const take = (byte: number): void => {
    if (inString) inText(byte);
    else if (place === "nested") inside(byte);
    else if (!isSpace(byte)) place = atTop(byte);
    else if (place === "scalar") place = "comma";
  };

  return {
    push(bytes) {
      let from = 0;
      for (let at = 0; at < bytes.length && place !== "broken"; at += 1) {
        const before = place;
        take(bytes[at] ?? 0);
        const isBetween = !inString && (place === "name" || place === "first-name" || place === "end");
        if (!isBetween || before === place) continue;
        // A comma or a brace of the top level: what stands before it is a member.
        if (before !== "start" && before !== "first-name") {
          small.add(bytes.subarray(from, at));
          small.close();
        }
        from = at + 1;
      }
      if (place !== "end") small.add(bytes.subarray(from));
      proseBytes += bytes.length;
      return place !== "broken";
    },
    isWhole: () => place === "end",
    hasMember: (wanted) => names.has(wanted),
    members: small.parsed,
    proseBytes: () => proseBytes,
  };
}

/** The text of each member as it comes, parsed once it is closed, as long as it is small. */
function createSmallMembers() {
  let parsed: JsonObject = {};
  let parsedBytes = 0;
  /** Of the member under way, its name included; null: it is larger than what is kept. */
  let pieces: Uint8Array[] | null = [];
  let size = 0;
  return {
    add(bytes: Uint8Array) {
      size += bytes.length;
      if (size > MEMBER_BYTES_MAX) pieces = null;
      pieces?.push(bytes.slice());
    },
    close() {
      if (pieces !== null && parsedBytes + size <= KEPT_BYTES_MAX) {
        parsedBytes += size;
        parsed = { ...parsed, ...parsedMember(concatBytes(pieces)) };
      }
      pieces = [];
      size = 0;
    },
    parsed: () => parsed,
  };
}

function afterValue(byte: number): Place {
  return byte === COMMA ? "name" : byte === BRACE_CLOSE ? "end" : "broken";
}

/** Nothing where the bytes are no member after all. */
function parsedMember(bytes: Uint8Array): JsonObject {
  try {
    const value = parseJson(`{${decodeUtf8(bytes)}}`);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch (error) {
    if (error instanceof WireError) return {};
    throw error;
  }
}

function opens(byte: number): boolean {
  return byte === BRACE_OPEN || byte === BRACKET_OPEN;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB;
}

/** Of a number, `true`, `false` or `null`. */
function isScalar(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || SCALAR_MARKS.includes(byte);
}

/** `+ - . E` */
const SCALAR_MARKS: readonly number[] = [0x2b, 0x2d, 0x2e, 0x45];
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const SPACE = 0x20;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const TAB = 0x09;

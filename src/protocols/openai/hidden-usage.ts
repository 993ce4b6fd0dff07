/**
 * Usage asked for behind the client's back, and taken out again: the one exception to the byte-faithful relay. A
 * request gets `stream_options.include_usage` and is otherwise unchanged. Of an answer, the chunk that only holds usage
 * is withheld, and `"usage":null` is cut from the others. A frame we cannot read leaves as it came.
 */
import { encodeUtf8, indexOfBytes } from "../../std/bytes.ts";
import {
  appendMember,
  asArray,
  asObject,
  type Edit,
  JSON_LIMITS,
  parseJson,
  removeMember,
  replaceValue,
  scanJson,
  splice,
  type TopMember,
} from "../../std/json.ts";
import type { HiddenUsage } from "../protocol.ts";

export const hiddenUsage: HiddenUsage = {
  request(bytes, members) {
    const present = members.filter(({ name }) => name === "stream_options");
    if (present.length === 0) return [appendMember(bytes, members, "stream_options", '{"include_usage":true}')];
    // Which of several a vendor reads is its own affair, so each is made to ask.
    return present.flatMap((member) => askIn(bytes, member));
  },

  frame(bytes) {
    const usageAt = indexOfBytes(bytes, USAGE);
    if (usageAt < 0) return bytes;
    const plain = withoutPlainNull(bytes, usageAt);
    if (plain !== null) return plain;
    const data = findData(bytes);
    if (data === null) return bytes;
    const json = bytes.subarray(data.start, data.end);
    const scan = scanJson(json, JSON_LIMITS);
    if (scan.kind === "bad") return bytes;
    const usage = scan.members.filter(({ name }) => name === "usage");
    if (usage.length === 0) return bytes;
    if (usage.every((member) => textOf(json, member) === "null")) {
      const { start, end, replacement } = removeMember(json, scan.members, "usage");
      return splice(bytes, [{ start: data.start + start, end: data.start + end, replacement }]);
    }
    return isUsageOnly(json, scan.members) ? null : bytes;
  },
};

/**
 * The frame as the vendor writes nearly all of them: one line with `"usage":null` as its last member. That member
 * belongs to the outermost object, because a quote inside a text is escaped and frames with escapes are excluded. Null:
 * it is another one, to be read with care.
 */
function withoutPlainNull(bytes: Uint8Array, usageAt: number): Uint8Array | null {
  const end = bytes.length - PLAIN_TAIL.length;
  if (usageAt !== end + 1 || (bytes[end - 1] ?? 0) <= SPACE || !startsWith(bytes, end, PLAIN_TAIL)) return null;
  if (!startsWith(bytes, 0, DATA) || bytes.indexOf(LINE_FEED) !== bytes.length - 2) return null;
  if (bytes.includes(BACKSLASH) || bytes.includes(CARRIAGE_RETURN)) return null;
  const cut = bytes.slice(0, end + PLAIN_END.length);
  cut.set(PLAIN_END, end);
  return cut;
}

/** Edits that make one `stream_options` value ask; none when it does, or when it is no object and the vendor will say so. */
function askIn(bytes: Uint8Array, member: TopMember): Edit[] {
  const value = bytes.subarray(member.valueStart, member.valueEnd);
  if (textOf(bytes, member) === "null") return [replaceValue(member, '{"include_usage":true}')];
  const scan = scanJson(value, JSON_LIMITS);
  if (scan.kind === "bad") return [];
  const asked = scan.members.filter(({ name }) => name === "include_usage");
  const edits =
    asked.length === 0
      ? [appendMember(value, scan.members, "include_usage", "true")]
      : asked.filter((each) => textOf(value, each) !== "true").map((each) => replaceValue(each, "true"));
  return edits.map(({ start, end, replacement }) => {
    return { start: member.valueStart + start, end: member.valueStart + end, replacement };
  });
}

/** True for a chunk of usage without choices, which a client that did not ask for usage does not get. */
function isUsageOnly(json: Uint8Array, members: readonly TopMember[]): boolean {
  const usage = members.findLast(({ name }) => name === "usage");
  const choices = members.findLast(({ name }) => name === "choices");
  if (usage === undefined || json[usage.valueStart] !== OPEN_BRACE) return false;
  if (choices === undefined) return false;
  const list = asArray(parseValue(json, choices));
  return list !== undefined && list.length === 0 && asObject(parseValue(json, usage)) !== undefined;
}

/** The JSON of the frame's one data line; null when there is none, or several. */
function findData(bytes: Uint8Array): { start: number; end: number } | null {
  let found: { start: number; end: number } | null = null;
  for (let from = 0; from < bytes.length; ) {
    const end = lineEnd(bytes, from);
    if (startsWith(bytes, from, DATA)) {
      if (found !== null) return null;
      found = { start: from + DATA.length, end };
    }
    from = end + 1;
  }
  return found;
}

function lineEnd(bytes: Uint8Array, from: number): number {
  const feed = bytes.indexOf(LINE_FEED, from);
  const end = feed < 0 ? bytes.length : feed;
  const carriageReturn = bytes.indexOf(CARRIAGE_RETURN, from);
  return carriageReturn < 0 ? end : Math.min(end, carriageReturn);
}

function startsWith(bytes: Uint8Array, from: number, prefix: Uint8Array): boolean {
  for (let index = 0; index < prefix.length; index++) if (bytes[from + index] !== prefix[index]) return false;
  return true;
}

function textOf(bytes: Uint8Array, { valueStart, valueEnd }: TopMember): string {
  return DECODER.decode(bytes.subarray(valueStart, valueEnd));
}

/** The scan let the whole object pass, but leaves what is inside a value to the parser. */
function parseValue(json: Uint8Array, member: TopMember): unknown {
  try {
    return parseJson(textOf(json, member));
  } catch {
    return undefined; // parseJson's only reason to throw: not JSON, so nothing to withhold
  }
}

const USAGE = encodeUtf8('"usage"');
const DATA = encodeUtf8("data:");
const PLAIN_TAIL = encodeUtf8(',"usage":null}\n\n');
const PLAIN_END = encodeUtf8("}\n\n");
const DECODER = new TextDecoder();
const OPEN_BRACE = 0x7b;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * How much a frame says, without parsing it: the bytes of the strings behind a protocol's own members of text. A relay
 * counts every frame with this, because whether its vendor counts tokens is known at the end only.
 */

export interface SaidMembers {
  /** Text stands behind this member only; null: anywhere. */
  readonly within: string | null;
  /** A frame with this member quotes a source; absent: none does. */
  readonly quotes?: string;
  /** Of a group the first that says something counts, with all its occurrences: vendors repeat a text under a second name. */
  readonly groups: readonly (readonly string[])[];
}

export function createSaidCounter(members: SaidMembers): (data: string) => number {
  const groups = members.groups.map((names) => names.map((name) => `"${name}":`));
  const within = members.within === null ? "" : `"${members.within}":`;
  const quotes = members.quotes === undefined ? null : `"${members.quotes}":`;
  return (data) => {
    const start = data.indexOf(within);
    if (start < 0 || (quotes !== null && data.includes(quotes))) return 0;
    let bytes = 0;
    for (const group of groups) {
      for (const member of group) {
        const said = saidBehind(data, member, start);
        bytes += said;
        if (said > 0) break;
      }
    }
    return bytes;
  };
}

/** Inside a string every quote is escaped, so what is found can only be a member. */
function saidBehind(data: string, member: string, start: number): number {
  let bytes = 0;
  for (let at = data.indexOf(member, start); at >= 0; at = data.indexOf(member, at + member.length)) {
    let from = at + member.length;
    if (data.charCodeAt(from) === SPACE) from++;
    const opening = data.charCodeAt(from);
    if (opening === QUOTE) bytes += stringBytes(data, from + 1);
    else if (opening === OPEN_BRACE) bytes += objectChars(data, from);
  }
  return bytes;
}

/** As UTF-8, unescaped, from behind the opening quote. */
function stringBytes(data: string, from: number): number {
  let bytes = 0;
  for (let at = from; at < data.length; at++) {
    const code = data.charCodeAt(at);
    if (code === QUOTE) break;
    if (code === BACKSLASH) {
      const isUnicode = data.charCodeAt(at + 1) === LETTER_U;
      bytes += isUnicode ? 2 : 1;
      at += isUnicode ? 5 : 1;
    } else bytes += code < 0x80 ? 1 : code < 0x800 || isSurrogate(code) ? 2 : 3;
  }
  return bytes;
}

/** Arguments that are no string. Braces inside its strings are as a rule paired too. */
function objectChars(data: string, from: number): number {
  let depth = 0;
  for (let at = from; at < data.length; at++) {
    const code = data.charCodeAt(at);
    if (code === OPEN_BRACE) depth++;
    else if (code === CLOSE_BRACE && --depth === 0) return at + 1 - from;
  }
  return data.length - from;
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Where the elements of a list stand in the bytes of a JSON document that has been parsed, so that some can be left out. */

/** Byte offsets, ends exclusive, without the white space around. */
export interface Element {
  readonly start: number;
  readonly end: number;
}

/** `start` is at the opening bracket of a sound list; null: there is none. */
export function elementsOf(bytes: Uint8Array, start: number): readonly Element[] | null {
  if (bytes[start] !== OPEN_LIST) return null;
  const elements: Element[] = [];
  let depth = 0;
  let from = -1;
  let last = start;
  for (let at = start + 1; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === SPACE || byte === TAB || byte === LINE_FEED || byte === RETURN) continue;
    if (depth === 0 && (byte === COMMA || byte === CLOSE_LIST)) {
      if (from !== -1) elements.push({ start: from, end: last + 1 });
      if (byte === CLOSE_LIST) return elements;
      from = -1;
      continue;
    }
    if (from === -1) from = at;
    if (byte === QUOTE) at = endOfText(bytes, at);
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth -= 1;
    last = at;
  }
  return null;
}

/** At the closing quote. */
function endOfText(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) return at;
  }
  return bytes.length;
}

const SPACE = 0x20;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

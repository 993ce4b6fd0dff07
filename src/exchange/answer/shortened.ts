/** A large frame for the tap that watches it: what it looks for stands beside long texts and never inside one. */
import { isUtf8 } from "node:buffer";
import type { Frame } from "../../protocols/protocol.ts";
import { asBuffer, concatBytes, encodeUtf8 } from "../../std/bytes.ts";

/** A frame below this is watched as it is. */
const LARGE_MIN = 1024 * 1024;
/** A picture in base64, a whole document. */
const LONG_MIN = 64 * 1024;
/** A frame with more texts than this is no picture, and is watched as it is. */
const TEXTS_MAX = 10_000;

/** What stands for a long text. */
export const STAND_IN = '"a long text was here"';

/** Its JSON with each long text in it replaced by a short one; the frame itself where it is not large. */
export function shortened(frame: Frame): Frame {
  const { data } = frame;
  if (data.length < LARGE_MIN) return frame;
  const texts = longTexts({ quoteFrom: (at) => data.indexOf('"', at), codeAt: (at) => data.charCodeAt(at) });
  if (texts === null) return frame;
  let short = "";
  let from = 0;
  for (const { open, close } of texts) {
    short += `${data.slice(from, open)}${STAND_IN}`;
    from = close + 1;
  }
  return { ...frame, data: `${short}${data.slice(from)}` };
}

interface ShortPiece {
  readonly bytes: Uint8Array;
  /** What the text has more than its stand-in: bytes as UTF-8, unescaped. */
  readonly leftOut: number;
}

/**
 * A large frame's own bytes with their one long text replaced, so that it is never decoded; the piece itself where it is not
 * large, holds another number of long texts, or is to be read and judged whole.
 */
export function shortenedPiece(piece: Uint8Array): ShortPiece {
  const whole = { bytes: piece, leftOut: 0 };
  if (piece.length < LARGE_MIN || !isUtf8(piece)) return whole;
  const buffer = asBuffer(piece);
  const texts = longTexts({ quoteFrom: (at) => buffer.indexOf(QUOTE, at), codeAt: (at) => buffer[at] ?? 0 });
  const text = texts?.[0];
  if (text === undefined || texts?.length !== 1) return whole;
  const inside = buffer.subarray(text.open + 1, text.close);
  if (inside.includes(LINE_FEED) || inside.includes(CARRIAGE_RETURN)) return whole;
  return {
    bytes: concatBytes([buffer.subarray(0, text.open), STAND_IN_BYTES, buffer.subarray(text.close + 1)]),
    leftOut: unescapedBytes(inside) - (STAND_IN_BYTES.length - 2),
  };
}

interface Searched {
  /** Where the first quote at or after it stands; -1: there is none. */
  quoteFrom(at: number): number;
  codeAt(at: number): number;
}

interface TextSpan {
  /** Of its quotes. */
  readonly open: number;
  readonly close: number;
}

/** Null: a text never ends, or there are too many. */
function longTexts(searched: Searched): TextSpan[] | null {
  const found: TextSpan[] = [];
  let open = searched.quoteFrom(0);
  for (let texts = 0; open !== -1; texts += 1) {
    const close = closeOf(searched, open);
    if (close === -1 || texts > TEXTS_MAX) return null;
    if (close - open > LONG_MIN) found.push({ open, close });
    open = searched.quoteFrom(close + 1);
  }
  return found;
}

/** The quote that ends the text; -1: none does. */
function closeOf(searched: Searched, open: number): number {
  let close = searched.quoteFrom(open + 1);
  while (close !== -1 && isEscaped(searched, close)) close = searched.quoteFrom(close + 1);
  return close;
}

/** After an odd number of backslashes. */
function isEscaped(searched: Searched, at: number): boolean {
  let before = at - 1;
  while (searched.codeAt(before) === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}

/** An escape of four digits stands for two bytes of a character, as the counter of what a frame says takes it. */
function unescapedBytes(inside: Buffer): number {
  let escapes = 0;
  for (let at = inside.indexOf(BACKSLASH); at !== -1; ) {
    const isUnicode = inside[at + 1] === LETTER_U;
    escapes += isUnicode ? 4 : 1;
    at = inside.indexOf(BACKSLASH, at + (isUnicode ? 6 : 2));
  }
  return inside.length - escapes;
}

const STAND_IN_BYTES = encodeUtf8(STAND_IN);
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

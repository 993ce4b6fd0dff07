/**
 * Server-Sent Events, both ways: bytes to frames and frames to text, by the WHATWG event-stream rules (HTML Living
 * Standard, section 9.2.6, read 2026-11). Only `event` and `data` matter here: `id` and `retry` serve reconnection,
 * which no model API offers. Beside it, a cutter that finds the same boundaries and keeps the exact bytes.
 */
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../std/bytes.ts";
import { WireError } from "../../std/wire-error.ts";

export interface SseFrame {
  /** Null when the frame names no event. */
  readonly event: string | null;
  readonly data: string;
}

/** Most characters, or bytes, one frame may hold: a few images in base64 fit, a stream without boundaries does not. */
const SSE_FRAME_CHARS_MAX = 16 * 1024 * 1024;

/** A comment every reader skips; the blank line sends it on its way through line-buffering proxies. */
export const SSE_COMMENT_KEEP_ALIVE = ": keep-alive\n\n";

interface SseSplitter {
  /** Characters of a frame that has begun and is not whole. */
  heldBytes(): number;
  /** The frames completed by these bytes. Throws a WireError on invalid UTF-8 or a frame above the bound. */
  push(bytes: Uint8Array): SseFrame[];
  /** Delivers a last frame whose blank line never came: it may hold the error that explains the end. */
  end(): SseFrame[];
}

/**
 * Frames are the same however the bytes are cut. A frame without data, or with empty data, is skipped: providers send
 * those as heartbeats, and no protocol gives them a meaning.
 */
export function createSseSplitter(options?: { frameCharsMax?: number }): SseSplitter {
  const frameCharsMax = options?.frameCharsMax ?? SSE_FRAME_CHARS_MAX;
  const decoder = new TextDecoder("utf-8", { fatal: true }); // drops a byte order mark at the start
  const frame = createFrameBuilder();
  const partial = createTextPile(); // the start of a line whose end has not come
  let afterReturn = false; // the last character was CR: an LF now belongs to it
  let lastByte = -1; // after an LF the decoder holds no part of a character

  const takeLine = (line: string, frames: SseFrame[]) => {
    if (line !== "") {
      if (frame.heldChars() + line.length > frameCharsMax) throw tooLarge();
      frame.addLine(line);
      return;
    }
    const whole = frame.finish();
    if (whole !== null) frames.push(whole);
  };

  const takeText = (text: string, frames: SseFrame[]) => {
    if (text === "") return;
    let from = afterReturn && text.startsWith("\n") ? 1 : 0;
    afterReturn = text.endsWith("\r");
    const ends = new LineEnds(text, "\n", "\r");
    for (let end = ends.next(from); end >= 0; end = ends.next(from)) {
      const piece = text.slice(from, end);
      takeLine(partial.chars() === 0 ? piece : partial.takeWith(piece), frames);
      from = end + 1;
      if (text.charCodeAt(end) === CARRIAGE_RETURN && text.charCodeAt(from) === LINE_FEED) from += 1;
    }
    if (from === text.length) return;
    if (frame.heldChars() + partial.chars() + text.length - from > frameCharsMax) throw tooLarge();
    partial.add(text.slice(from));
  };

  return {
    heldBytes: () => frame.heldChars() + partial.chars(),
    push(bytes) {
      const isClean = lastByte === LINE_FEED && frame.heldChars() === 0 && partial.chars() === 0;
      lastByte = bytes.at(-1) ?? lastByte;
      const end = isClean ? wholeFrameEnd(bytes) : -1;
      if (end > 0 && end <= frameCharsMax) return [readWhole(bytes, end)];
      const frames: SseFrame[] = [];
      takeText(decodePart(decoder, bytes), frames);
      return frames;
    },
    end() {
      const frames: SseFrame[] = [];
      takeText(decodePart(decoder, null), frames);
      if (partial.chars() > 0) takeLine(partial.takeWith(""), frames);
      takeLine("", frames);
      return frames;
    },
  };
}

/** One event in, one event out: no text can end the frame early or start a field of its own. */
export function writeSseFrame(frame: SseFrame): string {
  const event = frame.event === null ? "" : `event: ${frame.event.replace(LINE_BREAKERS, "")}\n`;
  // Two searches for one character each cost a fraction of the pattern's, and data is as a rule JSON, which holds neither.
  const isLines = frame.data.includes("\n") || frame.data.includes("\r");
  const data = isLines ? frame.data.split(ANY_LINE_END).join("\ndata: ") : frame.data;
  return `${event}data: ${data}\n\n`;
}

interface FrameCutter {
  heldBytes(): number;
  /** The frames completed by these bytes, each with its blank line. They may be views of `bytes`. */
  push(bytes: Uint8Array): Uint8Array[];
  /** What came after the last blank line; null when nothing did. */
  end(): Uint8Array | null;
}

/**
 * Cuts a stream after every blank line without decoding it; all cuts and the end together are the input, byte for byte.
 * A cut holds at most one frame, and may hold only comments. A blank line that ends in CR waits for the next byte, which
 * may be the LF that belongs to it.
 */
export function createFrameCutter(options?: { frameBytesMax?: number }): FrameCutter {
  const held = createByteHold(options?.frameBytesMax ?? SSE_FRAME_CHARS_MAX);
  let lineStarted = false; // earlier bytes belong to the current line
  let afterReturn: "no" | "line" | "blank" = "no"; // what the CR at the very end of the last bytes ended

  return {
    heldBytes: held.size,
    push(bytes) {
      if (bytes.length === 0) return [];
      if (afterReturn === "no" && held.size() === 0 && wholeFrameEnd(bytes) > 0) return [held.takeWith(bytes)];
      const cuts: Uint8Array[] = [];
      let start = 0; // of the current frame
      let from = afterReturn !== "no" && bytes[0] === LINE_FEED ? 1 : 0;
      const cut = () => {
        const isAll = start === 0 && from === bytes.length; // as a rule: one frame came in one piece
        cuts.push(held.takeWith(isAll ? bytes : bytes.subarray(start, from)));
        start = from;
      };
      if (afterReturn === "blank") cut();
      afterReturn = "no";
      const ends = new LineEnds<number>(bytes, LINE_FEED, CARRIAGE_RETURN);
      for (let end = ends.next(from); end >= 0; end = ends.next(from)) {
        const blank = end === from && !lineStarted;
        lineStarted = false;
        from = end + 1;
        if (bytes[end] === CARRIAGE_RETURN) {
          if (from === bytes.length) {
            afterReturn = blank ? "blank" : "line";
            break;
          }
          if (bytes[from] === LINE_FEED) from += 1;
        }
        if (blank) cut();
      }
      if (from < bytes.length) lineStarted = true;
      if (start < bytes.length) held.add(bytes.subarray(start));
      return cuts;
    },
    end: () => (held.size() === 0 ? null : held.takeWith(new Uint8Array(0))),
  };
}

/**
 * Where the data ends of bytes that are exactly one frame, as vendors write nearly all of theirs: one line of JSON, perhaps
 * after the event's name, and LF alone. -1: they may be anything. A few native searches, and nothing is decoded.
 */
function wholeFrameEnd(bytes: Uint8Array): number {
  const end = bytes.length - 2;
  if (bytes[end] !== LINE_FEED || bytes[end + 1] !== LINE_FEED) return -1;
  const feed = bytes.indexOf(LINE_FEED);
  const from = feed === end ? 0 : bytes[0] === EVENT[0] && feed > EVENT.length ? feed + 1 : -1;
  if (from < 0 || !hasAt(bytes, DATA, from) || (from > 0 && !hasAt(bytes, EVENT, 0))) return -1;
  if (from > 0 && bytes.indexOf(LINE_FEED, from) !== end) return -1;
  return bytes.includes(CARRIAGE_RETURN) ? -1 : end;
}

function hasAt(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

/** `end`: as found by `wholeFrameEnd`. */
function readWhole(bytes: Uint8Array, end: number): SseFrame {
  const text = decodeUtf8(bytes.subarray(0, end));
  if (bytes[0] !== EVENT[0]) return { event: null, data: text.slice(DATA.length - 1) };
  const feed = text.indexOf("\n");
  return { event: text.slice(EVENT.length, feed), data: text.slice(feed + DATA.length) };
}

const EVENT = encodeUtf8("event: ");
/** With the brace of the JSON. */
const DATA = encodeUtf8("data: {");

/** Collects the fields of one frame. */
function createFrameBuilder() {
  let event: string | null = null;
  let data: string | null = null; // the first data line, null before it
  let moreData: string[] = []; // the others
  let heldChars = 0;
  return {
    /** Characters of the field lines kept so far; a line's fixed cost is covered by its own field name. */
    heldChars: () => heldChars,
    addLine(line: string) {
      const value = readField(line, "data");
      if (value !== null) {
        heldChars += line.length + 1;
        if (data === null) data = value;
        else moreData.push(value);
        return;
      }
      const name = readField(line, "event");
      if (name === null) return; // a comment, an id, a retry or an unknown field
      heldChars += line.length + 1;
      event = name === "" ? null : name;
    },
    /** Null when the frame has no data. */
    finish(): SseFrame | null {
      const whole = moreData.length === 0 ? data : [data, ...moreData].join("\n");
      const frame = whole === null || whole === "" ? null : { event, data: whole };
      event = null;
      data = null;
      if (moreData.length > 0) moreData = [];
      heldChars = 0;
      return frame;
    },
  };
}

/** The value without its one leading space; "" for a bare field name; null when the line is another field. */
function readField(line: string, field: "data" | "event"): string | null {
  if (!line.startsWith(field)) return null;
  const colon = field.length;
  if (line.length === colon) return "";
  if (line.charCodeAt(colon) !== COLON) return null;
  return line.slice(line.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1);
}

/** Pieces of one line, joined once. */
function createTextPile() {
  let small: string[] = [];
  let large: string[] = []; // joined runs of pieces, so that a drip of single characters does not cost a slot each
  let chars = 0;
  return {
    chars: () => chars,
    add(piece: string) {
      small.push(piece);
      chars += piece.length;
      if (small.length < PILE_PIECES_MAX) return;
      large.push(small.join(""));
      small = [];
    },
    /** Empties the pile. */
    takeWith(last: string): string {
      const text = [...large, ...small, last].join("");
      small = [];
      large = [];
      chars = 0;
      return text;
    },
  };
}

/**
 * Bytes of one frame: small pieces are copied side by side, larger ones kept as they came, and all joined once. A large
 * frame grows in one place instead, because pieces and their joint copy would stand side by side.
 */
function createByteHold(bytesMax: number) {
  let buffer = new Uint8Array(0); // of the small pieces since the last large one
  let filled = 0;
  let pieces: Uint8Array[] = [];
  let large: ArrayBuffer | null = null; // holds all of it once it is in use
  let size = 0;

  const closeBuffer = (): void => {
    if (filled > 0) pieces.push(buffer.slice(0, filled));
    filled = 0;
  };
  const copy = (bytes: Uint8Array): void => {
    const after = filled + bytes.length;
    if (after > buffer.length) {
      const larger = new Uint8Array(Math.max(2 * buffer.length, after, HOLD_BYTES_MIN));
      larger.set(buffer.subarray(0, filled));
      buffer = larger;
    }
    buffer.set(bytes, filled);
    filled = after;
    if (filled >= HOLD_BYTES_KEPT_MAX) closeBuffer();
  };
  const grow = (bytes: Uint8Array): ArrayBuffer => {
    large ??= new ArrayBuffer(0, { maxByteLength: bytesMax });
    const at = large.byteLength;
    large.resize(at + bytes.length);
    new Uint8Array(large, at).set(bytes);
    return large;
  };

  return {
    size: () => size,
    add(bytes: Uint8Array) {
      size += bytes.length;
      if (size > bytesMax) throw tooLarge();
      if (large !== null) grow(bytes);
      else if (bytes.length < LARGE_PIECE_BYTES_MIN) copy(bytes);
      else {
        closeBuffer();
        pieces.push(bytes);
      }
      if (large !== null || size < LARGE_FRAME_BYTES_MIN) return;
      closeBuffer();
      for (const piece of pieces) grow(piece);
      pieces = [];
    },
    /** Empties the hold; answers `last` itself when there was nothing in it. */
    takeWith(last: Uint8Array): Uint8Array {
      if (size + last.length > bytesMax) throw tooLarge();
      if (size === 0) return last;
      size = 0;
      if (large !== null) {
        const whole = grow(last);
        large = null;
        return new Uint8Array(whole, 0, whole.byteLength);
      }
      closeBuffer();
      const whole = concatBytes([...pieces, last]);
      pieces = [];
      return whole;
    },
  };
}

/**
 * Walks the line terminators of one chunk. Each kind's next place is remembered, so that a chunk full of one kind is not
 * searched to its end for the other after every line.
 */
class LineEnds<T> {
  #nextFeed = -1;
  #nextReturn = -1;
  readonly #chunk: { indexOf(what: T, from: number): number };
  readonly #feed: T;
  readonly #carriageReturn: T;

  constructor(chunk: { indexOf(what: T, from: number): number }, feed: T, carriageReturn: T) {
    this.#chunk = chunk;
    this.#feed = feed;
    this.#carriageReturn = carriageReturn;
  }

  /** -1 when there is none at or after `from`. */
  next(from: number): number {
    if (this.#nextFeed < from) this.#nextFeed = this.#find(this.#feed, from);
    if (this.#nextReturn < from) this.#nextReturn = this.#find(this.#carriageReturn, from);
    const next = Math.min(this.#nextFeed, this.#nextReturn);
    return next === Number.POSITIVE_INFINITY ? -1 : next;
  }

  #find(what: T, from: number): number {
    const found = this.#chunk.indexOf(what, from);
    return found < 0 ? Number.POSITIVE_INFINITY : found;
  }
}

/** Null closes the stream, which fails when it stops inside a character. */
function decodePart(decoder: TextDecoder, bytes: Uint8Array | null): string {
  try {
    return bytes === null ? decoder.decode() : decoder.decode(bytes, STREAM);
  } catch {
    // The decoder's only reason to throw.
    throw new WireError("The event stream is not valid UTF-8.");
  }
}

function tooLarge(): WireError {
  return new WireError("One event of the stream is larger than a frame may be.", undefined, "size");
}

const STREAM = { stream: true } as const;
const COLON = 0x3a;
const SPACE = 0x20;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const ANY_LINE_END = /\r\n|\r|\n/;
const LINE_BREAKERS = /[\r\n\0]/g;

/** Pieces joined at a time. */
const PILE_PIECES_MAX = 1024;

/** A usual frame of a model stream fits without growing. */
const HOLD_BYTES_MIN = 1024;

/** Small pieces are put together up to this, so that a drip of single bytes does not cost a slot each. */
const HOLD_BYTES_KEPT_MAX = 64 * 1024;

/** A frame from this size on grows in one place. */
const LARGE_FRAME_BYTES_MIN = 1024 * 1024;

/** A piece of this size is worth keeping as it came, with the memory around it. */
const LARGE_PIECE_BYTES_MIN = 16 * 1024;

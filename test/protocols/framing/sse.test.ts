/** Event streams: the same frames however they are cut and whichever line ends they use, and nothing unbounded. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  createFrameCutter,
  createSseSplitter,
  SSE_COMMENT_KEEP_ALIVE,
  type SseFrame,
  writeSseFrame,
} from "../../../src/protocols/framing/sse.ts";
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../../src/std/bytes.ts";
import { WireError } from "../../../src/std/wire-error.ts";

function split(chunks: readonly Uint8Array[]): SseFrame[] {
  const splitter = createSseSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

function cut(chunks: readonly Uint8Array[]): { cuts: Uint8Array[]; rest: Uint8Array | null } {
  const cutter = createFrameCutter();
  return { cuts: chunks.flatMap((chunk) => cutter.push(chunk)), rest: cutter.end() };
}

const data = (text: string): SseFrame => ({ event: null, data: text });

/** Written with LF; run with CR and CRLF too. */
const STREAMS: [string, string, SseFrame[]][] = [
  ["nothing", "", []],
  ["one frame", "data: a\n\n", [data("a")]],
  ["no space after the colon", "data:a\n\n", [data("a")]],
  ["only one space is dropped", "data:  a\n\n", [data(" a")]],
  ["a tab is kept", "data:\ta\n\n", [data("\ta")]],
  ["two frames", "data: a\n\ndata: b\n\n", [data("a"), data("b")]],
  ["an event name", "event: ping\ndata: {}\n\n", [{ event: "ping", data: "{}" }]],
  ["the name after the data", "data: {}\nevent: ping\n\n", [{ event: "ping", data: "{}" }]],
  ["the last name wins", "event: a\nevent: b\ndata: x\n\n", [{ event: "b", data: "x" }]],
  ["an empty name is none", "event: a\nevent:\ndata: x\n\n", [data("x")]],
  ["a bare event field is none", "event\ndata: x\n\n", [data("x")]],
  ["a name does not outlive its frame", "event: a\n\ndata: x\n\n", [data("x")]],
  ["several data lines", "data: a\ndata:\ndata: b\n\n", [data("a\n\nb")]],
  ["a bare data field is an empty line", "data: a\ndata\n\n", [data("a\n")]],
  ["comments, ids, retries, strangers", ": hi\nid: 7\nretry: 5\ndatax: no\nfoo: bar\ndata: a\n\n", [data("a")]],
  ["field names are exact", "Data: a\n data: b\ndata : c\n\n", []],
  ["a colon in the value", "data: a: b\n\n", [data("a: b")]],
  ["keep-alives only", SSE_COMMENT_KEEP_ALIVE.repeat(3), []],
  ["frames without data or with empty data", "event: a\n\ndata:\n\ndata: \n\nid: 1\n\n", []],
  ["many blank lines", "\n\n\ndata: a\n\n\n\n\ndata: b\n\n\n", [data("a"), data("b")]],
  ["a byte order mark", "\ufeffdata: a\n\n", [data("a")]],
  ["a second byte order mark", "\ufeff\ufeffdata: a\n\ndata: \ufeff\n\n", [data("\ufeff")]],
  ["the end without a blank line", "data: a\n\ndata: b\n", [data("a"), data("b")]],
  ["the end inside a line", 'data: a\n\nevent: error\ndata: {"b"', [data("a"), { event: "error", data: '{"b"' }]],
  ["the end inside a comment", "data: a\n\n: bye", [data("a")]],
  [
    "many-byte characters",
    'event: né\ndata: {"t":"é€😀\u2028\u0085"}\n\ndata: 日本\n\n',
    [{ event: "né", data: '{"t":"é€😀\u2028\u0085"}' }, data("日本")],
  ],
  ["NUL, VT and FF are no line ends", "data: a\0b\u000bc\u000cd\n\n", [data("a\0b\u000bc\u000cd")]],
];

for (const [ends, lineEnd] of [
  ["LF", "\n"],
  ["CR", "\r"],
  ["CRLF", "\r\n"],
] as const) {
  describe(`with ${ends}`, () => {
    test.each(STREAMS)("%s", (_what, text, frames) => {
      const bytes = encodeUtf8(text.replaceAll("\n", lineEnd));
      expect(split([bytes])).toEqual(frames);
      for (let first = 0; first <= bytes.length; first += 1) {
        expect(split([bytes.subarray(0, first), bytes.subarray(first)])).toEqual(frames);
      }
      expect(split(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(frames);
    });

    test.each(STREAMS)("cut: %s", (_what, text, frames) => {
      const bytes = encodeUtf8(text.replaceAll("\n", lineEnd));
      const whole = cut([bytes]);
      for (let first = 0; first <= bytes.length; first += 1) {
        const again = cut([bytes.subarray(0, first), bytes.subarray(first)]);
        expect(concatBytes([...again.cuts, again.rest ?? new Uint8Array(0)])).toEqual(bytes);
        // Only a CR at the very end leaves a frame waiting for the LF that may follow.
        expect(again).toEqual(whole);
      }
      expect(cut(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
      const splitter = createSseSplitter();
      const perCut = [...whole.cuts, whole.rest ?? new Uint8Array(0)].map((part) => splitter.push(part));
      expect(perCut.every((found) => found.length <= 1)).toBe(true);
      expect([...perCut.flat(), ...splitter.end()]).toEqual(frames);
    });
  });
}

describe("any cutting of any stream", () => {
  const piece = fc.constantFrom(
    "data",
    ":",
    " ",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "event: e",
    "data: x",
    "é😀",
    "\ufeff",
    ": c",
    "data: {}\n\n",
    "a",
  );
  const stream = fc.array(piece, { maxLength: 30 }).map((pieces) => encodeUtf8(pieces.join("")));
  const cutsAt = fc.array(fc.nat(200), { maxLength: 10 });
  const chunk = (bytes: Uint8Array, at: readonly number[]) => {
    const offsets = [0, ...at.map((offset) => Math.min(offset, bytes.length)).toSorted((a, b) => a - b), bytes.length];
    return offsets.slice(1).map((end, index) => bytes.subarray(offsets[index], end));
  };

  test("gives the same frames", () => {
    fc.assert(
      fc.property(stream, cutsAt, (bytes, at) => {
        expect(split(chunk(bytes, at))).toEqual(split([bytes]));
      }),
      { numRuns: 2000 },
    );
  });

  test("gives the same cuts, which together are the stream", () => {
    fc.assert(
      fc.property(stream, cutsAt, (bytes, at) => {
        const whole = cut([bytes]);
        expect(cut(chunk(bytes, at))).toEqual(whole);
        expect(concatBytes([...whole.cuts, whole.rest ?? new Uint8Array(0)])).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  test("every cut ends in a blank line and holds at most one frame", () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        const { cuts, rest } = cut([bytes]);
        const splitter = createSseSplitter();
        for (const part of cuts) {
          expect(splitter.push(part).length).toBeLessThanOrEqual(1);
          expect(decodeUtf8(part)).toMatch(/(^|[\r\n])(\r\n|\r|\n)$/);
        }
        const tail = rest === null ? [] : splitter.push(rest);
        expect([...tail, ...splitter.end()].length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1000 },
    );
  });

  test("bytes that are no stream are frames or a wire error, never anything else", () => {
    const outcome = (chunks: readonly Uint8Array[]) => {
      try {
        return split(chunks);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
        return "wire error";
      }
    };
    const noise = fc.array(
      fc.constantFrom(0x0a, 0x0d, 0x3a, 0x20, 0x64, 0xc3, 0xa9, 0xe2, 0x82, 0xf0, 0xff, 0xef, 0xbb, 0xbf),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          noise.map((list) => Uint8Array.from(list)),
        ),
        cutsAt,
        (bytes, at) => {
          expect(outcome(chunk(bytes, at))).toEqual(outcome([bytes]));
          const { cuts, rest } = cut(chunk(bytes, at));
          expect(concatBytes([...cuts, rest ?? new Uint8Array(0)])).toEqual(bytes);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("text that is not UTF-8", () => {
  const cases: [string, number[]][] = [
    ["an impossible byte", [0xff]],
    ["an overlong form", [0xc0, 0x80]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a sequence cut by a line end", [0xe2, 0x82, 0x0a]],
    ["a sequence cut by the end", [0xe2, 0x82]],
  ];
  test.each(cases)("%s", (_what, bytes) => {
    expect(() => split([encodeUtf8("data: "), Uint8Array.from(bytes)])).toThrow(WireError);
  });
});

describe("bounds", () => {
  const push = (chunks: readonly string[]) => {
    const splitter = createSseSplitter({ frameCharsMax: 100 });
    return [...chunks.flatMap((chunk) => splitter.push(encodeUtf8(chunk))), ...splitter.end()];
  };
  const line = `data: ${"x".repeat(94)}`;

  test("a frame of exactly the bound passes, again and again", () => {
    expect(push([`${line}\n\n`, `${line}\n\n`, line.slice(0, 50), `${line.slice(50)}\n`, "\n"])).toHaveLength(3);
  });

  const above: [string, string[]][] = [
    ["one line in one chunk", [`${line}x\n\n`]],
    ["one line in two chunks", [line, "x\n\n"]],
    ["a line without an end", [line, "x"]],
    ["a comment without an end", [`:${line}`]],
    ["two lines", [`data: ${"x".repeat(60)}\ndata: ${"x".repeat(60)}\n\n`]],
    ["many empty lines", ["data:\n".repeat(30)]],
    ["a name and data", [`event: ${"x".repeat(60)}\ndata: ${"x".repeat(60)}\n\n`]],
    ["single characters", Array.from(`${line}x`)],
  ];
  test.each(above)("above it: %s", (_what, chunks) => {
    expect(() => push(chunks)).toThrow(WireError);
  });

  test("comments in their own lines are not held, so any number passes", () => {
    expect(push([...new Array<string>(100).fill(": keep-alive\n"), "data: a\n\n"])).toEqual([data("a")]);
  });

  const cutAbove: [string, string[]][] = [
    ["one chunk", [`${line}xx\n\n`]],
    ["several chunks", [line, "xxx"]],
    ["single bytes", Array.from(`${line}xx`)],
  ];
  test.each(cutAbove)("the cutter refuses %s", (_what, chunks) => {
    const cutter = createFrameCutter({ frameBytesMax: 101 });
    expect(() => chunks.map((chunk) => cutter.push(encodeUtf8(chunk)))).toThrow(WireError);
  });

  test("the cutter passes a frame of exactly its bound", () => {
    const cutter = createFrameCutter({ frameBytesMax: 102 });
    const chunks = [`${line}\n\n`, line, "\n", "\n", `${line}\n\n`].map(encodeUtf8);
    expect(chunks.flatMap((chunk) => cutter.push(chunk)).map(decodeUtf8)).toEqual([1, 2, 3].map(() => `${line}\n\n`));
  });

  test("a stream without a boundary is refused at 16 MiB", () => {
    const megabyte = encodeUtf8("x".repeat(1024 * 1024));
    const splitter = createSseSplitter();
    const cutter = createFrameCutter();
    splitter.push(encodeUtf8("data: "));
    for (let count = 0; count < 15; count += 1) {
      splitter.push(megabyte);
      cutter.push(megabyte);
    }
    cutter.push(megabyte);
    expect(() => splitter.push(megabyte)).toThrow(WireError);
    expect(() => cutter.push(Uint8Array.of(0x78))).toThrow(WireError);
  });

  test("a large frame in a hundred thousand pieces is put together", () => {
    // Re-scanning or re-joining at each piece would touch some 80 GB here.
    const piece = "0123456789abcdef";
    const bytes = encodeUtf8(piece);
    const splitter = createSseSplitter();
    const cutter = createFrameCutter();
    splitter.push(encodeUtf8("data: "));
    for (let count = 0; count < 100_000; count += 1) {
      splitter.push(bytes);
      cutter.push(bytes);
    }
    expect(splitter.end()[0]?.data === piece.repeat(100_000)).toBe(true);
    expect(decodeUtf8(cutter.end() ?? new Uint8Array(0)) === piece.repeat(100_000)).toBe(true);
  });

  test("the cutter starts afresh after a frame larger than it keeps room for", () => {
    const cutter = createFrameCutter();
    const large = encodeUtf8(`data: ${"y".repeat(100_000)}`);
    const small = encodeUtf8("data: a");
    const blank = encodeUtf8("\n\n");
    const cuts = [large, blank, small, blank].flatMap((chunk) => cutter.push(chunk));
    expect(cuts).toEqual([concatBytes([large, blank]), concatBytes([small, blank])]);
    expect(cutter.end()).toBeNull();
  });
});

describe("writing", () => {
  const cases: [SseFrame, string][] = [
    [data('{"a":1}'), 'data: {"a":1}\n\n'],
    [{ event: "ping", data: "{}" }, "event: ping\ndata: {}\n\n"],
    [data("a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n"],
    [data('\n\ndata: {"x":1}'), 'data: \ndata: \ndata: data: {"x":1}\n\n'],
    [{ event: "a\r\nb\0c\ndata: x", data: "y" }, "event: abcdata: x\ndata: y\n\n"],
    [data("a\u2028b\0"), "data: a\u2028b\0\n\n"],
  ];
  test.each(cases)("%j", (frame, text) => {
    expect(writeSseFrame(frame)).toBe(text);
  });

  test("one frame in, the same one frame out", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "é", "😀", "\n", "\r", "\r\n", ":", " ", "data: ", "\0"),
      minLength: 1,
    });
    const event = fc.option(fc.string({ unit: fc.constantFrom("a", ":", " ", "é"), minLength: 1 }));
    fc.assert(
      fc.property(event, text, (name, body) => {
        const written = encodeUtf8(writeSseFrame({ event: name, data: body }));
        const normalised = body.replaceAll(/\r\n|\r/g, "\n");
        expect(split([written])).toEqual([{ event: name, data: normalised }]);
        expect(cut([written])).toEqual({ cuts: [written], rest: null });
      }),
      { numRuns: 1000 },
    );
  });
});

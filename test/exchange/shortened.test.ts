// A large frame as its tap sees it: the same JSON but for long texts, wherever quotes and backslashes stand.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { STAND_IN, shortened, shortenedPiece } from "../../src/exchange/answer/shortened.ts";
import { createFrameCutter, createSseSplitter } from "../../src/protocols/framing/sse.ts";
import { createSaidCounter } from "../../src/protocols/shared/said-counter.ts";
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../src/std/bytes.ts";

const LONG = "A".repeat(2_000_000);

test("a small frame is the frame itself, and so is a large one that is no JSON", () => {
  const small = { event: null, data: '{"a":"b"}' };
  expect(shortened(small)).toBe(small);
  const open = { event: null, data: `{"a":"${LONG}` };
  expect(shortened(open)).toBe(open);
});

test("only long texts are replaced", () => {
  const text = fc.string({ unit: fc.constantFrom('"', "\\", "a", "\n", "ü", "{", ":") });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), text, (pairs, tail) => {
      const others = Object.fromEntries(pairs);
      const data = JSON.stringify({ ...others, picture: `${tail}${LONG}${tail}`, usage: { output: 7 } });
      const short = shortened({ event: "x", data });
      expect(short.data.length).toBeLessThan(10_000);
      expect(JSON.parse(short.data)).toEqual({ ...others, picture: "a long text was here", usage: { output: 7 } });
    }),
    { numRuns: 100 },
  );
});

const said = createSaidCounter({ within: "choices", groups: [["content"], ["reasoning_content", "reasoning"]] });

test("a piece without its one long text is decoded to the same JSON, and says as much", () => {
  const unit = fc.constantFrom('"', "\\", "a", "\n", "ü", "😀", "{", ":", "\u0001");
  const member = fc.constantFrom("content", "reasoning", "image");
  fc.assert(
    fc.property(fc.string({ unit }), member, fc.boolean(), (text, name, isFirst) => {
      const long = `${text}${LONG}${text}`;
      const delta = isFirst ? { [name]: long, other: text } : { other: text, [name]: long };
      const json = JSON.stringify({ choices: [{ delta }] });
      const short = shortenedPiece(encodeUtf8(`data: ${json}\n\n`));
      const [frame] = createSseSplitter().push(short.bytes);
      expect(frame?.data.length).toBeLessThan(10_000);
      expect(JSON.parse(frame?.data ?? "")).toEqual({
        choices: [{ delta: { ...delta, [name]: JSON.parse(STAND_IN) } }],
      });
      const isSaid = name !== "image";
      expect(said(frame?.data ?? "") + (isSaid ? short.leftOut : 0)).toBe(said(json));
    }),
    { numRuns: 60 },
  );
});

const WHOLE: readonly [string, Uint8Array][] = [
  ["small", encodeUtf8('data: {"a":"b"}\n\n')],
  ["two long texts", encodeUtf8(`data: {"a":"${LONG}","b":"${LONG}"}\n\n`)],
  ["no long text", encodeUtf8(`data: {"a":[${"1,".repeat(600_000)}1]}\n\n`)],
  ["a text that does not end", encodeUtf8(`data: {"a":"${LONG}\n\n`)],
  ["a line break inside the text", encodeUtf8(`data: {"a":"${LONG}\ndata: ${LONG}"}\n\n`)],
  ["no UTF-8", concatBytes([encodeUtf8(`data: {"a":"${LONG}`), new Uint8Array([0xff]), encodeUtf8('"}\n\n')])],
];

test.each(WHOLE)("read whole: %s", (_name, piece) => {
  expect(shortenedPiece(piece)).toEqual({ bytes: piece, leftOut: 0 });
});

test("a large frame is cut out exactly, however its bytes come", () => {
  const frames = [`data: {"a":"${LONG}"}\n\n`, 'data: {"b":1}\n\n', `event: x\ndata: {"c":"${LONG}${LONG}"}\n\n`];
  const stream = encodeUtf8(frames.join(""));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700_000 }), { minLength: 1, maxLength: 5 }), (sizes) => {
      const cutter = createFrameCutter();
      const cuts: string[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const size = Math.max(4096, sizes[turn % sizes.length] ?? 1);
        for (const cut of cutter.push(stream.slice(at, at + size))) cuts.push(decodeUtf8(cut));
        at += size;
      }
      expect(cuts).toEqual(frames);
      expect(cutter.end()).toBeNull();
    }),
    { numRuns: 20 },
  );
});

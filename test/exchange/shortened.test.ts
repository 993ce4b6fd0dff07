// A large frame as its tap sees it: the same JSON but for long texts, wherever quotes and backslashes stand.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { shortened } from "../../src/exchange/answer/shortened.ts";

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
      expect(JSON.parse(short.data)).toEqual({ ...others, picture: "long text", usage: { output: 7 } });
    }),
    { numRuns: 100 },
  );
});

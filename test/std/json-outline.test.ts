// The outline of a large object is what a parser would say of its small members, however its bytes are cut.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { createJsonOutline } from "../../src/std/json-outline.ts";

function outlineOf(text: string, size: number) {
  const outline = createJsonOutline();
  const bytes = encodeUtf8(text);
  let isSound = true;
  for (let at = 0; at < bytes.length; at += size) isSound &&= outline.push(bytes.subarray(at, at + size));
  return { isSound, isWhole: isSound && outline.isWhole(), members: outline.members(), prose: outline.proseBytes() };
}

test("any object in any pieces is whole, and its members are the parser's", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(0, 2),
      (object, size, space) => {
        const text = ` ${JSON.stringify(object, null, space)}\n`;
        expect(outlineOf(text, size)).toMatchObject({ isSound: true, isWhole: true, members: JSON.parse(text) });
      },
    ),
    { numRuns: 500, seed: 5 },
  );
});

test("any object that breaks off is not whole, and what is closed of it is read", () => {
  const text = '{"id":"a\\"}","n":-1.5E+3,"deep":{"a":[{"b":"}"}]},"t":true,"e":{},"last":[1]}';
  for (let end = 0; end < text.length; end += 1) {
    const { isSound, isWhole, members } = outlineOf(text.slice(0, end), 3);
    expect([end, isSound, isWhole]).toEqual([end, true, false]);
    expect(JSON.parse(text)).toMatchObject(members);
  }
  expect(outlineOf(text, 3).members).toEqual(JSON.parse(text));
});

test.each([
  "[]",
  "x",
  '"a"',
  "{x",
  "{,",
  '{"a" 1}',
  '{"a":}',
  '{"a":1,}',
  '{"a":1}x',
  "{}{}",
  '{"a":1 2}',
  '{"a":<',
  "{]",
  '{"a":1]',
])("%s is no object", (text) => {
  expect(outlineOf(text, 1).isWhole).toBe(false);
  expect(outlineOf(text, 100).isSound).toBe(false);
});

test("a large member is passed over, and what is kept is bounded", () => {
  const large = {
    first: 1,
    large: "x".repeat(200_000),
    list: Array.from({ length: 50_000 }, () => 1),
    usage: { total: 3 },
  };
  expect(outlineOf(JSON.stringify(large), 1_000).members).toEqual({ first: 1, usage: { total: 3 } });
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`m${at}`, "y ".repeat(20_000)]));
  expect(Object.keys(outlineOf(JSON.stringify(many), 1_000).members).length).toBeLessThan(10);
  expect(outlineOf(`{"a":${"[".repeat(20_000)}`, 1_000).isSound).toBe(false);
});

test("media are no prose", () => {
  expect(outlineOf(JSON.stringify({ a: "x".repeat(10_000), b: "word ".repeat(2_000) }), 999).prose).toBeLessThan(
    10_100,
  );
});

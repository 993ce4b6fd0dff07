/** Strict UTF-8 and the byte operations. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { concatBytes, decodeUtf8, encodeUtf8, indexOfBytes } from "../../src/std/bytes.ts";
import { WireError } from "../../src/std/wire-error.ts";

describe("decodeUtf8", () => {
  const invalid: [string, number[]][] = [
    ["a stray continuation", [0x80]],
    ["an impossible byte", [0xff]],
    ["overlong NUL", [0xc0, 0x80]],
    ["overlong slash", [0xe0, 0x80, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["a cut sequence", [0x61, 0xe2, 0x82]],
  ];
  test.each(invalid)("%s", (_what, bytes) => {
    expect(() => decodeUtf8(new Uint8Array(bytes))).toThrow(WireError);
  });

  test("works again after a failure", () => {
    expect(() => decodeUtf8(new Uint8Array([0xe2]))).toThrow(WireError);
    expect(decodeUtf8(encodeUtf8("é"))).toBe("é");
  });

  test("drops one byte order mark at the start and none elsewhere", () => {
    expect(decodeUtf8(encodeUtf8("\ufeffa\ufeff"))).toBe("a\ufeff");
    expect(decodeUtf8(encodeUtf8("\ufeff\ufeff"))).toBe("\ufeff");
  });

  test("is the inverse of encodeUtf8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(decodeUtf8(encodeUtf8(`x${text}`))).toBe(`x${text}`);
      }),
    );
  });
});

test("concatBytes copies", () => {
  const part = new Uint8Array([1, 2]);
  const whole = concatBytes([part, new Uint8Array(0), new Uint8Array([3])]);
  part[0] = 9;
  expect(whole).toEqual(new Uint8Array([1, 2, 3]));
  expect(concatBytes([])).toEqual(new Uint8Array(0));
});

test("indexOfBytes finds what a text search finds, in views too", () => {
  const small = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 30 });
  fc.assert(
    fc.property(
      small,
      fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 }),
      fc.nat(30),
      (text, needle, from) => {
        const view = encodeUtf8(`ab${text}ab`).subarray(2, 2 + text.length);
        expect(indexOfBytes(view, encodeUtf8(needle), Math.min(from, text.length))).toBe(
          text.indexOf(needle, Math.min(from, text.length)),
        );
      },
    ),
    { numRuns: 1000 },
  );
});

test("a wire error quotes at most 80 characters", () => {
  expect(new WireError("Bad frame").message).toBe("Bad frame");
  expect(new WireError("Bad frame", "a\nb").message).toBe('Bad frame: "a\\nb"');
  expect(new WireError("Bad", "x".repeat(1000)).message).toBe(`Bad: "${"x".repeat(80)}"`);
  expect(new WireError("Bad")).toBeInstanceOf(Error);
  expect(new WireError("Bad").name).toBe("WireError");
});

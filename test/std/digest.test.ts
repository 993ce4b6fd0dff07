/** The hash is the standard's, and the comparison sees every bit. */
import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { equalDigests, sha256, sha256Hex } from "../../src/std/digest.ts";

test("agrees with another implementation", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(sha256Hex(text)).toBe(createHash("sha256").update(text).digest("hex"));
      expect(Buffer.from(sha256(text)).toString("hex")).toBe(sha256Hex(text));
    }),
  );
});

test("any one bit makes a difference", () => {
  const digest = sha256("a");
  expect(equalDigests(digest, sha256("a"))).toBe(true);
  for (let bit = 0; bit < digest.length * 8; bit++) {
    const other = Uint8Array.from(digest);
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(equalDigests(digest, other)).toBe(false);
  }
  expect(equalDigests(digest, digest.subarray(1))).toBe(false);
});

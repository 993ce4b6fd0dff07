// The judge of the soak: noise is no growth, and a small steady growth inside the same noise is one.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { growthOf, isGrowing } from "../harness/growth.ts";

const MB = 1024 * 1024;
const noise = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 8, maxLength: 60 });

test("levels that vary around a line that does not rise are level", () => {
  fc.assert(
    fc.property(noise, fc.integer({ min: 0, max: 4 }), (shares, mb) => {
      // What rises for the last few alone may look like a line; what varies by turns may not.
      const levels = shares.flatMap((share) => [90 * MB + share * mb * MB, 90 * MB - share * mb * MB]);
      expect(isGrowing(growthOf(levels), 8 * MB)).toBe(false);
    }),
  );
});

test("a steady growth shows through twice its noise, and through outliers", () => {
  fc.assert(
    fc.property(noise, fc.integer({ min: 0, max: 2 }), (shares, mb) => {
      const levels = shares.map((share, at) => (90 + at * 4 + share * mb) * MB);
      levels[1] = 200 * MB;
      const growth = growthOf(levels);
      expect(isGrowing(growth, 8 * MB)).toBe(true);
    }),
  );
});

test("the figures of a line without noise are exact", () => {
  expect(growthOf([1, 2, 3, 4].map((at) => at * MB))).toEqual({ grown: 3 * MB, noise: 0 });
});

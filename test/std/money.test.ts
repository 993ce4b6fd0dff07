/** Money is exact: what goes in as decimals comes out the same, and nothing is lost between tokens and dollars. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addNanos, costNanos, formatUsd, nanos, readUsd, usdToNanos } from "../../src/std/money.ts";

describe("dollars to nano-dollars", () => {
  const cases: [string | number, number | null][] = [
    ["0", 0],
    ["-0", 0],
    [-0, 0],
    ["1", 1_000_000_000],
    ["0.1", 100_000_000],
    [0.1, 100_000_000],
    [0.3, 300_000_000],
    ["0.075", 75_000_000],
    ["3.75", 3_750_000_000],
    ["5.", 5_000_000_000],
    ["+2", 2_000_000_000],
    ["-1.25", -1_250_000_000],
    ["0.000000001", 1],
    [1e-9, 1],
    ["1e-9", 1],
    ["2.50e1", 25_000_000_000],
    ["0.1000000000", 100_000_000],
    ["007", 7_000_000_000],
    ["9007199.254740991", Number.MAX_SAFE_INTEGER],
    ["9007199.254740992", null],
    ["0.0000000001", null],
    ["1.0000000005", null],
    ["1e16", null],
    ["1e999", null],
    ["1e-999", null],
    ["0e999", 0],
    ["", null],
    [".", null],
    [".5", null],
    ["1,5", null],
    ["$1", null],
    ["1 ", null],
    ["0x10", null],
    ["NaN", null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    ["9".repeat(100_000), null],
  ];
  test.each(cases)("%j", (usd, expected) => {
    expect<number | null>(readUsd(usd)).toBe(expected);
  });

  test("usdToNanos refuses what readUsd cannot read", () => {
    expect<number>(usdToNanos("1.5")).toBe(1_500_000_000);
    expect(() => usdToNanos("0.0000000001")).toThrow(RangeError);
  });

  test("every amount survives being shown and read", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (amount) => {
        expect<number | null>(readUsd(formatUsd(nanos(amount)).replace("$", ""))).toBe(amount);
      }),
    );
  });
});

test.each([
  [0, "$0.00"],
  [1, "$0.000000001"],
  [75_000, "$0.000075"],
  [1_500_000_000, "$1.50"],
  [-250_000_000, "-$0.25"],
  [12_000_000_000, "$12.00"],
  [1_234_567_890, "$1.23456789"],
])("%d nano-dollars are shown as %s", (amount, shown) => {
  expect(formatUsd(nanos(amount))).toBe(shown);
});

describe("what tokens cost", () => {
  test.each([
    [0, 3_000_000_000, 0],
    [1, 3_000_000_000, 3000],
    [1, 1, 1],
    [1, 75_000_000, 75],
    [1_000_000, 15_000_000_000, 15_000_000_000],
    [1_000_001, 15_000_000_000, 15_000_015_000],
    [3, 1_500_001, 5],
    [10, 0, 0],
  ])("%d tokens at %d per million: %d", (tokens, price, cost) => {
    expect<number>(costNanos(tokens, price)).toBe(cost);
  });

  test("is the exact product, rounded up", () => {
    const tokens = fc.nat({ max: 1_000_000_000 });
    const price = fc.oneof(fc.nat({ max: 2_000_000 }), fc.nat({ max: 9_000_000_000 }));
    fc.assert(
      fc.property(tokens, price, (count, perMillion) => {
        const exact = (BigInt(count) * BigInt(perMillion) + 999_999n) / 1_000_000n;
        expect(BigInt(costNanos(count, perMillion))).toBe(exact);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    [-1, 1],
    [1.5, 1],
    [1, -1],
    [1, 0.5],
    [Number.NaN, 1],
    [1e15, 1e15],
  ])("%d tokens at %d is a bug", (tokens, price) => {
    expect(() => costNanos(tokens, price)).toThrow(RangeError);
  });
});

test("only whole, safe numbers are money", () => {
  for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
    expect(() => nanos(value)).toThrow(RangeError);
  expect<number>(addNanos(nanos(2), nanos(-5))).toBe(-3);
  expect(() => addNanos(nanos(Number.MAX_SAFE_INTEGER), nanos(1))).toThrow(RangeError);
});

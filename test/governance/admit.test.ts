// What is set aside before a request runs, and whom it may ask for.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  expectedNanos,
  expectedOutputTokens,
  leastOutputTokens,
  mayAsk,
  percentile,
  worstNanos,
  worstOutputTokens,
} from "../../src/governance/admit.ts";
import type { Caller } from "../../src/governance/identify.ts";
import { costOf } from "../../src/governance/prices.ts";
import type { Prices } from "../../src/ir/deployment.ts";

const PRICES: Prices = {
  request: 0,
  input: 3_000_000_000,
  output: 15_000_000_000,
  cacheRead: 300_000_000,
  cacheWrite: 3_750_000_000,
  cacheWrite1h: 6_000_000_000,
  reasoning: 20_000_000_000,
  audioInput: null,
  audioOutput: null,
  tiers: [
    {
      aboveTokens: 1000,
      input: 7_000_000_000,
      output: 22_000_000_000,
      cacheRead: null,
      cacheWrite: null,
      cacheWrite1h: null,
    },
  ],
};

function caller(allowedTargets: readonly string[] | null): Caller {
  return { label: "token-1", allowedTargets, passthrough: null, key: null };
}

test.each([
  [null, "anything", true],
  [[], "fast", false],
  [["fast"], "fast", true],
  [["fast"], "Fast", false],
  [["fast"], "fast/x", false],
  [["acme/sonnet"], "acme/sonnet", true],
] as const)("allowed %j: asking for %s is %p", (allowed, target, may) => {
  expect(mayAsk(caller(allowed), target)).toBe(may);
});

test.each([
  [[], null],
  [[5], 5],
  [[3, 1, 2], 3],
  [Array.from({ length: 100 }, (_, index) => index + 1), 95],
  [Array.from({ length: 20 }, (_, index) => index + 1), 19],
] as const)("the 95th percentile of %j is %p", (samples, expected) => {
  expect(percentile(samples, 0.95)).toBe(expected);
});

test.each([
  [null, null, 4096],
  [null, 100, 100],
  [null, 100_000, 4096],
  [800, null, 800],
  [800, 100_000, 800],
  [800, 100, 100],
  [9000, null, 9000],
] as const)("recent %p, limit %p: %p tokens are expected", (recentP95Tokens, maxOutputTokens, expected) => {
  expect(expectedOutputTokens({ recentP95Tokens, maxOutputTokens })).toBe(expected);
});

test.each([
  // Before the first answer: what the client states, unless it states no bound that matters.
  [4096, null, null, 1],
  [500, null, 500, 500],
  [4096, null, 32_000, 1],
  [0, null, 0, 0],
  // Then what answers usually have.
  [4096, 200, 32_000, 200],
  [4096, 200, null, 200],
  [100, 200, 100, 100],
] as const)(
  "%p expected, %p usual, %p stated: no less than %p tokens",
  (expectedTokens, usualTokens, statedTokens, least) => {
    expect(leastOutputTokens({ expectedTokens, usualTokens, statedTokens })).toBe(least);
  },
);

test.each([
  [null, null, null],
  [100, null, 100],
  [null, 64_000, 64_000],
  [100, 64_000, 100],
  [100_000, 64_000, 64_000],
] as const)("limit %p of a model with %p: %p at worst", (maxOutputTokens, modelMaxOutputTokens, expected) => {
  expect(worstOutputTokens({ maxOutputTokens, modelMaxOutputTokens })).toBe(expected);
});

describe("reservations", () => {
  test.each([
    [{ inputTokens: 1000, outputTokens: 100 }, 3_000_000 + 1_500_000],
    [{ inputTokens: 1001, outputTokens: 100 }, 1001 * 7000 + 2_200_000],
    [{ inputTokens: 0, outputTokens: 0 }, 0],
  ])("expected of %j is %p", (expectation, amount) => {
    expect<number | null>(expectedNanos(PRICES, expectation)).toBe(amount);
  });

  test("the worst takes the dearest price of every kind and tier", () => {
    expect<number | null>(worstNanos(PRICES, { inputTokens: 10, outputTokens: 10 })).toBe(10 * 7000 + 10 * 22_000);
    expect<number | null>(worstNanos({ ...PRICES, tiers: [] }, { inputTokens: 10, outputTokens: 10 })).toBe(
      10 * 6000 + 10 * 20_000,
    );
  });

  test("no price, or an amount nobody can hold, is unknown", () => {
    expect(expectedNanos(null, { inputTokens: 1, outputTokens: 1 })).toBeNull();
    expect(worstNanos(null, { inputTokens: 1, outputTokens: 1 })).toBeNull();
    expect(worstNanos(PRICES, { inputTokens: Number.MAX_SAFE_INTEGER, outputTokens: 1 })).toBeNull();
  });

  test("the worst covers every way the same tokens can be billed", () => {
    const parts = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(parts, ([fresh = 0, read = 0, write = 0, hour = 0, output = 0, reasoning = 0]) => {
        const cost = costOf(
          {
            freshInputTokens: fresh,
            cacheReadTokens: read,
            cacheWriteTokens: write,
            cacheWrite1hTokens: hour,
            outputTokens: output,
            reasoningTokens: reasoning,
            audioInputTokens: null,
            audioOutputTokens: null,
          },
          PRICES,
        );
        const worst = worstNanos(PRICES, { inputTokens: fresh + read + write + hour, outputTokens: output });
        expect(worst ?? -1).toBeGreaterThanOrEqual(cost ?? 0);
      }),
      { numRuns: 500, seed: 8 },
    );
  });
});

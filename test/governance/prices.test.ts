// Cost to the nano-dollar: by table, and as properties over any usage and any prices.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { costOf, fitsNanos, ratesFor } from "../../src/governance/prices.ts";
import type { Prices } from "../../src/ir/deployment.ts";
import { UNKNOWN_USAGE, type Usage } from "../../src/ir/usage.ts";

const USD = 1_000_000_000;

const PLAIN: Prices = {
  request: 0,
  input: 3 * USD,
  output: 15 * USD,
  cacheRead: null,
  cacheWrite: null,
  cacheWrite1h: null,
  reasoning: null,
  audioInput: null,
  audioOutput: null,
  tiers: [],
};
const FULL: Prices = {
  ...PLAIN,
  cacheRead: 0.3 * USD,
  cacheWrite: 3.75 * USD,
  cacheWrite1h: 6 * USD,
  reasoning: 20 * USD,
  audioInput: 40 * USD,
  audioOutput: 80 * USD,
};
const TIERED: Prices = {
  ...FULL,
  tiers: [
    {
      aboveTokens: 200_000,
      input: 6 * USD,
      output: 22.5 * USD,
      cacheRead: 0.6 * USD,
      cacheWrite: null,
      cacheWrite1h: null,
    },
    { aboveTokens: 400_000, input: 12 * USD, output: null, cacheRead: null, cacheWrite: null, cacheWrite1h: null },
  ],
};
/** 37.5 nano-dollars a token in, 0.5 out: prices that do not come out even. */
const ODD: Prices = { ...PLAIN, input: 37_500_000, output: 500_000 };

function usage(counts: Partial<Usage>): Usage {
  return { ...UNKNOWN_USAGE, ...counts };
}

describe("by table", () => {
  const rows: readonly [what: string, counts: Partial<Usage>, prices: Prices, nanos: number | null][] = [
    ["plain", { freshInputTokens: 1000, outputTokens: 100 }, PLAIN, 4_500_000],
    ["nothing used", { freshInputTokens: 0, outputTokens: 0 }, PLAIN, 0],
    ["cache at the price of input", { freshInputTokens: 10, cacheReadTokens: 990, outputTokens: 0 }, PLAIN, 3_000_000],
    [
      "each cache kind once",
      { freshInputTokens: 1, cacheReadTokens: 10, cacheWriteTokens: 100, cacheWrite1hTokens: 1000, outputTokens: 0 },
      FULL,
      3000 + 10 * 300 + 100 * 3750 + 1000 * 6000,
    ],
    [
      "reasoning taken out of output",
      { freshInputTokens: 0, outputTokens: 100, reasoningTokens: 60 },
      FULL,
      40 * 15_000 + 60 * 20_000,
    ],
    [
      "reasoning at the price of output",
      { freshInputTokens: 0, outputTokens: 100, reasoningTokens: 60 },
      PLAIN,
      1_500_000,
    ],
    [
      "reasoning beyond the output",
      { freshInputTokens: 0, outputTokens: 100, reasoningTokens: 160 },
      FULL,
      100 * 20_000,
    ],
    [
      "audio taken out of both",
      { freshInputTokens: 50, audioInputTokens: 20, outputTokens: 30, reasoningTokens: 10, audioOutputTokens: 15 },
      FULL,
      30 * 3000 + 20 * 40_000 + 5 * 15_000 + 10 * 20_000 + 15 * 80_000,
    ],
    ["up to a tier's bound", { freshInputTokens: 200_000, outputTokens: 1 }, TIERED, 200_000 * 3000 + 15_000],
    ["above it", { freshInputTokens: 200_001, outputTokens: 1 }, TIERED, 200_001 * 6000 + 22_500],
    [
      "the whole prompt decides the tier",
      { freshInputTokens: 1, cacheReadTokens: 200_000, outputTokens: 0 },
      TIERED,
      6000 + 200_000 * 600,
    ],
    [
      "the second tier keeps what it does not name",
      { freshInputTokens: 400_001, outputTokens: 2 },
      TIERED,
      400_001 * 12_000 + 45_000,
    ],
    ["parts of a nano-dollar round up, each part", { freshInputTokens: 1, outputTokens: 1 }, ODD, 38 + 1],
    ["and not each token", { freshInputTokens: 1000, outputTokens: 1000 }, ODD, 37_500 + 500],
    ["unknown prompt", { outputTokens: 5 }, PLAIN, null],
    ["unknown answer", { freshInputTokens: 5 }, PLAIN, null],
    ["more than anybody means", { freshInputTokens: Number.MAX_SAFE_INTEGER, outputTokens: 1 }, PLAIN, null],
  ];
  for (const [what, counts, prices, nanos] of rows) {
    test(what, () => expect<number | null>(costOf(usage(counts), prices)).toBe(nanos));
  }

  test("unknown stays unknown", () => {
    expect(costOf(null, PLAIN)).toBeNull();
    expect(costOf(usage({ freshInputTokens: 1, outputTokens: 1 }), null)).toBeNull();
    expect(costOf(UNKNOWN_USAGE, PLAIN)).toBeNull();
  });

  test("a vendor that says what it charges is taken at its word", () => {
    const counts = { freshInputTokens: 36, cacheReadTokens: 464, outputTokens: 4 };
    const billed = { inputTokens: 5, outputTokens: 2 };
    const fee = { ...FULL, request: 2_000_000 };
    const costs: readonly (number | null)[] = [
      costOf({ ...usage(counts), billed }, FULL),
      costOf({ ...usage(counts), billed }, fee),
      // The tier is that of the prompt, whatever of it is charged.
      costOf({ ...usage({ freshInputTokens: 250_000, outputTokens: 4 }), billed }, TIERED),
      costOf({ ...UNKNOWN_USAGE, billed: { ...billed, inputTokens: Number.MAX_SAFE_INTEGER } }, FULL),
    ];
    expect(costs).toEqual([45_000, 2_045_000, 75_000, null]);
  });

  test("gaps are filled from the parent of the tier in force", () => {
    expect(ratesFor({ ...PLAIN, tiers: TIERED.tiers }, 250_000)).toEqual({
      input: 6 * USD,
      output: 22.5 * USD,
      cacheRead: 0.6 * USD,
      cacheWrite: 6 * USD,
      cacheWrite1h: 6 * USD,
      reasoning: 22.5 * USD,
      audioInput: 6 * USD,
      audioOutput: 22.5 * USD,
    });
  });
});

const count = fc.integer({ min: 0, max: 3_000_000 });
const price = fc.integer({ min: 0, max: 100 * USD });
const anyUsage = fc.record({
  freshInputTokens: count,
  cacheReadTokens: fc.option(count),
  cacheWriteTokens: fc.option(count),
  cacheWrite1hTokens: fc.option(count),
  outputTokens: count,
  reasoningTokens: fc.option(count),
  audioInputTokens: fc.option(count),
  audioOutputTokens: fc.option(count),
});
const anyPrices: fc.Arbitrary<Prices> = fc.record({
  request: price,
  input: price,
  output: price,
  cacheRead: fc.option(price),
  cacheWrite: fc.option(price),
  cacheWrite1h: fc.option(price),
  reasoning: fc.option(price),
  audioInput: fc.option(price),
  audioOutput: fc.option(price),
  tiers: fc.uniqueArray(count, { maxLength: 3 }).chain((bounds) =>
    fc.tuple(
      ...bounds
        .toSorted((left, right) => left - right)
        .map((aboveTokens) =>
          fc.record({
            aboveTokens: fc.constant(aboveTokens),
            input: fc.option(price),
            output: fc.option(price),
            cacheRead: fc.option(price),
            cacheWrite: fc.option(price),
            cacheWrite1h: fc.option(price),
          }),
        ),
    ),
  ),
});

/** Every token at one price, to see how many tokens were priced. */
function flat(nanosPerToken: number): Prices {
  return { ...PLAIN, input: nanosPerToken * 1_000_000, output: nanosPerToken * 1_000_000 };
}

describe("for any usage and prices", () => {
  test("every token is priced exactly once", () => {
    fc.assert(
      fc.property(anyUsage, (used) => {
        const tokens =
          used.freshInputTokens +
          (used.cacheReadTokens ?? 0) +
          (used.cacheWriteTokens ?? 0) +
          (used.cacheWrite1hTokens ?? 0) +
          used.outputTokens;
        expect<number | null>(costOf(used, flat(7))).toBe(tokens * 7);
      }),
      { numRuns: 500, seed: 4 },
    );
  });

  test("the cost is never below the exact one, and less than eight nano-dollars above it", () => {
    fc.assert(
      fc.property(anyUsage, anyPrices, (used, prices) => {
        const cost = BigInt(costOf(used, prices) ?? -1);
        const exact = exactMicroNanos(used, prices);
        expect(cost * 1_000_000n >= exact).toBe(true);
        expect(cost * 1_000_000n < exact + 8_000_000n).toBe(true);
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  test("more tokens of a kind never cost less in the same tier", () => {
    fc.assert(
      fc.property(anyUsage, anyPrices, count, (used, prices, more) => {
        const untiered = { ...prices, tiers: [] };
        const larger = { ...used, cacheReadTokens: (used.cacheReadTokens ?? 0) + more };
        expect(costOf(larger, untiered) ?? 0).toBeGreaterThanOrEqual(costOf(used, untiered) ?? 0);
      }),
      { numRuns: 200, seed: 6 },
    );
  });

  test("what a vendor may report never throws", () => {
    const wild = fc.option(fc.nat({ max: Number.MAX_SAFE_INTEGER }));
    const wildUsage = fc.record({
      freshInputTokens: wild,
      cacheReadTokens: wild,
      cacheWriteTokens: wild,
      cacheWrite1hTokens: wild,
      outputTokens: wild,
      reasoningTokens: wild,
      audioInputTokens: wild,
      audioOutputTokens: wild,
    });
    fc.assert(
      fc.property(wildUsage, anyPrices, (used, prices) => {
        const cost = costOf(used, prices);
        expect(cost === null || (Number.isSafeInteger(cost) && cost >= 0)).toBe(true);
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  test("eight parts at the bound are still a safe sum", () => {
    const largest = 1_000_000 * USD;
    expect(fitsNanos(1_000_000, largest)).toBe(true);
    expect(fitsNanos(1_000_001, largest)).toBe(false);
    expect(Number.isSafeInteger(largest * 8)).toBe(true);
  });
});

/** The same sum written another way, in millionths of a nano-dollar, with nothing rounded. */
function exactMicroNanos(used: Usage, prices: Prices): bigint {
  const prompt =
    (used.freshInputTokens ?? 0) +
    (used.cacheReadTokens ?? 0) +
    (used.cacheWriteTokens ?? 0) +
    (used.cacheWrite1hTokens ?? 0);
  const rates = ratesFor(prices, prompt);
  const output = used.outputTokens ?? 0;
  const reasoning = Math.min(used.reasoningTokens ?? 0, output);
  const audioOutput = Math.min(used.audioOutputTokens ?? 0, output - reasoning);
  const audioInput = Math.min(used.audioInputTokens ?? 0, used.freshInputTokens ?? 0);
  const whole = (tokens: number | null, rate: number) => BigInt(tokens ?? 0) * BigInt(rate);
  return (
    BigInt(prices.request) * 1_000_000n +
    whole(used.freshInputTokens, rates.input) +
    BigInt(audioInput) * BigInt(rates.audioInput - rates.input) +
    whole(used.cacheReadTokens, rates.cacheRead) +
    whole(used.cacheWriteTokens, rates.cacheWrite) +
    whole(used.cacheWrite1hTokens, rates.cacheWrite1h) +
    whole(output, rates.output) +
    BigInt(reasoning) * BigInt(rates.reasoning - rates.output) +
    BigInt(audioOutput) * BigInt(rates.audioOutput - rates.output)
  );
}

// What lanes are taken to need before a request has run, one by one and together.
import { describe, expect, test } from "bun:test";
import { worstNanos } from "../../src/governance/admit.ts";
import { boundsOf, dearestOf, leastAmountOf } from "../../src/governance/affordable.ts";
import { createRecentAnswers, type Estimate, estimate, type LaneNeed } from "../../src/governance/estimate.ts";
import type { GradingCost } from "../../src/governance/grading-cost.ts";
import { NO_NEEDS } from "../../src/ir/capability.ts";
import type { Prices } from "../../src/ir/deployment.ts";
import { laneOf, PRICES } from "../harness/deployments.ts";

const priced = (input: number): Prices => ({ ...PRICES, input, output: input, tiers: [] });

function estimated(
  prices: readonly (Prices | null)[],
  over: { readonly maxOutputTokens?: number | null } = {},
  more: { readonly grading?: GradingCost; readonly budget?: "strict" } = {},
) {
  const found = estimate({
    lanes: prices.map((each, at) =>
      laneOf(`up/a${at}/m`, "openai", { prices: each, capabilities: { maxOutputTokens: 10 } }),
    ),
    facts: {
      operation: "chat",
      target: "m",
      stream: false,
      bodyBytes: 400,
      inputTokensEstimate: 100,
      maxOutputTokens: 10,
      needs: NO_NEEDS,
      usageAsked: true,
      ...over,
    },
    choices: () => 1,
    budget: "expected",
    answers: createRecentAnswers(),
    ...more,
  });
  if (!found.ok) throw new Error("not estimated");
  return found.value;
}

const nanosOf = ({ lanes }: Estimate): number[] => lanes.map(({ amount }) => amount.nanos);

describe("a lane without a price is taken to cost what the dearest of the others does", () => {
  test.each([
    ["beside two", [priced(5_000_000), null, priced(9_000_000)], [550, 990, 990]],
    ["alone", [null], [0]],
    ["no lane", [], []],
  ] as const)("%s", (_, prices, nanos) => {
    const found = estimated(prices);
    expect(nanosOf(found)).toEqual([...nanos]);
    expect(found.lanes.map(({ least }) => least.nanos <= Math.max(0, ...nanos))).toEqual(nanos.map(() => true));
  });
});

describe("what lanes need together", () => {
  const need = (id: string, nanos: number, tokens: number, least: number): LaneNeed => ({
    ...{ id, amount: { nanos, tokens }, keptTokens: tokens / 2 },
    least: { nanos: least, tokens: least },
  });
  const lanes = [need("a", 30, 10, 3), need("b", 20, 40, 2), need("c", 20, 40, 5)];

  test.each([
    ["all of them", Number.POSITIVE_INFINITY, [30, 40], { nanos: [20], tokens: [10] }, [2, 2], 20],
    ["those below a ceiling", 20, [20, 40], { nanos: [], tokens: [] }, [2, 2], 20],
    ["none", 1, [0, 0], { nanos: [], tokens: [] }, [0, 0], 0],
  ] as const)("%s", (_, ceiling, [nanos, tokens], lesser, [leastNanos, leastTokens], keptTokens) => {
    const least = { nanos: leastNanos, tokens: leastTokens };
    const expected = { nanos, tokens, lesser, least, keptTokens };
    expect(JSON.stringify(boundsOf(lanes, ceiling))).toBe(JSON.stringify(expected));
  });

  test("the cheapest and the dearest", () => {
    expect([leastAmountOf(lanes), dearestOf(lanes)]).toEqual([{ nanos: 20, tokens: 10 }, 30]);
    expect([leastAmountOf([]), dearestOf([])]).toEqual([{ nanos: 0, tokens: 0 }, 0]);
  });
});

describe("graded answers", () => {
  const judge = { lanes: [laneOf("j/a/m", "openai", { prices: priced(1_000_000) })], inputTokens: 20, outputTokens: 5 };
  const grading = { answers: 3, judges: [judge] };

  test("one answer and its judge are expected", () => {
    expect(nanosOf(estimated([priced(5_000_000)], {}, { grading }))).toEqual([550 + 25]);
  });

  test("at worst there are as many of both as may be", () => {
    const [strict] = [estimated([priced(5_000_000)], {}, { grading, budget: "strict" })];
    const [plain] = [estimated([priced(5_000_000)], {}, { budget: "strict" })];
    const verdict = worstNanos(priced(1_000_000), judge) ?? 0;
    expect(nanosOf(strict)).toEqual([3 * (nanosOf(plain)[0] ?? 0) + 3 * verdict]);
    expect(strict.lanes[0]?.amount.tokens).toBe(3 * (plain.lanes[0]?.amount.tokens ?? 0) + 3 * 25);
  });

  test("what is left for an answer is what grading leaves", () => {
    const graded = estimated([priced(5_000_000)], {}, { grading });
    expect([graded.answerFitting("tokens", 135), graded.answerFitting("usd", 575)]).toEqual([10, 10]);
  });

  test("a judge without a price adds tokens and no money", () => {
    const free = { ...judge, lanes: [laneOf("j/a/m", "openai")] };
    const { amount } = estimated([priced(5_000_000)], {}, { grading: { answers: 1, judges: [free] } }).lanes[0] ?? {};
    expect(amount).toEqual({ nanos: 550, tokens: 135 });
  });
});

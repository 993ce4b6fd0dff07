/** The lane that costs least by the prices that are known, for a request of this size. An unknown price comes last; rank between equals. */
import type { Lane, Prices } from "../../ir/deployment.ts";
import type { Facts } from "../../ir/facts.ts";
import type { PolicyInput, Ranking } from "./policy.ts";
import { byRank } from "./rank.ts";

/** Tokens of an answer as agents get them: their limits are far above what most answers need. */
const ANSWER_TOKENS = 1_000;

export function cheapest({ candidates, selection, affinityKey, facts }: PolicyInput): Ranking {
  const costs = new Map(candidates.map(({ lane }) => [lane.id, costOf(lane, facts)]));
  const cost = (id: string): number => costs.get(id) ?? UNKNOWN_COST;
  const order = byRank(candidates, affinityKey).toSorted((one, other) => cost(one.lane.id) - cost(other.lane.id));
  return { order, next: selection };
}

/** Above every price, and finite: two unknown ones compare as equal. */
const UNKNOWN_COST = Number.MAX_VALUE;

/** Only for comparing: no bill rests on it. A million times nano-dollars. */
function costOf({ prices, defaultMaxOutputTokens }: Lane, facts: Facts): number {
  if (prices === null) return UNKNOWN_COST;
  const { inputTokensEstimate, maxOutputTokens, answers } = facts;
  const { input, output } = ratesOf(prices, inputTokensEstimate);
  const answerTokens = Math.min(maxOutputTokens ?? defaultMaxOutputTokens ?? ANSWER_TOKENS, ANSWER_TOKENS);
  return prices.request * 1_000_000 + input * inputTokensEstimate + output * answerTokens * (answers ?? 1);
}

function ratesOf(prices: Prices, promptTokens: number): Pick<Prices, "input" | "output"> {
  let { input, output } = prices;
  for (const tier of prices.tiers) {
    if (promptTokens <= tier.aboveTokens) break;
    input = tier.input ?? input;
    output = tier.output ?? output;
  }
  return { input, output };
}

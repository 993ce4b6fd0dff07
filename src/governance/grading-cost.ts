/** What a quality gate adds to what a request may cost: graded answers are all billed, and so is who grades them. */
import type { Lane } from "../ir/deployment.ts";
import type { expectedNanos } from "./admit.ts";

export interface GradingCost {
  /** Answers that may be graded, at least 1. */
  readonly answers: number;
  /** Each is asked once for an answer. */
  readonly judges: readonly JudgeCost[];
}

interface JudgeCost {
  /** Any of them may serve it. */
  readonly lanes: readonly Lane[];
  readonly inputTokens: number;
  readonly outputTokens: number;
}

interface GradingSum {
  /** Of each answer. */
  readonly times: number;
  readonly nanos: number;
  readonly tokens: number;
}

/** `isWorst`: as many answers as there may be, else one. A judge without a price adds none. */
export function gradingSum(
  { answers, judges }: GradingCost,
  priceOf: typeof expectedNanos,
  isWorst: boolean,
): GradingSum {
  const times = isWorst ? answers : 1;
  let [nanos, tokens] = [0, 0];
  for (const { lanes, inputTokens, outputTokens } of judges) {
    const dearest = Math.max(0, ...lanes.map(({ prices }) => priceOf(prices, { inputTokens, outputTokens }) ?? 0));
    nanos += dearest * times;
    tokens += (inputTokens + outputTokens) * times;
  }
  return { times, nanos, tokens };
}

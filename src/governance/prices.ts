/**
 * What an answer costs. Every token is priced once: the usage counters are disjoint but for the parts of the prompt and
 * of the answer (audio, reasoning), which are taken out of their whole before the whole is priced.
 */
import type { Prices } from "../ir/deployment.ts";
import { type Billed, inputTokens, type Usage } from "../ir/usage.ts";
import { addNanos, costNanos, type Nanos, nanos } from "../std/money.ts";

/** Prices of one request with every gap filled. Nano-dollars per million tokens. */
interface Rates {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly cacheWrite1h: number;
  readonly reasoning: number;
  readonly audioInput: number;
  readonly audioOutput: number;
}

/**
 * Nano-dollars; null when the usage or the price is not known, or the sum is more than can be held exactly (a count no
 * vendor means). Each of the eight parts is rounded up to the next nano-dollar, so the whole is less than eight above the
 * exact amount and never below it. The fee for the answer as such is on top.
 */
export function costOf(usage: Usage | null, prices: Prices | null): Nanos | null {
  if (usage === null || prices === null) return null;
  if (usage.billed !== undefined) return costOfBilled(usage, usage.billed, prices);
  // A prompt or an answer without a count has no price; a cache counter that is missing means that there was no cache.
  if (usage.freshInputTokens === null || usage.outputTokens === null) return null;
  const rates = ratesFor(prices, inputTokens(usage) ?? 0);
  // No token in two of the parts. A part larger than its whole is cut to it: the whole is what is billed.
  const fresh = usage.freshInputTokens;
  const output = usage.outputTokens;
  const audioInput = Math.min(usage.audioInputTokens ?? 0, fresh);
  const reasoning = Math.min(usage.reasoningTokens ?? 0, output);
  const audioOutput = Math.min(usage.audioOutputTokens ?? 0, output - reasoning);
  let total: Nanos | null = nanos(prices.request);
  total = withPart(total, fresh - audioInput, rates.input);
  total = withPart(total, audioInput, rates.audioInput);
  total = withPart(total, usage.cacheReadTokens ?? 0, rates.cacheRead);
  total = withPart(total, usage.cacheWriteTokens ?? 0, rates.cacheWrite);
  total = withPart(total, usage.cacheWrite1hTokens ?? 0, rates.cacheWrite1h);
  total = withPart(total, output - reasoning - audioOutput, rates.output);
  total = withPart(total, reasoning, rates.reasoning);
  return withPart(total, audioOutput, rates.audioOutput);
}

/** Null as soon as one part is more than can be held exactly. */
function withPart(total: Nanos | null, tokens: number, rate: number): Nanos | null {
  // Most answers have two or three of the eight parts.
  if (total === null || tokens === 0) return total;
  return fitsNanos(tokens, rate) ? addNanos(total, costNanos(tokens, rate)) : null;
}

/** By the vendor's own word. */
function costOfBilled(
  usage: Usage,
  { inputTokens: input, outputTokens: output }: Billed,
  prices: Prices,
): Nanos | null {
  const rates = ratesFor(prices, inputTokens(usage) ?? input);
  if (!fitsNanos(input, rates.input) || !fitsNanos(output, rates.output)) return null;
  const tokenNanos = addNanos(costNanos(input, rates.input), costNanos(output, rates.output));
  return addNanos(tokenNanos, nanos(prices.request));
}

/** The prices that hold for a prompt of this many tokens, cached or not. A tier holds for prompts larger than its bound. */
export function ratesFor(prices: Prices, promptTokens: number): Rates {
  let { input, output, cacheRead, cacheWrite, cacheWrite1h } = prices;
  for (const tier of prices.tiers) {
    if (promptTokens <= tier.aboveTokens) break;
    input = tier.input ?? input;
    output = tier.output ?? output;
    cacheRead = tier.cacheRead ?? cacheRead;
    cacheWrite = tier.cacheWrite ?? cacheWrite;
    cacheWrite1h = tier.cacheWrite1h ?? cacheWrite1h;
  }
  return {
    input,
    output,
    cacheRead: cacheRead ?? input,
    cacheWrite: cacheWrite ?? input,
    cacheWrite1h: cacheWrite1h ?? cacheWrite ?? input,
    reasoning: prices.reasoning ?? output,
    audioInput: prices.audioInput ?? input,
    audioOutput: prices.audioOutput ?? output,
  };
}

/** True while eight parts of this size can be summed exactly. */
export function fitsNanos(tokens: number, nanosPerMillionTokens: number): boolean {
  return (tokens / TOKENS_PER_PRICE) * nanosPerMillionTokens <= PART_NANOS_MAX;
}

/** The divisor of every price. */
const TOKENS_PER_PRICE = 1_000_000;

/** Nano-dollars one part may come to, so that the sum of all eight is still held exactly: about a million dollars. */
const PART_NANOS_MAX = 1_000_000 * 1_000_000_000;

/**
 * The arithmetic of letting a request in: whom it may ask for, and what is set aside for it until its real price is
 * known. Pure; admission takes the figure from here.
 */
import type { Prices } from "../ir/deployment.ts";
import { addNanos, costNanos, type Nanos, nanos } from "../std/money.ts";
import type { Caller } from "./identify.ts";
import { fitsNanos, ratesFor } from "./prices.ts";

/** Set aside for the answer when nothing better is known than a limit, or not even that. Tokens. */
const EXPECTED_OUTPUT_TOKENS_MAX = 4096;

/** Kept of it while the answer is under way and others need the rest. */
const UNKNOWN_OUTPUT_TOKENS_KEPT = 256;

/** Exact names, as the client writes them: a pool, a model, `provider/model`. */
export function mayAsk(caller: Pick<Caller, "allowedTargets">, target: string): boolean {
  return caller.allowedTargets === null || caller.allowedTargets.includes(target);
}

/** Which other names it may use for a target. */
export function namesUsedBy({ aliases }: Pick<Caller, "aliases">): "all" | "same-model" {
  return aliases === false ? "same-model" : "all";
}

/** By nearest rank, so that it is one of the samples; null without any. Does not change `samples`. */
export function percentile(samples: readonly number[], share: number): number | null {
  const sorted = samples.toSorted((left, right) => left - right);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? null;
}

/**
 * Tokens an answer will probably have: what this model's answers had of late, else the limit asked for, up to 4096.
 * An answer cannot be longer than the limit asked for, so that one always caps it. null: not known, not said.
 */
export function expectedOutputTokens(input: {
  readonly recentP95Tokens: number | null;
  readonly maxOutputTokens: number | null;
}): number {
  const expected = input.recentP95Tokens ?? EXPECTED_OUTPUT_TOKENS_MAX;
  return Math.min(expected, input.maxOutputTokens ?? expected);
}

/**
 * Tokens an answer needs at least where less is left than expected: as many as half of this model's answers had. Before the
 * first one it is what the client asks for, unless that is no less than is set aside in any case.
 */
export function leastOutputTokens(input: {
  readonly expectedTokens: number;
  readonly usualTokens: number | null;
  /** By the client. */
  readonly statedTokens: number | null;
}): number {
  const { expectedTokens, usualTokens, statedTokens } = input;
  const isShort = statedTokens !== null && statedTokens < EXPECTED_OUTPUT_TOKENS_MAX;
  return Math.min(expectedTokens, usualTokens ?? (isShort ? statedTokens : 1));
}

/**
 * Tokens that stay set aside for an answer under way while other requests need the rest: before this model's first answer
 * `UNKNOWN_OUTPUT_TOKENS_KEPT`, so that a minute's limit serves more than its first few requests.
 */
export function keptOutputTokens(input: {
  readonly expectedTokens: number;
  readonly leastTokens: number;
  readonly usualTokens: number | null;
}): number {
  const { expectedTokens, leastTokens, usualTokens } = input;
  return usualTokens === null
    ? Math.min(expectedTokens, Math.max(leastTokens, UNKNOWN_OUTPUT_TOKENS_KEPT))
    : leastTokens;
}

/** The longest answer there can be; null: nothing bounds it, so nothing can be promised about its price. */
export function worstOutputTokens(input: {
  readonly maxOutputTokens: number | null;
  readonly modelMaxOutputTokens: number | null;
}): number | null {
  const { maxOutputTokens, modelMaxOutputTokens } = input;
  if (maxOutputTokens === null || modelMaxOutputTokens === null) return maxOutputTokens ?? modelMaxOutputTokens;
  return Math.min(maxOutputTokens, modelMaxOutputTokens);
}

export interface Expectation {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What is set aside for one lane; null: no price is known, or it is more than a balance can hold. */
export function expectedNanos(prices: Prices | null, { inputTokens, outputTokens }: Expectation): Nanos | null {
  if (prices === null) return null;
  const { input, output } = ratesFor(prices, inputTokens);
  return reserve({ inputTokens, outputTokens }, { request: prices.request, input, output });
}

/**
 * The highest price of a request at one lane: every token at the dearest price of its kind, in the dearest tier. The
 * size of the prompt is an estimate, so any tier may apply.
 */
export function worstNanos(prices: Prices | null, expectation: Expectation): Nanos | null {
  if (prices === null) return null;
  const tiers = [0, ...prices.tiers.map((tier) => tier.aboveTokens + 1)].map((size) => ratesFor(prices, size));
  const input = tiers.flatMap((rates) => [
    rates.input,
    rates.cacheRead,
    rates.cacheWrite,
    rates.cacheWrite1h,
    rates.audioInput,
  ]);
  const output = tiers.flatMap((rates) => [rates.output, rates.reasoning, rates.audioOutput]);
  return reserve(expectation, { request: prices.request, input: Math.max(...input), output: Math.max(...output) });
}

/** Nano-dollars: for the answer as such, and per million tokens. */
function reserve(
  { inputTokens, outputTokens }: Expectation,
  rates: { readonly request: number; readonly input: number; readonly output: number },
): Nanos | null {
  if (!fitsNanos(inputTokens, rates.input) || !fitsNanos(outputTokens, rates.output)) return null;
  const tokens = addNanos(costNanos(inputTokens, rates.input), costNanos(outputTokens, rates.output));
  return addNanos(nanos(rates.request), tokens);
}

/** What a request is taken to use before it has run: by what answers had of late, or the most there can be. */
import type { Governance, Lane } from "../ir/deployment.ts";
import { type Facts, isBilled, type Operation } from "../ir/facts.ts";
import { type Failed, failed, failure, ok, type Result } from "../ir/failure.ts";
import { inputTokens, type Usage } from "../ir/usage.ts";
import type { Nanos } from "../std/money.ts";
import {
  dearest,
  type Expectation,
  expectedNanos,
  expectedOutputTokens,
  keptOutputTokens,
  leastOutputTokens,
  percentile,
  worstNanos,
  worstOutputTokens,
} from "./admit.ts";

/** Of one request. */
export interface Estimate {
  /** By lane, in the order they were given. */
  readonly lanes: ReadonlyMap<string, LaneNeed>;
  /** How long an answer fits into what is left, in tokens; less than one: the prompt alone does not. */
  answerFitting(kind: "usd" | "tokens", left: number): number;
}

/** What one lane's answer will probably come to; of a lane without a price what the dearest of the others does. */
export interface LaneNeed {
  readonly amount: Need;
  /** Where that much is not left, a request is served with what is left, but not with less than this. */
  readonly least: Need;
  /** Once it is under way, and others need the rest, its limits of tokens keep no more than this. */
  readonly keptTokens: number;
}

export interface Need {
  readonly nanos: number;
  readonly tokens: number;
}

/** Enough for any of these lanes; without a lane nothing. */
export function mostOf(needs: readonly Need[]): Need {
  return {
    nanos: Math.max(0, ...needs.map(({ nanos }) => nanos)),
    tokens: Math.max(0, ...needs.map(({ tokens }) => tokens)),
  };
}

/** Enough for one of these lanes; without a lane nothing. */
export function leastOf(needs: readonly Need[]): Need {
  if (needs.length === 0) return { nanos: 0, tokens: 0 };
  return {
    nanos: Math.min(...needs.map(({ nanos }) => nanos)),
    tokens: Math.min(...needs.map(({ tokens }) => tokens)),
  };
}

interface EstimateInput {
  readonly lanes: readonly Lane[];
  readonly facts: Facts;
  readonly choices: () => number;
  readonly budget: Governance["budget"];
  readonly answers: Pick<RecentAnswers, "p95" | "usual">;
}

/** Answers looked at for what the next one of the same lane will probably have. */
const RECENT_ANSWERS = 64;
/** Until there are as many, what is asked for decides. */
const RECENT_ANSWERS_MIN = 8;
/** Where a picture's or a recording's tokens are not to be seen from its bytes, and the model's room is not known. */
const MEDIA_TOKENS_MAX = 200_000;

/** The estimate of a prompt errs to the high side, as `SURELY_SHARE` of routing says; below this share it surely is not. */
const SURE_PROMPT_SHARE = 0.6;

/** Their answers hold no tokens that are paid for. */
const WITHOUT_OUTPUT: ReadonlySet<Operation> = new Set<Operation>(["embed", "rerank"]);

/** Fails where nothing bounds what the answer may cost, though a limit rests on it. */
export function estimate(input: EstimateInput): Result<Estimate> {
  const { lanes, facts, budget } = input;
  if (!isBilled(facts.operation)) return ok(withoutCost(lanes, facts.inputTokensEstimate));
  const maxOutputTokens = WITHOUT_OUTPUT.has(facts.operation) ? 0 : wholeTokens(facts.maxOutputTokens);
  const asked = { ...input, facts: { ...facts, maxOutputTokens } };
  const each: LaneEstimate[] = [];
  for (const lane of lanes) {
    const found = budget === "strict" ? strictEstimate(asked, lane) : expectedEstimate(asked, lane);
    if (!found.ok) return found;
    each.push(found.value);
  }
  const dearestAmount = dearest(each.map(({ amount }) => amount.nanos)).amount;
  const dearestLeast = dearest(each.map(({ least }) => least.nanos)).amount;
  const needs = each.map(({ lane, amount, least, keptTokens }): [string, LaneNeed] => [
    lane,
    { amount: needOf(amount, dearestAmount), least: needOf(least, dearestLeast), keptTokens },
  ]);
  const answerFittingAny: Estimate["answerFitting"] = (kind, left) =>
    each.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...each.map((one) => answerFitting(one, kind, left)));
  return ok({ lanes: new Map(needs), answerFitting: answerFittingAny });
}

/** No limit is held against what costs nothing. */
export function withoutCost(lanes: readonly Lane[], tokens: number): Estimate {
  const need = { nanos: 0, tokens };
  return {
    lanes: new Map(lanes.map(({ id }) => [id, { amount: need, least: need, keptTokens: tokens }])),
    answerFitting: () => Number.POSITIVE_INFINITY,
  };
}

/** What one lane's answer may come to. */
interface LaneEstimate {
  readonly lane: string;
  readonly amount: Priced;
  readonly least: Priced;
  readonly keptTokens: number;
  /** Nano-dollars of an answer of that many tokens, the prompt with it; null: no price is known. */
  readonly priceOf: (outputTokens: number) => number | null;
  /** Answers asked for at once. */
  readonly times: number;
}

interface Priced extends Expectation {
  readonly nanos: Nanos | null;
}

function needOf({ nanos, inputTokens: prompt, outputTokens }: Priced, unpriced: number): Need {
  return { nanos: nanos ?? unpriced, tokens: prompt + outputTokens };
}

function strictEstimate({ facts, choices }: EstimateInput, lane: Lane): Result<LaneEstimate> {
  const times = Math.max(1, choices());
  const worst = worstOf(lane, facts, times);
  if (worst === null) {
    return refusal("Say how long the answer may be (max_tokens): nothing else bounds what it can cost.");
  }
  const amount = pricedBy(worstNanos, lane, worst);
  if (amount === null) return refusal(TOO_MUCH);
  const priceOf = (outputTokens: number) => worstNanos(lane.prices, { ...worst, outputTokens });
  const keptTokens = amount.inputTokens + amount.outputTokens;
  return ok({ lane: lane.id, amount, least: amount, keptTokens, priceOf, times });
}

function expectedEstimate({ facts, answers }: EstimateInput, lane: Lane): Result<LaneEstimate> {
  const expected = expectationOf(lane, facts, answers.p95(lane.id));
  const amount = pricedBy(expectedNanos, lane, expected);
  const usual = answers.usual(lane.id);
  const expectedTokens = expected.outputTokens;
  const usualTokens = usual?.outputTokens ?? null;
  const outputTokens = leastOutputTokens({ expectedTokens, usualTokens, statedTokens: facts.maxOutputTokens });
  const promptTokens = Math.ceil(expected.inputTokens * Math.min(1, usual?.promptShare ?? SURE_PROMPT_SHARE));
  const least = pricedBy(expectedNanos, lane, { inputTokens: promptTokens, outputTokens });
  if (amount === null || least === null) return refusal(TOO_MUCH);
  const priceOf = (tokens: number) => expectedNanos(lane.prices, { ...expected, outputTokens: tokens });
  const keptTokens = promptTokens + keptOutputTokens({ expectedTokens, leastTokens: outputTokens, usualTokens });
  return ok({ lane: lane.id, amount, least, keptTokens, priceOf, times: 1 });
}

/** A price is known, and the sum is more than can be held: it must not pass for a price that is not known. */
function pricedBy(priceOf: typeof expectedNanos, lane: Lane, expectation: Expectation): Priced | null {
  const amount = priceOf(lane.prices, expectation);
  return amount === null && lane.prices !== null ? null : { ...expectation, nanos: amount };
}

const TOO_MUCH = "What this request may cost is more than any budget can hold.";
const TOKENS_PER_PRICE = 1_000_000;

function answerFitting({ amount, priceOf, times }: LaneEstimate, kind: "usd" | "tokens", left: number): number {
  if (kind === "tokens") return Math.floor((left - amount.inputTokens) / times);
  const [prompt, withMillion] = [priceOf(0), priceOf(TOKENS_PER_PRICE)];
  if (prompt === null || withMillion === null || withMillion === prompt) return Number.POSITIVE_INFINITY;
  const tokens = Math.floor(((left - prompt) / (withMillion - prompt)) * (TOKENS_PER_PRICE / times));
  // Each price is rounded up to a nano-dollar.
  return tokens < 1 || (priceOf(tokens * times) ?? 0) <= left ? tokens : tokens - 1;
}

function refusal(message: string): Failed {
  return failed(failure("invalid-request", message));
}

/** The client may have written any value; one that is no limit is ignored. */
function wholeTokens(limit: number | null): number | null {
  return limit !== null && limit >= 0 && limit <= Number.MAX_SAFE_INTEGER ? Math.ceil(limit) : null;
}

function expectationOf(lane: Lane, facts: Facts, recentP95Tokens: number | null): Expectation {
  const maxOutputTokens = facts.maxOutputTokens ?? lane.defaultMaxOutputTokens ?? lane.capabilities.maxOutputTokens;
  return {
    inputTokens: facts.inputTokensEstimate,
    outputTokens: expectedOutputTokens({ recentP95Tokens, maxOutputTokens }),
  };
}

/** No prompt has more tokens than bytes, but for media, whose tokens its bytes do not tell. Null: nothing bounds the answer. */
function worstOf(lane: Lane, facts: Facts, times: number): Expectation | null {
  const outputTokens = worstOutputTokens({
    maxOutputTokens: facts.maxOutputTokens ?? lane.defaultMaxOutputTokens,
    modelMaxOutputTokens: lane.capabilities.maxOutputTokens,
  });
  if (outputTokens === null) return null;
  const hasMedia = facts.needs.input.some((modality) => modality !== "text");
  const inputTokens = facts.bodyBytes + (hasMedia ? MEDIA_TOKENS_MAX : 0);
  const room = lane.capabilities.contextWindow;
  return { inputTokens: room === null ? inputTokens : Math.min(inputTokens, room), outputTokens: outputTokens * times };
}

export interface RecentAnswers {
  /** `inputTokensEstimate`: what the prompt was taken for. */
  add(lane: string, usage: Usage | null, inputTokensEstimate: number): void;
  /** Tokens; null: there are too few answers to tell. */
  p95(lane: string): number | null;
  /** The median length of the answers so far; null: there was none yet. */
  usual(lane: string): UsualAnswer | null;
}

interface UsualAnswer {
  readonly outputTokens: number;
  /** Tokens of the prompt for each that was estimated; null: not known. */
  readonly promptShare: number | null;
}

interface Recent {
  readonly outputTokens: number[];
  readonly promptShares: number[];
  next: number;
  p95: number | null;
  usual: UsualAnswer | null;
}

/** Lanes are those of the configuration, so nothing grows. */
export function createRecentAnswers(): RecentAnswers {
  const byLane = new Map<string, Recent>();
  return {
    add(lane, usage, inputTokensEstimate) {
      if (usage === null || usage.outputTokens === null) return;
      const recent = byLane.get(lane) ?? { outputTokens: [], promptShares: [], next: 0, p95: null, usual: null };
      byLane.set(lane, recent);
      recent.outputTokens[recent.next] = usage.outputTokens;
      recent.promptShares[recent.next] = (inputTokens(usage) ?? inputTokensEstimate) / Math.max(1, inputTokensEstimate);
      recent.next = (recent.next + 1) % RECENT_ANSWERS;
      // Sorting 64 numbers at every answer would be felt; at every eighth it is not.
      const isEighth = recent.next % RECENT_ANSWERS_MIN === 0;
      if (isEighth) recent.p95 = percentile(recent.outputTokens, 0.95);
      if (isEighth || recent.outputTokens.length < RECENT_ANSWERS_MIN) recent.usual = usualOf(recent);
    },
    p95: (lane) => byLane.get(lane)?.p95 ?? null,
    usual: (lane) => byLane.get(lane)?.usual ?? null,
  };
}

function usualOf({ outputTokens, promptShares }: Recent): UsualAnswer | null {
  const middle = percentile(outputTokens, 0.5);
  return middle === null ? null : { outputTokens: middle, promptShare: percentile(promptShares, 0.5) };
}

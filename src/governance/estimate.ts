/** What a request is taken to use before it has run: by what answers had of late, or the most there can be. */
import type { Governance, Lane } from "../ir/deployment.ts";
import { type Facts, isBilled, type Operation } from "../ir/facts.ts";
import { type Failed, failed, failure, ok, type Result } from "../ir/failure.ts";
import { inputTokens, type Usage } from "../ir/usage.ts";
import {
  type Expectation,
  expectedNanos,
  expectedOutputTokens,
  keptOutputTokens,
  leastOutputTokens,
  percentile,
  worstNanos,
  worstOutputTokens,
} from "./admit.ts";
import { type GradingCost, gradingSum } from "./grading-cost.ts";

/** Of one request. */
export interface Estimate {
  /** In the order they were given. */
  readonly lanes: readonly LaneNeed[];
  /** How long an answer fits into what is left, in tokens; less than one: the prompt alone does not. */
  answerFitting(kind: "usd" | "tokens", left: number): number;
}

/** What one lane's answer will probably come to; of a lane without a price what the dearest of the others does. */
export interface LaneNeed {
  /** Of the lane. */
  readonly id: string;
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

interface EstimateInput {
  readonly lanes: readonly Lane[];
  readonly facts: Facts;
  readonly choices: () => number;
  readonly budget: Governance["budget"];
  /** Absent: answers are not graded. */
  readonly grading?: GradingCost | undefined;
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
  const statedTokens = WITHOUT_OUTPUT.has(facts.operation) ? 0 : wholeTokens(facts.maxOutputTokens);
  const each: LaneEstimate[] = [];
  for (const lane of lanes) {
    const found =
      budget === "strict" ? strictEstimate(input, lane, statedTokens) : expectedEstimate(input, lane, statedTokens);
    if (!found.ok) return found;
    each.push(found.value);
  }
  fillUnpriced(each);
  return input.grading === undefined ? ok(new LaneEstimates(each)) : withGrading(each, input.grading, budget);
}

/** Graded answers and their judges are paid for, also those that are not passed on. */
function withGrading(
  lanes: readonly LaneEstimate[],
  grading: GradingCost,
  budget: Governance["budget"],
): Result<Estimate> {
  const isWorst = budget === "strict";
  const sum = gradingSum(grading, isWorst ? worstNanos : expectedNanos, isWorst);
  for (const { amount, least } of lanes) {
    for (const each of [amount, least]) {
      each.nanos = each.nanos * sum.times + sum.nanos;
      each.tokens = each.tokens * sum.times + sum.tokens;
      if (!Number.isSafeInteger(each.nanos)) return refusal(TOO_MUCH);
    }
  }
  const plain = new LaneEstimates(lanes);
  return ok({
    lanes,
    answerFitting: (kind, left) =>
      plain.answerFitting(kind, (left - (kind === "usd" ? sum.nanos : sum.tokens)) / sum.times),
  });
}

/** A lane without a price is taken to cost what the dearest of the others does. */
function fillUnpriced(lanes: readonly LaneEstimate[]): void {
  let amount = 0;
  let least = 0;
  let isPriced = true;
  for (const lane of lanes) {
    isPriced = isPriced && lane.isPriced;
    amount = Math.max(amount, lane.amount.nanos);
    least = Math.max(least, lane.least.nanos);
  }
  if (isPriced) return;
  for (const lane of lanes) {
    if (lane.isPriced) continue;
    lane.amount.nanos = amount;
    lane.least.nanos = least;
  }
}

/** No limit is held against what costs nothing. */
export function withoutCost(lanes: readonly Lane[], tokens: number): Estimate {
  const need = { nanos: 0, tokens };
  return {
    lanes: lanes.map(({ id }) => ({ id, amount: need, least: need, keptTokens: tokens })),
    answerFitting: () => Number.POSITIVE_INFINITY,
  };
}

/** Classes, because every request of a key has some. */
class LaneEstimates implements Estimate {
  readonly lanes: readonly LaneEstimate[];

  constructor(lanes: readonly LaneEstimate[]) {
    this.lanes = lanes;
  }

  answerFitting(kind: "usd" | "tokens", left: number): number {
    if (this.lanes.length === 0) return Number.POSITIVE_INFINITY;
    return Math.max(...this.lanes.map((lane) => answerFitting(lane, kind, left)));
  }
}

interface LaneEstimateInput {
  readonly lane: Lane;
  readonly priceOf: typeof expectedNanos;
  readonly promptTokens: number;
  readonly amount: Amount;
  readonly least: Amount;
  readonly keptTokens: number;
  readonly times: number;
}

/** Nano-dollars are 0 while no price is known. */
interface Amount {
  nanos: number;
  tokens: number;
}

/** What one lane's answer may come to. */
class LaneEstimate implements LaneNeed {
  readonly lane: Lane;
  readonly priceOf: typeof expectedNanos;
  readonly promptTokens: number;
  readonly amount: Amount;
  readonly least: Amount;
  readonly keptTokens: number;
  /** Answers asked for at once. */
  readonly times: number;

  constructor({ lane, priceOf, promptTokens, amount, least, keptTokens, times }: LaneEstimateInput) {
    this.lane = lane;
    this.priceOf = priceOf;
    this.promptTokens = promptTokens;
    this.amount = amount;
    this.least = least;
    this.keptTokens = keptTokens;
    this.times = times;
  }

  get id(): string {
    return this.lane.id;
  }

  get isPriced(): boolean {
    return this.lane.prices !== null;
  }

  /** Nano-dollars of an answer of that many tokens, the prompt with it; null: no price is known. */
  priceFor(outputTokens: number): number | null {
    return this.priceOf(this.lane.prices, { inputTokens: this.promptTokens, outputTokens });
  }
}

function strictEstimate(
  { facts, choices }: EstimateInput,
  lane: Lane,
  statedTokens: number | null,
): Result<LaneEstimate> {
  const times = Math.max(1, choices());
  const worst = worstOf(lane, facts, statedTokens, times);
  if (worst === null) {
    return refusal("Say how long the answer may be (max_tokens): nothing else bounds what it can cost.");
  }
  const amount = amountOf(worstNanos, lane, worst);
  if (amount === null) return refusal(TOO_MUCH);
  const keptTokens = amount.tokens;
  const least = { nanos: amount.nanos, tokens: amount.tokens };
  const promptTokens = worst.inputTokens;
  return ok(new LaneEstimate({ lane, priceOf: worstNanos, promptTokens, amount, least, keptTokens, times }));
}

function expectedEstimate(
  { facts, answers }: EstimateInput,
  lane: Lane,
  statedTokens: number | null,
): Result<LaneEstimate> {
  const maxOutputTokens = statedTokens ?? lane.defaultMaxOutputTokens ?? lane.capabilities.maxOutputTokens;
  const expectedTokens = expectedOutputTokens({ recentP95Tokens: answers.p95(lane.id), maxOutputTokens });
  const usual = answers.usual(lane.id);
  const usualTokens = usual?.outputTokens ?? null;
  const leastTokens = leastOutputTokens({ expectedTokens, usualTokens, statedTokens });
  const promptTokens = facts.inputTokensEstimate;
  const leastPromptTokens = Math.ceil(promptTokens * Math.min(1, usual?.promptShare ?? SURE_PROMPT_SHARE));
  const amount = amountOf(expectedNanos, lane, { inputTokens: promptTokens, outputTokens: expectedTokens });
  const least = amountOf(expectedNanos, lane, { inputTokens: leastPromptTokens, outputTokens: leastTokens });
  if (amount === null || least === null) return refusal(TOO_MUCH);
  const keptTokens = leastPromptTokens + keptOutputTokens({ expectedTokens, leastTokens, usualTokens });
  return ok(new LaneEstimate({ lane, priceOf: expectedNanos, promptTokens, amount, least, keptTokens, times: 1 }));
}

/** null: a price is known, and the sum is more than can be held; it must not pass for a price that is not known. */
function amountOf(priceOf: typeof expectedNanos, lane: Lane, expectation: Expectation): Amount | null {
  const nanos = priceOf(lane.prices, expectation);
  if (nanos === null && lane.prices !== null) return null;
  return { nanos: nanos ?? 0, tokens: expectation.inputTokens + expectation.outputTokens };
}

const TOO_MUCH = "What this request may cost is more than any budget can hold.";
const TOKENS_PER_PRICE = 1_000_000;

function answerFitting(lane: LaneEstimate, kind: "usd" | "tokens", left: number): number {
  const { promptTokens, times } = lane;
  if (kind === "tokens") return Math.floor((left - promptTokens) / times);
  const [prompt, withMillion] = [lane.priceFor(0), lane.priceFor(TOKENS_PER_PRICE)];
  if (prompt === null || withMillion === null || withMillion === prompt) return Number.POSITIVE_INFINITY;
  const tokens = Math.floor(((left - prompt) / (withMillion - prompt)) * (TOKENS_PER_PRICE / times));
  // Each price is rounded up to a nano-dollar.
  return tokens < 1 || (lane.priceFor(tokens * times) ?? 0) <= left ? tokens : tokens - 1;
}

function refusal(message: string): Failed {
  return failed(failure("invalid-request", message));
}

/** The client may have written any value; one that is no limit is ignored. */
function wholeTokens(limit: number | null): number | null {
  return limit !== null && limit >= 0 && limit <= Number.MAX_SAFE_INTEGER ? Math.ceil(limit) : null;
}

/** No prompt has more tokens than bytes, but for media, whose tokens its bytes do not tell. Null: nothing bounds the answer. */
function worstOf(lane: Lane, facts: Facts, statedTokens: number | null, times: number): Expectation | null {
  const outputTokens = worstOutputTokens({
    maxOutputTokens: statedTokens ?? lane.defaultMaxOutputTokens,
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

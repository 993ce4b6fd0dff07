/** What a request is taken to use before it has run: by what answers had of late, or the most there can be. */
import type { Governance, Lane } from "../ir/deployment.ts";
import { type Facts, isBilled, type Operation } from "../ir/facts.ts";
import { type Failed, failed, failure, ok, type Result } from "../ir/failure.ts";
import type { Usage } from "../ir/usage.ts";
import { nanos } from "../std/money.ts";
import {
  dearest,
  type Expectation,
  expectedNanos,
  expectedOutputTokens,
  percentile95,
  worstNanos,
  worstOutputTokens,
} from "./admit.ts";

export interface Estimate {
  readonly nanos: number;
  readonly tokens: number;
}

export interface EstimateInput {
  readonly lanes: readonly Lane[];
  readonly facts: Facts;
  readonly choices: () => number;
  readonly budget: Governance["budget"];
  readonly answers: Pick<RecentAnswers, "p95">;
}

/** Answers looked at for what the next one of the same lane will probably have. */
const RECENT_ANSWERS = 64;
/** Until there are as many, what is asked for decides. */
const RECENT_ANSWERS_MIN = 8;
/** Where a picture's or a recording's tokens are not to be seen from its bytes, and the model's room is not known. */
const MEDIA_TOKENS_MAX = 200_000;

/** Their answers hold no tokens that are paid for. */
const WITHOUT_OUTPUT: ReadonlySet<Operation> = new Set<Operation>(["embed", "rerank"]);

/** For the dearest lane that may be tried. Fails where nothing bounds what the answer may cost, though a limit rests on it. */
export function estimate({ lanes, facts, choices, budget, answers }: EstimateInput): Result<Estimate> {
  if (!isBilled(facts.operation)) return ok({ nanos: 0, tokens: facts.inputTokensEstimate });
  const isStrict = budget === "strict";
  const maxOutputTokens = WITHOUT_OUTPUT.has(facts.operation) ? 0 : wholeTokens(facts.maxOutputTokens);
  const asked = { ...facts, maxOutputTokens };
  const times = isStrict ? Math.max(1, choices()) : 1;
  const amounts: (number | null)[] = [];
  let tokens = 0;
  for (const lane of lanes) {
    const each = isStrict ? worstOf(lane, asked, times) : expectationOf(lane, asked, answers.p95(lane.id));
    if (each === null)
      return refusal("Say how long the answer may be (max_tokens): nothing else bounds what it can cost.");
    tokens = Math.max(tokens, each.inputTokens + each.outputTokens);
    const amount = isStrict ? worstNanos(lane.prices, each) : expectedNanos(lane.prices, each);
    // A price is known, and the sum is more than can be held: it must not pass for a price that is not known.
    if (amount === null && lane.prices !== null) {
      return refusal("What this request may cost is more than any budget can hold.");
    }
    amounts.push(amount);
  }
  return ok({ nanos: dearest(amounts.map((amount) => (amount === null ? null : nanos(amount)))).amount, tokens });
}

function refusal(message: string): Failed {
  return failed(failure("invalid-request", message));
}

/** What the client wrote may be anything; a limit that is none limits nothing. */
function wholeTokens(limit: number | null): number | null {
  return limit !== null && limit >= 0 && limit <= Number.MAX_SAFE_INTEGER ? Math.ceil(limit) : null;
}

function expectationOf(lane: Lane, facts: Facts, recentP95Tokens: number | null): Expectation {
  const maxOutputTokens = facts.maxOutputTokens ?? lane.capabilities.maxOutputTokens;
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
  add(lane: string, usage: Usage | null): void;
  p95(lane: string): number | null;
}

/** Lanes are those of the configuration, so nothing grows. */
export function createRecentAnswers(): RecentAnswers {
  const byLane = new Map<string, { readonly sizes: number[]; next: number; p95: number | null }>();
  return {
    add(lane, usage) {
      if (usage === null || usage.outputTokens === null) return;
      const recent = byLane.get(lane) ?? { sizes: [], next: 0, p95: null };
      byLane.set(lane, recent);
      recent.sizes[recent.next] = usage.outputTokens;
      recent.next = (recent.next + 1) % RECENT_ANSWERS;
      // Sorting 64 numbers at every answer would be felt; at every eighth it is not.
      if (recent.next % RECENT_ANSWERS_MIN === 0) recent.p95 = percentile95(recent.sizes);
    },
    p95: (lane) => byLane.get(lane)?.p95 ?? null,
  };
}

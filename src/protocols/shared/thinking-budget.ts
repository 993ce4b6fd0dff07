/** Thinking by effort and thinking by budget: the table that turns one into the other. */
import type { IrReasoningConfig, IrRequest } from "../../ir/request.ts";
import type { Losses } from "./losses.ts";

/** Budget in tokens for an effort word; the vendor names no equivalence, these rise as other gateways' do. */
const BUDGETS = { minimal: 1024, low: 2048, medium: 8192, high: 16384, xhigh: 24576, max: 32768 } as const;

/** The least the vendor takes (SDK type ThinkingConfigEnabled). */
export const BUDGET_TOKENS_MIN = 1024;

type EffortWord = keyof typeof BUDGETS;

/** The smallest word whose budget covers this one. */
function effortOf(budgetTokens: number): Exclude<EffortWord, "minimal"> {
  for (const word of ["low", "medium", "high", "xhigh"] as const) if (budgetTokens <= BUDGETS[word]) return word;
  return "max";
}

/** The word itself, or the nearest one below that the model knows, or the lowest; null: no word at all. */
function nearestEffort<Word extends string>(word: string, efforts: readonly Word[]): Word | null {
  if (!isEffort(word)) return null;
  const below = efforts.filter((effort) => isEffort(effort) && BUDGETS[effort] <= BUDGETS[word]);
  return below.at(-1) ?? efforts[0] ?? null;
}

function isEffort(word: string): word is EffortWord {
  return Object.hasOwn(BUDGETS, word);
}

/** The budget that was asked for, in either way. Null: in no words known here. */
export function askedBudget(config: IrReasoningConfig, losses: Losses): number | null {
  if (config.budgetTokens !== null) {
    if (config.budgetTokens >= BUDGET_TOKENS_MIN) return config.budgetTokens;
    losses.clamp("reasoning.max_tokens", `a thinking budget is at least ${BUDGET_TOKENS_MIN}`);
    return BUDGET_TOKENS_MIN;
  }
  const word = config.effort ?? "medium";
  if (!isEffort(word)) {
    losses.drop("reasoning_effort", "an effort the vendor does not know");
    return null;
  }
  losses.approximate("reasoning_effort", `the effort ${word} is a thinking budget of ${BUDGETS[word]}`);
  return BUDGETS[word];
}

/** The effort that was asked for, in either way, in the model's own words. Null: none, or none it knows. */
export function askedEffort<Word extends string>(
  config: IrReasoningConfig,
  efforts: readonly Word[],
  losses: Losses,
): Word | null {
  if (config.budgetTokens !== null) {
    losses.approximate("reasoning.max_tokens", "the model takes no budget, so it becomes an effort");
  }
  const word = config.effort ?? (config.budgetTokens === null ? null : effortOf(config.budgetTokens));
  if (word === null) return null;
  const effort = nearestEffort(word, efforts);
  if (effort === null) losses.drop("reasoning_effort", "an effort the model does not know");
  else if (effort !== word) losses.approximate("reasoning_effort", `written as ${effort}`);
  return effort;
}

/** Left for the answer where the client named no limit. */
const ANSWER_TOKENS_MIN = 4096;

export interface BudgetPlan {
  readonly budget: number;
  readonly maxTokens: number;
}

/**
 * A budget below the answer's limit, thinking being counted into it. `limit`: what the client named, else what may be
 * written for it. A limit of ours may grow up to `room` where too little of it would be left for the answer. Null: there
 * is no space to think in.
 */
export function planBudget(
  asked: number,
  limit: { readonly tokens: number; readonly isClients: boolean; readonly room: number },
  losses: Losses,
): BudgetPlan | null {
  const holds = limit.isClients || asked + ANSWER_TOKENS_MIN <= limit.tokens;
  const maxTokens = holds ? limit.tokens : Math.min(asked + limit.tokens, limit.room);
  if (maxTokens <= BUDGET_TOKENS_MIN) {
    losses.drop("reasoning", `thinking takes at least ${BUDGET_TOKENS_MIN} tokens, more than the answer may have`);
    return null;
  }
  // Half of it stays for the answer where the budget would leave next to nothing.
  const budget = asked < maxTokens ? asked : Math.max(BUDGET_TOKENS_MIN, Math.floor(maxTokens / 2));
  if (budget !== asked) losses.clamp("reasoning", `the thinking budget is ${budget}, below the answer's limit`);
  return { budget, maxTokens };
}

/** One of the tools must be called, which a model that thinks refuses. */
export function isToolForced({ toolChoice, tools }: IrRequest): boolean {
  if (tools.length === 0) return false;
  return (
    toolChoice?.kind === "required" ||
    toolChoice?.kind === "tool" ||
    (toolChoice?.kind === "allowed" && toolChoice.mode === "required")
  );
}

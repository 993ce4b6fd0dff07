/** Thinking in a budget of tokens and the sampling beside it, as Messages and Converse take them. */
import type { Dialect } from "../../../ir/dialect.ts";
import type { IrReasoningConfig, IrRequest, IrSampling } from "../../../ir/request.ts";
import { asArray, asObject, type JsonObject } from "../../../std/json.ts";
import type { WriteRequestOptions } from "../../protocol.ts";
import type { Losses } from "../losses.ts";
import { askedBudget, BUDGET_TOKENS_MIN, type BudgetPlan, isToolForced, planBudget } from "../thinking-budget.ts";
import type { WriteContext } from "../write-context.ts";

interface OwnThinking {
  readonly config: IrReasoningConfig;
  /** Of the answer, as the client asked for it and as it is written. */
  readonly asked: number | null;
  readonly maxTokens: number | null;
  /** See AskedThinking; of a model that takes reasoning back only under its own seal. */
  readonly isUnsignedLoop: boolean;
}

/** A client's own `thinking` member; null: it sent none, or the model would refuse it. */
export function writeOwnThinking(own: OwnThinking, losses: Losses): JsonObject | null {
  const { config, asked, maxTokens } = own;
  const { mode, display } = config;
  if (mode === null) return null;
  if (mode === "enabled" && own.isUnsignedLoop) {
    losses.drop("thinking", UNSIGNED_LOOP);
    return null;
  }
  let budget = config.budgetTokens;
  // The limit was lowered, and the budget must stay below it.
  if (budget !== null && maxTokens !== null && maxTokens < (asked ?? 0) && budget >= maxTokens) {
    budget = Math.max(BUDGET_TOKENS_MIN, Math.floor(maxTokens / 2));
    losses.clamp("thinking.budget_tokens", `the budget is ${budget}, below the answer's limit`);
  }
  return {
    type: mode,
    ...(budget === null ? {} : { budget_tokens: budget }),
    ...(display === null ? {} : { display }),
  };
}

const UNSIGNED_LOOP = "the tool calls before were made without signed thinking";

interface AskedThinking {
  readonly request: IrRequest;
  readonly config: IrReasoningConfig;
  /** Of the answer, without thinking. */
  readonly maxTokens: number;
  /** The conversation ends in results of calls that were made without signed thinking. */
  readonly isUnsignedLoop: boolean;
}

/**
 * Null: the model does not think. Two things the vendor refuses beside a budget: a forced tool, and a tool loop whose calls
 * were made without thinking ("Expected `thinking` or `redacted_thinking`, but found `tool_use`").
 */
export function planThinking(asked: AskedThinking, options: WriteRequestOptions, losses: Losses): BudgetPlan | null {
  const { request, config, maxTokens, isUnsignedLoop } = asked;
  if (isToolForced(request)) {
    losses.drop("reasoning", "the model cannot think when a tool is forced");
    return null;
  }
  if (isUnsignedLoop) {
    losses.drop("reasoning", UNSIGNED_LOOP);
    return null;
  }
  const budget = askedBudget(config, losses);
  if (budget === null) return null;
  const limit = {
    tokens: maxTokens,
    isClients: request.maxOutputTokens !== null,
    room: options.maxOutputTokens ?? Number.POSITIVE_INFINITY,
  };
  return planBudget(budget, limit, losses);
}

/** How a wire's messages tell results of calls and thinking. */
export interface LoopWords {
  isResult(block: JsonObject): boolean;
  isThinking(block: JsonObject): boolean;
}

export function isUnsignedLoop(messages: readonly JsonObject[], words: LoopWords): boolean {
  const last = messages.findLastIndex(({ role }) => role === "assistant");
  if (last === -1) return false;
  const [first] = blocksOf(messages[last]);
  const thought = first !== undefined && words.isThinking(first);
  return !thought && messages.slice(last + 1).some((message) => blocksOf(message).some(words.isResult));
}

function blocksOf(message: JsonObject | undefined): JsonObject[] {
  return (asArray(message?.["content"]) ?? []).map(asObject).filter((block) => block !== undefined);
}

/** How thinking is asked for; null: there is no way. A server that is not known takes a budget. */
export function thinkingWay({ thinking }: Dialect): "adaptive" | "budget" | "effort" | null {
  return thinking === null ? "budget" : (thinking[0] ?? null);
}

/** Thinking is asked for in a way that the model does not have. */
export function thinksOtherwise(type: unknown, { thinking }: Dialect): boolean {
  if (thinking === null) return false;
  return type === "enabled" ? !thinking.includes("budget") : type === "adaptive" && !thinking.includes("adaptive");
}

/** A word beside the thinking that the model decides on. */
export function takesEffort({ efforts }: Dialect): boolean {
  return efforts !== null && efforts.length > 0;
}

type SamplingValues = Readonly<Record<"temperature" | "top_p" | "top_k", number | null>>;

/** Temperature ends at 1 here; beside thinking it must stay at its default, and newer models take no sampling at all; 1 is what they do unasked. */
export function allowedSampling(
  sampling: IrSampling,
  thinks: boolean,
  { native, dialect, losses }: WriteContext,
): SamplingValues {
  const { temperature, topP, topK } = sampling;
  if (native) return { temperature, top_p: topP, top_k: topK };
  const asked = { temperature: clampTemperature(temperature, losses), top_p: topP, top_k: topK };
  const kept: Record<keyof SamplingValues, number | null> = { temperature: null, top_p: null, top_k: null };
  for (const field of ["temperature", "top_p", "top_k"] as const) {
    const value = asked[field];
    if (value === null) continue;
    if (dialect.sampling === "none") {
      if (field === "top_k" || value !== 1) losses.drop(field, "the model takes no sampling options");
    } else if (thinks && !isAllowedBesideThinking(field, value)) {
      losses.drop(field, "not allowed while the model thinks");
    } else if (field === "top_p" && kept.temperature !== null && dialect.sampling === "one") {
      losses.drop(field, "the model takes temperature or top_p, not both");
    } else if (field === "top_k" && dialect.sampling === "no_top_k") losses.drop(field, "the model has no such option");
    else kept[field] = value;
  }
  return kept;
}

/**
 * platform.claude.com and docs.aws.amazon.com, extended thinking, feature compatibility, read 2026-11-21: top_p between
 * 0.95 and 1 is allowed.
 */
function isAllowedBesideThinking(field: keyof SamplingValues, value: number): boolean {
  return (field === "top_p" && value >= 0.95) || (field === "temperature" && value === 1);
}

function clampTemperature(temperature: number | null, losses: Losses): number | null {
  if (temperature === null || temperature <= 1) return temperature;
  losses.clamp("temperature", "the highest is 1");
  return 1;
}

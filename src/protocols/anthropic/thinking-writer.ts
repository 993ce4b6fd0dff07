/**
 * How much the model shall think, how long the answer may get, and the sampling that goes with it. Newer models take an
 * effort and decide by themselves, older ones take a budget in tokens.
 */
import type { IrReasoningConfig, IrRequest, IrSampling } from "../../ir/request.ts";
import { asArray, asObject, type JsonObject } from "../../std/json.ts";
import { askedBudget, askedEffort, BUDGET_TOKENS_MIN, isToolForced, planBudget } from "../shared/thinking-budget.ts";
import type { MessagesContext } from "./write-context.ts";

export interface Limits {
  /** The lane's own; null: unknown. */
  readonly maxOutputTokens: number | null;
  readonly defaultMaxOutputTokens: number;
}

export interface WrittenThinking {
  /** Null: no `thinking` member. */
  readonly thinking: JsonObject | null;
  readonly effort: string | null;
  readonly maxTokens: number;
}

export function writeThinking(
  request: IrRequest,
  limits: Limits,
  messages: readonly JsonObject[],
  context: MessagesContext,
): WrittenThinking {
  const maxTokens = writeMaxTokens(request.maxOutputTokens, limits, context);
  const config = request.reasoning;
  if (config === null) return { thinking: null, effort: null, maxTokens };
  if (context.native)
    return {
      ...writeOwnThinking(config, maxTokens < (request.maxOutputTokens ?? 0) ? maxTokens : null, context),
      maxTokens,
    };
  if (config.mode === "disabled" || config.effort === "none") {
    return { thinking: writeDisabled(context), effort: null, maxTokens };
  }
  if (config.display !== null) context.losses.drop("reasoning.summary", "the vendor decides what it shows");
  switch (context.rules.thinking) {
    case "none":
      context.losses.drop("reasoning", "the model does not think");
      return { thinking: null, effort: null, maxTokens };
    case "adaptive":
      return { ...writeAdaptive(config, context), maxTokens };
    case "budget":
      return writeBudget({ request, config, limits, messages, maxTokens }, context);
  }
}

function writeMaxTokens(asked: number | null, limits: Limits, context: MessagesContext): number {
  const wanted = asked ?? limits.defaultMaxOutputTokens;
  if (limits.maxOutputTokens === null || wanted <= limits.maxOutputTokens) return wanted;
  if (asked !== null) context.losses.clamp("max_tokens", `the model answers with at most ${limits.maxOutputTokens}`);
  return limits.maxOutputTokens;
}

/** `clampedTo`: the answer's limit was lowered to this, and the budget must stay below it; null: it was not. */
function writeOwnThinking(
  config: IrReasoningConfig,
  clampedTo: number | null,
  context: MessagesContext,
): { thinking: JsonObject | null; effort: string | null } {
  let budget = config.budgetTokens;
  if (budget !== null && clampedTo !== null && budget >= clampedTo) {
    budget = Math.max(BUDGET_TOKENS_MIN, Math.floor(clampedTo / 2));
    context.losses.clamp("thinking.budget_tokens", `the budget is ${budget}, below the answer's limit`);
  }
  const thinking =
    config.mode === null
      ? null
      : {
          type: config.mode,
          ...(budget === null ? {} : { budget_tokens: budget }),
          ...(config.display === null ? {} : { display: config.display }),
        };
  return { thinking, effort: config.effort };
}

/** Models that take a budget do not think unless asked. */
function writeDisabled(context: MessagesContext): JsonObject | null {
  if (context.rules.alwaysThinks) {
    context.losses.drop("reasoning", "the model always thinks");
    return null;
  }
  return context.rules.thinking === "adaptive" ? { type: "disabled" } : null;
}

function writeAdaptive(
  config: IrReasoningConfig,
  context: MessagesContext,
): { thinking: JsonObject; effort: string | null } {
  return { thinking: { type: "adaptive" }, effort: askedEffort(config, context.rules.efforts, context.losses) };
}

interface BudgetInput {
  readonly request: IrRequest;
  readonly config: IrReasoningConfig;
  readonly limits: Limits;
  readonly messages: readonly JsonObject[];
  readonly maxTokens: number;
}

function writeBudget(input: BudgetInput, context: MessagesContext): WrittenThinking {
  const none = { thinking: null, effort: null, maxTokens: input.maxTokens };
  const because = whyNotThink(input);
  if (because !== null) {
    context.losses.drop("reasoning", because);
    return none;
  }
  const asked = askedBudget(input.config, context.losses);
  if (asked === null) return none;
  const limit = {
    tokens: input.maxTokens,
    isClients: input.request.maxOutputTokens !== null,
    room: input.limits.maxOutputTokens ?? Number.POSITIVE_INFINITY,
  };
  const plan = planBudget(asked, limit, context.losses);
  if (plan === null) return none;
  return {
    thinking: { type: "enabled", budget_tokens: plan.budget },
    effort: null,
    maxTokens: plan.maxTokens,
  };
}

/**
 * Two more things the vendor refuses beside a budget: a forced tool, and a tool loop whose calls were made without
 * thinking ("Expected `thinking` or `redacted_thinking`, but found `tool_use`"). Null: nothing stands against it.
 */
function whyNotThink({ request, messages }: BudgetInput): string | null {
  if (isToolForced(request)) return "the model cannot think when a tool is forced";
  const [last, before] = [blocksOf(messages.at(-1)), blocksOf(messages.at(-2))];
  const inLoop = last.some((block) => block["type"] === "tool_result");
  const thought = before[0]?.["type"] === "thinking" || before[0]?.["type"] === "redacted_thinking";
  return inLoop && !thought ? "the tool calls before were made without signed thinking" : null;
}

function blocksOf(message: JsonObject | undefined): JsonObject[] {
  return (asArray(message?.["content"]) ?? []).map(asObject).filter((block) => block !== undefined);
}

/** Temperature ends at 1 here; beside thinking it must stay at its default, and newer models take no sampling at all. */
export function writeSampling(sampling: IrSampling, thinking: JsonObject | null, context: MessagesContext): JsonObject {
  const { temperature, topP, topK } = sampling;
  if (context.native) return present({ temperature, top_p: topP, top_k: topK });
  for (const [field, value] of [
    ["seed", sampling.seed],
    ["presence_penalty", sampling.presencePenalty],
    ["frequency_penalty", sampling.frequencyPenalty],
  ] as const) {
    if (value !== null && (value !== 0 || field === "seed")) {
      context.losses.drop(field, "the Messages API has no such option");
    }
  }
  const asked = present({ temperature: clampTemperature(temperature, context), top_p: topP, top_k: topK });
  return allowedSampling(asked, thinking !== null && thinking["type"] !== "disabled", context);
}

function allowedSampling(asked: JsonObject, thinks: boolean, context: MessagesContext): JsonObject {
  const kept: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(asked)) {
    if (context.rules.sampling === "none") context.losses.drop(field, "the model takes no sampling options");
    else if (thinks && !isAllowedBesideThinking(field, value)) {
      context.losses.drop(field, "not allowed while the model thinks");
    } else if (field === "top_p" && "temperature" in kept && context.rules.sampling === "one") {
      context.losses.drop(field, "the model takes temperature or top_p, not both");
    } else kept[field] = value;
  }
  return kept;
}

/** platform.claude.com, extended thinking, feature compatibility, read 2026-11-21: top_p between 0.95 and 1 is allowed. */
function isAllowedBesideThinking(field: string, value: unknown): boolean {
  return (field === "top_p" && Number(value) >= 0.95) || (field === "temperature" && value === 1);
}

function clampTemperature(temperature: number | null, context: MessagesContext): number | null {
  if (temperature === null || temperature <= 1) return temperature;
  context.losses.clamp("temperature", "the highest is 1");
  return 1;
}

function present(members: Record<string, number | null>): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

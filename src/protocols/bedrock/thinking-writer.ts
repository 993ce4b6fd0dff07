/**
 * How much the model shall think, how long the answer may get, and the sampling that goes with it. All but the limit,
 * temperature and top p are fields of the model's own family.
 */
import type { IrReasoningConfig, IrRequest, IrSampling } from "../../ir/request.ts";
import { asArray, asObject, type JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { askedBudget, askedEffort, BUDGET_TOKENS_MIN, isToolForced, planBudget } from "../shared/thinking-budget.ts";
import type { ConverseContext } from "./write-context.ts";

export interface WrittenThinking {
  /** Members of `additionalModelRequestFields`. */
  readonly fields: JsonObject;
  /** Member of `outputConfig`. */
  readonly effort: string | null;
  /** Null: the vendor's default. */
  readonly maxTokens: number | null;
  readonly thinks: boolean;
}

export function writeThinking(
  request: IrRequest,
  options: WriteRequestOptions,
  messages: readonly JsonObject[],
  context: ConverseContext,
): WrittenThinking {
  const maxTokens = writeMaxTokens(request.maxOutputTokens, options, context);
  const none: WrittenThinking = { fields: {}, effort: null, maxTokens, thinks: false };
  const config = request.reasoning;
  if (config === null) return none;
  if (context.native) return { ...none, ...writeOwn(config, request.maxOutputTokens, maxTokens, context) };
  if (config.mode === "disabled" || config.effort === "none") return { ...none, fields: writeDisabled(context) };
  if (config.display !== null) context.losses.drop("reasoning.summary", "the vendor decides what it shows");
  switch (context.rules.reasoning) {
    case "none":
    case "always":
      context.losses.drop("reasoning", "the model takes no word about reasoning");
      return none;
    case "effort": {
      const effort = askedEffort(config, context.rules.efforts, context.losses);
      return { ...none, ...writeFamilyEffort(effort, config.mode, context) };
    }
    case "adaptive": {
      const effort = askedEffort(config, context.rules.efforts, context.losses);
      return { ...none, fields: { thinking: { type: "adaptive" } }, effort, thinks: true };
    }
    case "budget":
      return writeBudget({ request, config, options, messages, none }, context);
  }
}

/** Clamped to what the lane gives; a limit nobody named is the vendor's own affair. */
function writeMaxTokens(asked: number | null, options: WriteRequestOptions, context: ConverseContext): number | null {
  if (asked === null || options.maxOutputTokens === null || asked <= options.maxOutputTokens) return asked;
  context.losses.clamp("max_tokens", `the model answers with at most ${options.maxOutputTokens}`);
  return options.maxOutputTokens;
}

type Own = Pick<WrittenThinking, "fields" | "effort">;

function writeOwn(
  config: IrReasoningConfig,
  asked: number | null,
  maxTokens: number | null,
  context: ConverseContext,
): Own {
  const { family } = context.rules;
  if (family === "nova" || family === "openai") return writeFamilyEffort(config.effort, config.mode, context);
  if (config.mode === null) return { fields: {}, effort: config.effort };
  let budget = config.budgetTokens;
  if (budget !== null && maxTokens !== null && maxTokens < (asked ?? 0) && budget >= maxTokens) {
    budget = Math.max(BUDGET_TOKENS_MIN, Math.floor(maxTokens / 2));
    context.losses.clamp("thinking.budget_tokens", `the budget is ${budget}, below the answer's limit`);
  }
  const thinking = {
    type: config.mode,
    ...(budget === null ? {} : { budget_tokens: budget }),
    ...(config.display === null ? {} : { display: config.display }),
  };
  return { fields: { thinking }, effort: config.effort };
}

/** Nova and gpt-oss have words of their own for an effort. */
function writeFamilyEffort(effort: string | null, mode: IrReasoningConfig["mode"], context: ConverseContext): Own {
  if (context.rules.family === "nova") {
    const type = mode === "disabled" ? "disabled" : "enabled";
    return {
      fields: { reasoningConfig: { type, ...(effort === null ? {} : { maxReasoningEffort: effort }) } },
      effort: null,
    };
  }
  return { fields: effort === null ? {} : { reasoning_effort: effort }, effort: null };
}

/** Models that take a budget do not think unless asked. */
function writeDisabled(context: ConverseContext): JsonObject {
  switch (context.rules.reasoning) {
    case "adaptive":
      return { thinking: { type: "disabled" } };
    case "effort":
      if (context.rules.family === "nova") return { reasoningConfig: { type: "disabled" } };
      context.losses.drop("reasoning", "the model always reasons");
      return {};
    case "always":
      context.losses.drop("reasoning", "the model always reasons");
      return {};
    default:
      return {};
  }
}

interface BudgetInput {
  readonly request: IrRequest;
  readonly config: IrReasoningConfig;
  readonly options: WriteRequestOptions;
  readonly messages: readonly JsonObject[];
  readonly none: WrittenThinking;
}

function writeBudget(
  { request, config, options, messages, none }: BudgetInput,
  context: ConverseContext,
): WrittenThinking {
  const because = whyNotThink(request, messages);
  if (because !== null) {
    context.losses.drop("reasoning", because);
    return none;
  }
  const asked = askedBudget(config, context.losses);
  if (asked === null) return none;
  const limit = {
    tokens: none.maxTokens ?? options.defaultMaxOutputTokens,
    isClients: request.maxOutputTokens !== null,
    room: options.maxOutputTokens ?? Number.POSITIVE_INFINITY,
  };
  const plan = planBudget(asked, limit, context.losses);
  if (plan === null) return none;
  const thinking = { type: "enabled", budget_tokens: plan.budget };
  return { fields: { thinking }, effort: null, maxTokens: plan.maxTokens, thinks: true };
}

/** What the model refuses beside thinking; null: nothing stands against it. */
function whyNotThink(request: IrRequest, messages: readonly JsonObject[]): string | null {
  if (isToolForced(request)) return "the model cannot think when a tool is forced";
  const [last, before] = [blocksOf(messages.at(-1)), blocksOf(messages.at(-2))];
  const inLoop = last.some((block) => "toolResult" in block);
  const thought = before[0] !== undefined && "reasoningContent" in before[0];
  return inLoop && !thought ? "the tool calls before were made without signed thinking" : null;
}

function blocksOf(message: JsonObject | undefined): JsonObject[] {
  return (asArray(message?.["content"]) ?? []).map(asObject).filter((block) => block !== undefined);
}

export interface WrittenSampling {
  /** Members of `inferenceConfig`. */
  readonly config: JsonObject;
  /** Members of `additionalModelRequestFields`. */
  readonly fields: JsonObject;
}

/** Temperature ends at 1 here; beside thinking it must stay at its default, and newer models take no sampling at all. */
export function writeSampling(sampling: IrSampling, thinks: boolean, context: ConverseContext): WrittenSampling {
  const { topP } = sampling;
  for (const [field, value] of [
    ["seed", sampling.seed],
    ["presence_penalty", sampling.presencePenalty],
    ["frequency_penalty", sampling.frequencyPenalty],
  ] as const) {
    if (value !== null && (value !== 0 || field === "seed")) {
      context.losses.drop(field, "the Converse API has no such option");
    }
  }
  const temperature = context.native ? sampling.temperature : clampTemperature(sampling.temperature, context);
  const asked = { temperature, top_p: topP, top_k: sampling.topK };
  const kept = context.native ? asked : allowed(asked, thinks, context);
  return {
    config: {
      ...(kept.temperature === null ? {} : { temperature: kept.temperature }),
      ...(kept.top_p === null ? {} : { topP: kept.top_p }),
    },
    fields: kept.top_k === null ? {} : topKField(kept.top_k, context),
  };
}

type Asked = Readonly<Record<"temperature" | "top_p" | "top_k", number | null>>;

function topKField(topK: number, context: ConverseContext): JsonObject {
  return context.rules.family === "nova" ? { inferenceConfig: { topK } } : { top_k: topK };
}

function allowed(asked: Asked, thinks: boolean, context: ConverseContext): Asked {
  const { rules } = context;
  const kept: Record<keyof Asked, number | null> = { temperature: null, top_p: null, top_k: null };
  for (const field of ["temperature", "top_p", "top_k"] as const) {
    const value = asked[field];
    if (value === null) continue;
    if (rules.sampling === "none") context.losses.drop(field, "the model takes no sampling options");
    else if (thinks && !isAllowedBesideThinking(field, value)) {
      context.losses.drop(field, "not allowed while the model thinks");
    } else if (field === "top_p" && kept.temperature !== null && rules.sampling === "one") {
      context.losses.drop(field, "the model takes temperature or top_p, not both");
    } else if (field === "top_k" && !rules.topK) context.losses.drop(field, "the model has no such option");
    else kept[field] = value;
  }
  return kept;
}

/** docs.aws.amazon.com, extended thinking, feature compatibility, read 2026-11: top_p between 0.95 and 1 is allowed. */
function isAllowedBesideThinking(field: keyof Asked, value: number): boolean {
  return (field === "top_p" && value >= 0.95) || (field === "temperature" && value === 1);
}

function clampTemperature(temperature: number | null, context: ConverseContext): number | null {
  if (temperature === null || temperature <= 1) return temperature;
  context.losses.clamp("temperature", "the highest is 1");
  return 1;
}

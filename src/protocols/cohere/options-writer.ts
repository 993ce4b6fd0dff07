/**
 * Settings of a request from another protocol, fitted to what the vendor takes; every cut is a loss. Bounds are those of
 * the chat reference and of the refusals on the errors page (docs.cohere.com, read 2026-11-27).
 */

import type { IrOutputFormat, IrReasoningConfig, IrRequest, IrSampling } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import { withoutUndefined } from "../shared/members.ts";
import type { WireThinking } from "./wire.ts";
import type { ChatContext } from "./write-context.ts";

/** Budget in tokens for an effort word; the vendor names no equivalence, these rise as other gateways' do. Null: no bound. */
const BUDGETS: ReadonlyMap<string, number | null> = new Map([
  ["minimal", 1024],
  ["low", 2048],
  ["medium", 8192],
  ["high", 16_384],
  ["xhigh", 24_576],
  ["max", null],
]);

/** `maxTokens`: the answer's limit, thoughts included; null: the model's own. */
export function writeThinking(
  config: IrReasoningConfig | null,
  maxTokens: number | null,
  context: ChatContext,
): WireThinking | undefined {
  if (config === null) return undefined;
  const { losses, thinks } = context;
  if (config.mode === "disabled" || config.effort === "none") {
    // A model that cannot think takes no word that turns thinking off.
    return thinks ? { type: "disabled" } : undefined;
  }
  if (!thinks) {
    losses.drop("reasoning", "the model does not reason");
    return undefined;
  }
  if (config.display === "omitted") losses.drop("reasoning.display", "the provider always shows its reasoning");
  if (config.budgetTokens !== null) {
    if (config.effort !== null) losses.drop("reasoning_effort", "the budget says how much");
    return { type: "enabled", token_budget: config.budgetTokens };
  }
  if (config.effort !== null) return ofEffort(config.effort, maxTokens, context);
  if (config.mode === "adaptive") losses.approximate("reasoning", "thinking is on, and the model decides how much");
  return { type: "enabled" };
}

/** At most half of the answer, so that an answer comes. */
function ofEffort(effort: string, maxTokens: number | null, context: ChatContext): WireThinking {
  const budget = BUDGETS.has(effort) ? (BUDGETS.get(effort) ?? null) : (BUDGETS.get("medium") ?? null);
  if (budget === null) {
    context.losses.approximate("reasoning_effort", "written as thinking without a budget");
    return { type: "enabled" };
  }
  const bounded = maxTokens === null ? budget : Math.max(1, Math.min(budget, Math.floor(maxTokens / 2)));
  context.losses.approximate("reasoning_effort", `written as a budget of ${bounded} tokens`);
  return { type: "enabled", token_budget: bounded };
}

export function writeSampling(sampling: IrSampling, context: ChatContext): JsonObject {
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty } = sampling;
  const frequency = within("frequency_penalty", frequencyPenalty, 0, 1, context);
  const presence = within("presence_penalty", presencePenalty, 0, 1, context);
  const isBoth = (frequency ?? 0) !== 0 && (presence ?? 0) !== 0;
  // "cannot specify both frequency_penalty and presence_penalty"
  if (isBoth) context.losses.drop("presence_penalty", "the provider takes one penalty at a time");
  return withoutUndefined({
    temperature: within("temperature", temperature, 0, 1, context),
    p: within("top_p", topP, 0.01, 0.99, context),
    k: within("top_k", topK, 0, 500, context),
    seed: within("seed", seed, 0, Number.MAX_SAFE_INTEGER, context),
    frequency_penalty: frequency,
    presence_penalty: isBoth ? undefined : presence,
  });
}

function within(
  field: string,
  value: number | null,
  min: number,
  max: number,
  context: ChatContext,
): number | undefined {
  if (value === null) return undefined;
  if (value >= min && value <= max) return value;
  context.losses.clamp(field, `the provider takes ${min} to ${max}`);
  return Math.min(max, Math.max(min, value));
}

export function writeStop(stop: readonly string[], context: ChatContext): readonly string[] | undefined {
  if (stop.length <= STOPS_MAX) return stop.length === 0 ? undefined : stop;
  context.losses.clamp("stop", `the provider takes ${STOPS_MAX}`);
  return stop.slice(0, STOPS_MAX);
}

export function writeFormat(format: IrOutputFormat | null, context: ChatContext): JsonObject | undefined {
  if (format === null || format.kind === "text") return undefined;
  if (format.kind === "json") return { type: "json_object" };
  if (format.description !== null) {
    context.losses.drop("response_format.json_schema.description", "the provider takes only the schema");
  }
  return { type: "json_object", json_schema: format.schema ?? undefined };
}

/** What the vendor has no setting for. */
export function loseOthers(request: IrRequest, context: ChatContext): void {
  const { losses } = context;
  const lose = (isSaid: boolean, field: string, detail: string): void => {
    if (isSaid) losses.drop(field, detail);
  };
  lose((request.choices ?? 1) !== 1, "n", "the provider gives one answer");
  lose((request.logprobs?.top ?? null) !== null, "top_logprobs", "the provider gives those of the chosen tokens only");
  lose(request.user !== null, "user", "the provider takes no end user");
  lose(request.metadata !== null, "metadata", "the provider takes no metadata");
  const { serviceTier } = request;
  lose(serviceTier !== null && serviceTier !== "auto", "service_tier", "the provider has no such tier");
}

const STOPS_MAX = 5;

/**
 * How much the model shall think, how long the answer may get, and the sampling that goes with it. Newer models take an
 * effort and decide by themselves, older ones take a budget in tokens.
 */

import type { IrRequest, IrSampling } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import {
  allowedSampling,
  isUnsignedLoop,
  type LoopWords,
  planThinking,
  takesEffort,
  thinkingWay,
  thinksOtherwise,
  writeOwnThinking,
} from "../shared/content-blocks/thinking.ts";
import { asksToShow } from "../shared/shown-reasoning.ts";
import { askedEffort } from "../shared/thinking-budget.ts";
import type { MessagesContext } from "./write-context.ts";

interface WrittenThinking {
  /** Null: no `thinking` member. */
  readonly thinking: JsonObject | null;
  readonly effort: string | null;
  readonly maxTokens: number;
}

export function writeThinking(
  request: IrRequest,
  options: WriteRequestOptions,
  messages: readonly JsonObject[],
  context: MessagesContext,
): WrittenThinking {
  const { dialect, losses } = context;
  const way = thinkingWay(dialect);
  const maxTokens = writeMaxTokens(request.maxOutputTokens, options, context);
  const none: WrittenThinking = { thinking: null, effort: null, maxTokens };
  const config = request.reasoning;
  if (config === null) return none;
  if (context.native && !thinksOtherwise(config.mode, dialect)) {
    const isLoop = context.dialect.reasoningBack === "refused" && isUnsignedLoop(messages, LOOP);
    const own = { config, asked: request.maxOutputTokens, maxTokens, isUnsignedLoop: isLoop };
    const thinking = writeOwnThinking(own, losses);
    return { thinking, effort: writeOwnEffort(config.effort, context), maxTokens };
  }
  if (config.mode === "disabled" || config.effort === "none") return { ...none, thinking: writeDisabled(context) };
  const display = context.native && way === "adaptive" ? config.display : null;
  if (config.display !== display && asksToShow(config.display))
    losses.drop("reasoning.display", "the vendor decides what it shows");
  switch (way) {
    case null:
    case "effort":
      losses.drop("reasoning", "the model does not think");
      return none;
    case "adaptive": {
      const thinking = { type: "adaptive", ...(display === null ? {} : { display }) };
      return { ...none, thinking, effort: askedEffort(config, dialect.efforts ?? [], losses) };
    }
    case "budget": {
      const asked = { request, config, maxTokens, isUnsignedLoop: isUnsignedLoop(messages, LOOP) };
      const plan = planThinking(asked, options, losses);
      if (plan === null) return none;
      const thinking = { type: "enabled", budget_tokens: plan.budget };
      return { thinking, effort: null, maxTokens: plan.maxTokens };
    }
  }
}

function writeOwnEffort(effort: string | null, { dialect, losses }: MessagesContext): string | null {
  if (effort === null || dialect.thinking === null || takesEffort(dialect)) return effort;
  losses.drop("output_config.effort", "the model takes no effort");
  return null;
}

export const LOOP: LoopWords = {
  isResult: ({ type }) => type === "tool_result",
  isThinking: ({ type }) => type === "thinking" || type === "redacted_thinking",
};

function writeMaxTokens(asked: number | null, options: WriteRequestOptions, context: MessagesContext): number {
  const wanted = asked ?? options.defaultMaxOutputTokens;
  if (options.maxOutputTokens === null || wanted <= options.maxOutputTokens) return wanted;
  if (asked !== null) context.losses.clamp("max_tokens", `the model answers with at most ${options.maxOutputTokens}`);
  return options.maxOutputTokens;
}

/** Models that take a budget do not think unless asked. */
function writeDisabled(context: MessagesContext): JsonObject | null {
  if (context.dialect.alwaysThinks) {
    context.losses.drop("reasoning", "the model always thinks");
    return null;
  }
  return thinkingWay(context.dialect) === "adaptive" ? { type: "disabled" } : null;
}

export function writeSampling(sampling: IrSampling, thinking: JsonObject | null, context: MessagesContext): JsonObject {
  const thinks = thinking !== null && thinking["type"] !== "disabled";
  const kept = allowedSampling(sampling, thinks, context);
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== null));
}

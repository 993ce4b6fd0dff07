/**
 * How much the model shall think, how long the answer may get, and the sampling that goes with it. All but the limit,
 * temperature and top p are fields of the model's own family.
 */

import type { Dialect } from "../../ir/dialect.ts";
import type { IrReasoningConfig, IrRequest, IrSampling } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import {
  allowedSampling,
  isUnsignedLoop,
  type LoopWords,
  planThinking,
  thinkingWay,
  thinksOtherwise,
  writeOwnThinking,
} from "../shared/content-blocks/thinking.ts";
import { asksToShow } from "../shared/shown-reasoning.ts";
import { askedEffort } from "../shared/thinking-budget.ts";
import type { ConverseContext } from "./write-context.ts";

interface WrittenThinking {
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
  if (context.native && !(knowsThinking(context.dialect) && thinksOtherwise(config.mode, context.dialect))) {
    const isLoop = context.dialect.reasoningBack === "refused" && isUnsignedLoop(messages, LOOP);
    const own = { config, asked: request.maxOutputTokens, maxTokens, isUnsignedLoop: isLoop };
    return { ...none, ...writeOwn(own, context) };
  }
  if (config.mode === "disabled" || config.effort === "none") return { ...none, fields: writeDisabled(context) };
  if (asksToShow(config.display)) context.losses.drop("reasoning.display", "the vendor decides what it shows");
  switch (thinkingWay(context.dialect)) {
    case null:
      context.losses.drop("reasoning", "the model takes no word about reasoning");
      return none;
    case "effort": {
      const effort = askedEffort(config, context.dialect.efforts ?? [], context.losses);
      return { ...none, ...writeFamilyEffort(effort, config.mode, context) };
    }
    case "adaptive": {
      const effort = askedEffort(config, context.dialect.efforts ?? [], context.losses);
      return { ...none, fields: { thinking: { type: "adaptive" } }, effort, thinks: true };
    }
    case "budget": {
      const asked = {
        request,
        config,
        maxTokens: maxTokens ?? options.defaultMaxOutputTokens,
        isUnsignedLoop: isUnsignedLoop(messages, LOOP),
      };
      const plan = planThinking(asked, options, context.losses);
      if (plan === null) return none;
      const thinking = { type: "enabled", budget_tokens: plan.budget };
      return { fields: { thinking }, effort: null, maxTokens: plan.maxTokens, thinks: true };
    }
  }
}

export const LOOP: LoopWords = {
  isResult: (block) => block["toolResult"] !== undefined,
  isThinking: (block) => block["reasoningContent"] !== undefined,
};

/** Clamped to what the lane gives; without one the vendor's default holds. */
function writeMaxTokens(asked: number | null, options: WriteRequestOptions, context: ConverseContext): number | null {
  if (asked === null || options.maxOutputTokens === null || asked <= options.maxOutputTokens) return asked;
  context.losses.clamp("max_tokens", `the model answers with at most ${options.maxOutputTokens}`);
  return options.maxOutputTokens;
}

type EffortFields = Pick<WrittenThinking, "fields" | "effort">;

function writeOwn(own: Parameters<typeof writeOwnThinking>[0], context: ConverseContext): EffortFields {
  const { reasoningMember: member } = context.dialect;
  const { config } = own;
  if (member === "reasoningConfig" || member === "reasoning_effort")
    return writeFamilyEffort(config.effort, config.mode, context);
  const thinking = writeOwnThinking(own, context.losses);
  return { fields: thinking === null ? {} : { thinking }, effort: config.effort };
}

/** Some models have a member of their own for an effort. */
function writeFamilyEffort(
  effort: string | null,
  mode: IrReasoningConfig["mode"],
  context: ConverseContext,
): EffortFields {
  if (context.dialect.reasoningMember === "reasoningConfig") {
    const type = mode === "disabled" ? "disabled" : "enabled";
    return {
      fields: { reasoningConfig: { type, ...(effort === null ? {} : { maxReasoningEffort: effort }) } },
      effort: null,
    };
  }
  return { fields: effort === null ? {} : { reasoning_effort: effort }, effort: null };
}

/** How a model whose reasoning is told in `thinking` takes it; null ways are the vendor's to judge. */
export function knowsThinking({ thinking, reasoningMember }: Dialect): boolean {
  return thinking !== null && reasoningMember === "thinking";
}

/** Models that take a budget do not think unless asked. */
function writeDisabled(context: ConverseContext): JsonObject {
  const { alwaysThinks, reasoningMember } = context.dialect;
  if (alwaysThinks) {
    context.losses.drop("reasoning", "the model always reasons");
    return {};
  }
  switch (thinkingWay(context.dialect)) {
    case "adaptive":
      return { thinking: { type: "disabled" } };
    case "effort":
      return reasoningMember === "reasoningConfig" ? { reasoningConfig: { type: "disabled" } } : {};
    default:
      return {};
  }
}

interface WrittenSampling {
  /** Members of `inferenceConfig`. */
  readonly config: JsonObject;
  /** Members of `additionalModelRequestFields`. */
  readonly fields: JsonObject;
}

export function writeSampling(sampling: IrSampling, thinks: boolean, context: ConverseContext): WrittenSampling {
  const { temperature, top_p: topP, top_k: topK } = allowedSampling(sampling, thinks, context);
  return {
    config: { ...(temperature === null ? {} : { temperature }), ...(topP === null ? {} : { topP }) },
    fields: topK === null ? {} : topKField(topK, context),
  };
}

function topKField(topK: number, context: ConverseContext): JsonObject {
  return context.dialect.reasoningMember === "reasoningConfig" ? { inferenceConfig: { topK } } : { top_k: topK };
}

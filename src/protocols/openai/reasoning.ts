/**
 * How much to think: budgets and other protocols' words into `reasoning_effort`.
 *
 * | asked for | written |
 * |---|---|
 * | an effort word | that word, or the nearest one the model knows |
 * | a budget up to 4,096 / 16,384 / more tokens | low / medium / high |
 * | enabled with neither | medium, the vendor's own default |
 * | adaptive with neither | nothing: the model decides anyway |
 * | disabled | none, or the least the model knows |
 *
 * Which model knows which words: the vendor's reference for `reasoning_effort` and its refusals of others
 * (`unsupported_value`), read 2026-11. Models not listed get low, medium and high, which every vendor with the member knows.
 */

import type { IrReasoningConfig } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { Losses } from "../shared/losses.ts";
import { type EffortRow, effortsOf, writeEffort } from "../shared/openai/efforts.ts";

export function writeReasoning(config: IrReasoningConfig, upstreamModel: string, losses: Losses): JsonObject {
  if (config.display !== null && config.display !== "omitted") {
    losses.drop("reasoning.display", "the provider decides what it shows of its reasoning");
  }
  const known = effortsOf(bareName(upstreamModel), OWN_EFFORTS);
  return { reasoning_effort: writeEffort(config, known, "reasoning_effort", losses) ?? undefined };
}

/** True for OpenAI's models that take `max_completion_tokens` only; compatible vendors know `max_tokens`. */
export function isNewModel(upstreamModel: string): boolean {
  return NEW_MODEL.test(bareName(upstreamModel));
}

/** Aggregators put the vendor in front: `openai/gpt-5`. */
function bareName(upstreamModel: string): string {
  return upstreamModel.slice(upstreamModel.lastIndexOf("/") + 1).toLowerCase();
}

const NEW_MODEL = /^(o\d|gpt-[5-9]|chatgpt)/;

const OWN_EFFORTS: readonly EffortRow[] = [{ models: /^(o\d|gpt-oss)/, words: ["low", "medium", "high"] }];

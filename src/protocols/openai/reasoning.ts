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
 * Which model knows which words is a fact of its dialect; unknown ones get low, medium and high, which every vendor with
 * the member knows.
 */

import type { Dialect } from "../../ir/dialect.ts";
import type { IrReasoningConfig } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { Losses } from "../shared/losses.ts";
import { writeEffort } from "../shared/openai/efforts.ts";
import { asksToShow } from "../shared/shown-reasoning.ts";

export function writeReasoning(config: IrReasoningConfig, { efforts }: Dialect, losses: Losses): JsonObject {
  if (asksToShow(config.display) && config.display !== "omitted") {
    losses.drop("reasoning.display", "the provider decides what it shows of its reasoning");
  }
  return { reasoning_effort: writeEffort(config, efforts, "reasoning_effort", losses) ?? undefined };
}

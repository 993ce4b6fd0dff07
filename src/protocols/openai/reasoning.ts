/** How much to think: budgets and other protocols' words into `reasoning_effort`. */

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

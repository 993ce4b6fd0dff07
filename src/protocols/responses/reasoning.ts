/** How much to think: budgets and other protocols' words into `reasoning.effort`, and whose thoughts come sealed. */

import type { Dialect } from "../../ir/dialect.ts";
import type { IrReasoningConfig } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { Losses } from "../shared/losses.ts";
import { wantedEffort, writeEffort } from "../shared/openai/efforts.ts";

/** Null: no member is written. */
export function writeReasoning(config: IrReasoningConfig, { efforts }: Dialect, losses: Losses): JsonObject | null {
  const summary = efforts?.length === 0 ? null : wantedSummary(config, losses);
  const effort = writeEffort(config, efforts, "effort", losses);
  // A model that may go on thinking unasked is not asked to show it either.
  if (effort === null && (summary === null || wantedEffort(config) === "none")) return null;
  return { ...(effort === null ? {} : { effort }), ...(summary === null ? {} : { summary }) };
}

/** True for models known to reason: they alone give their thoughts sealed, and the vendor refuses to be asked by others. */
export function isReasoningModel({ efforts }: Dialect): boolean {
  return efforts !== null && efforts.length > 0;
}

/** A summary is only asked for when the client asked to see something: the vendor wants a verified account for it. */
function wantedSummary({ display }: IrReasoningConfig, losses: Losses): string | null {
  if (display === null || display === "omitted") return null;
  if (SUMMARIES.has(display)) return display;
  losses.approximate("reasoning.display", "written as a summary of the vendor's choice");
  return "auto";
}

const SUMMARIES: ReadonlySet<string> = new Set(["auto", "concise", "detailed"]);

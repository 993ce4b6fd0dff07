/** A Chat Completions body for a model that does not reason: the vendor refuses the very member there. */
import type { ReasoningEdits } from "../../ir/reasoning-edits.ts";
import type { JsonObject } from "../../std/json.ts";
import { reasoningEdits } from "../shared/without-reasoning.ts";
import { readReasoningConfig } from "./request-reader.ts";

export function withoutReasoning(body: JsonObject): ReasoningEdits | null {
  const config = readReasoningConfig(body);
  const asked = config !== null && config.mode !== "disabled" && config.effort !== "none";
  return reasoningEdits(body, { reasoning_effort: null, reasoning: null }, asked);
}

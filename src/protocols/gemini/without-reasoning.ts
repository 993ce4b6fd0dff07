/** A body for a model that does not think: the vendor refuses a budget and a level there. */
import type { ReasoningEdits } from "../../ir/reasoning-edits.ts";
import { asNumber, asObject, type JsonObject } from "../../std/json.ts";
import { reasoningEdits, withoutMembers } from "../shared/without-reasoning.ts";
import { either } from "./members.ts";

const NAMES = ["thinkingConfig", "thinking_config"];

export function withoutReasoning(body: JsonObject): ReasoningEdits | null {
  const config = asObject(either(body, "generationConfig", "generation_config"));
  const thinking = asObject(either(config, "thinkingConfig", "thinking_config"));
  const members = {
    generationConfig: withoutMembers(body["generationConfig"], NAMES),
    generation_config: withoutMembers(body["generation_config"], NAMES),
  };
  return reasoningEdits(body, members, asNumber(either(thinking, "thinkingBudget", "thinking_budget")) !== 0);
}

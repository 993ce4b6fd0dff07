/** A chat body for a model that does not reason: it takes no word about thinking, to turn it off neither. */
import type { ReasoningEdits } from "../../ir/reasoning-edits.ts";
import type { JsonObject } from "../../std/json.ts";
import { reasoningEdits } from "../shared/without-reasoning.ts";
import { readThinking } from "./options-reader.ts";

export function withoutReasoning(body: JsonObject): ReasoningEdits | null {
  return reasoningEdits(body, { thinking: null }, readThinking(body["thinking"])?.mode !== "disabled");
}

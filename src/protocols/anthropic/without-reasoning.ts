/**
 * A Messages body for a model that does not think: without `thinking` and an effort, without the edits of a context that
 * need thinking, and without the thinking of earlier turns.
 */
import type { ReasoningEdits } from "../../ir/reasoning-edits.ts";
import { asArray, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { reasoningEdits, withoutBlocks, withoutEntries, withoutMembers } from "../shared/without-reasoning.ts";

export function withoutReasoning(body: JsonObject): ReasoningEdits | null {
  const mode = asText(at(body, "thinking", "type"));
  const asked = mode === "enabled" || mode === "adaptive" || asText(at(body, "output_config", "effort")) !== undefined;
  const members = {
    thinking: null,
    output_config: withoutMembers(body["output_config"], ["effort"]),
    context_management: withoutThinkingEdits(body["context_management"]),
    messages: withoutBlocks(body["messages"], ({ type }) => type === "thinking" || type === "redacted_thinking"),
  };
  return reasoningEdits(body, members, asked);
}

function withoutThinkingEdits(value: unknown): unknown {
  const management = asObject(value);
  const edits = withoutEntries(
    management?.["edits"],
    ({ type }) => asText(type)?.startsWith("clear_thinking") === true,
  );
  if (management === undefined || edits === management["edits"]) return value;
  return asArray(edits)?.length === 0 ? withoutMembers(management, ["edits"]) : { ...management, edits };
}

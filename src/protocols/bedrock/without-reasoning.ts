/** A Converse body for a model that does not reason: without any maker's words about it, and without earlier reasoning. */
import type { ReasoningEdits } from "../../ir/reasoning-edits.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import { reasoningEdits, withoutBlocks, withoutMembers } from "../shared/without-reasoning.ts";
import { readReasoning } from "./options-reader.ts";

const WORDS = ["thinking", "reasoning_config", "reasoningConfig", "reasoning_effort"];

export function withoutReasoning(body: JsonObject): ReasoningEdits | null {
  const fields = asObject(body["additionalModelRequestFields"]);
  const config = readReasoning(asObject(body["outputConfig"]) ?? {}, fields ?? {});
  const members = {
    outputConfig: withoutMembers(body["outputConfig"], ["effort"]),
    additionalModelRequestFields: withoutWords(fields),
    messages: withoutBlocks(body["messages"], (block) => block["reasoningContent"] !== undefined),
  };
  return reasoningEdits(body, members, config !== null && config.mode !== "disabled");
}

function withoutWords(fields: JsonObject | undefined): unknown {
  const left = asObject(withoutMembers(fields, WORDS));
  if (left === undefined) return fields === undefined ? undefined : null;
  const nested = withoutMembers(left["output_config"], ["effort"]);
  if (nested === left["output_config"]) return left;
  return nested === null ? withoutMembers(left, ["output_config"]) : { ...left, output_config: nested };
}

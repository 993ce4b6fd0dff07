/**
 * A Responses body for a model that does not reason: the vendor refuses an effort, a summary, sealed reasoning that is
 * asked for, and reasoning items of earlier turns.
 */
import type { ReasoningEdits } from "../../ir/reasoning-edits.ts";
import { asArray, type JsonObject } from "../../std/json.ts";
import { reasoningEdits, withoutEntries } from "../shared/without-reasoning.ts";
import { readReasoningConfig } from "./request-reader.ts";

const SEALED = "reasoning.encrypted_content";

export function withoutReasoning(body: JsonObject): ReasoningEdits | null {
  const config = readReasoningConfig(body["reasoning"]);
  const asked = config !== null && config.mode !== "disabled" && config.effort !== "none";
  const members = {
    reasoning: null,
    include: included(body["include"]),
    input: withoutEntries(body["input"], (item) => item["type"] === "reasoning"),
  };
  return reasoningEdits(body, members, asked);
}

function included(value: unknown): unknown {
  const list = asArray(value);
  if (list === undefined || !list.includes(SEALED)) return value;
  const left = list.filter((each) => each !== SEALED);
  return left.length === 0 ? null : left;
}

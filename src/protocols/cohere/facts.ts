/** What routing must know of a request. Never throws: a body the vendor would refuse is routed, so that the vendor says why. */

import type { Modality } from "../../ir/capability.ts";
import type { PayloadFacts } from "../../ir/facts.ts";
import { asArray, asNumber, asObject, at, type JsonObject } from "../../std/json.ts";
import { modalitiesOf } from "../shared/openai/content-parts.ts";

export function readFacts(body: JsonObject): PayloadFacts {
  return {
    maxOutputTokens: asNumber(body["max_tokens"]) ?? null,
    needs: {
      input: modalitiesOf(
        (asArray(body["messages"]) ?? []).map((message) => at(message, "content")),
        MODALITIES,
      ),
      output: [],
      tools: isFilled(body["tools"]) || hasCalled(body["messages"]),
      structuredOutput: asObject(at(body, "response_format", "json_schema")) !== undefined,
    },
    // The last event always reports.
    usageAsked: true,
  };
}

/** Turns that call tools, or hold what they gave, need a model that knows of tools. */
function hasCalled(messages: unknown): boolean {
  for (const message of asArray(messages) ?? [])
    if (isFilled(at(message, "tool_calls")) || at(message, "role") === "tool") return true;
  return false;
}

function isFilled(value: unknown): boolean {
  return (asArray(value)?.length ?? 0) > 0;
}

const MODALITIES: ReadonlyMap<string, Modality> = new Map([["image_url", "image"]]);

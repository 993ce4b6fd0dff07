/** What routing must know of a request. Never throws: a body the vendor would refuse is routed, so that the vendor says why. */
import type { Modality } from "../../ir/capability.ts";
import type { PayloadFacts } from "../../ir/facts.ts";
import { asArray, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { readThinking } from "./options-reader.ts";

export function readFacts(body: JsonObject): PayloadFacts {
  return {
    maxOutputTokens: asNumber(body["max_tokens"]) ?? null,
    needs: {
      input: inputNeeds(body["messages"]),
      output: [],
      tools: (asArray(body["tools"]) ?? []).length > 0,
      structuredOutput: asObject(at(body, "response_format", "json_schema")) !== undefined,
      reasoning: readThinking(body["thinking"])?.mode === "enabled",
    },
    // The last event always reports.
    usageAsked: true,
  };
}

function inputNeeds(messages: unknown): Modality[] {
  for (const message of asArray(messages) ?? []) {
    for (const part of asArray(at(message, "content")) ?? []) {
      if (asText(at(part, "type")) === "image_url") return ["image"];
    }
  }
  return [];
}

/** What routing must know of a request. Never throws: a body the vendor would refuse is routed, so that the vendor says why. */
import type { Modality } from "../../ir/capability.ts";
import type { PayloadFacts } from "../../ir/facts.ts";
import { asArray, asNumber, asText, at, type JsonObject } from "../../std/json.ts";
import { readReasoningConfig } from "./request-reader.ts";

export function readFacts(body: JsonObject): PayloadFacts {
  const reasoning = readReasoningConfig(body["reasoning"]);
  return {
    maxOutputTokens: asNumber(body["max_output_tokens"]) ?? null,
    needs: {
      input: inputNeeds(body["input"]),
      output: [],
      tools: (asArray(body["tools"]) ?? []).length > 0,
      structuredOutput: at(body, "text", "format", "type") === "json_schema",
      reasoning: reasoning !== null && reasoning.mode !== "disabled",
    },
    // The last event always reports.
    usageAsked: true,
  };
}

function inputNeeds(input: unknown): Modality[] {
  const found = new Set<Modality>();
  for (const item of asArray(input) ?? []) {
    for (const content of [at(item, "content"), at(item, "output")]) {
      for (const part of asArray(content) ?? []) {
        const modality = PART_NEEDS.get(asText(at(part, "type")) ?? "");
        if (modality !== undefined) found.add(modality);
      }
    }
  }
  return [...found];
}

const PART_NEEDS: ReadonlyMap<string, Modality> = new Map([
  ["input_image", "image"],
  ["input_audio", "audio"],
  ["input_file", "document"],
  ["input_video", "video"],
]);

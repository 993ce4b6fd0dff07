/** What routing must know of a request. Never throws: a body the vendor would refuse is routed, so that the vendor says why. */

import type { Modality } from "../../ir/capability.ts";
import type { PayloadFacts } from "../../ir/facts.ts";
import { asArray, asNumber, asText, at, type JsonObject } from "../../std/json.ts";
import { modalitiesOf } from "../shared/openai/content-parts.ts";
import { readReferences } from "./references.ts";
import { readReasoningConfig } from "./request-reader.ts";

export function readFacts(body: JsonObject): PayloadFacts {
  const references = readReferences(body);
  const session = asText(body["prompt_cache_key"]);
  const reasoning = readReasoningConfig(body["reasoning"]);
  return {
    maxOutputTokens: asNumber(body["max_output_tokens"]) ?? null,
    needs: {
      input: modalitiesOf(contentsOf(body["input"]), MODALITIES),
      output: [],
      tools: (asArray(body["tools"])?.length ?? 0) > 0 || hasCalled(body["input"]),
      structuredOutput: at(body, "text", "format", "type") === "json_schema",
    },
    // The last event always reports.
    usageAsked: true,
    ...(reasoning === null ? {} : { reasoningAsked: reasoning.mode !== "disabled" }),
    ...(session === undefined ? {} : { session }),
    ...(references === undefined ? {} : { references }),
  };
}

function contentsOf(input: unknown): unknown[] {
  return (asArray(input) ?? []).flatMap((item) => [at(item, "content"), at(item, "output")]);
}

/** Calls of earlier turns, and what they gave, need a model that knows of tools. */
function hasCalled(input: unknown): boolean {
  for (const item of asArray(input) ?? []) if (CALLS.has(asText(at(item, "type")) ?? "")) return true;
  return false;
}

const CALLS: ReadonlySet<string> = new Set([
  "function_call",
  "function_call_output",
  "custom_tool_call",
  "custom_tool_call_output",
]);

const MODALITIES: ReadonlyMap<string, Modality> = new Map([
  ["input_image", "image"],
  ["input_audio", "audio"],
  ["input_file", "document"],
  ["input_video", "video"],
]);

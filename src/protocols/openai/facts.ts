/** What routing must know of a request. Never throws: a body the vendor would refuse is routed, so that the vendor says why. */

import type { Modality, Needs } from "../../ir/capability.ts";
import { answersAsked, type PayloadFacts } from "../../ir/facts.ts";
import { asArray, asNumber, asText, at, type JsonObject } from "../../std/json.ts";
import { modalitiesOf } from "../shared/openai/content-parts.ts";
import { readReferences } from "./references.ts";
import { readReasoningConfig } from "./request-reader.ts";

export function readFacts(body: JsonObject): PayloadFacts {
  const references = readReferences(body);
  const session = asText(body["prompt_cache_key"]);
  const reasoning = readReasoningConfig(body);
  return {
    maxOutputTokens: asNumber(body["max_completion_tokens"]) ?? asNumber(body["max_tokens"]) ?? null,
    needs: readNeeds(body),
    // A whole answer always reports; a stream only when asked.
    usageAsked: body["stream"] !== true || at(body, "stream_options", "include_usage") === true,
    answers: answersAsked(body["n"]),
    ...(reasoning === null ? {} : { reasoningAsked: reasoning.mode !== "disabled" }),
    ...(session === undefined ? {} : { session }),
    ...(references === undefined ? {} : { references }),
  };
}

function readNeeds(body: JsonObject): Needs {
  return {
    input: modalitiesOf(contentsOf(body), MODALITIES),
    output: asArray(body["modalities"])?.filter((each) => each === "audio" || each === "image") ?? NONE,
    tools: isFilled(body["tools"]) || isFilled(body["functions"]) || hasCalled(body["messages"]),
    structuredOutput: at(body, "response_format", "type") === "json_schema",
  };
}

/** Contents that have parts; a text has none. */
function contentsOf(body: JsonObject): readonly unknown[] {
  let found: unknown[] | null = null;
  for (const message of asArray(body["messages"]) ?? NONE) {
    const content = at(message, "content");
    if (asArray(content) === undefined) continue;
    found ??= [];
    found.push(content);
  }
  return found ?? NONE;
}

/** Turns that call tools, or hold what they gave, need a model that knows of tools. */
function hasCalled(messages: unknown): boolean {
  for (const message of asArray(messages) ?? NONE)
    if (isFilled(at(message, "tool_calls")) || at(message, "role") === "tool") return true;
  return false;
}

function isFilled(value: unknown): boolean {
  return (asArray(value)?.length ?? 0) > 0;
}

const NONE: readonly never[] = [];

const MODALITIES: ReadonlyMap<string, Modality> = new Map([
  ["image_url", "image"],
  ["input_audio", "audio"],
  ["file", "document"],
  ["video_url", "video"],
]);

/** What routing needs to know of a request. Looks, never judges: a body the vendor would refuse is still routed. */
import type { Modality } from "../../ir/capability.ts";
import { answersAsked, type PayloadFacts } from "../../ir/facts.ts";
import { asArray, asNumber, asObject, asText, type JsonObject } from "../../std/json.ts";
import { isVideoSite, kindOf } from "./media-types.ts";
import { either } from "./members.ts";
import { readReferences } from "./references.ts";

export function readFacts(given: JsonObject): PayloadFacts {
  // Counting may ask about a whole request.
  const body = asObject(either(given, "generateContentRequest", "generate_content_request")) ?? given;
  const references = readReferences(body);
  const config = asObject(either(body, "generationConfig", "generation_config"));
  const schema =
    either(config, "responseJsonSchema", "response_json_schema") ?? either(config, "responseSchema", "response_schema");
  return {
    maxOutputTokens: asNumber(either(config, "maxOutputTokens", "max_output_tokens")) ?? null,
    needs: {
      input: readModalities(body["contents"]),
      output: readOutput(either(config, "responseModalities", "response_modalities")),
      tools: (asArray(body["tools"])?.length ?? 0) > 0 || hasCalled(body["contents"]),
      structuredOutput: schema !== undefined && schema !== null,
    },
    usageAsked: true,
    answers: answersAsked(either(config, "candidateCount", "candidate_count")),
    ...(references === undefined ? {} : { references }),
  };
}

function readOutput(modalities: unknown): readonly Modality[] {
  const words = (asArray(modalities) ?? []).flatMap((each) => asText(each)?.toLowerCase() ?? []);
  return words.flatMap((word): Modality[] => (word === "image" || word === "audio" ? [word] : []));
}

/** Turns that call tools, or hold what they gave, need a model that knows of tools. */
function hasCalled(contents: unknown): boolean {
  for (const content of asArray(contents) ?? [])
    for (const value of asArray(asObject(content)?.["parts"]) ?? []) {
      const part = asObject(value);
      const call =
        either(part, "functionCall", "function_call") ?? either(part, "functionResponse", "function_response");
      if (call !== undefined && call !== null) return true;
    }
  return false;
}

const KINDS = 4;

function readModalities(contents: unknown): readonly Modality[] {
  const found = new Set<Modality>();
  for (const content of asArray(contents) ?? [contents]) {
    for (const value of asArray(asObject(content)?.["parts"]) ?? []) {
      if (found.size === KINDS) return [...found];
      const part = asObject(value);
      addMedia(part, found);
      const result = asObject(either(part, "functionResponse", "function_response"));
      for (const each of asArray(result?.["parts"]) ?? []) addMedia(asObject(each), found);
    }
  }
  return [...found];
}

function addMedia(part: JsonObject | undefined, found: Set<Modality>): void {
  const data = asObject(either(part, "inlineData", "inline_data") ?? either(part, "fileData", "file_data"));
  if (data === undefined) return;
  const url = asText(either(data, "fileUri", "file_uri")) ?? "";
  const type = asText(either(data, "mimeType", "mime_type"));
  if (isVideoSite(url)) found.add("video");
  else if (type === undefined) found.add("document");
  // A file that is text needs no model that reads files.
  else if (!type.startsWith("text/")) found.add(kindOf(type));
}

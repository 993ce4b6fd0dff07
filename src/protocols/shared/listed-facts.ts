/**
 * What vendors' lists say of a model's abilities and limits. Sources, read 2026-12-01: openrouter.ai/docs/models (Model object),
 * platform.claude.com (API reference, List Models), ai.google.dev/api/models (Model).
 */
import { type ListedFacts, MODALITIES, type Modality } from "../../ir/capability.ts";
import { asArray, asBoolean, asNumber, asText, at } from "../../std/json.ts";

/** null: nothing that is understood. Total: any value gives an answer. */
export function listedFactsOf(entry: unknown): ListedFacts | null {
  const facts: { -readonly [K in keyof ListedFacts]: ListedFacts[K] } = {};
  for (const read of [ofOpenRouter, ofAnthropic, ofGemini]) Object.assign(facts, read(entry));
  return Object.keys(facts).length === 0 ? null : facts;
}

/** Its list of parameters is complete, so that what it lacks is a no. */
function ofOpenRouter(entry: unknown): ListedFacts {
  const parameters = asArray(at(entry, "supported_parameters"));
  const takes = (name: string): boolean => parameters?.includes(name) === true;
  return {
    ...tokens("contextWindow", at(entry, "context_length")),
    ...tokens("maxOutputTokens", at(entry, "top_provider", "max_completion_tokens")),
    ...modalities("input", at(entry, "architecture", "input_modalities")),
    ...modalities("output", at(entry, "architecture", "output_modalities")),
    ...(parameters === undefined
      ? {}
      : { tools: takes("tools"), structuredOutput: takes("structured_outputs"), reasoning: takes("reasoning") }),
  };
}

function ofAnthropic(entry: unknown): ListedFacts {
  const can = (name: string): boolean | undefined => asBoolean(at(entry, "capabilities", name, "supported"));
  const [image, document] = [can("image_input"), can("pdf_input")];
  const [structuredOutput, reasoning] = [can("structured_outputs"), can("thinking")];
  const input: readonly Modality[] = ["text", ...(image === true ? IMAGE : []), ...(document === true ? DOCUMENT : [])];
  return {
    ...tokens("maxInputTokens", at(entry, "max_input_tokens")),
    ...tokens("maxOutputTokens", at(entry, "max_tokens")),
    ...(image === undefined || document === undefined ? {} : { input }),
    ...(structuredOutput === undefined ? {} : { structuredOutput }),
    ...(reasoning === undefined ? {} : { reasoning }),
  };
}

const IMAGE = ["image"] as const;
const DOCUMENT = ["document"] as const;

function ofGemini(entry: unknown): ListedFacts {
  const reasoning = asBoolean(at(entry, "thinking"));
  return {
    ...tokens("maxInputTokens", at(entry, "inputTokenLimit")),
    ...tokens("maxOutputTokens", at(entry, "outputTokenLimit")),
    ...(reasoning === undefined ? {} : { reasoning }),
  };
}

/** Wider than any window sold today, so that a slip of a vendor's is none of ours. */
const TOKENS_MAX = 20_000_000;

function tokens(name: "contextWindow" | "maxInputTokens" | "maxOutputTokens", value: unknown): ListedFacts {
  const count = asNumber(value);
  return count !== undefined && Number.isInteger(count) && count > 0 && count <= TOKENS_MAX ? { [name]: count } : {};
}

/** A word that nothing here knows makes the list one that is not understood. */
function modalities(name: "input" | "output", value: unknown): ListedFacts {
  const words = asArray(value)?.map((word) => (word === "file" ? "document" : asText(word)));
  if (words === undefined || words.length === 0) return {};
  const known = MODALITIES.filter((each) => words.includes(each));
  return known.length === new Set(words).size ? { [name]: known } : {};
}

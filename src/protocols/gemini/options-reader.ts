/** The options of a request beside its conversation and tools: limits, sampling, thinking, form of the answer, tier. */
import type { Extras, IrOutputFormat, IrReasoningConfig, IrRequest } from "../../ir/request.ts";
import { asBoolean, asNumber, asText, type JsonObject } from "../../std/json.ts";
import {
  extrasOf,
  isAnything,
  isBoolean,
  isEmpty,
  isNumber,
  isText,
  isTextList,
  leftOf,
  needObject,
  readTextList,
  type Shape,
  spelledObject,
} from "./members.ts";
import { readJsonSchema, readSchema } from "./schema-reader.ts";

type ReadOptions = Pick<
  IrRequest,
  | "maxOutputTokens"
  | "sampling"
  | "stop"
  | "reasoning"
  | "outputFormat"
  | "choices"
  | "logprobs"
  | "serviceTier"
  | "extras"
>;

export function readOptions(body: JsonObject): ReadOptions {
  const given = body["generationConfig"];
  const config = given === undefined || given === null ? {} : needObject(given, "generationConfig");
  return {
    maxOutputTokens: asNumber(config["maxOutputTokens"]) ?? null,
    sampling: {
      temperature: asNumber(config["temperature"]) ?? null,
      topP: asNumber(config["topP"]) ?? null,
      topK: asNumber(config["topK"]) ?? null,
      seed: asNumber(config["seed"]) ?? null,
      presencePenalty: asNumber(config["presencePenalty"]) ?? null,
      frequencyPenalty: asNumber(config["frequencyPenalty"]) ?? null,
    },
    stop: readTextList(config["stopSequences"]),
    reasoning: readThinking(spelledObject(config["thinkingConfig"])),
    outputFormat: readFormat(config),
    choices: asNumber(config["candidateCount"]) ?? null,
    logprobs: readLogprobs(config),
    serviceTier: asText(body["serviceTier"]) ?? null,
    extras: readExtras(body, config),
  };
}

function readLogprobs(config: JsonObject): IrRequest["logprobs"] {
  if (asBoolean(config["responseLogprobs"]) !== true) return null;
  return { top: asNumber(config["logprobs"]) ?? null };
}

/**
 * A budget of 0 is off and of -1 is the model's own choice. Whether thoughts are shown is read only where it differs
 * from other protocols' default: they show thoughts for a budget and hide them for an effort.
 */
function readThinking(config: JsonObject | undefined): IrReasoningConfig | null {
  if (config === undefined) return null;
  const effort = readLevel(config["thinkingLevel"]);
  const budget = asNumber(config["thinkingBudget"]);
  const shown = asBoolean(config["includeThoughts"]);
  if (budget === undefined || budget === 0) {
    const mode = budget === 0 ? "disabled" : null;
    const display = shown === undefined ? null : shown ? "summarized" : "omitted";
    return effort === null && mode === null && display === null ? null : { mode, effort, budgetTokens: null, display };
  }
  return {
    mode: budget < 0 ? "adaptive" : "enabled",
    effort,
    budgetTokens: budget < 0 ? null : budget,
    display: shown === true ? null : "omitted",
  };
}

/** In small letters, as other protocols' efforts are; an unknown word keeps its letters. */
function readLevel(value: unknown): string | null {
  const word = asText(value);
  if (word === undefined || word === "THINKING_LEVEL_UNSPECIFIED") return null;
  return LEVELS.has(word.toUpperCase()) ? word.toLowerCase() : word;
}

const LEVELS: ReadonlySet<string> = new Set(["MINIMAL", "LOW", "MEDIUM", "HIGH"]);
const JSON_TYPE = "application/json";

function readFormat(config: JsonObject): IrOutputFormat | null {
  const type = asText(config["responseMimeType"]);
  if (type === "text/plain") return { kind: "text" };
  if (type !== undefined && type !== JSON_TYPE) return null;
  const json = config["responseJsonSchema"] ?? config["ResponseJsonSchema"];
  const openApi = config["responseSchema"];
  const none = (json === undefined || json === null) && (openApi === undefined || openApi === null);
  if (none) return type === JSON_TYPE ? { kind: "json" } : null;
  const schema = json === undefined || json === null ? readSchema(openApi) : readJsonSchema(json);
  return { kind: "json-schema", name: null, description: null, schema, strict: null };
}

const THINKING_SHAPE: Shape = { thinkingLevel: isText, thinkingBudget: isNumber, includeThoughts: isBoolean };
const isReadType = (value: unknown): boolean => value === JSON_TYPE || value === "text/plain";

const CONFIG_SHAPE: Shape = {
  maxOutputTokens: isNumber,
  temperature: isNumber,
  topP: isNumber,
  topK: isNumber,
  seed: isNumber,
  presencePenalty: isNumber,
  frequencyPenalty: isNumber,
  candidateCount: isNumber,
  stopSequences: isTextList,
  responseLogprobs: isBoolean,
  logprobs: isNumber,
  responseMimeType: isReadType,
  thinkingConfig: (value) => thinkingLeft(value) === null,
};

const BODY_SHAPE: Shape = {
  model: isAnything,
  stream: isBoolean,
  contents: isAnything,
  systemInstruction: isAnything,
  tools: isAnything,
  toolConfig: isAnything,
  serviceTier: isText,
  generationConfig: isAnything,
};

/** What is left of the configuration rides under its own name and is merged back. */
function readExtras(body: JsonObject, config: JsonObject): Extras {
  const extras = extrasOf(body, BODY_SHAPE);
  const isRead = readFormat(config) !== null;
  const schemas: Shape = isRead ? { responseJsonSchema: isAnything, responseSchema: isAnything } : {};
  const left: Record<string, unknown> = { ...extrasOf(config, { ...CONFIG_SHAPE, ...schemas }) };
  if (left["thinkingConfig"] !== undefined) left["thinkingConfig"] = thinkingLeft(left["thinkingConfig"]);
  // Alternatives per token without the switch for them say nothing in the IR.
  const lonely = config["logprobs"];
  if (isNumber(lonely) && config["responseLogprobs"] !== true) left["logprobs"] = lonely;
  return isEmpty(left) ? extras : { ...extras, generationConfig: left };
}

function thinkingLeft(value: unknown): unknown {
  return leftOf(spelledObject(value) ?? value, THINKING_SHAPE);
}

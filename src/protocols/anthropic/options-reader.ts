/** The options of a Messages request beside its conversation and tools: limits, sampling, thinking, format, tier. */
import type { Extras, IrOutputFormat, IrReasoningConfig, IrRequest, IrSampling } from "../../ir/request.ts";
import { asNumber, asObject, asText, type JsonObject } from "../../std/json.ts";
import {
  extrasOf,
  isAnything,
  isEmpty,
  isNumber,
  isText,
  isTextList,
  readTextList,
  type Shape,
} from "../shared/members.ts";

type ReadOptions = Pick<
  IrRequest,
  "maxOutputTokens" | "sampling" | "stop" | "reasoning" | "outputFormat" | "user" | "serviceTier" | "extras"
>;

export function readOptions(body: JsonObject): ReadOptions {
  const outputConfig = asObject(body["output_config"]) ?? {};
  return {
    maxOutputTokens: asNumber(body["max_tokens"]) ?? null,
    sampling: readSampling(body),
    stop: readTextList(body["stop_sequences"]),
    reasoning: readReasoning(asObject(body["thinking"]), outputConfig),
    outputFormat: readFormat(outputConfig["format"]) ?? readFormat(body["output_format"]),
    user: asText(asObject(body["metadata"])?.["user_id"]) ?? null,
    serviceTier: asText(body["service_tier"]) ?? null,
    extras: readExtras(body),
  };
}

function readSampling(body: JsonObject): IrSampling {
  return {
    temperature: asNumber(body["temperature"]) ?? null,
    topP: asNumber(body["top_p"]) ?? null,
    topK: asNumber(body["top_k"]) ?? null,
    seed: null,
    presencePenalty: null,
    frequencyPenalty: null,
  };
}

function readReasoning(thinking: JsonObject | undefined, outputConfig: JsonObject): IrReasoningConfig | null {
  const mode = thinking?.["type"];
  const effort = asText(outputConfig["effort"]) ?? null;
  const known = mode === "enabled" || mode === "adaptive" || mode === "disabled";
  if (!known && effort === null) return null;
  return {
    mode: known ? mode : null,
    effort,
    budgetTokens: known ? (asNumber(thinking?.["budget_tokens"]) ?? null) : null,
    display: known ? (asText(thinking?.["display"]) ?? null) : null,
  };
}

function readFormat(value: unknown): IrOutputFormat | null {
  const format = asObject(value);
  if (format === undefined || format["type"] !== "json_schema") return null;
  return { kind: "json-schema", name: null, description: null, schema: format["schema"] ?? null, strict: null };
}

/** Objects that are modelled in part: what is left of them rides under the same name and is merged back. */
const PARTLY_MODELLED: Readonly<Record<string, Shape>> = {
  metadata: { user_id: isText },
  tool_choice: { type: isAnything, name: isAnything, disable_parallel_tool_use: isAnything },
  output_config: { effort: isText, format: isAnything },
  thinking: { type: isText, budget_tokens: isNumber, display: isText },
};
const FORMAT_SHAPE: Shape = { type: isText, schema: isAnything };

const BODY_SHAPE: Shape = {
  model: isAnything,
  max_tokens: isNumber,
  messages: isAnything,
  stop_sequences: isTextList,
  stream: (value) => typeof value === "boolean",
  system: isAnything,
  tools: isAnything,
  service_tier: isText,
  temperature: isNumber,
  top_p: isNumber,
  top_k: isNumber,
  output_format: (value) => readFormat(value) !== null,
  metadata: (value) => leftOf("metadata", value) === null,
  tool_choice: (value) => leftOf("tool_choice", value) === null,
  output_config: (value) => leftOf("output_config", value) === null,
  thinking: (value) => leftOf("thinking", value) === null,
};

function readExtras(body: JsonObject): Extras {
  const extras = extrasOf(body, BODY_SHAPE);
  if (isEmpty(extras)) return extras;
  const whole: Record<string, unknown> = { ...extras };
  for (const name of Object.keys(PARTLY_MODELLED)) {
    if (name in whole) whole[name] = leftOf(name, whole[name]);
  }
  return whole;
}

/** What the IR does not carry of a partly modelled object; null when nothing is left, all of it when it is odd. */
function leftOf(name: string, value: unknown): unknown {
  const object = asObject(value);
  const shape = PARTLY_MODELLED[name];
  if (object === undefined || shape === undefined) return value;
  if (name === "thinking" && !["enabled", "adaptive", "disabled"].includes(asText(object["type"]) ?? "")) return object;
  const left: Record<string, unknown> = { ...extrasOf(object, shape) };
  const format = asObject(object["format"]);
  if (name === "output_config" && format !== undefined) {
    const formatLeft = readFormat(format) === null ? format : extrasOf(format, FORMAT_SHAPE);
    if (!isEmpty(formatLeft)) left["format"] = formatLeft;
  }
  return isEmpty(left) ? null : left;
}

/** The options of a Converse request beside its conversation and tools, the model's own request fields among them. */
import type { Extras, IrOutputFormat, IrReasoningConfig, IrRequest, IrSampling } from "../../ir/request.ts";
import { asBoolean, asNumber, asObject, asText, type JsonObject, parseExact } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import {
  extrasOf,
  isAnything,
  isBoolean,
  isEmpty,
  isNumber,
  isText,
  isTextList,
  leftOf,
  partlyModelled,
  readTextList,
  type Shape,
} from "../shared/members.ts";
import type { RequestMember } from "./wire.ts";

type ReadOptions = Pick<
  IrRequest,
  | "maxOutputTokens"
  | "sampling"
  | "stop"
  | "reasoning"
  | "outputFormat"
  | "metadata"
  | "serviceTier"
  | "parallelToolCalls"
  | "extras"
>;

export function readOptions(body: JsonObject): ReadOptions {
  const config = asObject(body["inferenceConfig"]) ?? {};
  const fields = asObject(body["additionalModelRequestFields"]) ?? {};
  return {
    maxOutputTokens: asNumber(config["maxTokens"]) ?? null,
    sampling: readSampling(config, fields),
    stop: readTextList(config["stopSequences"]),
    reasoning: readReasoning(asObject(body["outputConfig"]) ?? {}, fields),
    outputFormat: readFormat(asObject(body["outputConfig"])?.["textFormat"]),
    metadata: readMetadata(body["requestMetadata"]),
    serviceTier: asText(asObject(body["serviceTier"])?.["type"]) ?? null,
    parallelToolCalls: readParallel(fields),
    extras: readExtras(body),
  };
}

function readSampling(config: JsonObject, fields: JsonObject): IrSampling {
  return {
    temperature: asNumber(config["temperature"]) ?? null,
    topP: asNumber(config["topP"]) ?? null,
    // Claude's spelling and Nova's.
    topK: asNumber(fields["top_k"]) ?? asNumber(asObject(fields["inferenceConfig"])?.["topK"]) ?? null,
    seed: null,
    presencePenalty: null,
    frequencyPenalty: null,
  };
}

/** Claude: `thinking` (once `reasoning_config`) and an effort; Nova: `reasoningConfig`; gpt-oss: `reasoning_effort`. */
export function readReasoning(outputConfig: JsonObject, fields: JsonObject): IrReasoningConfig | null {
  const thinking = asObject(fields["thinking"]) ?? asObject(fields["reasoning_config"]) ?? {};
  const nova = asObject(fields["reasoningConfig"]) ?? {};
  const word = asText(thinking["type"]) ?? asText(nova["type"]);
  const mode = isMode(word) ? word : null;
  const effort =
    asText(outputConfig["effort"]) ??
    asText(asObject(fields["output_config"])?.["effort"]) ??
    asText(nova["maxReasoningEffort"]) ??
    asText(fields["reasoning_effort"]) ??
    null;
  if (mode === null && effort === null) return null;
  return {
    mode,
    effort,
    budgetTokens: mode === null ? null : (asNumber(thinking["budget_tokens"]) ?? null),
    display: mode === null ? null : (asText(thinking["display"]) ?? null),
  };
}

function isMode(word: string | undefined): word is "enabled" | "adaptive" | "disabled" {
  return word === "enabled" || word === "adaptive" || word === "disabled";
}

/** The schema is JSON text here. Null for another kind of format, or a text that is none. */
function readFormat(value: unknown): IrOutputFormat | null {
  const format = asObject(value);
  const wire = asObject(asObject(format?.["structure"])?.["jsonSchema"]);
  const text = asText(wire?.["schema"]);
  if (format?.["type"] !== "json_schema" || wire === undefined || text === undefined) return null;
  const schema = parseSchema(text);
  if (schema === undefined) return null;
  return {
    kind: "json-schema",
    name: asText(wire["name"]) ?? null,
    description: asText(wire["description"]) ?? null,
    schema,
    strict: null,
  };
}

function parseSchema(text: string): JsonObject | undefined {
  try {
    return asObject(parseExact(text));
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

const isTextMap = (value: unknown): boolean => Object.values(asObject(value) ?? { none: 0 }).every(isText);

function readMetadata(value: unknown): Readonly<Record<string, string>> | null {
  if (!isTextMap(value)) return null;
  return Object.fromEntries(Object.entries(asObject(value) ?? {}).map(([name, each]) => [name, asText(each) ?? ""]));
}

function readParallel(fields: JsonObject): boolean | null {
  const disabled = asBoolean(asObject(fields["tool_choice"])?.["disable_parallel_tool_use"]);
  return disabled === undefined ? null : !disabled;
}

// ---------------------------------------------------------------- what the IR does not carry

/** Objects that are modelled in part: what is left of them rides under the same name and is merged back. */
const BODY_NESTED: Readonly<Record<string, Shape>> = {
  inferenceConfig: { maxTokens: isNumber, temperature: isNumber, topP: isNumber, stopSequences: isTextList },
  serviceTier: { type: isText },
  outputConfig: { effort: isText, textFormat: (value) => readFormat(value) !== null },
  toolConfig: { tools: isAnything, toolChoice: isAnything },
} satisfies Partial<Record<RequestMember, Shape>>;
/** The same among the model's own fields. */
const FIELDS_NESTED: Readonly<Record<string, Shape>> = {
  inferenceConfig: { topK: isNumber },
  reasoningConfig: { type: (value) => isMode(asText(value)), maxReasoningEffort: isText },
  output_config: { effort: isText },
  tool_choice: { type: (value) => value === "auto", disable_parallel_tool_use: isBoolean },
};

const THINKING_SHAPE: Shape = { type: isText, budget_tokens: isNumber, display: isText };
const FIELDS_SHAPE: Shape = {
  top_k: isNumber,
  reasoning_effort: isText,
  thinking: (value) => leftOfThinking(value) === null,
  reasoning_config: (value) => leftOfThinking(value) === null,
  ...partlyModelled(FIELDS_NESTED),
};

/** What it says beside its type is read only where the type is known; else all of it is left. */
function leftOfThinking(value: unknown): unknown {
  const thinking = asObject(value) ?? {};
  return isEmpty(thinking) || isMode(asText(thinking["type"])) ? leftOf(value, THINKING_SHAPE) : value;
}

const WHOLE = {
  messages: isAnything,
  system: isAnything,
  additionalModelRequestFields: (value) => leftOfFields(value) === null,
  requestMetadata: isTextMap,
} satisfies Partial<Record<RequestMember, Shape[string]>>;
// The path says the model and whether to stream; a body that says them too is not asked.
const BODY_SHAPE: Shape = { ...WHOLE, ...partlyModelled(BODY_NESTED), model: isAnything, stream: isAnything };

function readExtras(body: JsonObject): Extras {
  const extras = extrasOf(body, BODY_SHAPE);
  if (isEmpty(extras)) return extras;
  const whole: Record<string, unknown> = { ...extras };
  for (const name of Object.keys(whole)) {
    if (name === "additionalModelRequestFields") whole[name] = leftOfFields(whole[name]);
    else if (Object.hasOwn(BODY_NESTED, name)) whole[name] = leftOf(whole[name], BODY_NESTED[name]);
  }
  return whole;
}

function leftOfFields(value: unknown): unknown {
  const fields = asObject(value);
  if (fields === undefined) return value;
  const left: Record<string, unknown> = { ...extrasOf(fields, FIELDS_SHAPE) };
  for (const name of Object.keys(left)) {
    if (name === "thinking" || name === "reasoning_config") left[name] = leftOfThinking(left[name]);
    else if (Object.hasOwn(FIELDS_NESTED, name)) left[name] = leftOf(left[name], FIELDS_NESTED[name]);
  }
  // Of two spellings one is read.
  const unread = asObject(fields["thinking"]) === undefined ? undefined : fields["reasoning_config"];
  if (unread !== undefined && unread !== null) left["reasoning_config"] = unread;
  return isEmpty(left) ? null : left;
}

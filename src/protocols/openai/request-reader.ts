/** A Chat Completions request into the one in between. What only this protocol has rides as extras. */
import type { WithLosses } from "../../ir/loss.ts";
import type { IrOutputFormat, IrReasoningConfig, IrRequest } from "../../ir/request.ts";
import { asArray, asBoolean, asNumber, asObject, asText, isRawJson, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { hide, ORIGIN, rest } from "./extras.ts";
import { readMessages } from "./message-reader.ts";
import { readFunctions, readToolChoice, readTools } from "./tool-reader.ts";

export function readRequest(body: JsonObject): WithLosses<IrRequest> {
  const model = asText(body["model"]);
  if (model === undefined) throw new WireError("model must be a string that names a model.");
  const tools = [...readTools(body["tools"]), ...readFunctions(body["functions"])];
  const value: IrRequest = {
    sourceProtocol: ORIGIN,
    model,
    stream: body["stream"] === true,
    ...readMessages(body["messages"]),
    tools,
    toolChoice: readToolChoice(body["tool_choice"]) ?? readFunctionChoice(body["function_call"]),
    parallelToolCalls: asBoolean(body["parallel_tool_calls"]) ?? null,
    maxOutputTokens: readNumber(body, "max_completion_tokens") ?? readNumber(body, "max_tokens"),
    sampling: {
      temperature: readNumber(body, "temperature"),
      topP: readNumber(body, "top_p"),
      topK: readNumber(body, "top_k"),
      seed: readNumber(body, "seed"),
      presencePenalty: readNumber(body, "presence_penalty"),
      frequencyPenalty: readNumber(body, "frequency_penalty"),
    },
    stop: readStop(body["stop"]),
    reasoning: readReasoningConfig(body),
    outputFormat: readFormat(body["response_format"]),
    choices: readNumber(body, "n"),
    logprobs: body["logprobs"] === true ? { top: readNumber(body, "top_logprobs") } : null,
    user: asText(body["safety_identifier"]) ?? asText(body["user"]) ?? null,
    metadata: readMetadata(body["metadata"]),
    serviceTier: asText(body["service_tier"]) ?? null,
    extras: readExtras(body),
  };
  return { value, losses: [] };
}

/** Null and absent are the same: not said. */
function readNumber(body: JsonObject, name: string): number | null {
  const value = body[name];
  if (value === undefined || value === null) return null;
  const number = asNumber(value);
  if (number === undefined) throw new WireError(`${name} must be a number.`);
  return number;
}

/** The older `function_call`: a word or `{name}`; the same choice in other clothes. */
function readFunctionChoice(value: unknown) {
  const name = asText(asObject(value)?.["name"]);
  return name === undefined ? readToolChoice(value) : ({ kind: "tool", name } as const);
}

function readStop(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const text = asText(value);
  if (text !== undefined) return [text];
  const texts = asArray(value)?.map(asText);
  if (texts === undefined || texts.includes(undefined)) {
    throw new WireError("stop must be a string or an array of strings.");
  }
  return texts.filter((each) => each !== undefined);
}

/** `reasoning_effort`, or OpenRouter's `reasoning: {effort, max_tokens, enabled, exclude}`. */
export function readReasoningConfig(body: JsonObject): IrReasoningConfig | null {
  const object = asObject(body["reasoning"]);
  const effort = asText(body["reasoning_effort"]) ?? asText(object?.["effort"]) ?? null;
  if (object === undefined && effort === null) return null;
  const budgetTokens = asNumber(object?.["max_tokens"]) ?? null;
  const enabled = asBoolean(object?.["enabled"]);
  const isOff = effort === "none" || enabled === false;
  const mode = isOff ? "disabled" : enabled === true || budgetTokens !== null ? "enabled" : null;
  return { mode, effort, budgetTokens, display: object?.["exclude"] === true ? "omitted" : null };
}

/** An unknown kind of format is nobody else's: it stays an extra. */
function readFormat(value: unknown): IrOutputFormat | null {
  const format = asObject(value);
  switch (format?.["type"]) {
    case "text":
      return { kind: "text" };
    case "json_object":
      return { kind: "json" };
    case "json_schema": {
      const definition = asObject(format["json_schema"]);
      if (definition === undefined) throw new WireError("response_format.json_schema must be an object.");
      const { name, description, schema, strict } = definition;
      return {
        kind: "json-schema",
        name: asText(name) ?? null,
        description: asText(description) ?? null,
        schema: schema ?? null,
        strict: asBoolean(strict) ?? null,
      };
    }
    default:
      return null;
  }
}

function readMetadata(value: unknown): Readonly<Record<string, string>> | null {
  const entries = Object.entries(asObject(value) ?? {});
  const texts = entries.flatMap(([name, each]) => (typeof each === "string" ? [[name, each] as const] : []));
  return entries.length === 0 || texts.length < entries.length ? null : Object.fromEntries(texts);
}

function readExtras(body: JsonObject) {
  const others = rest(body, KNOWN);
  const visible = { ...others };
  if (body["metadata"] !== null && body["metadata"] !== undefined && readMetadata(body["metadata"]) === null) {
    visible["metadata"] = body["metadata"];
  }
  const format = body["response_format"];
  if (format !== undefined && format !== null && readFormat(format) === null) visible["response_format"] = format;
  if (body["logprobs"] !== true && typeof body["top_logprobs"] === "number") {
    visible["top_logprobs"] = body["top_logprobs"];
  }
  return hide(visible, {
    stream_options: asObject(body["stream_options"]),
    max_tokens: body["max_tokens"] ?? undefined,
    max_completion_tokens: body["max_completion_tokens"] ?? undefined,
    stop: asText(body["stop"]),
    user: asText(body["user"]),
    safety_identifier: asText(body["safety_identifier"]),
    reasoning: asObject(body["reasoning"]),
    reasoning_effort: asText(body["reasoning_effort"]),
    // Above 2^53 a seed is only right in the client's own digits.
    seed: isRawJson(body["seed"]) ? body["seed"] : undefined,
    functions: body["functions"] === undefined ? undefined : true,
  });
}

/** Members that the request in between holds, whole; everything else is an extra. */
const KNOWN = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "tools",
  "functions",
  "tool_choice",
  "function_call",
  "parallel_tool_calls",
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "top_k",
  "seed",
  "presence_penalty",
  "frequency_penalty",
  "stop",
  "reasoning",
  "reasoning_effort",
  "response_format",
  "n",
  "logprobs",
  "top_logprobs",
  "user",
  "safety_identifier",
  "metadata",
  "service_tier",
]);

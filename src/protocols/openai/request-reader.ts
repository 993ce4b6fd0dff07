/** A Chat Completions request into the IR. What only this protocol has rides as extras. */

import type { WithLosses } from "../../ir/loss.ts";
import type { Extras, IrReasoningConfig, IrRequest, Spelling } from "../../ir/request.ts";
import { asArray, asBoolean, asNumber, asObject, asText, isRawJson, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { extrasOf, modelled, readNumber, type Shape } from "../shared/members.ts";
import { readFormat, readMetadata, readUser } from "../shared/openai/options.ts";
import { readMessages } from "./message-reader.ts";
import { readFunctions, readToolChoice, readTools } from "./tool-reader.ts";
import { PROTOCOL } from "./wire.ts";

export function readRequest(body: JsonObject): WithLosses<IrRequest> {
  const model = asText(body["model"]);
  if (model === undefined) throw new WireError("model must be a string that names a model.");
  const tools = [...readTools(body["tools"]), ...readFunctions(body["functions"])];
  const value: IrRequest = {
    sourceProtocol: PROTOCOL,
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
    outputFormat: readFormat(body["response_format"], definitionOf),
    choices: readNumber(body, "n"),
    logprobs: body["logprobs"] === true ? { top: readNumber(body, "top_logprobs") } : null,
    user: readUser(body),
    metadata: readMetadata(body["metadata"]),
    serviceTier: asText(body["service_tier"]) ?? null,
    extras: readExtras(body),
    spelling: readSpelling(body),
  };
  return { value, losses: [] };
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

function definitionOf(format: JsonObject): JsonObject {
  const definition = asObject(format["json_schema"]);
  if (definition === undefined) throw new WireError("response_format.json_schema must be an object.");
  return definition;
}

/** The number of alternatives is modelled only beside the wish for log probabilities. */
function readExtras(body: JsonObject): Extras {
  const extras = extrasOf(body, REQUEST_SHAPE);
  const { logprobs, top_logprobs } = body;
  return logprobs === true || typeof top_logprobs !== "number" ? extras : { ...extras, top_logprobs };
}

function readSpelling(body: JsonObject): Spelling {
  return {
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
  };
}

/** Members that the IR holds whole; everything else is an extra. */
const REQUEST_SHAPE: Shape = {
  ...modelled(
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
    "n",
    "logprobs",
    "top_logprobs",
    "user",
    "safety_identifier",
    "service_tier",
  ),
  metadata: (value) => readMetadata(value) !== null,
  response_format: (value) => readFormat(value, definitionOf) !== null,
};

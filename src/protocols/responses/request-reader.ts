/** A Responses request into the IR. What only this protocol has rides as extras. */

import type { WithLosses } from "../../ir/loss.ts";
import { type Extras, type IrReasoningConfig, type IrRequest, NO_SAMPLING } from "../../ir/request.ts";
import { asArray, asBoolean, asNumber, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { COMPACTION_TRIGGER } from "../shared/compaction.ts";
import { extrasOf, isEmpty, isNothing, modelled, readNumber, type Shape, without } from "../shared/members.ts";
import { readFormat, readMetadata, readUser } from "../shared/openai/options.ts";
import { readInput } from "./item-reader.ts";
import { readToolChoice, readTools } from "./tool-reader.ts";
import { PROTOCOL } from "./wire.ts";

export function readRequest(body: JsonObject): WithLosses<IrRequest> {
  const model = asText(body["model"]);
  if (model === undefined) throw new WireError("model must be a string that names a model.");
  const tools = readTools(body["tools"], body["input"]);
  const value: IrRequest = {
    sourceProtocol: PROTOCOL,
    model,
    stream: body["stream"] === true,
    ...readInput(body["instructions"], body["input"]),
    tools,
    toolChoice: readToolChoice(body["tool_choice"], tools),
    parallelToolCalls: asBoolean(body["parallel_tool_calls"]) ?? null,
    maxOutputTokens: readNumber(body, "max_output_tokens"),
    sampling: {
      ...NO_SAMPLING,
      temperature: readNumber(body, "temperature"),
      topP: readNumber(body, "top_p"),
    },
    stop: [],
    reasoning: readReasoningConfig(body["reasoning"]),
    outputFormat: readFormat(at(body["text"], "format"), (format) => format),
    choices: null,
    logprobs: readLogprobs(body),
    user: readUser(body),
    metadata: readMetadata(body["metadata"]),
    serviceTier: asText(body["service_tier"]) ?? null,
    ...(at(asArray(body["input"])?.at(-1), "type") === COMPACTION_TRIGGER ? { compacts: "item" } : {}),
    extras: readExtras(body),
    // The conversation is written anew; everything else of the body comes back to this protocol as it was.
    spelling: { body: without(body, "input"), hasInput: !isNothing(body["input"]) },
  };
  return { value, losses: [] };
}

/** `{effort, summary}`; an object that says neither asks for nothing. */
export function readReasoningConfig(value: unknown): IrReasoningConfig | null {
  const object = asObject(value);
  const effort = asText(object?.["effort"]) ?? null;
  const display = asText(object?.["summary"]) ?? asText(object?.["generate_summary"]) ?? null;
  if (effort === null && display === null) return null;
  return { mode: effort === "none" ? "disabled" : null, effort, budgetTokens: null, display };
}

/** Asked for by inclusion, by a number of alternatives, or both. */
function readLogprobs(body: JsonObject): IrRequest["logprobs"] {
  const top = asNumber(body["top_logprobs"]) ?? null;
  const included = (asArray(body["include"]) ?? []).includes(LOGPROBS);
  return included || (top ?? 0) > 0 ? { top } : null;
}

/**
 * Options that say what other vendors do by default are spelling: no storage, no background run, reasoning with its
 * encrypted content. Everything else that only this protocol has is a loss there.
 */
function readExtras(body: JsonObject): Extras {
  const extras: Record<string, unknown> = { ...extrasOf(body, REQUEST_SHAPE) };
  for (const [member, shape] of PARTLY) {
    const others = extrasOf(asObject(body[member]) ?? {}, shape);
    for (const name of Object.keys(others)) extras[`${member}.${name}`] = others[name];
  }
  return extras;
}

const LOGPROBS = "message.output_text.logprobs";
const SEALED = "reasoning.encrypted_content";
const OBFUSCATION_SHAPE = modelled("include_obfuscation");

/** Members that the IR holds whole, and those whose usual value changes nothing anywhere else. */
const REQUEST_SHAPE: Shape = {
  ...modelled(
    "model",
    "input",
    "instructions",
    "stream",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_output_tokens",
    "temperature",
    "top_p",
    "reasoning",
    "text",
    "user",
    "safety_identifier",
    "service_tier",
    "top_logprobs",
  ),
  metadata: (value) => readMetadata(value) !== null || isEmpty(asObject(value) ?? [value]),
  store: (value) => value === false,
  background: (value) => value === false,
  truncation: (value) => value === "disabled",
  include: (value) => asArray(value)?.every((each) => each === SEALED || each === LOGPROBS) === true,
  // How a stream is padded against eavesdroppers.
  stream_options: (value) => isEmpty(extrasOf(asObject(value) ?? { value }, OBFUSCATION_SHAPE)),
};
const TEXT_SHAPE: Shape = {
  format: (value) => readFormat(value, (format) => format) !== null,
  verbosity: (value) => value !== "low" && value !== "high",
};
const REASONING_SHAPE: Shape = {
  ...modelled("effort", "summary", "generate_summary"),
  // What the vendor does unasked.
  context: (value) => value === "auto",
  mode: (value) => value === "standard",
};
const PARTLY = [
  ["text", TEXT_SHAPE],
  ["reasoning", REASONING_SHAPE],
] as const;

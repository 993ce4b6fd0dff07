/** A Responses request into the one in between. What only this protocol has rides as extras. */
import type { WithLosses } from "../../ir/loss.ts";
import { type IrOutputFormat, type IrReasoningConfig, type IrRequest, NO_SAMPLING } from "../../ir/request.ts";
import { asArray, asBoolean, asNumber, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { hide, rest, without } from "./extras.ts";
import { readInput } from "./item-reader.ts";
import { readToolChoice, readTools } from "./tool-reader.ts";
import { ORIGIN } from "./wire.ts";

export function readRequest(body: JsonObject): WithLosses<IrRequest> {
  const model = asText(body["model"]);
  if (model === undefined) throw new WireError("model must be a string that names a model.");
  const tools = readTools(body["tools"], body["input"]);
  const value: IrRequest = {
    sourceProtocol: ORIGIN,
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
    outputFormat: readFormat(body["text"]),
    choices: null,
    logprobs: readLogprobs(body),
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

/** `{effort, summary}`; an object that says neither asks for nothing. */
export function readReasoningConfig(value: unknown): IrReasoningConfig | null {
  const object = asObject(value);
  const effort = asText(object?.["effort"]) ?? null;
  const display = asText(object?.["summary"]) ?? asText(object?.["generate_summary"]) ?? null;
  if (effort === null && display === null) return null;
  return { mode: effort === "none" ? "disabled" : null, effort, budgetTokens: null, display };
}

/** An unknown kind of format is nobody else's: it stays an extra. */
function readFormat(text: unknown): IrOutputFormat | null {
  const format = asObject(asObject(text)?.["format"]);
  switch (format?.["type"]) {
    case "text":
      return { kind: "text" };
    case "json_object":
      return { kind: "json" };
    case "json_schema": {
      const { name, description, schema, strict } = format;
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

/** Asked for by inclusion, by a number of alternatives, or both. */
function readLogprobs(body: JsonObject): IrRequest["logprobs"] {
  const top = asNumber(body["top_logprobs"]) ?? null;
  const included = (asArray(body["include"]) ?? []).includes(LOGPROBS);
  return included || (top ?? 0) > 0 ? { top } : null;
}

function readMetadata(value: unknown): Readonly<Record<string, string>> | null {
  const entries = Object.entries(asObject(value) ?? {});
  const texts = entries.flatMap(([name, each]) => (typeof each === "string" ? [[name, each] as const] : []));
  return entries.length === 0 || texts.length < entries.length ? null : Object.fromEntries(texts);
}

/**
 * What another vendor does unasked is spelling: nothing is stored there, nothing runs in the background, sealed
 * reasoning always comes along. Everything else that only this protocol has is a loss there.
 */
function readExtras(body: JsonObject) {
  const visible: Record<string, unknown> = { ...rest(body, KNOWN) };
  for (const [name, isUsual] of USUAL) if (isUsual(visible[name])) delete visible[name];
  const metadata = body["metadata"];
  const isEmpty = Object.keys(asObject(metadata) ?? { some: true }).length === 0;
  if (metadata !== undefined && metadata !== null && !isEmpty && readMetadata(metadata) === null) {
    visible["metadata"] = metadata;
  }
  const text = asObject(body["text"]);
  if (text !== undefined) {
    const others = readFormat(text) === null ? rest(text, NOTHING) : without(text, "format");
    for (const name of Object.keys(rest(others, USUAL_TEXT))) visible[`text.${name}`] = others[name];
    if (others["verbosity"] === "low" || others["verbosity"] === "high")
      visible["text.verbosity"] = others["verbosity"];
  }
  // The conversation is written anew; everything else of the body comes back to this protocol as it was.
  return hide(visible, {
    body: without(body, "input"),
    hasInput: body["input"] !== undefined && body["input"] !== null,
  });
}

const LOGPROBS = "message.output_text.logprobs";
const NOTHING: ReadonlySet<string> = new Set();
const USUAL_TEXT: ReadonlySet<string> = new Set(["verbosity"]);

/** Members whose usual value changes nothing anywhere else. */
const USUAL: ReadonlyMap<string, (value: unknown) => boolean> = new Map<string, (value: unknown) => boolean>([
  ["store", (value) => value === false],
  ["background", (value) => value === false],
  ["truncation", (value) => value === "disabled"],
  ["include", (value) => (asArray(value) ?? [null]).every((each) => each === SEALED || each === LOGPROBS)],
  // How a stream is padded against eavesdroppers.
  ["stream_options", (value) => Object.keys(rest(asObject(value) ?? { some: true }, OBFUSCATION)).length === 0],
  ["top_logprobs", () => true],
]);
const SEALED = "reasoning.encrypted_content";
const OBFUSCATION = new Set(["include_obfuscation"]);

/** Members that the request in between holds, whole; everything else is an extra. */
const KNOWN = new Set([
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
  "metadata",
  "service_tier",
]);

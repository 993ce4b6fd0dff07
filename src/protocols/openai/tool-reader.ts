/** Tools, calls and choices, in the present spelling and in the older `functions` one. */

import { type IrBlock, type IrTool, type IrToolChoice, NO_EXTRAS, NO_SPELLING } from "../../ir/request.ts";
import { asArray, asBoolean, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { argumentsText } from "../shared/arguments.ts";
import { extrasOf, modelled, withInner } from "../shared/members.ts";
import { shortHash } from "../shared/names/tools.ts";
import { type ReadChoiceFormat, readToolChoice as readChoice } from "../shared/openai/tool-choice.ts";
import { readMark } from "./part-reader.ts";
import { PROTOCOL } from "./wire.ts";

export function readTools(value: unknown): IrTool[] {
  if (value === undefined || value === null) return [];
  const tools = asArray(value);
  if (tools === undefined) throw new WireError("tools must be an array of tools.");
  return tools.map((tool, index) => readTool(tool, `tools[${index}]`));
}

/** The older `functions`, each a bare definition. */
export function readFunctions(value: unknown): IrTool[] {
  if (value === undefined || value === null) return [];
  const functions = asArray(value);
  if (functions === undefined) throw new WireError("functions must be an array of function definitions.");
  return functions.map((each, index) => {
    const definition = asObject(each);
    if (definition === undefined) throw new WireError(`functions[${index}] must be a function definition.`);
    const extras = extrasOf(definition, FUNCTION_SHAPE);
    return { ...readDefinition(definition, `functions[${index}]`), cache: null, extras, spelling: NO_SPELLING };
  });
}

export function readToolCall(value: unknown, path: string): IrBlock {
  const call = asObject(value);
  const id = asText(call?.["id"]);
  if (call === undefined || id === undefined) throw new WireError(`${path}.id must be the id of the call.`);
  const custom = asObject(call["custom"]);
  const called = custom ?? asObject(call["function"]);
  const name = asText(called?.["name"]);
  if (called === undefined || name === undefined) throw new WireError(`${path}.function.name must be a string.`);
  const kind = custom === undefined ? "function" : "custom";
  const text = custom === undefined ? argumentsText(called["arguments"]) : (asText(custom["input"]) ?? "");
  return { type: "tool-call", id, name, kind, arguments: text, signature: null, ...readMark(call, TOOL_CALL_SHAPE) };
}

/** The older form has no id; the same call always gets the same one. */
export function readFunctionCall(value: unknown, path: string): IrBlock {
  const name = asText(at(value, "name"));
  if (name === undefined) throw new WireError(`${path}.name must be a string.`);
  const text = argumentsText(at(value, "arguments"));
  const id = `call_${shortHash(`${path} ${name} ${text}`)}`;
  return {
    type: "tool-call",
    id,
    name,
    kind: "function",
    arguments: text,
    signature: null,
    cache: null,
    extras: NO_EXTRAS,
    spelling: { legacy: true },
  };
}

export function readToolChoice(value: unknown): IrToolChoice | null {
  return readChoice(value, DIALECT);
}

/** `{type, function: {name}}`, `{type, custom: {name}}`, or the flat form of the Responses API. */
function nameOfTool(tool: JsonObject): string | undefined {
  return asText(at(tool, "function", "name")) ?? asText(at(tool, "custom", "name")) ?? asText(tool["name"]);
}

function readTool(value: unknown, path: string): IrTool {
  const tool = asObject(value);
  if (tool === undefined) throw new WireError(`${path} must be a tool, an object with a type.`);
  const type = asText(tool["type"]) ?? (tool["function"] === undefined ? undefined : "function");
  if (type === undefined) throw new WireError(`${path}.type must be "function" or "custom".`);
  if (type === "custom") return readCustomTool(tool, path);
  if (type !== "function") return { type: "opaque", sourceProtocol: PROTOCOL, name: type, value };
  const nested = asObject(tool["function"]);
  if (nested === undefined) return { ...readDefinition(tool, path), ...readMark(tool, FLAT_TOOL_SHAPE) };
  const { cache, extras, spelling } = readMark(tool, TOOL_SHAPE);
  const inner = extrasOf(nested, FUNCTION_SHAPE);
  const all = withInner(extras, "function", inner);
  return { ...readDefinition(nested, `${path}.function`), cache, extras: all, spelling };
}

function readDefinition(definition: JsonObject, path: string) {
  const name = asText(definition["name"]);
  if (name === undefined) throw new WireError(`${path}.name must be a string.`);
  return {
    type: "function",
    name,
    description: asText(definition["description"]) ?? null,
    parameters: definition["parameters"] ?? null,
    strict: asBoolean(definition["strict"]) ?? null,
  } as const;
}

function readCustomTool(tool: JsonObject, path: string): IrTool {
  const custom = asObject(tool["custom"]) ?? tool;
  const name = asText(custom["name"]);
  if (name === undefined) throw new WireError(`${path}.custom.name must be a string.`);
  const description = asText(custom["description"]) ?? null;
  const format = flatFormat(custom["format"]);
  return {
    type: "custom",
    name,
    description,
    format,
    extras: extrasOf(tool, CUSTOM_TOOL_SHAPE),
    spelling: NO_SPELLING,
  };
}

/** A grammar is nested here and flat everywhere else. Null: free text. */
function flatFormat(value: unknown): unknown {
  const format = asObject(value);
  const grammar = asObject(format?.["grammar"]);
  if (format?.["type"] !== "grammar" || grammar === undefined) return value ?? null;
  return { type: "grammar", ...grammar };
}

const DIALECT: ReadChoiceFormat = {
  protocol: PROTOCOL,
  words: new Map([["any", { kind: "required" }]]), // Mistral's word
  nameOf: nameOfTool,
};

const TOOL_CALL_SHAPE = modelled("id", "type", "function", "custom");
const TOOL_SHAPE = modelled("type", "function");
const FUNCTION_SHAPE = modelled("name", "description", "parameters", "strict");
const FLAT_TOOL_SHAPE = { ...modelled("type"), ...FUNCTION_SHAPE };
const CUSTOM_TOOL_SHAPE = modelled("type", "custom", "name", "description", "format");

/**
 * Tools and the choice among them. A `namespace` groups tools under a name of its own; other protocols know only flat
 * names, so each of its tools becomes one, and `namespaces.ts` finds the way back. Every tool keeps what the client wrote.
 */

import type { IrTool, IrToolChoice } from "../../ir/request.ts";
import { asArray, asBoolean, asObject, asText, at, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { extrasOf, isText, modelled, nonEmpty, type Shape } from "../shared/members.ts";
import { readToolChoice as readChoice } from "../shared/openai/tool-choice.ts";
import { flatName } from "./names.ts";
import { PROTOCOL } from "./wire.ts";

/** `tools`, and those that stand in `additional_tools` items of the input. */
export function readTools(tools: unknown, input: unknown): IrTool[] {
  const own = readList(tools, "tools", null);
  const additional = (asArray(input) ?? []).flatMap((value, index) => {
    const item = asObject(value);
    return item?.["type"] === "additional_tools" ? readList(item["tools"], `input[${index}].tools`, item) : [];
  });
  return [...own, ...additional];
}

export function readToolChoice(value: unknown, tools: readonly IrTool[]): IrToolChoice | null {
  return readChoice(value, { protocol: PROTOCOL, nameOf: (choice) => nameOfChoice(choice, tools) });
}

/** A tool of a namespace may be chosen by its own name, with or without the namespace beside it. */
function nameOfChoice(choice: JsonObject, tools: readonly IrTool[]): string | undefined {
  if (choice["type"] !== "function" && choice["type"] !== "custom") return undefined;
  const name = asText(choice["name"]) ?? asText(at(choice, "function", "name")) ?? asText(at(choice, "custom", "name"));
  if (name === undefined) return undefined;
  const namespace = asText(choice["namespace"]);
  if (namespace !== undefined) return flatName(namespace, name);
  const isFlat = tools.some((tool) => tool.type !== "opaque" && tool.name === name);
  const inner = tools.find((tool) => tool.type !== "opaque" && at(tool.spelling["place"], "name") === name);
  return isFlat ? name : (inner?.name ?? name);
}

/** `holder`: the item of the input they stand in, which is written back whole; null: they stand in `tools`. */
function readList(value: unknown, path: string, holder: JsonObject | null): IrTool[] {
  if (value === undefined || value === null) return [];
  const tools = asArray(value);
  if (tools === undefined) throw new WireError(`${path} must be an array of tools.`);
  const held = { holder: holder ?? undefined };
  return tools.flatMap((tool, index) => readTool(tool, `${path}[${index}]`, held));
}

function readTool(value: unknown, path: string, held: JsonObject): IrTool[] {
  const tool = asObject(value);
  if (tool === undefined) throw new WireError(`${path} must be a tool, an object with a type.`);
  const type = asText(tool["type"]);
  if (type === undefined) throw new WireError(`${path}.type must name the kind of tool, such as "function".`);
  if (type === "namespace") return readNamespace(tool, path, held);
  return [readNamed(tool, path, held) ?? { type: "opaque", sourceProtocol: PROTOCOL, name: type, value }];
}

/** Undefined: neither a function nor a custom tool. */
function readNamed(tool: JsonObject, path: string, held: JsonObject): IrTool | undefined {
  if (tool["type"] === "custom") return readCustomTool(tool, path, held);
  if (tool["type"] !== "function") return undefined;
  // Nested as in Chat Completions, from clients that mix the two.
  const nested = asObject(tool["function"]);
  const definition = { ...nested, ...tool };
  const name = asText(definition["name"]);
  if (name === undefined) throw new WireError(`${path}.name must be a string.`);
  return {
    type: "function",
    name,
    description: asText(definition["description"]) ?? null,
    parameters: definition["parameters"] ?? null,
    // False is what every other protocol does unasked.
    strict: asBoolean(definition["strict"]) === true ? true : null,
    cache: null,
    extras: extrasOf(tool, FUNCTION_SHAPE),
    spelling: { ...held, tool },
  };
}

function readCustomTool(tool: JsonObject, path: string, held: JsonObject): IrTool {
  const name = asText(tool["name"]);
  if (name === undefined) throw new WireError(`${path}.name must be a string.`);
  return {
    type: "custom",
    name,
    description: asText(tool["description"]) ?? null,
    format: tool["format"] ?? null,
    extras: extrasOf(tool, CUSTOM_SHAPE),
    spelling: { ...held, tool },
  };
}

function readNamespace(tool: JsonObject, path: string, held: JsonObject): IrTool[] {
  const namespace = asText(tool["name"]);
  if (namespace === undefined) throw new WireError(`${path}.name must be a string.`);
  const whole: IrTool = { type: "opaque", sourceProtocol: PROTOCOL, name: "namespace", value: tool };
  const inner = (asArray(tool["tools"]) ?? []).flatMap((value, index): IrTool[] => {
    const each = asObject(value);
    const read = each === undefined ? undefined : readNamed(each, `${path}.tools[${index}]`, held);
    if (read === undefined || read.type === "opaque") return [];
    const place = { namespace, name: read.name };
    const spelling = { ...held, namespace: tool, place, tool: each };
    return [{ ...read, name: flatName(namespace, read.name), spelling }];
  });
  const [first, ...others] = inner;
  return first === undefined ? [whole] : [describeGroup(first, tool), ...others];
}

/** No other protocol has a place for what describes a group: its words stand ahead of its first tool's, its other members are lost. */
function describeGroup(first: IrTool, group: JsonObject): IrTool {
  if (first.type === "opaque") return first;
  const extras = { ...first.extras, ...extrasOf(group, NAMESPACE_SHAPE) };
  const words = nonEmpty(group["description"]);
  if (words === null) return { ...first, extras };
  const about = `About all tools of ${String(group["name"])}: ${words}`;
  return { ...first, extras, description: first.description === null ? about : `${about}\n\n${first.description}` };
}

const FUNCTION_SHAPE = modelled("type", "name", "description", "parameters", "strict", "function");
const CUSTOM_SHAPE = modelled("type", "name", "description", "format");
const NAMESPACE_SHAPE: Shape = { ...modelled("type", "name", "tools"), description: isText };

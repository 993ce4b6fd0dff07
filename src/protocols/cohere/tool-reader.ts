/** Tools, calls and the choice among them. */

import { type IrBlock, type IrTool, type IrToolChoice, NO_SPELLING, type Spelling } from "../../ir/request.ts";
import { asBoolean, asObject, asText, type JsonObject } from "../../std/json.ts";
import { argumentsText } from "../shared/arguments.ts";
import { extrasOf, isNothing, modelled, needObject, withInner } from "../shared/members.ts";
import { needList, needText } from "./members.ts";
import { toolNames } from "./names.ts";
import { PROTOCOL } from "./wire.ts";

/** `strict`: the request's own switch holds for all of them; null: not said. */
export function readTools(value: unknown, strict: boolean | null): IrTool[] {
  if (isNothing(value)) return [];
  return needList(value, "tools").map((tool, index) => readTool(tool, `tools[${index}]`, strict));
}

export function readStrict(body: JsonObject): boolean | null {
  return asBoolean(body["strict_tools"]) ?? null;
}

function readTool(value: unknown, path: string, strict: boolean | null): IrTool {
  const tool = needObject(value, path);
  const type = asText(tool["type"]) ?? "function";
  const definition = asObject(tool["function"]);
  if (type !== "function") return { type: "opaque", sourceProtocol: PROTOCOL, name: type, value };
  const { name: wire, description, parameters } = needObject(definition, `${path}.function`);
  const { name, spelling } = readName(wire, `${path}.function.name`);
  const inner = extrasOf(definition ?? {}, FUNCTION_SHAPE);
  return {
    type: "function",
    name,
    description: asText(description) ?? null,
    parameters: parameters ?? null,
    strict,
    cache: null,
    extras: withInner(extrasOf(tool, TOOL_SHAPE), "function", inner),
    spelling,
  };
}

/** As it was before this protocol's own writer made it legal; the name on the wire is the spelling. */
function readName(value: unknown, path: string): { readonly name: string; readonly spelling: Spelling } {
  const wire = needText(value, path);
  const name = toolNames.restore(wire);
  return { name, spelling: name === wire ? NO_SPELLING : { wire_name: wire } };
}

export function readToolCall(value: unknown, path: string): IrBlock {
  const call = needObject(value, path);
  const called = needObject(call["function"], `${path}.function`);
  const { name, spelling } = readName(called["name"], `${path}.function.name`);
  return {
    type: "tool-call",
    id: needText(call["id"], `${path}.id`),
    name,
    kind: "function",
    arguments: argumentsText(called["arguments"]),
    signature: null,
    cache: null,
    extras: extrasOf(call, CALL_SHAPE),
    spelling,
  };
}

/** No word for "the model decides": that is what no choice means. */
export function readToolChoice(value: unknown): IrToolChoice | null {
  if (isNothing(value)) return null;
  switch (asText(value)?.toUpperCase()) {
    case "REQUIRED":
      return { kind: "required" };
    case "NONE":
      return { kind: "none" };
    default:
      return { kind: "opaque", sourceProtocol: PROTOCOL, value };
  }
}

const TOOL_SHAPE = modelled("type", "function");
const FUNCTION_SHAPE = modelled("name", "description", "parameters");
const CALL_SHAPE = modelled("id", "type", "function");

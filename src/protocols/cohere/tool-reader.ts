/** Tools, calls and the choice among them. */
import type { IrBlock, IrTool, IrToolChoice } from "../../ir/request.ts";
import { asBoolean, asObject, asText, type JsonObject } from "../../std/json.ts";
import { hide, rest } from "../shared/extras.ts";
import { isNothing, needList, needObject, needText } from "./members.ts";
import { toolNames } from "./names.ts";
import { ORIGIN } from "./wire.ts";

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
  if (type !== "function") return { type: "opaque", sourceProtocol: ORIGIN, name: type, value };
  const { name: wire, description, parameters } = needObject(definition, `${path}.function`);
  const { name, hidden } = readName(wire, `${path}.function.name`);
  const inner = rest(definition ?? {}, FUNCTION);
  const others = rest(tool, TOOL);
  return {
    type: "function",
    name,
    description: asText(description) ?? null,
    parameters: parameters ?? null,
    strict,
    cache: null,
    extras: hide(Object.keys(inner).length === 0 ? others : { ...others, function: inner }, hidden),
  };
}

/** As it was before this protocol's own writer made it legal; the name on the wire is hidden in the extras. */
function readName(value: unknown, path: string): { readonly name: string; readonly hidden: JsonObject } {
  const wire = needText(value, path);
  const name = toolNames.restore(wire);
  return { name, hidden: name === wire ? {} : { wire_name: wire } };
}

export function readToolCall(value: unknown, path: string): IrBlock {
  const call = needObject(value, path);
  const called = needObject(call["function"], `${path}.function`);
  const { name, hidden } = readName(called["name"], `${path}.function.name`);
  return {
    type: "tool-call",
    id: needText(call["id"], `${path}.id`),
    name,
    kind: "function",
    arguments: argumentsText(called["arguments"]),
    signature: null,
    cache: null,
    extras: hide(rest(call, CALL), hidden),
  };
}

/** Some servers send the arguments as an object instead of as its text. */
export function argumentsText(value: unknown): string {
  return isNothing(value) ? "" : (asText(value) ?? JSON.stringify(value));
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
      return { kind: "opaque", sourceProtocol: ORIGIN, value };
  }
}

const TOOL = new Set(["type", "function"]);
const FUNCTION = new Set(["name", "description", "parameters"]);
const CALL = new Set(["id", "type", "function"]);

/** Tool definitions and the choice among them. */
import { type IrTool, type IrToolChoice, NO_SPELLING } from "../../ir/request.ts";
import { asBoolean, asObject, asText, type JsonObject } from "../../std/json.ts";
import {
  extrasOf,
  isBoolean,
  isObject,
  isText,
  needList,
  needObject,
  needText,
  type Shape,
} from "../shared/members.ts";
import { isCache, readCache } from "./block-reader.ts";
import { PROTOCOL } from "./wire.ts";

const isCustomType = (value: unknown): boolean => value === "custom";
const TOOL_SHAPE: Shape = {
  type: isCustomType,
  name: isText,
  description: isText,
  input_schema: isObject,
  strict: isBoolean,
  cache_control: isCache,
};

export function readTools(tools: unknown): IrTool[] {
  if (tools === undefined || tools === null) return [];
  return needList(tools, "tools").map((value, index) => {
    const path = `tools[${index}]`;
    const tool = needObject(value, path);
    const type = tool["type"] ?? "custom";
    if (type !== "custom") {
      return { type: "opaque", sourceProtocol: PROTOCOL, name: asText(type) ?? "tool", value: tool };
    }
    return {
      type: "function",
      name: needText(tool, "name", path),
      description: asText(tool["description"]) ?? null,
      parameters: asObject(tool["input_schema"]) ?? null,
      strict: asBoolean(tool["strict"]) ?? null,
      cache: readCache(tool),
      extras: extrasOf(tool, TOOL_SHAPE),
      spelling: NO_SPELLING,
    };
  });
}

interface ReadChoice {
  readonly toolChoice: IrToolChoice | null;
  readonly parallelToolCalls: boolean | null;
}

export function readToolChoice(value: unknown): ReadChoice {
  if (value === undefined || value === null) return { toolChoice: null, parallelToolCalls: null };
  const choice = needObject(value, "tool_choice");
  const disabled = asBoolean(choice["disable_parallel_tool_use"]);
  return {
    toolChoice: readChoiceKind(choice),
    parallelToolCalls: disabled === undefined ? null : !disabled,
  };
}

function readChoiceKind(choice: JsonObject): IrToolChoice {
  switch (choice["type"]) {
    case "auto":
      return { kind: "auto" };
    case "any":
      return { kind: "required" };
    case "none":
      return { kind: "none" };
    case "tool":
      return { kind: "tool", name: needText(choice, "name", "tool_choice") };
    default:
      return { kind: "opaque", sourceProtocol: PROTOCOL, value: choice };
  }
}

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
import { readMark } from "./block-reader.ts";
import { keyOf } from "./unions.ts";
import { PROTOCOL } from "./wire.ts";

const TOOL_SHAPE: Shape = {
  name: isText,
  description: isText,
  inputSchema: (value) => isObject(asObject(value)?.["json"]) && Object.keys(asObject(value) ?? {}).length === 1,
  strict: isBoolean,
};

export function readTools(value: unknown): IrTool[] {
  if (value === undefined || value === null) return [];
  const tools: IrTool[] = [];
  for (const [index, each] of needList(value, "toolConfig.tools").entries()) {
    const path = `toolConfig.tools[${index}]`;
    const tool = needObject(each, path);
    const mark = tool["cachePoint"] === undefined ? null : readMark(tool);
    const last = tools.at(-1);
    if (mark !== null && last?.type === "function" && last.cache === null) {
      tools[tools.length - 1] = { ...last, cache: mark };
    } else tools.push(readTool(tool, path));
  }
  return tools;
}

function readTool(tool: JsonObject, path: string): IrTool {
  const key = keyOf(tool) ?? "tool";
  if (key !== "toolSpec") return { type: "opaque", sourceProtocol: PROTOCOL, name: key, value: tool };
  const spec = needObject(tool["toolSpec"], `${path}.toolSpec`);
  return {
    type: "function",
    name: needText(spec, "name", `${path}.toolSpec`),
    description: asText(spec["description"]) ?? null,
    parameters: asObject(asObject(spec["inputSchema"])?.["json"]) ?? null,
    strict: asBoolean(spec["strict"]) ?? null,
    cache: null,
    extras: extrasOf(spec, TOOL_SHAPE),
    spelling: NO_SPELLING,
  };
}

export function readToolChoice(value: unknown): IrToolChoice | null {
  if (value === undefined || value === null) return null;
  const choice = needObject(value, "toolConfig.toolChoice");
  switch (keyOf(choice)) {
    case undefined:
      return null;
    case "auto":
      return { kind: "auto" };
    case "any":
      return { kind: "required" };
    case "tool":
      return {
        kind: "tool",
        name: needText(needObject(choice["tool"], "toolConfig.toolChoice.tool"), "name", "toolConfig.toolChoice.tool"),
      };
    default:
      return { kind: "opaque", sourceProtocol: PROTOCOL, value: choice };
  }
}

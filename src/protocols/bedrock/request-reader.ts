/**
 * A Converse request, read. Strict about what the conversation is made of, tolerant about everything else: an
 * unknown option rides as an extra, so that the vendor sees it and any other protocol's writer reports it.
 */
import type { WithLosses } from "../../ir/loss.ts";
import {
  type IrInstruction,
  type IrRequest,
  type IrTool,
  type IrToolChoice,
  type IrTurn,
  NO_SPELLING,
} from "../../ir/request.ts";
import { asBoolean, asObject, asText, type JsonObject } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import {
  extrasOf,
  isAnything,
  isBoolean,
  isObject,
  isText,
  needList,
  needObject,
  needText,
  type Shape,
} from "../shared/members.ts";
import { readContent, readMark } from "./block-reader.ts";
import { readOptions } from "./options-reader.ts";
import { keyOf } from "./unions.ts";
import { ORIGIN } from "./wire.ts";

export function readRequest(body: JsonObject): WithLosses<IrRequest> {
  const toolConfig = asObject(body["toolConfig"]) ?? {};
  return {
    value: {
      ...readOptions(body),
      sourceProtocol: ORIGIN,
      spelling: NO_SPELLING,
      model: asText(body["model"]) ?? "",
      stream: asBoolean(body["stream"]) ?? false,
      instructions: readSystem(body["system"]),
      turns: readTurns(body["messages"]),
      tools: readTools(toolConfig["tools"]),
      toolChoice: readToolChoice(toolConfig["toolChoice"]),
      choices: null,
      logprobs: null,
      user: null,
    },
    losses: [],
  };
}

function readSystem(system: unknown): IrInstruction[] {
  if (system === undefined || system === null) return [];
  const blocks = readContent(system, "system");
  return blocks.length === 0 ? [] : [{ role: "system", blocks, wasString: false, extras: {}, spelling: NO_SPELLING }];
}

const MESSAGE_SHAPE: Shape = { role: isText, content: isAnything };

function readTurns(messages: unknown): IrTurn[] {
  // Left out where the prompt is one the vendor keeps.
  return needList(messages ?? [], "messages").map((value, index) => {
    const path = `messages[${index}]`;
    const message = needObject(value, path);
    const role = needText(message, "role", path);
    if (role !== "user" && role !== "assistant" && role !== "system") {
      throw new WireError(`${path}.role must be user, assistant or system.`);
    }
    const blocks = readContent(message["content"] ?? [], `${path}.content`);
    return {
      role,
      blocks,
      wasString: false,
      name: null,
      extras: extrasOf(message, MESSAGE_SHAPE),
      spelling: NO_SPELLING,
    };
  });
}

const TOOL_SHAPE: Shape = {
  name: isText,
  description: isText,
  inputSchema: (value) => isObject(asObject(value)?.["json"]) && Object.keys(asObject(value) ?? {}).length === 1,
  strict: isBoolean,
};

function readTools(value: unknown): IrTool[] {
  if (value === undefined || value === null) return [];
  const tools: IrTool[] = [];
  for (const [index, each] of needList(value, "toolConfig.tools").entries()) {
    const path = `toolConfig.tools[${index}]`;
    const tool = needObject(each, path);
    const mark = "cachePoint" in tool ? readMark(tool) : null;
    const last = tools.at(-1);
    if (mark !== null && last?.type === "function" && last.cache === null) {
      tools[tools.length - 1] = { ...last, cache: mark };
    } else tools.push(readTool(tool, path));
  }
  return tools;
}

function readTool(tool: JsonObject, path: string): IrTool {
  const key = keyOf(tool) ?? "tool";
  if (key !== "toolSpec") return { type: "opaque", sourceProtocol: ORIGIN, name: key, value: tool };
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

function readToolChoice(value: unknown): IrToolChoice | null {
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
      return { kind: "opaque", sourceProtocol: ORIGIN, value: choice };
  }
}

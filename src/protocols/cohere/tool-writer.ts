/** Tools and the choice among them. A choice never points at a tool that could not be written. */

import type { IrRequest, IrTool, IrToolChoice } from "../../ir/request.ts";
import { asObject, asText, type JsonObject } from "../../std/json.ts";
import { unreachable } from "../../std/unreachable.ts";
import { FREE_TEXT_LOSS, FREE_TEXT_SCHEMA, freeTextDescription } from "../shared/free-text-tool.ts";
import { withoutUndefined } from "../shared/members.ts";
import { toolNames } from "./names.ts";
import { marks } from "./part-writer.ts";
import { PROTOCOL, type WireTool, type WireToolChoice } from "./wire.ts";
import type { ChatContext } from "./write-context.ts";

/** Members `tools`, `strict_tools` and `tool_choice`, those that are to be written. */
export function writeTools(request: IrRequest, context: ChatContext): JsonObject {
  if (context.native) return writeOwnTools(request, context);
  const { toolChoice } = request;
  const offered = chosenNames(toolChoice);
  const names = new Set<string>();
  const tools = request.tools.flatMap((tool, index) => {
    const isLeftOut = offered !== null && tool.type !== "opaque" && !offered.has(tool.name);
    const wire = isLeftOut ? null : writeTool(tool, `tools[${index}]`, context);
    if (wire !== null && tool.type !== "opaque") names.add(tool.name);
    return wire === null ? [] : [wire];
  });
  if (request.parallelToolCalls === false && tools.length > 0) {
    context.losses.drop("parallel_tool_calls", "the provider decides how many tools it calls at once");
  }
  return withoutUndefined({
    tools: tools.length === 0 ? undefined : tools,
    strict_tools: writeStrict(request.tools, context),
    tool_choice: toolChoice === null ? undefined : writeChoice(toolChoice, names, context),
  });
}

function writeOwnTools(request: IrRequest, context: ChatContext): JsonObject {
  const tools = request.tools.flatMap((tool, index) => writeTool(tool, `tools[${index}]`, context) ?? []);
  return withoutUndefined({
    tools: tools.length === 0 ? undefined : tools,
    strict_tools: request.spelling["strict_tools"],
    tool_choice: request.spelling["tool_choice"],
  });
}

/** The vendor knows no choice of one tool or some: then only those are offered. Null: all are. */
function chosenNames(choice: IrToolChoice | null): ReadonlySet<string> | null {
  if (choice?.kind === "tool") return new Set([choice.name]);
  return choice?.kind === "allowed" ? new Set(choice.names) : null;
}

/** Null: it cannot be carried. */
function writeTool(tool: IrTool, path: string, context: ChatContext): JsonObject | null {
  if (tool.type === "opaque") {
    if (tool.sourceProtocol === PROTOCOL) return asObject(tool.value) ?? null;
    context.losses.drop(path, `${tool.name} exists only in its own protocol`);
    return null;
  }
  const name = context.native ? (asText(tool.spelling["wire_name"]) ?? tool.name) : toolNames.legal(tool.name);
  if (name === null) {
    // Shortened, it would come back in calls under a name the client does not know.
    context.losses.drop(path, "the name is empty or too long");
    return null;
  }
  const { function: inner, ...others } = marks({ cache: null, ...tool }, path, context);
  const said = tool.type === "custom" ? freeTextDescription(tool.description, tool.format) : tool.description;
  const definition = {
    name,
    description: said ?? undefined,
    parameters: tool.type === "function" ? writeParameters(tool.parameters, path, context) : FREE_TEXT_SCHEMA,
    ...asObject(inner),
  };
  if (tool.type === "custom") {
    context.losses.approximate(path, FREE_TEXT_LOSS);
  }
  return { type: "function" satisfies WireTool["type"], function: withoutUndefined(definition), ...others };
}

function writeParameters(parameters: unknown, path: string, context: ChatContext): unknown {
  if (context.native) return parameters ?? undefined;
  if (parameters === null || parameters === undefined) return NO_PARAMETERS;
  if (asObject(parameters) !== undefined) return parameters;
  context.losses.approximate(`${path}.parameters`, "not a schema object, so any arguments are allowed");
  return NO_PARAMETERS;
}

const NO_PARAMETERS = { type: "object", properties: {} } as const;

/** One switch for all tools: it is on only where every tool asked for it. */
function writeStrict(tools: readonly IrTool[], context: ChatContext): true | undefined {
  const wishes = tools.flatMap((tool) => (tool.type === "function" ? [tool.strict === true] : []));
  if (!wishes.includes(true)) return undefined;
  if (!wishes.includes(false)) return true;
  context.losses.drop("tools[].strict", "the provider holds all tools to their schemas or none");
  return undefined;
}

function writeChoice(
  choice: IrToolChoice,
  names: ReadonlySet<string>,
  context: ChatContext,
): WireToolChoice | undefined {
  const { losses, dialect } = context;
  if (choice.kind === "auto") return undefined; // what no choice means
  if (choice.kind === "opaque") {
    losses.drop("tool_choice", "exists only in its own protocol");
    return undefined;
  }
  if (names.size === 0) {
    if (choice.kind !== "none") losses.drop("tool_choice", "no tool is left to choose");
    return undefined;
  }
  if (!dialect.toolChoice) {
    losses.drop("tool_choice", "the model decides by itself");
    return undefined;
  }
  switch (choice.kind) {
    case "none":
      return "NONE";
    case "required":
      return "REQUIRED";
    case "tool":
    case "allowed":
      losses.approximate("tool_choice", "only the chosen tools are sent");
      return choice.kind === "tool" || choice.mode === "required" ? "REQUIRED" : undefined;
    default:
      return unreachable(choice);
  }
}

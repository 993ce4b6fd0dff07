/** Tools and the choice among them. A choice never points at a tool that could not be written. */
import type { IrRequest, IrTool } from "../../ir/request.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import { withoutUndefined } from "../shared/members.ts";
import { type WriteChoiceFormat, writeToolMembers } from "../shared/openai/tool-choice.ts";
import { type WriteContext, writeExtras } from "../shared/write-context.ts";
import { legalName, TOOL_NAME_CHARS_MAX } from "./names.ts";
import { marks } from "./part-writer.ts";
import { PROTOCOL } from "./wire.ts";

/** Members `tools`, `tool_choice` and `parallel_tool_calls`, those that are to be written. */
export function writeTools(request: IrRequest, context: WriteContext): JsonObject {
  const kinds = new Map<string, "function" | "custom">();
  const tools = request.tools.flatMap((tool, index) => {
    const wire = writeTool(tool, `tools[${index}]`, context);
    if (wire !== null && tool.type !== "opaque") kinds.set(tool.name, tool.type);
    return wire === null ? [] : [wire];
  });
  if (request.spelling["functions"] === true) return writeLegacy(request, tools);
  const format: WriteChoiceFormat = {
    named(name) {
      const wire = { name: context.native ? name : (legalName(name) ?? name) };
      return kinds.get(name) === "custom" ? { type: "custom", custom: wire } : { type: "function", function: wire };
    },
    some: (mode, chosen) => ({ type: "allowed_tools", allowed_tools: { mode, tools: chosen } }),
  };
  return writeToolMembers(request, { tools, kinds }, format, context);
}

/** Null: it cannot be carried. */
function writeTool(tool: IrTool, path: string, context: WriteContext): JsonObject | null {
  if (tool.type === "opaque") {
    if (tool.sourceProtocol === PROTOCOL) return asObject(tool.value) ?? null;
    context.losses.drop(path, `${tool.name} exists only in its own protocol`);
    return null;
  }
  const name = context.native ? tool.name : legalName(tool.name);
  if (name === null) {
    // Shortened, it would come back in calls under a name the client does not know.
    context.losses.drop(path, `the name is empty or longer than ${TOOL_NAME_CHARS_MAX} characters`);
    return null;
  }
  const description = tool.description ?? undefined;
  if (tool.type === "custom") {
    const custom = withoutUndefined({ name, description, format: nestedFormat(tool.format) });
    return { type: "custom", custom, ...writeExtras(tool.extras, path, context) };
  }
  const { function: inner, ...others } = marks(tool, path, context);
  const parameters = tool.parameters ?? (context.native ? undefined : NO_PARAMETERS);
  const definition = { name, description, parameters, strict: tool.strict ?? undefined, ...asObject(inner) };
  return { type: "function", function: withoutUndefined(definition), ...others };
}

/** What is flat everywhere else is nested here. */
function nestedFormat(format: unknown): unknown {
  const flat = asObject(format);
  if (flat?.["type"] !== "grammar" || flat["grammar"] !== undefined) return format ?? undefined;
  const { type, ...grammar } = flat;
  return { type, grammar };
}

/** The older spelling, for the client that used it. */
function writeLegacy(request: IrRequest, tools: readonly JsonObject[]): JsonObject {
  const choice = request.toolChoice;
  const call = choice?.kind === "tool" ? { name: choice.name } : choice?.kind;
  return withoutUndefined({ functions: tools.map((tool) => legacyDefinition(tool)), function_call: call });
}

function legacyDefinition(tool: JsonObject): JsonObject {
  const { type: _, function: definition, ...others } = tool;
  return { ...asObject(definition), ...others };
}

const NO_PARAMETERS = { type: "object", properties: {} };

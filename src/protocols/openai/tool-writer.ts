/** Tools and the choice among them. A choice never points at a tool that could not be written. */
import type { IrRequest, IrTool, IrToolChoice } from "../../ir/request.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import { writeToolChoice } from "../shared/openai/tool-choice.ts";
import { ORIGIN, withoutUndefined } from "./extras.ts";
import { legalName, TOOL_NAME_CHARS_MAX } from "./names.ts";
import { extrasOf, marks, type Writing } from "./part-writer.ts";

/** Members `tools`, `tool_choice` and `parallel_tool_calls`, those that are to be written. */
export function writeTools(request: IrRequest, writing: Writing): JsonObject {
  const names = new Map<string, "function" | "custom">();
  const tools = request.tools.flatMap((tool, index) => {
    const wire = writeTool(tool, `tools[${index}]`, writing);
    if (wire !== null && tool.type !== "opaque") names.set(tool.name, tool.type);
    return wire === null ? [] : [wire];
  });
  if (request.extras["functions"] === true) return writeLegacy(request, tools);
  const choice = request.toolChoice === null ? undefined : writeChoice(request.toolChoice, { names, tools, writing });
  // The vendor refuses both members without tools.
  const parallel = tools.length > 0 || writing.native ? (request.parallelToolCalls ?? undefined) : undefined;
  return withoutUndefined({
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: choice,
    parallel_tool_calls: parallel,
  });
}

/** Null: it cannot be carried. */
function writeTool(tool: IrTool, path: string, writing: Writing): JsonObject | null {
  if (tool.type === "opaque") {
    if (tool.sourceProtocol === ORIGIN) return asObject(tool.value) ?? null;
    writing.losses.drop(path, `${tool.name} exists only in its own protocol`);
    return null;
  }
  const name = writing.native ? tool.name : legalName(tool.name);
  if (name === null) {
    // Shortened, it would come back in calls under a name the client does not know.
    writing.losses.drop(path, `the name is empty or longer than ${TOOL_NAME_CHARS_MAX} characters`);
    return null;
  }
  const description = tool.description ?? undefined;
  if (tool.type === "custom") {
    const custom = withoutUndefined({ name, description, format: nestedFormat(tool.format) });
    return { type: "custom", custom, ...extrasOf(tool.extras, path, writing) };
  }
  const { function: inner, ...others } = marksOf(tool, path, writing);
  const parameters = tool.parameters ?? (writing.native ? undefined : NO_PARAMETERS);
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

function marksOf(tool: Extract<IrTool, { type: "function" }>, path: string, writing: Writing): JsonObject {
  return { ...marks(tool.cache, tool.extras, path, writing) };
}

interface Written {
  /** Tools that have a name, as the client knows them. */
  readonly names: ReadonlyMap<string, "function" | "custom">;
  readonly tools: readonly JsonObject[];
  readonly writing: Writing;
}

function writeChoice(choice: IrToolChoice, written: Written): unknown {
  const { names, tools, writing } = written;
  return writeToolChoice(choice, {
    sourceProtocol: ORIGIN,
    native: writing.native,
    losses: writing.losses,
    hasTools: tools.length > 0,
    has: (name) => names.has(name),
    named: (name) => named(name, written),
    some: (mode, chosen) => ({ type: "allowed_tools", allowed_tools: { mode, tools: chosen } }),
  });
}

function named(name: string, { names, writing }: Written): JsonObject {
  const wire = { name: writing.native ? name : (legalName(name) ?? name) };
  return names.get(name) === "custom" ? { type: "custom", custom: wire } : { type: "function", function: wire };
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

/** Tools and the choice among them. A choice never points at a tool that could not be written. */
import type { IrRequest, IrTool } from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { FREE_TEXT_SCHEMA, freeTextDescription } from "../shared/free-text-tool.ts";
import { withoutUndefined } from "../shared/members.ts";
import { type WriteChoiceFormat, writeToolMembers } from "../shared/openai/tool-choice.ts";
import { type WriteContext, writeExtras } from "../shared/write-context.ts";
import { legalName } from "./names.ts";
import { createPlaces } from "./namespaces.ts";
import { PROTOCOL } from "./wire.ts";

/** Members `tools`, `tool_choice` and `parallel_tool_calls`, those that are to be written. */
export function writeTools(request: IrRequest, context: WriteContext): JsonObject {
  const kinds = new Map<string, "function" | "custom">();
  const whole = new Set<unknown>(); // namespaces written, each once for all its tools
  const tools = request.tools.flatMap((tool, index) => {
    if (tool.type !== "opaque") {
      // Written where it stands in the input.
      if (context.native && tool.spelling["holder"] !== undefined) return [];
      const namespace = context.native ? asObject(tool.spelling["namespace"]) : undefined;
      if (namespace !== undefined) {
        if (whole.has(namespace)) return [];
        whole.add(namespace);
        return [asTaken(namespace, context)];
      }
    }
    const wire = writeTool(tool, `tools[${index}]`, context);
    if (wire !== null && tool.type !== "opaque") kinds.set(tool.name, tool.type);
    return wire === null ? [] : [wire];
  });
  const format: WriteChoiceFormat = {
    named(name) {
      const type = kinds.get(name) ?? "function";
      return context.native ? { type, ...createPlaces(request)(name) } : { type, name: legalName(name) ?? name };
    },
    some: (mode, chosen) => ({ type: "allowed_tools", mode, tools: chosen }),
  };
  return writeToolMembers(request, { tools, kinds }, format, context);
}

/** What holds tools, a group or an item of the conversation, as the server takes it: with functions where it knows no free text. */
export function asTaken(holder: JsonObject, { dialect }: WriteContext): JsonObject {
  const tools = asArray(holder["tools"]);
  return dialect.customTools || tools === undefined ? holder : { ...holder, tools: tools.map(withoutFreeText) };
}

function withoutFreeText(value: unknown): unknown {
  const tool = asObject(value);
  const inner = asArray(tool?.["tools"]);
  if (tool?.["type"] === "namespace" && inner !== undefined) return { ...tool, tools: inner.map(withoutFreeText) };
  if (tool?.["type"] !== "custom") return value;
  const { format, ...rest } = tool;
  const description = freeTextDescription(asText(tool["description"]) ?? null, format ?? null) ?? undefined;
  return withoutUndefined({ ...rest, type: "function", description, parameters: FREE_TEXT_SCHEMA, strict: false });
}

/** Null: it cannot be carried. */
function writeTool(tool: IrTool, path: string, context: WriteContext): JsonObject | null {
  if (tool.type === "opaque") {
    if (tool.sourceProtocol === PROTOCOL) return asObject(tool.value) ?? null;
    context.losses.drop(path, `${tool.name} exists only in its own protocol`);
    return null;
  }
  const own = context.native ? asObject(tool.spelling["tool"]) : undefined;
  if (own !== undefined) return own;
  const name = context.native ? tool.name : legalName(tool.name);
  if (name === null) {
    // Shortened, it would come back in calls under a name the client does not know.
    context.losses.drop(path, "the name is empty or longer than the provider takes");
    return null;
  }
  writeExtras(tool.extras, path, context);
  const description = tool.description ?? undefined;
  if (tool.type === "custom") {
    return withoutUndefined({ type: "custom", name, description, format: tool.format ?? undefined });
  }
  if (tool.cache !== null) context.losses.drop(`${path}.cache_control`, "the provider caches by itself");
  // Left out, the vendor would take it for true, and refuse or rewrite most schemas.
  const strict = tool.strict === true;
  const parameters = tool.parameters ?? (strict ? NO_STRICT_PARAMETERS : NO_PARAMETERS);
  return withoutUndefined({ type: "function", name, description, parameters, strict });
}

const NO_PARAMETERS = { type: "object", properties: {} };
const NO_STRICT_PARAMETERS = { ...NO_PARAMETERS, required: [], additionalProperties: false };

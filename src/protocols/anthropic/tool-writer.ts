/** Tool definitions and the choice among them. */
import type { IrRequest, IrTool, IrToolChoice } from "../../ir/request.ts";
import { asText, type JsonObject } from "../../std/json.ts";
import { calledTools, defineCalledTools, writeStrict } from "../shared/content-blocks/tools.ts";
import { FREE_TEXT_LOSS, FREE_TEXT_SCHEMA, freeTextDescription } from "../shared/free-text-tool.ts";
import { writeOpaqueChoice, writeOpaqueTool } from "../shared/opaque-writer.ts";
import { writeInputSchema } from "../shared/schema/closed.ts";
import { withExtras } from "./block-writer.ts";
import { legalToolName } from "./names.ts";
import type { ToolChoiceType } from "./wire.ts";
import { type MessagesContext, writeCache } from "./write-context.ts";

interface WrittenTools {
  /** Empty: no `tools` member. */
  readonly tools: readonly JsonObject[];
  /** Null: no `tool_choice` member. */
  readonly choice: JsonObject | null;
}

export function writeTools(
  request: IrRequest,
  messages: readonly JsonObject[],
  context: MessagesContext,
): WrittenTools {
  const allowed = allowedNames(request.toolChoice);
  const offered = request.tools
    .map((tool, index) => {
      if (allowed !== null && tool.type !== "opaque" && !allowed.has(tool.name)) return null;
      return writeTool(tool, `tools[${index}]`, context);
    })
    .filter((tool) => tool !== null);
  const tools = offered.length > 0 || context.native ? offered : toolsOfHistory(messages, context);
  return { tools, choice: writeToolChoice(request, tools, context) };
}

function writeTool(tool: IrTool, path: string, context: MessagesContext): JsonObject | null {
  if (tool.type === "opaque") return writeOpaqueTool(tool, path, context);
  const name = writeName(tool.name, `${path}.name`, context);
  const said = tool.type === "custom" ? freeTextDescription(tool.description, tool.format) : tool.description;
  const description = said === null ? {} : { description: said };
  if (tool.type === "custom") {
    context.losses.approximate(path, FREE_TEXT_LOSS);
    return withExtras({ name, ...description, input_schema: FREE_TEXT_SCHEMA }, tool.extras, path, context);
  }
  const schema =
    context.native && tool.parameters === null
      ? {}
      : { input_schema: writeInputSchema(tool.parameters, `${path}.parameters`, context) };
  const written = {
    name,
    ...description,
    ...schema,
    ...writeStrict(tool.strict, `${path}.strict`, context),
    ...writeCache(tool.cache, path, context),
  };
  return withExtras(written, tool.extras, path, context);
}

function writeName(name: string, path: string, context: MessagesContext): string {
  if (context.native) return name;
  const legal = legalToolName(name);
  if (legal !== name) context.losses.approximate(path, "the name has characters or a length the vendor refuses");
  return legal;
}

/** The vendor has refused tool blocks without definitions (BerriAI/litellm#4689) and compatible servers still do. */
function toolsOfHistory(messages: readonly JsonObject[], context: MessagesContext): JsonObject[] {
  const names = calledTools(messages, ({ type, name }) => (type === "tool_use" ? asText(name) : undefined));
  return defineCalledTools(names, (name, schema) => ({ name, input_schema: schema }), context);
}

function allowedNames(choice: IrToolChoice | null): ReadonlySet<string> | null {
  return choice?.kind === "allowed" ? new Set(choice.names) : null;
}

function writeToolChoice(
  request: IrRequest,
  tools: readonly JsonObject[],
  context: MessagesContext,
): JsonObject | null {
  const { toolChoice, parallelToolCalls } = request;
  if (toolChoice === null && (parallelToolCalls !== false || tools.length === 0)) return null;
  if (tools.length === 0 && !context.native) {
    if (toolChoice?.kind !== "none" && toolChoice?.kind !== "auto") {
      context.losses.drop("tool_choice", "there are no tools to choose from");
    }
    return null;
  }
  const choice = writeChoiceKind(toolChoice ?? { kind: "auto" }, context);
  if (choice === null) return null;
  if (parallelToolCalls === null || choice["type"] === "none") return choice;
  // Parallel calls are the default; only a client that knows the member gets it spelled out.
  if (parallelToolCalls && !context.native) return choice;
  return { ...choice, disable_parallel_tool_use: !parallelToolCalls };
}

function writeChoiceKind(choice: IrToolChoice, context: MessagesContext): JsonObject | null {
  const type = (word: ToolChoiceType): JsonObject => ({ type: word });
  switch (choice.kind) {
    case "auto":
      return type("auto");
    case "none":
      return type("none");
    case "required":
      return type("any");
    case "tool":
      return { ...type("tool"), name: context.native ? choice.name : legalToolName(choice.name) };
    case "allowed":
      context.losses.approximate("tool_choice", "only the allowed tools are sent");
      return type(choice.mode === "required" ? "any" : "auto");
    case "opaque":
      return writeOpaqueChoice(choice, context);
  }
}

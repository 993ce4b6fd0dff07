/** Tool definitions and the choice among them. */
import type { IrRequest, IrTool, IrToolChoice } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import { FREE_TEXT_LOSS, FREE_TEXT_SCHEMA, freeTextDescription } from "../shared/free-text-tool.ts";
import { writeOpaqueChoice, writeOpaqueTool } from "../shared/opaque-writer.ts";
import { legalToolName, toolNames } from "./names.ts";
import { dropCache, withExtras } from "./part-writer.ts";
import { writeParameters } from "./schema-writer.ts";
import type { ChoiceMode } from "./wire.ts";
import type { GeminiContext } from "./write-context.ts";

interface WrittenTools {
  /** Empty: no `tools` member. */
  readonly tools: readonly JsonObject[];
  /** Null: no `toolConfig` member. */
  readonly config: JsonObject | null;
}

export function writeTools(request: IrRequest, context: GeminiContext): WrittenTools {
  const tools: JsonObject[] = [];
  let functions: JsonObject[] = [];
  for (const [index, tool] of request.tools.entries()) {
    const written = writeTool(tool, `tools[${index}]`, context);
    if (written === null) continue;
    if (tool.type === "opaque") {
      tools.push(written);
      functions = [];
      continue;
    }
    // Functions that stand together are declared together; a list that was pushed grows.
    if (functions.length === 0) tools.push({ functionDeclarations: functions });
    functions.push(written);
  }
  return { tools, config: writeChoice(request, tools.length > 0, context) };
}

function writeTool(tool: IrTool, path: string, context: GeminiContext): JsonObject | null {
  if (tool.type === "opaque") return writeOpaqueTool(tool, path, context);
  const name = writeName(tool.name, `${path}.name`, context);
  const said = tool.type === "custom" ? freeTextDescription(tool.description, tool.format) : tool.description;
  const description = said === null ? {} : { description: said };
  if (tool.type === "custom") {
    context.losses.approximate(path, FREE_TEXT_LOSS);
    return withExtras({ name, ...description, parametersJsonSchema: FREE_TEXT_SCHEMA }, tool.extras, path, context);
  }
  if (tool.cache !== null && !context.native) dropCache(path, context);
  if (tool.strict === true) context.losses.drop(`${path}.strict`, "a single tool cannot be held to its schema");
  const schema = writeParameters(tool.parameters, `${path}.parameters`, context);
  const parameters =
    schema === null
      ? {}
      : schema.form === "openapi"
        ? { parameters: schema.schema }
        : { parametersJsonSchema: schema.schema };
  return withExtras({ name, ...description, ...parameters }, tool.extras, path, context);
}

function writeName(name: string, path: string, context: GeminiContext): string {
  if (context.native) return name;
  const legal = toolNames.legal(name);
  if (legal === null) context.losses.approximate(path, "the name is too long for the vendor and for a way back");
  return legal ?? legalToolName(name);
}

function writeChoice(request: IrRequest, hasTools: boolean, context: GeminiContext): JsonObject | null {
  const { toolChoice, parallelToolCalls } = request;
  if (parallelToolCalls === false) {
    context.losses.drop("parallel_tool_calls", "the model may always make several calls at once");
  }
  if (toolChoice === null) return null;
  if (!hasTools && !context.native) {
    if (toolChoice.kind !== "none" && toolChoice.kind !== "auto") {
      context.losses.drop("tool_choice", "there are no tools to choose from");
    }
    return null;
  }
  const calling = writeMode(toolChoice, context);
  return calling === null ? null : { functionCallingConfig: calling };
}

function writeMode(choice: IrToolChoice, context: GeminiContext): JsonObject | null {
  const mode = (word: ChoiceMode): JsonObject => ({ mode: word });
  const named = (names: readonly string[]): JsonObject => ({
    allowedFunctionNames: context.native ? names : names.map(legalToolName),
  });
  switch (choice.kind) {
    case "auto":
      return mode("AUTO");
    case "none":
      return mode("NONE");
    case "required":
      return mode("ANY");
    case "tool":
      return { ...mode("ANY"), ...named([choice.name]) };
    case "allowed":
      // Beside AUTO the vendor takes no names; VALIDATED is free to call or to talk and takes them.
      return { ...mode(choice.mode === "required" ? "ANY" : "VALIDATED"), ...named(choice.names) };
    case "opaque":
      return writeOpaqueChoice(choice, context);
  }
}

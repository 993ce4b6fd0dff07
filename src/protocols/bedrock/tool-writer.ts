/** Tool definitions and the choice among them. */
import type { IrRequest, IrTool, IrToolChoice } from "../../ir/request.ts";
import { asText, at, type JsonObject } from "../../std/json.ts";
import { calledTools, defineCalledTools, writeStrict } from "../shared/content-blocks/tools.ts";
import { FREE_TEXT_LOSS, FREE_TEXT_SCHEMA, freeTextDescription } from "../shared/free-text-tool.ts";
import { writeOpaqueChoice, writeOpaqueTool } from "../shared/opaque-writer.ts";
import { writeInputSchema } from "../shared/schema/closed.ts";
import { withExtras } from "./block-writer.ts";
import { legalToolName, toolNames } from "./names.ts";
import { type ConverseContext, writeMark } from "./write-context.ts";

/** Null: no `toolConfig`. */
export function writeTools(
  request: IrRequest,
  messages: readonly JsonObject[],
  context: ConverseContext,
): JsonObject | null {
  const choice = request.toolChoice;
  const allowed = choice?.kind === "allowed" ? new Set(choice.names) : null;
  const offered = request.tools.flatMap((tool, index) =>
    allowed !== null && tool.type !== "opaque" && !allowed.has(tool.name)
      ? []
      : writeTool(tool, `tools[${index}]`, context),
  );
  // Asked for only where it says something: tools on offer are the client's own.
  const needsHistory = !context.native && (choice?.kind === "none" || offered.length === 0);
  const used = needsHistory ? calledTools(messages, (block) => asText(at(block, "toolUse", "name"))) : [];
  if (choice?.kind === "none" && !context.native) {
    if (offered.length > 0) writeNone(used.length > 0, context);
    return used.length === 0 ? null : { tools: offered.length > 0 ? offered : toolsOfHistory(used, context) };
  }
  const tools = offered.length > 0 || used.length === 0 ? offered : toolsOfHistory(used, context);
  if (tools.length === 0) {
    if (choice !== null && choice.kind !== "none" && choice.kind !== "auto" && !context.native) {
      context.losses.drop("tool_choice", "there are no tools to choose from");
    }
    return null;
  }
  const written = writeToolChoice(choice, context);
  return { tools, ...(written === null ? {} : { toolChoice: written }) };
}

function writeNone(needed: boolean, context: ConverseContext): void {
  context.losses.approximate(
    "tool_choice",
    needed
      ? "the vendor cannot forbid calls, and the conversation needs its tools: they stay on offer"
      : "the vendor cannot forbid calls, so no tools are offered",
  );
}

function writeTool(tool: IrTool, path: string, context: ConverseContext): JsonObject[] {
  if (tool.type === "opaque") {
    const own = writeOpaqueTool(tool, path, context);
    return own === null ? [] : [own];
  }
  const name = writeName(tool.name, `${path}.name`, context);
  const said = tool.type === "custom" ? freeTextDescription(tool.description, tool.format) : tool.description;
  const description = said === null || said === "" ? {} : { description: said };
  if (tool.type === "custom") {
    context.losses.approximate(path, FREE_TEXT_LOSS);
    const written = { name, ...description, inputSchema: { json: FREE_TEXT_SCHEMA } };
    return [{ toolSpec: withExtras(written, tool.extras, path, context) }];
  }
  const json = writeInputSchema(tool.parameters, `${path}.parameters`, context);
  const written = {
    name,
    ...description,
    inputSchema: { json },
    ...writeStrict(tool.strict, `${path}.strict`, context),
  };
  return [{ toolSpec: withExtras(written, tool.extras, path, context) }, ...writeMark(tool.cache, path, context)];
}

function writeName(name: string, path: string, context: ConverseContext): string {
  if (context.native) return name;
  const legal = toolNames.legal(name);
  if (legal === null) context.losses.approximate(path, "the name is longer than the vendor takes");
  return legal ?? legalToolName(name);
}

/** The service demands a `toolConfig` where the conversation holds calls (agentgateway/agentgateway#2747). */
function toolsOfHistory(names: readonly string[], context: ConverseContext): JsonObject[] {
  return defineCalledTools(names, (name, json) => ({ toolSpec: { name, inputSchema: { json } } }), context);
}

function writeToolChoice(choice: IrToolChoice | null, context: ConverseContext): JsonObject | null {
  const forced =
    choice?.kind === "required" ||
    choice?.kind === "tool" ||
    (choice?.kind === "allowed" && choice.mode === "required");
  if (forced && !context.native && !context.dialect.toolChoice) {
    context.losses.drop("tool_choice", "the model cannot be made to call a tool");
    return null;
  }
  switch (choice?.kind) {
    case undefined:
    case "none":
      return null;
    case "auto":
      return { auto: {} };
    case "required":
      return { any: {} };
    case "tool":
      return { tool: { name: context.native ? choice.name : legalToolName(choice.name) } };
    case "allowed":
      context.losses.approximate("tool_choice", "only the allowed tools are sent");
      return choice.mode === "required" ? { any: {} } : { auto: {} };
    case "opaque":
      return writeOpaqueChoice(choice, context);
  }
}

/** Blocks, tools and choices that only their own protocol has: as they were read, or null with the loss. */
import type { IrTool, IrToolChoice, OpaqueBlock } from "../../ir/request.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import type { WriteContext } from "./write-context.ts";

/** Of a request or an answer. */
type OpaqueContext = Pick<WriteContext, "protocol" | "native" | "losses">;

export function writeOpaqueBlock(block: OpaqueBlock, path: string, context: OpaqueContext): JsonObject | null {
  return ownValue(block, context) ?? drop(path, `${block.name} is known only to its own protocol`, context);
}

export function writeOpaqueTool(
  tool: Extract<IrTool, { type: "opaque" }>,
  path: string,
  context: OpaqueContext,
): JsonObject | null {
  return ownValue(tool, context) ?? drop(path, `the tool ${tool.name} is known only to its own protocol`, context);
}

export function writeOpaqueChoice(
  choice: Extract<IrToolChoice, { kind: "opaque" }>,
  context: OpaqueContext,
): JsonObject | null {
  return ownValue(choice, context) ?? drop("tool_choice", "a choice known only to its own protocol", context);
}

function ownValue(
  opaque: { readonly sourceProtocol: string; readonly value: unknown },
  context: OpaqueContext,
): JsonObject | undefined {
  return opaque.sourceProtocol === context.protocol && context.native ? asObject(opaque.value) : undefined;
}

function drop(field: string, detail: string, { losses }: OpaqueContext): null {
  losses.drop(field, detail);
  return null;
}

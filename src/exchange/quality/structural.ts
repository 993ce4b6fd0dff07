/** Whether an answer is one at all: not empty, not cut off, JSON where JSON was asked for, calls that its tools take. */

import type { StructuralSettings } from "../../ir/quality.ts";
import type { IrBlock, IrOutputFormat, IrRequest, IrTool, ToolCallBlock } from "../../ir/request.ts";
import type { IrChoice } from "../../ir/response.ts";
import { asObject, parseJson } from "../../std/json.ts";
import { schemaBreach } from "../../std/json-schema.ts";
import { WireError } from "../../std/wire-error.ts";
import { isToolCall, textOf } from "./answer-text.ts";
import { type Evaluate, NO_OPINION, type Opinion } from "./evaluator.ts";

export const structural: Evaluate<StructuralSettings> = ({ question, answer }) => {
  for (const choice of answer.choices) {
    const reason = faultOf(choice, question);
    if (reason !== null) return { kind: "unfit", reason } satisfies Opinion;
  }
  return NO_OPINION;
};

function faultOf(choice: IrChoice, question: IrRequest | null): string | null {
  const { blocks, finish } = choice;
  // A run that goes on behind the answer: there is nothing yet to say anything of.
  if (blocks.length === 0 && finish === null) return null;
  if (!blocks.some(isContent)) return "empty";
  const isShortened = finish?.reason === "length" || finish?.reason === "context-length";
  const isAsked = finish?.reason === "length" && question?.maxOutputTokens != null;
  if (isShortened && !isAsked) return "truncated";
  for (const call of blocks.filter(isToolCall)) {
    const fault = faultOfCall(call, question);
    if (fault !== null) return fault;
  }
  const isProse = isShortened || isRefused(choice) || blocks.some(isToolCall);
  return isProse || question === null ? null : faultOfFormat(textOf(blocks), question.outputFormat);
}

function isContent(block: IrBlock): boolean {
  switch (block.type) {
    case "text":
    case "refusal":
      return block.text.trim() !== "";
    case "reasoning":
      return false;
    case "opaque":
      return block.isMetadata !== true;
    default:
      return true;
  }
}

function isRefused({ blocks, finish }: IrChoice): boolean {
  return (
    finish?.reason === "refusal" || finish?.reason === "content-filter" || blocks.some(({ type }) => type === "refusal")
  );
}

// ---------------------------------------------------------------- calls

function faultOfCall(call: ToolCallBlock, question: IrRequest | null): string | null {
  const value = call.kind === "function" ? argumentsOf(call) : {};
  if (value === undefined) return "invalid arguments";
  const tools = question?.tools ?? [];
  // Tools that only one protocol has may bring names of their own.
  if (question === null || tools.some(({ type }) => type === "opaque")) return null;
  const tool = tools.find(({ name }) => name === call.name);
  if (tool === undefined) return "unknown tool";
  return call.kind === "function" && breaks(value, tool) ? "arguments break their schema" : null;
}

/** None at all is how several vendors write an empty object; undefined: they are no object. */
function argumentsOf({ arguments: written }: ToolCallBlock): unknown {
  if (written.trim() === "") return {};
  return asObject(jsonOrUndefined(written));
}

function breaks(value: unknown, tool: IrTool): boolean {
  return tool.type === "function" && schemaBreach(value, tool.parameters) !== null;
}

// ---------------------------------------------------------------- the format that was asked for

function faultOfFormat(text: string, format: IrOutputFormat | null): string | null {
  if (format === null || format.kind === "text") return null;
  const value = jsonOrUndefined(text);
  if (value === undefined) return "invalid JSON";
  if (format.kind === "json") return null;
  return schemaBreach(value, format.schema) === null ? null : "JSON breaks its schema";
}

function jsonOrUndefined(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

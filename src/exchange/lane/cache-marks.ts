/** Marks up to which a prompt may be cached: whether a request has any, and the request without them. */
import {
  type IrBlock,
  type IrInstruction,
  type IrRequest,
  type IrTool,
  type IrTurn,
  isMarkable,
} from "../../ir/request.ts";

export function holdsCacheMarks({ instructions, turns, tools }: IrRequest): boolean {
  return [...instructions, ...turns].some(({ blocks }) => blocks.some(isMarked)) || tools.some(isMarkedTool);
}

export function withoutCacheMarks(request: IrRequest): IrRequest {
  return {
    ...request,
    instructions: request.instructions.map(unmarkHolder),
    turns: request.turns.map(unmarkHolder),
    tools: request.tools.map((tool) => (tool.type === "function" ? { ...tool, cache: null } : tool)),
  };
}

function isMarkedTool(tool: IrTool): boolean {
  return tool.type === "function" && tool.cache !== null;
}

function isMarked(block: IrBlock): boolean {
  if (!isMarkable(block)) return false;
  return block.cache !== null || (block.type === "tool-result" && block.content.some(isMarked));
}

function unmarkHolder<T extends IrInstruction | IrTurn>(holder: T): T {
  return holder.blocks.some(isMarked) ? { ...holder, blocks: holder.blocks.map(unmark) } : holder;
}

function unmark(block: IrBlock): IrBlock {
  if (!isMarkable(block)) return block;
  if (block.type === "tool-result") return { ...block, cache: null, content: block.content.map(unmark) };
  return { ...block, cache: null };
}

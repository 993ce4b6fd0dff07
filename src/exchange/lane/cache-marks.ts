/** Marks up to which a prompt may be cached: whether a request has any, and the request without them, or with some. */
import {
  type CacheMark,
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

/**
 * Two marks for a request that has none: behind tools and instructions, which every turn of an agent repeats, and behind the
 * last turn, which the next one repeats. Vendors take four.
 */
export function withCacheMarks(request: IrRequest): IrRequest {
  const { instructions, turns, tools } = request;
  const marked = markLast(instructions);
  const lastTool = tools.findLastIndex(({ type }) => type === "function");
  return {
    ...request,
    instructions: marked ?? instructions,
    tools:
      marked === null
        ? tools.map((tool, at) => (at === lastTool && tool.type === "function" ? { ...tool, cache: MARK } : tool))
        : tools,
    turns: markLast(turns) ?? turns,
  };
}

const MARK: CacheMark = { lifetime: null };

/** A mark on the last block of the last holder; null: it has none that may hold one. */
function markLast<T extends IrInstruction | IrTurn>(holders: readonly T[]): readonly T[] | null {
  const last = holders.at(-1);
  const at = last?.blocks.findLastIndex(mayHoldMark) ?? -1;
  if (last === undefined || at === -1) return null;
  const blocks = last.blocks.map((block, index) =>
    index === at && isMarkable(block) ? { ...block, cache: MARK } : block,
  );
  return [...holders.slice(0, -1), { ...last, blocks }];
}

/** Blank text is left out, and its mark with it. */
function mayHoldMark(block: IrBlock): boolean {
  return isMarkable(block) && (block.type !== "text" || block.text.trim() !== "");
}

/** What is said in words, in a question and in an answer. */
import type { IrBlock, IrRequest, ToolCallBlock } from "../../ir/request.ts";

/** A question may hold a book: what is looked at is its end, and of an answer its beginning. */
export const TEXT_CHARS_MAX = 256 * 1024;

export function isToolCall(block: IrBlock): block is ToolCallBlock {
  return block.type === "tool-call";
}

/** Words of the answer itself: reasoning is none of it. */
export function textOf(blocks: readonly IrBlock[]): string {
  return blocks.flatMap((block) => (block.type === "text" || block.type === "refusal" ? [block.text] : [])).join("");
}

/** What the user said last; "": nothing in words. */
export function questionText(question: IrRequest | null): string {
  const last = question?.turns.findLast(({ role, blocks }) => role === "user" && textOf(blocks).trim() !== "");
  return last === undefined ? "" : textOf(last.blocks);
}

/**
 * Ids and names of tools. The vendor gives ids only with its newer models, and pairs results with calls by name and order
 * otherwise; other vendors need an id that no second call has. One that is missing is invented here, and one that was
 * invented is left out again when the conversation comes back.
 */
import type { IrBlock } from "../../ir/request.ts";
import { sha256Hex } from "../../std/digest.ts";
import { createToolNames } from "../shared/names/tools.ts";

const INVENTED = /^rmg_[0-9a-f]{24}$/;

/** `place` is what no other call of the conversation shares: the answer's id, or where the call stands in it. */
export function inventId(place: string, index: number, name: string): string {
  return `rmg_${sha256Hex(JSON.stringify([place, index, name])).slice(0, 24)}`;
}

export function isInvented(id: string): boolean {
  return INVENTED.test(id);
}

/**
 * Letters, digits, `_`, `:`, `.` and `-`, at most 128 characters, beginning with a letter or `_` (SDK type
 * FunctionDeclaration, @google/genai 2.32.0). The client's own name comes back from a call.
 */
export const toolNames = createToolNames({
  alphabet: "a-zA-Z0-9_:.\\-",
  notFirst: "0-9:.\\-",
  charsMax: 128,
  prefix: "rm_n_",
});

/** One that is too long for a way back is shortened, always the same way. */
export const legalToolName = (name: string): string => toolNames.legalPast(name);

/** Of an answer: calls by the names their client knows. */
export function withOwnName(block: IrBlock): IrBlock {
  return block.type === "tool-call" ? { ...block, name: toolNames.restore(block.name) } : block;
}

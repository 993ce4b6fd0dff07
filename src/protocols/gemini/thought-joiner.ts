/**
 * Joins thoughts of another vendor whose signature came after them in a stream. Clients send the pieces back one by
 * one, often each in its own content, and the issuer verifies the signature over the whole text. So the pieces ahead of
 * such a signature become one block again.
 */
import type { IrBlock, IrTurn, ReasoningBlock } from "../../ir/request.ts";
import { PROTOCOL } from "./wire.ts";

export function joinSignedThoughts(turns: readonly IrTurn[]): readonly IrTurn[] {
  if (!turns.some((turn) => turn.blocks.some(isLateSignature))) return turns;
  const joined: IrTurn[] = [];
  for (const turn of turns) {
    const blocks: IrBlock[] = [];
    for (const block of turn.blocks) blocks.push(isLateSignature(block) ? withPieces(block, blocks, joined) : block);
    joined.push({ ...turn, blocks });
  }
  return joined.filter((turn, index) => turn.blocks.length > 0 || (turns[index]?.blocks.length ?? 0) === 0);
}

/** A signature of another vendor that stands on no text. */
function isLateSignature(block: IrBlock): block is ReasoningBlock {
  return (
    block.type === "reasoning" && block.text === "" && block.signature !== null && block.signature.issuer !== PROTOCOL
  );
}

/** Takes the unsigned thoughts right ahead, from this turn and the model's turns before it. */
function withPieces(signed: ReasoningBlock, blocks: IrBlock[], before: IrTurn[]): ReasoningBlock {
  const pieces: string[] = [];
  const takeFrom = (list: IrBlock[]): void => {
    for (let last = list.at(-1); last !== undefined && isPiece(last); last = list.at(-1)) {
      pieces.unshift(last.text);
      list.pop();
    }
  };
  takeFrom(blocks);
  for (let at = before.length - 1; at >= 0 && blocks.length === 0; at--) {
    const turn = before[at];
    if (turn?.role !== "assistant") break;
    const rest = [...turn.blocks];
    takeFrom(rest);
    before[at] = { ...turn, blocks: rest };
    if (rest.length > 0) break;
  }
  return { ...signed, text: pieces.join("") };
}

function isPiece(block: IrBlock): block is ReasoningBlock {
  return block.type === "reasoning" && block.text !== "" && block.signature === null && block.encrypted === null;
}

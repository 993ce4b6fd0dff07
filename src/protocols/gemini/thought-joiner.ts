/**
 * Puts another vendor's seals back where they were. They come on the call or text that followed the thoughts, or on an
 * empty part. Clients send the pieces of a stream one by one, often each in its own content. The issuer verifies a
 * signature over the whole text of its thoughts, which stand before the text of their answer.
 */
import type { IrBlock, IrTurn, ReasoningBlock } from "../../ir/request.ts";
import { PROTOCOL } from "./wire.ts";

export function joinSignedThoughts(turns: readonly IrTurn[]): readonly IrTurn[] {
  if (!turns.some((turn) => turn.blocks.some(isLateSeal))) return turns;
  const joined: IrTurn[] = [];
  for (let at = 0; at < turns.length; ) {
    const end = turns.findIndex((turn, index) => index > at && turn.role !== turns[at]?.role);
    const run = turns.slice(at, end === -1 ? turns.length : end);
    joined.push(...(run.some((turn) => turn.blocks.some(isLateSeal)) ? joinRun(run) : run));
    at += run.length;
  }
  return joined;
}

interface Placed {
  readonly turn: number;
  readonly block: IrBlock;
}

interface Run {
  readonly placed: Placed[];
  /** Blocks ahead of the seal before: text among them is none that the next one may cross. */
  settled: number;
}

/** Of one answer or turn. */
export function withSealsInPlace(blocks: readonly IrBlock[]): readonly IrBlock[] {
  if (!blocks.some(isLateSeal)) return blocks;
  const run: Run = { placed: [], settled: 0 };
  for (const block of blocks) place(run, 0, block);
  return run.placed.map(({ block }) => block);
}

/** Turns of one role, one after the other. One of which nothing is left is gone. */
function joinRun(turns: readonly IrTurn[]): IrTurn[] {
  const run: Run = { placed: [], settled: 0 };
  for (const [turn, { blocks }] of turns.entries()) for (const block of blocks) place(run, turn, block);
  const kept = turns.map((turn, index) => ({
    ...turn,
    blocks: run.placed.flatMap((each) => (each.turn === index ? [each.block] : [])),
  }));
  return kept.filter(({ blocks }, index) => blocks.length > 0 || turns[index]?.blocks.length === 0);
}

/** A seal goes ahead of the text right before it, and takes the unsigned thoughts there. */
function place(run: Run, turn: number, block: IrBlock): void {
  const { placed } = run;
  if (!isLateSeal(block)) {
    placed.push({ turn, block });
    return;
  }
  let at = placed.length;
  while (at > run.settled && placed[at - 1]?.block.type === "text") at--;
  const pieces: string[] = [];
  let from = at;
  for (let last = placed[from - 1]?.block; last !== undefined && isPiece(last); last = placed[from - 1]?.block) {
    pieces.unshift(last.text);
    from--;
  }
  const own = placed[from]?.turn ?? turn;
  placed.splice(from, at - from, { turn: own, block: { ...block, text: pieces.join("") } });
  run.settled = placed.length;
}

/** Another vendor's, on no text of its own. */
function isLateSeal(block: IrBlock): block is ReasoningBlock {
  if (block.type !== "reasoning" || block.text !== "") return false;
  const seal = block.encrypted ?? block.signature;
  return seal !== null && seal.issuer !== PROTOCOL;
}

function isPiece(block: IrBlock): block is ReasoningBlock {
  return block.type === "reasoning" && block.text !== "" && block.signature === null && block.encrypted === null;
}

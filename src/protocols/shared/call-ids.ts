/**
 * Ids of calls in the history, for a vendor that takes them in one length only. An id that does not fit becomes a hash of
 * itself, the same for a call and its result in every turn. What the vendor calls anew has ids of its own.
 */
import type { IrBlock, IrRequest } from "../../ir/request.ts";
import { sha256Hex } from "../../std/digest.ts";

/** Some id of a call, or of a result, is not so many letters and digits. */
export function holdsOtherIds({ turns }: IrRequest, chars: number): boolean {
  const fits = fitting(chars);
  return turns.some(({ blocks }) => blocks.some((block) => idOf(block) !== null && !fits.test(idOf(block) ?? "")));
}

export function withCallIds(request: IrRequest, chars: number): IrRequest {
  if (!holdsOtherIds(request, chars)) return request;
  const fits = fitting(chars);
  const fit = (id: string): string => (fits.test(id) ? id : sha256Hex(id).slice(0, chars));
  const one = (block: IrBlock): IrBlock => {
    if (block.type === "tool-call") return { ...block, id: fit(block.id) };
    return block.type === "tool-result" ? { ...block, callId: fit(block.callId) } : block;
  };
  return { ...request, turns: request.turns.map((turn) => ({ ...turn, blocks: turn.blocks.map(one) })) };
}

const fitting = (chars: number): RegExp => new RegExp(`^[a-zA-Z0-9]{${chars}}$`);

function idOf(block: IrBlock): string | null {
  if (block.type === "tool-call") return block.id;
  return block.type === "tool-result" ? block.callId : null;
}

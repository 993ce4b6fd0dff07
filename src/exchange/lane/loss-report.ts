/** Losses of a request as its client is told them: in the words of its protocol, each with its kind. */
import type { Loss, LossKind } from "../../ir/loss.ts";
import type { IrBlock, IrRequest } from "../../ir/request.ts";
import type { Payload } from "../../protocols/protocol.ts";
import { clientField } from "../../protocols/shared/loss-names.ts";

/** `losses`: of the request, as its reader and a writer name them. */
export function reportLosses(losses: readonly Loss[], request: IrRequest, { lossNames }: Payload): readonly Loss[] {
  if (losses.length === 0) return losses;
  return losses.map((loss) => {
    const kind = loss.kind ?? kindOfBlockAt(loss.field, request);
    return { ...loss, field: clientField(loss.field, lossNames, request), ...(kind === null ? {} : { kind }) };
  });
}

/** A block that was lost as a whole; null: the field names no block. */
function kindOfBlockAt(field: string, { turns, instructions }: IrRequest): LossKind | null {
  const [, list, index = "", path] = WHOLE_BLOCK.exec(field) ?? [];
  if (path === undefined) return null;
  const holder = (list === "system" ? instructions : turns)[Number(index)];
  if (holder === undefined) return null;
  const block = blockAt(holder.blocks, path);
  if (block?.type === "opaque" && block.isMetadata === true) return "metadata";
  if (holder.role === "system" || holder.role === "developer") return "instructions";
  return block === null ? null : kindOfBlock(block);
}

const WHOLE_BLOCK = /^(messages|system)\[(\d+)\]((?:\.content\[\d+\])+)$/;

function blockAt(blocks: readonly IrBlock[], path: string): IrBlock | null {
  let within = blocks;
  let found: IrBlock | null = null;
  for (const [, index] of path.matchAll(/\[(\d+)\]/g)) {
    found = within[Number(index)] ?? null;
    within = found?.type === "tool-result" ? found.content : [];
  }
  return found;
}

function kindOfBlock(block: IrBlock): LossKind {
  switch (block.type) {
    case "text":
    case "refusal":
    case "opaque":
      return "content";
    case "image":
    case "document":
    case "audio":
      return "media";
    case "tool-call":
      return "tools";
    case "tool-result":
      return "tool results";
    case "reasoning":
      return block.encrypted !== null || (block.signature?.value ?? "") !== "" ? "sealed reasoning" : "reasoning";
  }
}

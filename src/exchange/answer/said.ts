/** How much an answer said, in bytes of its texts, and the tokens that makes where its vendor counted none. */
import type { IrEvent } from "../../ir/event.ts";
import type { IrBlock } from "../../ir/request.ts";
import type { IrResponse } from "../../ir/response.ts";
import { utf8Length } from "../../std/bytes.ts";

/** Of text in the languages and programs that models write, as recorded answers with counts have it. */
const BYTES_PER_TOKEN = 3.5;

export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

export function saidInResponse({ choices }: Pick<IrResponse, "choices">): number {
  let bytes = 0;
  for (const { blocks } of choices) for (const block of blocks) bytes += saidInBlock(block);
  return bytes;
}

export function saidInEvent(event: IrEvent): number {
  return event.type === "text-delta" || event.type === "arguments-delta" ? utf8Length(event.text) : 0;
}

function saidInBlock(block: IrBlock): number {
  switch (block.type) {
    case "text":
    case "refusal":
    case "reasoning":
      return utf8Length(block.text);
    case "tool-call":
      return utf8Length(block.arguments);
    default:
      return 0;
  }
}

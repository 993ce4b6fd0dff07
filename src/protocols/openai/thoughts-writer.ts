/**
 * Reasoning of earlier turns, as the lane's server wants it back: as the text it said, and never where
 * the member is refused. Elsewhere it has no effect and is left out, as a block without a place.
 */
import type { IrBlock } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import type { WriteContext } from "../shared/write-context.ts";

interface Thoughts {
  /** Members with reasoning may stand in the message. */
  readonly mayGo: boolean;
  /** True: the block is dealt with. */
  take(block: IrBlock, path: string): boolean;
  /** Members of the assistant's message. `calls`: it calls tools. */
  written(calls: boolean): JsonObject;
}

export function createThoughts({ native, dialect, losses }: WriteContext): Thoughts {
  const { reasoningBack } = dialect;
  const texts: string[] = [];
  const mayGo = reasoningBack !== "refused";
  return {
    mayGo,
    take(block, path) {
      if (block.type !== "reasoning") return false;
      if (!mayGo && (!native || typeof block.spelling["field"] === "string")) {
        losses.drop(path, "the vendor refuses reasoning of earlier turns");
        return true;
      }
      if (native || reasoningBack !== "required" || block.text === "") return false;
      texts.push(block.text);
      return true;
    },
    written(calls) {
      if (native || reasoningBack !== "required" || (texts.length === 0 && !calls)) return {};
      // The vendor refuses a call without the member, and takes an empty one where the model said nothing.
      return { reasoning_content: texts.join("\n") };
    },
  };
}

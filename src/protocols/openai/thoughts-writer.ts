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

/** Taken where the reasoning of a call is not known (NousResearch/hermes-agent#18263, bestruirui/octopus#251). */
const NOTHING_SAID = " ";

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
      // A call without the member is refused, by some with an empty one too (NousResearch/hermes-agent#17341).
      return { reasoning_content: texts.join("\n") || NOTHING_SAID };
    },
  };
}

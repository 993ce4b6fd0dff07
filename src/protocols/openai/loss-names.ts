/** How this protocol's clients call what a request may lose. */
import type { LossNames } from "../shared/loss-names.ts";

export const LOSS_NAMES: LossNames = {
  turn: "messages[#]",
  instruction: "messages[#]",
  tool: "tools[#]",
  blocks: "content",
  countsInstructions: true,
  words: {
    reasoning: "reasoning_effort",
    "reasoning.effort": "reasoning_effort",
    "reasoning.max_tokens": "reasoning_effort",
  },
};

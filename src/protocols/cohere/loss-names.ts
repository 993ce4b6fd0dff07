/** How this protocol's clients call what a request may lose. */
import type { LossNames } from "../shared/loss-names.ts";

export const LOSS_NAMES: LossNames = {
  turn: "messages[#]",
  instruction: "messages[#]",
  tool: "tools[#]",
  blocks: "content",
  countsInstructions: true,
  words: {
    top_p: "p",
    top_k: "k",
    stop: "stop_sequences",
    reasoning: "thinking",
    "reasoning.max_tokens": "thinking.token_budget",
  },
};

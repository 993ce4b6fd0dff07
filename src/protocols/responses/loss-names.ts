/** How this protocol's clients call what a request may lose. Items have no index: several may have been one turn. */
import type { LossNames } from "../shared/loss-names.ts";

export const LOSS_NAMES: LossNames = {
  turn: "input[]",
  instruction: "instructions",
  tool: "tools[#]",
  blocks: "content",
  countsInstructions: false,
  words: {
    max_tokens: "max_output_tokens",
    response_format: "text.format",
    reasoning_effort: "reasoning.effort",
    "reasoning.display": "reasoning.summary",
    logprobs: "top_logprobs",
    ".signature": "encrypted_content",
  },
};

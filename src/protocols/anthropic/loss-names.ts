/** How this protocol's clients call what a request may lose. */
import type { LossNames } from "../shared/loss-names.ts";

export const LOSS_NAMES: LossNames = {
  turn: "messages[#]",
  instruction: "system[#]",
  tool: "tools[#]",
  blocks: "content",
  countsInstructions: false,
  words: {
    stop: "stop_sequences",
    response_format: "output_config.format",
    reasoning: "thinking",
    reasoning_effort: "output_config.effort",
    "reasoning.effort": "output_config.effort",
    "reasoning.display": "thinking.display",
    "reasoning.max_tokens": "thinking.budget_tokens",
    user: "metadata.user_id",
    parallel_tool_calls: "tool_choice.disable_parallel_tool_use",
    ".parameters": "input_schema",
  },
};

/** How this protocol's clients call what a request may lose. */
import type { LossNames } from "../shared/loss-names.ts";

export const LOSS_NAMES: LossNames = {
  turn: "messages[#]",
  instruction: "system[#]",
  tool: "toolConfig.tools[#]",
  blocks: "content",
  countsInstructions: false,
  words: {
    max_tokens: "inferenceConfig.maxTokens",
    temperature: "inferenceConfig.temperature",
    top_p: "inferenceConfig.topP",
    top_k: "additionalModelRequestFields.top_k",
    stop: "inferenceConfig.stopSequences",
    response_format: "outputConfig.textFormat",
    reasoning: "additionalModelRequestFields.thinking",
    reasoning_effort: "additionalModelRequestFields.output_config.effort",
    "reasoning.max_tokens": "additionalModelRequestFields.thinking.budget_tokens",
    tool_choice: "toolConfig.toolChoice",
    metadata: "requestMetadata",
    service_tier: "serviceTier",
    ".cache_control": "cachePoint",
    ".parameters": "inputSchema",
  },
};

/** How this protocol's clients call what a request may lose. */
import type { LossNames } from "../shared/loss-names.ts";

export const LOSS_NAMES: LossNames = {
  turn: "contents[#]",
  instruction: "systemInstruction",
  blocks: "parts",
  countsInstructions: false,
  tool: "tools.functionDeclarations[#]",
  words: {
    max_tokens: "generationConfig.maxOutputTokens",
    temperature: "generationConfig.temperature",
    top_p: "generationConfig.topP",
    top_k: "generationConfig.topK",
    seed: "generationConfig.seed",
    presence_penalty: "generationConfig.presencePenalty",
    frequency_penalty: "generationConfig.frequencyPenalty",
    stop: "generationConfig.stopSequences",
    n: "generationConfig.candidateCount",
    logprobs: "generationConfig.responseLogprobs",
    response_format: "generationConfig.responseSchema",
    reasoning: "generationConfig.thinkingConfig",
    reasoning_effort: "generationConfig.thinkingConfig.thinkingLevel",
    "reasoning.effort": "generationConfig.thinkingConfig.thinkingLevel",
    "reasoning.max_tokens": "generationConfig.thinkingConfig.thinkingBudget",
    "reasoning.display": "generationConfig.thinkingConfig.includeThoughts",
    tool_choice: "toolConfig.functionCallingConfig",
    metadata: "labels",
    ".signature": "thoughtSignature",
    ".parameters": "parametersJsonSchema",
  },
};

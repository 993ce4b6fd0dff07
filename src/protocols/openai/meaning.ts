/** What a vendor's words mean, those that only vendors of Chat Completions use. */
import { createMeaning } from "../shared/errors/meaning.ts";

export const meaningOf = createMeaning({
  words: [
    ["model_max_prompt_tokens_exceeded", "context-length"], // GitHub
    ["insufficient_balance", "billing"],
    ["exceeded_current_quota_error", "billing"], // Moonshot
    ["model_not_available", "model-missing"],
    ["invalid_model", "model-missing"], // Mistral
    ["rate_limited", "rate-limited"],
    ["rate_limit_reached_error", "rate-limited"],
    ["invalid_authentication_error", "credential"],
    ["engine_overloaded_error", "overloaded"],
    ["model_overloaded", "overloaded"],
    ["unavailable", "overloaded"],
    ["data_inspection_failed", "content-policy"], // Qwen
    ["moderation_blocked", "content-policy"],
    ["payload_too_large", "too-large"],
  ],
  lengths:
    /maximum context length|maximum prompt length|context window|context length|context size|context limit|prompt is too long|prompt too long|input is too long|too many tokens|reduce the length of the messages|exceeds the maximum number of tokens|exceeded model token limit|prompt token count|prompt exceeds max length|range of input length should be/i,
});

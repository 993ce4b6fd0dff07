/** Headers of an answer that both of OpenAI's dialects know and their clients read. */
export const OPENAI_RESPONSE_HEADERS: readonly string[] = [
  "openai-model",
  "openai-version",
  "openai-processing-ms",
  "x-request-id",
  "x-ratelimit-*",
  "ratelimit-*",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
];

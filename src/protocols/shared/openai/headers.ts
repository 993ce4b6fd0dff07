/**
 * Headers of a request that go to the vendor. Not `openai-*`: `openai-organization` and `openai-project` name the
 * caller's account, which other providers must not learn. An operator whose lanes use that account adds them per
 * provider.
 */
export const OPENAI_REQUEST_HEADERS: readonly string[] = [
  "openai-beta",
  "x-stainless-*",
  "x-client-request-id",
  "x-request-id",
  "idempotency-key",
  "traceparent",
  "tracestate",
];

/** Headers of an answer that both of OpenAI's protocols know and their clients read. */
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

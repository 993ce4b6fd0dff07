/**
 * Headers in which vendors of OpenAI's protocols tell what is left of their limits. One protocol has many vendors.
 * Sources, read 2026-11: OpenAI, Groq, Cerebras, Together and OpenRouter on rate limits; Mistral's answers as recorded by
 * public projects.
 */
import type { QuotaHeaders } from "../../../ir/quota.ts";
import { countedQuota } from "../quota-headers.ts";

function xRateLimit(window: string, name: string): QuotaHeaders {
  const names = [`x-ratelimit-remaining${name}`, `x-ratelimit-limit${name}`, `x-ratelimit-reset${name}`] as const;
  return countedQuota(window, names);
}

export const QUOTAS: readonly QuotaHeaders[] = [
  xRateLimit("req", "-requests"),
  xRateLimit("tok", "-tokens"),
  xRateLimit("req", "-req-minute"),
  xRateLimit("tok", "-tokens-minute"),
  xRateLimit("req/d", "-requests-day"),
  xRateLimit("req", ""),
];

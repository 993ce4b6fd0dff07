/**
 * Headers in which vendors tell what is left of their limits, as data for carriers.
 * Sources, read 2026-11: OpenAI, Groq, Cerebras, Together and OpenRouter on rate limits; Mistral's and Cohere's answers as
 * recorded by public projects; Anthropic on rate limits, and its answers to subscriptions (`unified`, a share from 0 to 1).
 */
import type { QuotaHeaders } from "../../ir/quota.ts";

function counted(window: string, names: readonly [remaining: string, limit: string, reset: string | null]) {
  const [remaining, limit, reset] = names;
  return { window, scope: "lane", told: { remaining, limit }, reset } as const satisfies QuotaHeaders;
}

function xRateLimit(window: string, name: string): QuotaHeaders {
  const names = [`x-ratelimit-remaining${name}`, `x-ratelimit-limit${name}`, `x-ratelimit-reset${name}`] as const;
  return counted(window, names);
}

/** Whoever speaks a protocol of OpenAI's may be one of many vendors. */
export const OPENAI_QUOTAS: readonly QuotaHeaders[] = [
  xRateLimit("req", "-requests"),
  xRateLimit("tok", "-tokens"),
  xRateLimit("req", "-req-minute"),
  xRateLimit("tok", "-tokens-minute"),
  xRateLimit("req/d", "-requests-day"),
  xRateLimit("req", ""),
];

function anthropic(window: string, name: string): QuotaHeaders {
  const prefix = `anthropic-ratelimit-${name}`;
  return counted(window, [`${prefix}-remaining`, `${prefix}-limit`, `${prefix}-reset`]);
}

function unified(window: string): QuotaHeaders {
  const prefix = `anthropic-ratelimit-unified-${window}`;
  return { window, scope: "account", told: { used: `${prefix}-utilization` }, reset: `${prefix}-reset` };
}

export const ANTHROPIC_QUOTAS: readonly QuotaHeaders[] = [
  anthropic("req", "requests"),
  anthropic("tok", "tokens"),
  anthropic("in", "input-tokens"),
  anthropic("out", "output-tokens"),
  unified("5h"),
  unified("7d"),
];

/** Only keys on trial are told. */
export const COHERE_QUOTAS: readonly QuotaHeaders[] = [
  counted("req", ["x-trial-endpoint-call-remaining", "x-trial-endpoint-call-limit", null]),
];

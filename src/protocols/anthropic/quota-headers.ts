/**
 * Headers in which the vendor tells what is left of its limits: counts, and for subscriptions (`unified`) a share from 0
 * to 1. Source: Anthropic on rate limits, and its answers to subscriptions; read 2026-11.
 */
import type { QuotaHeaders } from "../../ir/quota.ts";
import { countedQuota } from "../shared/quota-headers.ts";

function counted(window: string, name: string): QuotaHeaders {
  const prefix = `anthropic-ratelimit-${name}`;
  return countedQuota(window, [`${prefix}-remaining`, `${prefix}-limit`, `${prefix}-reset`]);
}

function unified(window: string): QuotaHeaders {
  const prefix = `anthropic-ratelimit-unified-${window}`;
  return {
    window,
    scope: "account",
    amount: { kind: "share", used: `${prefix}-utilization` },
    reset: `${prefix}-reset`,
  };
}

export const QUOTAS: readonly QuotaHeaders[] = [
  counted("req", "requests"),
  counted("tok", "tokens"),
  counted("in", "input-tokens"),
  counted("out", "output-tokens"),
  unified("5h"),
  unified("7d"),
];

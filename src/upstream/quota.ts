/**
 * What is left of a vendor's limits, from an answer's headers. Pure; which names a vendor uses is its carrier's data. A
 * value that cannot be read or has no meaning (Azure writes -1 where it does not count) is left out.
 */
import type { QuotaFact, QuotaHeaders } from "../ir/quota.ts";
import { resetMs } from "./retry-after.ts";

/** Longest window that is believed: a month. */
const QUOTA_RESET_MS_MAX = 31 * 24 * 60 * 60 * 1000;

const NONE: readonly QuotaFact[] = [];

/** `wallMs` is asked only where a vendor tells anything, which many do not. */
export function readQuotas(
  headers: Readonly<Record<string, string>>,
  rows: readonly QuotaHeaders[],
  wallMs: () => number,
): readonly QuotaFact[] {
  let facts: QuotaFact[] | null = null;
  for (const { window, scope, amount, reset } of rows) {
    const leftShare = amount.kind === "share" ? leftOfUsed(headers[amount.used]) : leftOfLimit(headers, amount);
    if (leftShare === null) continue;
    facts ??= [];
    const resetsInMs = reset === null ? null : resetMs(headers[reset], wallMs());
    facts.push({
      window,
      scope,
      leftShare,
      resetsInMs: resetsInMs === null ? null : Math.min(resetsInMs, QUOTA_RESET_MS_MAX),
    });
  }
  return facts ?? NONE;
}

function leftOfUsed(text: string | undefined): number | null {
  const used = readNumber(text);
  return used === null ? null : Math.max(0, 1 - used);
}

function leftOfLimit(
  headers: Readonly<Record<string, string>>,
  names: { readonly remaining: string; readonly limit: string },
): number | null {
  const remaining = readNumber(headers[names.remaining]);
  if (remaining === null) return null;
  const limit = readNumber(headers[names.limit]);
  return limit === null || limit === 0 ? null : Math.min(1, remaining / limit);
}

function readNumber(text: string | undefined): number | null {
  return text !== undefined && /^\s*\d{1,15}(\.\d{1,20})?\s*$/.test(text) ? Number(text) : null;
}

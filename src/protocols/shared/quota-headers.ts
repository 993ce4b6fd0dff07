/** The commonest form of a quota in headers: counts of a lane. */
import type { QuotaHeaders } from "../../ir/quota.ts";

type QuotaNames = readonly [remaining: string, limit: string, reset: string | null];

export function countedQuota(window: string, [remaining, limit, reset]: QuotaNames): QuotaHeaders {
  return { window, scope: "lane", amount: { kind: "counts", remaining, limit }, reset };
}

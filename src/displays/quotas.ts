/**
 * The vendors' own limits of hours and days, as their answers told of them, for the carousel and its calls. Limits of a
 * minute come and go with every answer: those are a lane's label, and nothing to call people for. Bounded by the deployment:
 * accounts times the kinds of limits there are.
 */

import type { Allowance } from "../ir/allowance.ts";
import type { AttemptRecord, QuotaReading } from "../ir/record.ts";

interface QuotaFold {
  take(attempt: Pick<AttemptRecord, "provider" | "account" | "lane" | "quotas">, wallMs: number): void;
  show(wallMs: number): readonly Allowance[];
}

interface AccountWindows {
  readonly provider: string;
  readonly account: string;
  readonly quota: QuotaReading;
  readonly untilWallMs: number;
}

/** An account's limit whose reset is unknown. */
const RESET_MS_DEFAULT = 60_000;
const LONG_MS_MIN = 3_600_000;

export function createQuotas(): QuotaFold {
  /** By lane or account, and by window. */
  const windows = new Map<string, AccountWindows>();
  return {
    take({ provider, account, lane, quotas }, wallMs) {
      for (const quota of quotas) {
        const owner = quota.scope === "lane" ? lane : "";
        const untilWallMs = quota.resetsWallMs ?? wallMs + RESET_MS_DEFAULT;
        const key = JSON.stringify([provider, account, owner, quota.window]);
        // A long one that was told before is nearly over, and still the same.
        const isLong = quota.scope === "account" || untilWallMs - wallMs >= LONG_MS_MIN || windows.has(key);
        if (!isLong) continue;
        windows.set(key, { provider, account, quota, untilWallMs });
      }
    },
    show(wallMs) {
      const shown = new Map<string, Allowance & { readonly usedShare: number }>();
      for (const { provider, account, quota, untilWallMs } of windows.values()) {
        if (wallMs >= untilWallMs) continue;
        const key = JSON.stringify([provider, account, quota.window]);
        const usedShare = 1 - quota.leftShare;
        // Of several models of one account the one that is used most.
        if ((shown.get(key)?.usedShare ?? -1) >= usedShare) continue;
        const { window, resetsWallMs } = quota;
        shown.set(key, { kind: "quota", name: provider, account, window, usedShare, resetsWallMs });
      }
      return [...shown.values()];
    },
  };
}

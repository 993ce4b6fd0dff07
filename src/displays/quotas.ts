/**
 * The vendors' own limits, as their answers told of them, for the carousel. Limits of a minute come and go with every
 * answer and are shown only while little is left; those of hours and days always. Bounded by the deployment: accounts times
 * the kinds of limits there are.
 */
import type { AttemptRecord, QuotaReading } from "../observability/record.ts";
import type { Allowance } from "./allowance.ts";

export interface Quotas {
  take(attempt: Pick<AttemptRecord, "provider" | "account" | "lane" | "quotas">, wallMs: number): void;
  show(wallMs: number): readonly Allowance[];
}

interface Told {
  readonly provider: string;
  readonly account: string;
  readonly quota: QuotaReading;
  readonly untilWallMs: number;
  /** It is worth a look however much is left. */
  readonly isLong: boolean;
}

/** Where nobody said when it is whole again. */
const RESET_MS_DEFAULT = 60_000;
const LONG_MS_MIN = 3_600_000;
const LOW_SHARE = 0.2;

export function createQuotas(): Quotas {
  /** By lane or account, and by window. */
  const told = new Map<string, Told>();
  return {
    take({ provider, account, lane, quotas }, wallMs) {
      for (const quota of quotas) {
        const owner = quota.scope === "lane" ? lane : "";
        const untilWallMs = quota.resetsWallMs ?? wallMs + RESET_MS_DEFAULT;
        const isLong = quota.scope === "account" || untilWallMs - wallMs >= LONG_MS_MIN;
        const key = JSON.stringify([provider, account, owner, quota.window]);
        told.set(key, { provider, account, quota, untilWallMs, isLong });
      }
    },
    show(wallMs) {
      const shown = new Map<string, Allowance & { readonly usedShare: number }>();
      for (const { provider, account, quota, untilWallMs, isLong } of told.values()) {
        if (wallMs >= untilWallMs || !(isLong || quota.leftShare < LOW_SHARE)) continue;
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

/** How large a lease is and when it warns: arithmetic over the limits of a scope. */
import type { BudgetWindow, Limits } from "../ir/deployment.ts";
import type { CountLimit, Limit } from "./limit.ts";

/**
 * A lease is a hundredth of what is left and at most a thousand times the request, so that little is stranded with an idle
 * client, and a busy one asks a few times a second: each lease of money is a commit. Near the limit it is exactly the request.
 */
const LEASE_SHARE = 100;
const LEASE_REQUESTS_MAX = 1_000;
/** Of a minute or of slots: a twentieth. */
const RATE_SHARE = 20;

/** Beyond what was requested, so that the next requests need no message. */
export function extraFor(
  limit: Limit,
  room: {
    readonly amount: number;
    readonly max: number | null;
    /** After the amount. */
    readonly left: number;
    /** What a soft budget would leave it at; null: there is none. */
    readonly softMax: number | null;
  },
): number {
  const { amount, max, left, softMax } = room;
  if (limit.kind === "usd") {
    // A soft budget is asked about as often, or its warning would come late.
    const whole = Math.min(left + amount, softMax ?? Number.POSITIVE_INFINITY);
    const share = Math.floor(whole / LEASE_SHARE);
    return Math.max(0, Math.min(left, share - amount, amount * (LEASE_REQUESTS_MAX - 1)));
  }
  if (max === null) return amount * (LEASE_REQUESTS_MAX - 1);
  return Math.max(0, Math.min(left, Math.floor(max / RATE_SHARE) - amount));
}

/** Of several budgets of a window, the smallest; null: there is none. */
export function budgetMax(limits: Limits | null, window: BudgetWindow, mode: "hard" | "soft"): number | null {
  const found = (limits?.budgets ?? []).filter((budget) => budget.window === window && budget.mode === mode);
  return found.length === 0 ? null : Math.min(...found.map((budget) => budget.limitNanos));
}

export function countMax(limits: Limits, kind: CountLimit["kind"]): number | null {
  if (kind === "requests") return limits.requestsPerMinute;
  return kind === "tokens" ? limits.tokensPerMinute : limits.maxConcurrent;
}

/** The largest share used of a budget that warns; null: none does. */
export function warningAt(limits: Limits | null, window: BudgetWindow, used: number): number | null {
  let worst: number | null = null;
  for (const budget of limits?.budgets ?? []) {
    if (budget.window !== window) continue;
    const share = budget.limitNanos === 0 ? 1 : used / budget.limitNanos;
    const from = budget.warnAt ?? (budget.mode === "soft" ? 1 : null);
    if (from !== null && share >= from && (worst === null || share > worst)) worst = share;
  }
  return worst;
}

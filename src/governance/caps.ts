/** What the operator lets an account of a vendor cost: caps are about supply, so they put the account out and refuse nobody. */
import type { AccountCap } from "../ir/deployment.ts";
import { periodOf } from "./windows.ts";

/** What was booked for a scope since then. */
export interface Booked {
  readonly requests: number;
  readonly tokens: number;
  readonly costNanos: number;
}

export interface Capped {
  /** `provider/account` */
  readonly account: string;
  /** Wall clock; null: the cap has no window that ends. */
  readonly untilWallMs: number | null;
}

const SCOPE = "account:";

/** `account:provider/account` */
export function accountScope(account: string): string {
  return `${SCOPE}${account}`;
}

export function isAccountScope(scope: string): boolean {
  return scope.startsWith(SCOPE);
}

/** Of those accounts, the ones that have reached a cap, each until the last of its caps opens again. */
export function cappedOf(
  caps: readonly AccountCap[],
  scopes: ReadonlySet<string>,
  bookedSince: (scope: string, startWallMs: number) => Booked,
  wallMs: number,
): readonly Capped[] {
  const until = new Map<string, number | null>();
  for (const cap of caps) {
    const scope = accountScope(cap.account);
    if (!scopes.has(scope)) continue;
    const { startWallMs, endWallMs } = periodOf(cap.window, wallMs);
    if (bookedOf(bookedSince(scope, startWallMs), cap.unit) < cap.limit) continue;
    const other = until.get(cap.account);
    const isLater = other === undefined || (other !== null && (endWallMs === null || endWallMs > other));
    if (isLater) until.set(cap.account, endWallMs);
  }
  return [...until].map(([account, untilWallMs]) => ({ account, untilWallMs }));
}

export function bookedOf(booked: Booked, unit: AccountCap["unit"]): number {
  if (unit === "requests") return booked.requests;
  return unit === "tokens" ? booked.tokens : booked.costNanos;
}

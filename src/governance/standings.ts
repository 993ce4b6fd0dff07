/** How much is used of every budget and cap there is, for people: names out of the configuration and of keys, no credential. */
import type { BudgetWindow, Governance, Limits } from "../ir/deployment.ts";
import type { Amounts } from "./amounts.ts";
import { accountScope, type Booked, bookedOf } from "./caps.ts";
import type { VirtualKey } from "./keys.ts";
import { periodOf } from "./windows.ts";

export interface BudgetStanding {
  /** quota: what an account of ours may be used. budget: what somebody may spend. */
  readonly kind: "quota" | "budget";
  /** Provider of the account, or the name of the group or key. */
  readonly name: string;
  readonly account: string | null;
  /** Short: `1d`, `30d`, `all`. */
  readonly window: string;
  /** 0 to 1, and more where it is overspent. */
  readonly usedShare: number;
  /** null: it does not begin anew by itself. */
  readonly resetsWallMs: number | null;
}

export interface StandingsInput {
  readonly governance: Governance;
  readonly keys: Iterable<VirtualKey>;
  readonly amounts: Pick<Amounts, "standing">;
  readonly bookedSince: (scope: string, startWallMs: number) => Booked;
  readonly wallMs: number;
}

/** Keys looked at; those beyond are in nobody's view. */
const KEYS_MAX = 256;

/** Accounts first, then groups in the order of the configuration, then keys, the most used first. */
export function standingsOf(input: StandingsInput): readonly BudgetStanding[] {
  const { governance, keys, wallMs } = input;
  const caps = governance.caps.map(({ account, window, unit, limit }): BudgetStanding => {
    const { startWallMs, endWallMs } = periodOf(window, wallMs);
    const used = bookedOf(input.bookedSince(accountScope(account), startWallMs), unit);
    const slash = account.indexOf("/");
    return {
      kind: "quota",
      name: account.slice(0, slash),
      account: account.slice(slash + 1),
      window: WINDOW_WORDS[window],
      usedShare: shareOf(used, limit),
      resetsWallMs: endWallMs,
    };
  });
  const groups = Object.values(governance.groups).flatMap(({ name, limits }) =>
    budgetsOf(input, { name, scope: `group:${name}`, limits }),
  );
  const ofKeys: BudgetStanding[] = [];
  let looked = 0;
  for (const { id, name, enabled, limits } of keys) {
    if (!enabled || limits.budgets.length === 0) continue;
    looked += 1;
    if (looked > KEYS_MAX) break;
    ofKeys.push(...budgetsOf(input, { name, scope: `key:${id}`, limits }));
  }
  return [...caps, ...groups, ...ofKeys.toSorted((left, right) => right.usedShare - left.usedShare)];
}

/** Of several budgets of a window, the smallest. */
function budgetsOf(
  { amounts, wallMs }: StandingsInput,
  { name, scope, limits }: { readonly name: string; readonly scope: string; readonly limits: Limits },
): BudgetStanding[] {
  const smallest = new Map<BudgetWindow, number>();
  for (const { window, limitNanos } of limits.budgets) {
    smallest.set(window, Math.min(limitNanos, smallest.get(window) ?? limitNanos));
  }
  return [...smallest].map(([window, limit]) => ({
    kind: "budget",
    name,
    account: null,
    window: WINDOW_WORDS[window],
    usedShare: shareOf(amounts.standing(scope, window, wallMs).spent, limit),
    resetsWallMs: periodOf(window, wallMs).endWallMs,
  }));
}

/** A budget of nothing is used up from the beginning. */
function shareOf(used: number, limit: number): number {
  return limit === 0 ? 1 : used / limit;
}

const WINDOW_WORDS: Readonly<Record<BudgetWindow, string>> = {
  minute: "1m",
  hourly: "1h",
  daily: "1d",
  weekly: "7d",
  monthly: "30d",
  total: "all",
};

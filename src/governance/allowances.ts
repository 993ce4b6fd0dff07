/** How much is used of every budget and cap there is, for people: names out of the configuration and of keys, no credential. */
import type { Allowance } from "../ir/allowance.ts";
import type { BudgetWindow, Governance, Limits } from "../ir/deployment.ts";
import type { Balances } from "./balances.ts";
import { usedOf } from "./caps.ts";
import { spentIn } from "./key-reports.ts";
import type { VirtualKey } from "./keys.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { type LedgerScope, scopeOf } from "./limit.ts";
import { periodOf } from "./windows.ts";

/** One whose use is known. */
interface UsedAllowance extends Allowance {
  readonly usedShare: number;
}

interface AllowancesInput {
  readonly governance: Governance;
  readonly keys: Iterable<VirtualKey>;
  readonly balances: Pick<Balances, "used">;
  readonly sumOf: LedgerStore["sumOf"];
  readonly wallMs: number;
}

/** Keys looked at; budgets of those beyond are not shown. */
const KEYS_MAX = 256;

/** Accounts first, then groups in the order of the configuration, then keys, the most used first. */
export async function allowancesOf(input: AllowancesInput): Promise<readonly UsedAllowance[]> {
  const { governance, keys, wallMs } = input;
  const caps = governance.caps.map(async ({ account, window, unit, limit }): Promise<UsedAllowance> => {
    const { startWallMs, endWallMs } = periodOf(window, wallMs);
    const used = usedOf(await input.sumOf(scopeOf("account", account), startWallMs, endWallMs), unit);
    const [name, label] = partsOf(account);
    return {
      kind: "quota",
      name,
      account: label,
      window: WINDOW_WORDS[window],
      usedShare: shareOf(used, limit),
      resetsWallMs: endWallMs,
    };
  });
  const groups = Object.values(governance.groups).flatMap(({ name, limits }) =>
    budgetsOf(input, { name, scope: scopeOf("group", name), limits }),
  );
  const ofKeys: Promise<UsedAllowance>[] = [];
  let looked = 0;
  for (const { id, name, enabled, limits } of keys) {
    if (!enabled || limits.budgets.length === 0) continue;
    looked += 1;
    if (looked > KEYS_MAX) break;
    ofKeys.push(...budgetsOf(input, { name, scope: scopeOf("key", id), limits }));
  }
  const used = (await Promise.all(ofKeys)).toSorted((left, right) => right.usedShare - left.usedShare);
  return [...(await Promise.all(caps)), ...(await Promise.all(groups)), ...used];
}

/** `provider/account`, as the configuration writes it. */
function partsOf(account: string): readonly [provider: string, account: string] {
  const slash = account.indexOf("/");
  return [account.slice(0, slash), account.slice(slash + 1)];
}

/** Of several budgets of a window, the smallest. */
function budgetsOf(
  { balances, sumOf, wallMs }: AllowancesInput,
  { name, scope, limits }: { readonly name: string; readonly scope: LedgerScope; readonly limits: Limits },
): Promise<UsedAllowance>[] {
  const smallest = new Map<BudgetWindow, number>();
  for (const { window, limitNanos } of limits.budgets) {
    smallest.set(window, Math.min(limitNanos, smallest.get(window) ?? limitNanos));
  }
  return [...smallest].map(async ([window, limit]): Promise<UsedAllowance> => {
    const period = periodOf(window, wallMs);
    const spent = balances.used(scope, window, wallMs).spent ?? (await spentIn({ sumOf }, scope, window, period));
    return {
      kind: "budget",
      name,
      account: null,
      window: WINDOW_WORDS[window],
      usedShare: shareOf(spent, limit),
      resetsWallMs: period.endWallMs,
    };
  });
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

/** What the operator lets an account of a vendor cost: caps are about supply, so they disable the account and refuse no caller. */
import type { AccountCap } from "../ir/deployment.ts";
import type { Moment } from "./balances.ts";
import type { AccountUse, Booking, CappedAccount } from "./ledger-messages.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { type LedgerScope, scopeOf } from "./limit.ts";
import { periodOf } from "./windows.ts";

export interface CapWatch {
  /** Accounts over a cap when a row was last charged to them, for clients that come later. */
  known(): readonly CappedAccount[];
  /** Of the accounts that the rows were charged to: every time, for one may have come back meanwhile. */
  used(bookings: readonly Booking[]): Promise<readonly CappedAccount[]>;
  /** Of all accounts with caps. */
  all(): Promise<readonly CappedAccount[]>;
}

interface CapWatchOptions {
  readonly caps: () => readonly AccountCap[];
  readonly sumOf: LedgerStore["sumOf"];
  readonly moment: () => Pick<Moment, "wallMs" | "aheadMs">;
}

export function createCapWatch({ caps, sumOf, moment }: CapWatchOptions): CapWatch {
  let known: readonly CappedAccount[] = [];
  const look = async (accounts: ReadonlyMap<string, LedgerScope>): Promise<readonly CappedAccount[]> => {
    const capped = await cappedOf(caps(), [...accounts.values()], sumOf, moment());
    known = [...known.filter(({ account }) => !accounts.has(account)), ...capped];
    return capped;
  };
  return {
    known() {
      const { wallMs, aheadMs } = moment();
      return known.filter(({ untilWallMs }) => untilWallMs === null || wallMs - aheadMs < untilWallMs);
    },
    async used(bookings) {
      if (caps().length === 0) return [];
      const scopes = bookings.flatMap((booking) => booking.scopes.filter(({ kind }) => kind === "account"));
      return scopes.length === 0 ? [] : look(new Map(scopes.map((scope) => [scope.name, scope])));
    },
    all() {
      known = [];
      return look(new Map(caps().map(({ account }) => [account, scopeOf("account", account)])));
    },
  };
}

/** Of those accounts, the ones that have reached a cap, each until the last of its caps opens again; or the soft part of one. */
async function cappedOf(
  caps: readonly AccountCap[],
  accounts: readonly LedgerScope[],
  sumOf: LedgerStore["sumOf"],
  { wallMs, aheadMs }: Pick<Moment, "wallMs" | "aheadMs">,
): Promise<readonly CappedAccount[]> {
  const looks = caps.flatMap((cap) => {
    const scope = accounts.find(({ name }) => name === cap.account);
    return scope === undefined ? [] : [{ cap, scope, period: periodOf(cap.window, wallMs) }];
  });
  const sums = await Promise.all(looks.map(({ scope, period }) => sumOf(scope, period.startWallMs, period.endWallMs)));
  const until = new Map<string, number | null>();
  const softUntil = new Map<string, number | null>();
  for (const [at, { cap, period }] of looks.entries()) {
    const sum = sums[at];
    const used = sum === undefined ? 0 : usedOf(sum, cap.unit);
    if (used < (cap.soft ?? 1) * cap.limit) continue;
    const reached = used < cap.limit ? softUntil : until;
    const endWallMs = period.endWallMs === null ? null : period.endWallMs - aheadMs;
    const other = reached.get(cap.account);
    const isLater = other === undefined || (other !== null && (endWallMs === null || endWallMs > other));
    if (isLater) reached.set(cap.account, endWallMs);
  }
  const soft = [...softUntil].filter(([account]) => !until.has(account));
  return [
    ...[...until].map(([account, untilWallMs]) => ({ account, untilWallMs })),
    ...soft.map(([account, untilWallMs]): CappedAccount => ({ account, untilWallMs, isSoft: true })),
  ];
}

export function usedOf({ requests, tokens, costNanos }: AccountUse, unit: AccountCap["unit"]): number {
  if (unit === "requests") return requests;
  return unit === "tokens" ? tokens : costNanos;
}

/** What can be counted of the ledger, on both of its sides. Labels are kinds and groups, never keys: those are as many as there are. */
import { readAmount } from "./amounts.ts";
import type { Entry, Shortage, SpenderFigures } from "./store.ts";

export interface Tally {
  short(shortage: Shortage): void;
  booked(entry: Entry): void;
  figures(): Pick<SpenderFigures, "refusals" | "spent">;
}

/** Bounded: by the kinds of limits there are, and by the groups of the configuration. */
export function createTally(): Tally {
  const refusals = new Map<string, { readonly limit: string; readonly owner: string; count: number }>();
  const spent = new Map<string, number>();
  return {
    short({ amount, unavailable }) {
      const { limit, owner } = unavailable ? NOBODY_KNOWS : named(amount);
      const key = `${limit} ${owner}`;
      const known = refusals.get(key) ?? { limit, owner, count: 0 };
      known.count += 1;
      refusals.set(key, known);
    },
    booked({ row, scopes }) {
      if (row.costNanos === null || row.costNanos === 0) return;
      const own = scopes.find((scope) => scope.startsWith(GROUP))?.slice(GROUP.length) ?? "";
      spent.set(own, (spent.get(own) ?? 0) + row.costNanos);
    },
    figures: () => ({
      refusals: [...refusals.values()].map((each) => ({ ...each })),
      spent: [...spent].map(([group, nanos]) => ({ group, nanos })),
    }),
  };
}

const GROUP = "group:";
const NOBODY_KNOWS = { limit: "unavailable", owner: "ledger" };

/** `budget_monthly` of a `group`. */
function named(amount: string): { readonly limit: string; readonly owner: string } {
  const { kind, window, scope } = readAmount(amount);
  return { limit: kind === "usd" ? `budget_${window}` : kind, owner: scope.slice(0, scope.indexOf(":")) };
}

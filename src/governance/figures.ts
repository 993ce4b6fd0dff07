/** What a ledger client counts for metrics. Labels are kinds and groups, never keys: there are too many of those. */
import type { LedgerClientFigures } from "../ir/ledger-figures.ts";
import type { Booking, Shortage } from "./ledger-messages.ts";

export interface Tally {
  short(shortage: Shortage): void;
  booked(booking: Booking): void;
  figures(): Pick<LedgerClientFigures, "refusals" | "spent">;
}

/** Bounded: by the kinds of limits there are, and by the groups of the configuration. */
export function createTally(): Tally {
  const refusals = new Map<string, { readonly limit: string; readonly owner: string; count: number }>();
  const spent = new Map<string, number>();
  return {
    short(shortage) {
      const { limit, owner } = labelsOf(shortage);
      const key = `${limit} ${owner}`;
      const known = refusals.get(key) ?? { limit, owner, count: 0 };
      known.count += 1;
      refusals.set(key, known);
    },
    booked({ row, scopes }) {
      if (row.costNanos === null || row.costNanos === 0) return;
      const own = scopes.find(({ kind }) => kind === "group")?.name ?? "";
      spent.set(own, (spent.get(own) ?? 0) + row.costNanos);
    },
    figures: () => ({
      refusals: [...refusals.values()].map((each) => ({ ...each })),
      spent: [...spent].map(([group, nanos]) => ({ group, nanos })),
    }),
  };
}

/** `budget_monthly` of a `group`. */
function labelsOf(shortage: Shortage): { readonly limit: string; readonly owner: string } {
  if (shortage.kind === "unavailable") return { limit: "unavailable", owner: "ledger" };
  const { kind, window, scope } = shortage.limit;
  return { limit: kind === "usd" ? `budget_${window}` : kind, owner: scope.kind };
}

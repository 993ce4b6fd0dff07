/** The ledger while none on disk is configured: totals since the start, as durable as the process and bounded in size. */

import { inputTokens } from "../../ir/usage.ts";
import { createRecentSet } from "../../std/bounded.ts";
import type { Ledger, UsageRow } from "../store.ts";

export interface Totals {
  readonly requests: number;
  readonly costNanos: number;
  readonly tokens: number;
}

export interface MemoryLedger extends Ledger {
  /** Everything booked, by whomever: no row is lost to the bound on callers. */
  sum(): Totals;
}

/** Callers come from the configuration or a key store, never from a request; later ones are booked only in the sum. */
const CALLERS_MAX = 10_000;

/** A row delivered again within at least this many rows is known; the deliverer repeats at once or after one restart. */
const REMEMBERED_IDS_MAX = 10_000;

const NOTHING: Totals = { requests: 0, costNanos: 0, tokens: 0 };

export function createMemoryLedger(): MemoryLedger {
  const byCaller = new Map<string, Totals>();
  const seen = createRecentSet<string>(REMEMBERED_IDS_MAX);
  let sum = NOTHING;
  const book = (row: UsageRow): void => {
    if (!seen.add(row.id)) return;
    sum = added(sum, row);
    const held = byCaller.get(row.caller);
    if (held === undefined && byCaller.size >= CALLERS_MAX) return;
    byCaller.set(row.caller, added(held ?? NOTHING, row));
  };
  return {
    async append(rows) {
      for (const row of rows) book(row);
    },
    totals: async (caller) => byCaller.get(caller) ?? NOTHING,
    sum: () => sum,
  };
}

/** Unknown tokens and costs add nothing; the row's own null is what tells that they are unknown. */
function added(totals: Totals, row: UsageRow): Totals {
  const tokens = row.usage === null ? 0 : (inputTokens(row.usage) ?? 0) + (row.usage.outputTokens ?? 0);
  return {
    requests: totals.requests + 1,
    costNanos: saturated(totals.costNanos + (row.costNanos ?? 0)),
    tokens: saturated(totals.tokens + tokens),
  };
}

/** Sums stay exact integers: beyond nine million dollars in one process they stop instead of drifting. */
function saturated(value: number): number {
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}

/**
 * A governance database of Busbar 1.0.0-rc.3, read and never written: its keys with what they mean here, and what they had
 * spent in their windows. Secrets go on working, because both keep the same hash of them.
 */
import { Database } from "bun:sqlite";
import type { Budget } from "../../ir/deployment.ts";
import { UNKNOWN_USAGE } from "../../ir/usage.ts";
import { NO_LIMITS, type VirtualKey } from "../keys.ts";
import type { Booking } from "../ledger-messages.ts";
import { scopeOf } from "../limit.ts";

export interface Rc3 {
  readonly keys: readonly VirtualKey[];
  /** One a key and window: opening balances. */
  readonly spent: readonly Booking[];
  /** Ids of keys that cannot be read as keys. */
  readonly unreadable: readonly string[];
}

interface KeyRow {
  readonly id: unknown;
  readonly key_hash: unknown;
  readonly name: unknown;
  readonly allowed_pools: unknown;
  readonly max_budget_cents: unknown;
  readonly budget_period: unknown;
  readonly rpm_limit: unknown;
  readonly tpm_limit: unknown;
  readonly enabled: unknown;
  readonly created_at: unknown;
}

interface CounterRow {
  readonly key_id: unknown;
  readonly window_start: unknown;
  readonly spend_cents: unknown;
  readonly tokens: unknown;
}

const NANOS_PER_CENT = 10_000_000;

/** Null: the file is no such database. */
export function readRc3(path: string): Rc3 | null {
  let db: Database;
  try {
    db = new Database(path, { readonly: true });
  } catch {
    return null; // not there, or not to be read
  }
  try {
    const rows = db.query<KeyRow, []>("SELECT * FROM virtual_keys ORDER BY created_at, id").all();
    const counters = db
      .query<CounterRow, []>("SELECT key_id, window_start, spend_cents, tokens FROM usage_counters")
      .all();
    const read = rows.map((row) => ({ row, key: keyOf(row) }));
    return {
      keys: read.flatMap(({ key }) => key ?? []),
      spent: counters.flatMap(openingOf),
      unreadable: read.filter(({ key }) => key === null).map(({ row }) => String(row.id).slice(0, 100)),
    };
  } catch {
    return null; // a database of another kind
  } finally {
    db.close();
  }
}

function keyOf(row: KeyRow): VirtualKey | null {
  if (typeof row.id !== "string" || typeof row.key_hash !== "string" || !/^[0-9a-f]{64}$/.test(row.key_hash))
    return null;
  return {
    id: row.id,
    name: typeof row.name === "string" && row.name.trim() !== "" ? row.name.trim() : row.id,
    hash: row.key_hash,
    previous: null,
    enabled: row.enabled !== 0,
    createdMs: countOf(row.created_at, 0) * 1000,
    expiresMs: null,
    revokedMs: null,
    allowedTargets: poolsOf(row.allowed_pools),
    group: null,
    project: null,
    labels: {},
    limits: {
      ...NO_LIMITS,
      requestsPerMinute: limitOf(row.rpm_limit),
      tokensPerMinute: limitOf(row.tpm_limit),
      budgets: budgetOf(row.max_budget_cents, row.budget_period),
    },
  };
}

/** There, an empty list is "all"; here it is "none". A JSON list, or names between commas. */
function poolsOf(text: unknown): readonly string[] | null {
  if (typeof text !== "string") return null;
  const names = (text.trimStart().startsWith("[") ? jsonList(text) : text.split(",")).map((name) => name.trim());
  const given = names.filter((name) => name !== "");
  return given.length === 0 ? null : given;
}

function jsonList(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter((each) => typeof each === "string") : [];
  } catch {
    // Broken, which rc.3 reads as a list with this one name in it: a key that may ask for nothing.
    return [text];
  }
}

/** There, an unknown period is the total. */
function budgetOf(cents: unknown, period: unknown): readonly Budget[] {
  const limit = limitOf(cents);
  if (limit === null) return [];
  const window = period === "daily" || period === "monthly" ? period : "total";
  return [{ window, limitNanos: limit * NANOS_PER_CENT, mode: "hard", warnAt: null }];
}

function openingOf(row: CounterRow): Booking[] {
  const cents = countOf(row.spend_cents, 0);
  const tokens = countOf(row.tokens, 0);
  if (typeof row.key_id !== "string" || cents + tokens === 0) return [];
  const start = countOf(row.window_start, 0);
  return [
    {
      row: {
        id: `rc3-${row.key_id}-${start}`,
        wallMs: start * 1000,
        caller: row.key_id,
        target: "imported",
        lane: null,
        usage: { ...UNKNOWN_USAGE, freshInputTokens: tokens },
        costNanos: cents * NANOS_PER_CENT,
        state: "estimated",
      },
      scopes: [scopeOf("key", row.key_id)],
      leases: [],
      revision: "rc3",
    },
  ];
}

function limitOf(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) ? Math.max(0, value) : null;
}

function countOf(value: unknown, without: number): number {
  return limitOf(value) ?? without;
}

/** Every statement of the ledger, prepared: values are parameters, and no caller writes a word of one. */
import type { Database, Statement } from "bun:sqlite";
import type { UsageQuery } from "../ledger-store.ts";

/** Rows as SQLite gives them. */
export interface SumRow {
  readonly requests: number | null;
  readonly cost: number | null;
  readonly tokens: number | null;
  readonly unpriced: number | null;
}

export type Statements = ReturnType<typeof prepareAll>;

const SUMS = "count(*) AS requests, sum(cost) AS cost, sum(tokens) AS tokens, sum(cost IS NULL) AS unpriced";

/** Literal expressions only: what they group by is chosen by name, never written by a caller. */
const GROUPINGS = {
  key: "key",
  target: "target",
  lane: "coalesce(lane, '-')",
  state: "state",
  hour: "strftime('%Y-%m-%dT%H:00Z', wall_ms / 1000, 'unixepoch')",
  day: "strftime('%Y-%m-%d', wall_ms / 1000, 'unixepoch')",
} as const satisfies Record<UsageQuery["by"], string>;

type UsageStatement = Statement<
  SumRow & { readonly grp: string | null },
  [number, number, string | null, string | null, number]
>;

export function prepareAll(db: Database) {
  const usage = (by: UsageQuery["by"]): UsageStatement =>
    db.prepare(`SELECT ${GROUPINGS[by]} AS grp, ${SUMS} FROM usage
      WHERE wall_ms >= ? AND wall_ms < ? AND (? IS NULL OR key = ?) GROUP BY grp ORDER BY grp LIMIT ?`);
  type Cell = string | number | null;
  return {
    addUsage: db.prepare<unknown, Cell[]>(`INSERT INTO usage (id, wall_ms, key, caller, target, lane, fresh, cache_read,
      cache_write, cache_write_1h, output, reasoning, audio_input, audio_output, cost, state, scopes, revision)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (wall_ms, id) DO NOTHING`),
    addHour: db.prepare<unknown, [string, number, number, number, number, number]>(`INSERT INTO hourly
      (scope, hour_ms, requests, tokens, cost, unpriced) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (scope, hour_ms) DO UPDATE SET
      requests = requests + excluded.requests, tokens = tokens + excluded.tokens, cost = cost + excluded.cost,
      unpriced = unpriced + excluded.unpriced`),
    putLease: db.prepare<unknown, [string, string, string, number]>(`INSERT INTO lease (holder, amount, period, nanos)
      VALUES (?, ?, ?, ?) ON CONFLICT (holder, amount, period) DO UPDATE SET nanos = excluded.nanos`),
    dropLease: db.prepare<unknown, [string, string, string]>(
      "DELETE FROM lease WHERE holder = ? AND amount = ? AND period = ?",
    ),
    leases: db.prepare<{ holder: string; amount: string; period: string; nanos: number }, []>(
      "SELECT holder, amount, period, nanos FROM lease",
    ),
    leasedByOthers: db.prepare<{ nanos: number | null }, [string, string, string]>(
      "SELECT sum(max(nanos, 0)) AS nanos FROM lease WHERE amount = ? AND NOT (holder = ? AND period = ?)",
    ),
    putKey: db.prepare<unknown, [string, string, number, string]>(`INSERT INTO keys (id, hash, created_ms, document)
      VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, document = excluded.document`),
    dropKey: db.prepare<unknown, [string]>("DELETE FROM keys WHERE id = ?"),
    keys: db.prepare<{ id: string; document: string }, []>("SELECT id, document FROM keys ORDER BY created_ms, id"),
    addAudit: db.prepare<unknown, [number, string, string, string | null, string]>(
      "INSERT INTO audit (wall_ms, actor, action, key_id, detail) VALUES (?, ?, ?, ?, ?)",
    ),
    audit: db.prepare<
      { seq: number; wall_ms: number; actor: string; action: string; key_id: string | null; detail: string },
      [number, number]
    >("SELECT seq, wall_ms, actor, action, key_id, detail FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?"),
    putMeta: db.prepare<unknown, [string, string]>(
      "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    ),
    getMeta: db.prepare<{ value: string }, [string]>("SELECT value FROM meta WHERE name = ?"),
    sumOf: db.prepare<
      SumRow,
      [string, number, number]
    >(`SELECT sum(requests) AS requests, sum(tokens) AS tokens, sum(cost) AS cost,
      sum(unpriced) AS unpriced FROM hourly WHERE scope = ? AND hour_ms >= ? AND hour_ms < ?`),
    usage: {
      key: usage("key"),
      target: usage("target"),
      lane: usage("lane"),
      state: usage("state"),
      hour: usage("hour"),
      day: usage("day"),
    },
    putRemembered: db.prepare<unknown, [string, string, string, number]>(`INSERT INTO remembered
      (key, fingerprint, answer, expires_ms) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
      fingerprint = excluded.fingerprint, answer = excluded.answer, expires_ms = excluded.expires_ms`),
    remembered: db.prepare<{ fingerprint: string; answer: string }, [string, number, number]>(
      "SELECT fingerprint, answer FROM remembered WHERE key = ? AND expires_ms > ? AND expires_ms <= ?",
    ),
    pruneUsage: db.prepare<unknown, [number, number]>(
      "DELETE FROM usage WHERE (wall_ms, id) IN (SELECT wall_ms, id FROM usage WHERE wall_ms < ? LIMIT ?)",
    ),
    pruneRemembered: db.prepare<unknown, [number]>("DELETE FROM remembered WHERE expires_ms <= ?"),
    /** Sessions are named by clients, as many as they like. */
    pruneSessions: db.prepare<unknown, [number]>("DELETE FROM hourly WHERE scope LIKE 'session:%' AND hour_ms < ?"),
    /** Hours that still have all their rows must sum up to them. */
    unbalanced: db.prepare<{ scope: string }, []>(`SELECT h.scope AS scope FROM hourly h LEFT JOIN
      (SELECT key, wall_ms / 3600000 * 3600000 AS hour_ms, sum(coalesce(cost, 0)) AS cost, count(*) AS requests
        FROM usage GROUP BY key, hour_ms) u ON u.key = h.scope AND u.hour_ms = h.hour_ms
      WHERE (h.scope LIKE 'key:%' OR h.scope LIKE 'caller:%')
        AND h.hour_ms > (SELECT coalesce(min(wall_ms), 9e15) FROM usage)
        AND (h.cost IS NOT coalesce(u.cost, 0) OR h.requests IS NOT coalesce(u.requests, 0)) LIMIT 1`),
    backup: db.prepare<unknown, [string]>("VACUUM INTO ?"),
  };
}

// A ledger store in memory that answers late and in odd order, as a database server does: a call takes effect some time after
// it was made, its answer comes some time after that, and a later call may overtake both.

import type { VirtualKey } from "../../src/governance/keys.ts";
import type { Booking } from "../../src/governance/ledger-messages.ts";
import type {
  AuditEntry,
  Commit,
  Committed,
  LeaseWrite,
  LedgerStore,
  RememberedRow,
  StoredLease,
  UsageQuery,
  UsageSum,
} from "../../src/governance/ledger-store.ts";
import { leaseKey } from "../../src/governance/limit.ts";
import { hourOf } from "../../src/governance/windows.ts";
import { inputTokens, UNKNOWN_USAGE } from "../../src/ir/usage.ts";

const NOTHING: UsageSum = { requests: 0, costNanos: 0, tokens: 0, unpriced: 0 };

/** `wait` passes before a call takes effect and again before it is answered. */
export function createLateLedgerStore(wait: () => Promise<void>): LedgerStore {
  const tables = {
    keys: new Map<string, VirtualKey>(),
    leases: new Map<string, StoredLease>(),
    rows: new Map<string, Booking>(),
    /** By scope, by hour. */
    hours: new Map<string, Map<number, UsageSum>>(),
    audit: [] as AuditEntry[],
    remembered: new Map<string, RememberedRow>(),
    wallMs: 0,
  };
  const later = async <T>(act: () => T): Promise<T> => {
    await wait();
    const result = act();
    await wait();
    return result;
  };
  return {
    load: () =>
      later(() => ({
        keys: [...tables.keys.values()].toSorted((one, other) => one.createdMs - other.createdMs),
        leases: [...tables.leases.values()],
        wallMs: tables.wallMs,
        problems: [],
      })),
    commit: (what) => later(() => commit(tables, what)),
    sumOf: (scope, startWallMs, endWallMs) =>
      later(() => {
        const hours = [...(tables.hours.get(scope.id) ?? [])].filter(
          ([hour]) => hour >= hourOf(startWallMs) && hour < (endWallMs ?? Number.POSITIVE_INFINITY),
        );
        return hours.map(([, sum]) => sum).reduce(plus, NOTHING);
      }),
    usage: (query) => later(() => usage([...tables.rows.values()], query)),
    audit: ({ beforeSeq, rowsMax }) =>
      later(() =>
        tables.audit
          .filter(({ seq }) => seq < (beforeSeq ?? Number.POSITIVE_INFINITY))
          .toReversed()
          .slice(0, rowsMax),
      ),
    remembered: (key, afterMs, untilMs) =>
      later(() => {
        const row = tables.remembered.get(key);
        return row === undefined || row.expiresMs <= afterMs || row.expiresMs > untilMs
          ? null
          : { fingerprint: row.fingerprint, answer: row.answer };
      }),
    prune: (beforeMs, wallMs) =>
      later(() => {
        let gone = 0;
        for (const [id, { row }] of tables.rows) if (row.wallMs < beforeMs) gone += Number(tables.rows.delete(id));
        for (const [key, { expiresMs }] of tables.remembered)
          if (expiresMs <= wallMs) gone += Number(tables.remembered.delete(key));
        return gone;
      }),
    stand: () => later(() => undefined),
    check: () => later(() => null),
    backup: () => later(() => undefined),
    close: () => later(() => undefined),
  };
}

interface Tables {
  readonly keys: Map<string, VirtualKey>;
  readonly leases: Map<string, StoredLease>;
  readonly rows: Map<string, Booking>;
  readonly hours: Map<string, Map<number, UsageSum>>;
  readonly audit: AuditEntry[];
  readonly remembered: Map<string, RememberedRow>;
  wallMs: number;
}

function commit(tables: Tables, what: Commit): Committed {
  for (const { id, hash } of what.keys) {
    const other = [...tables.keys.values(), ...what.keys].find((key) => key.hash === hash && key.id !== id);
    if (other !== undefined) throw Object.assign(new Error("two keys of one hash"), { code: "NOT_UNIQUE" });
  }
  const refused: LeaseWrite[] = [];
  for (const guarded of [false, true]) {
    for (const lease of what.leases) {
      if ((lease.guard !== null) !== guarded) continue;
      if (isWithin(tables, lease)) writeLease(tables, lease);
      else refused.push(lease);
    }
  }
  const added = new Set<string>();
  for (const booking of what.bookings) {
    if (tables.rows.has(booking.row.id)) continue;
    tables.rows.set(booking.row.id, booking);
    added.add(booking.row.id);
    for (const { id } of booking.scopes) {
      const hours = tables.hours.get(id) ?? new Map<number, UsageSum>();
      const hour = hourOf(booking.row.wallMs);
      tables.hours.set(id, hours.set(hour, plus(hours.get(hour) ?? NOTHING, sumOfRow(booking))));
    }
  }
  for (const id of what.removedKeys) tables.keys.delete(id);
  for (const key of what.keys) tables.keys.set(key.id, key);
  for (const row of what.audit) tables.audit.push({ ...row, seq: tables.audit.length + 1 });
  for (const row of what.remembered) tables.remembered.set(row.key, row);
  tables.wallMs = Math.floor(what.wallMs);
  return { added, refused };
}

function writeLease({ leases }: Tables, { holder, limit, period, nanos }: LeaseWrite): void {
  const key = `${leaseKey({ limit, period })}\n${holder}`;
  if (nanos === 0) leases.delete(key);
  else leases.set(key, { holder, limit, period, nanos });
}

function isWithin({ leases, hours }: Tables, { holder, limit, period, nanos, guard }: LeaseWrite): boolean {
  if (guard === null) return true;
  let used = Math.max(0, nanos);
  for (const [hour, { costNanos }] of hours.get(limit.scope.id) ?? [])
    if (hour >= guard.startWallMs && hour < (guard.endWallMs ?? Number.POSITIVE_INFINITY)) used += costNanos;
  for (const other of leases.values()) {
    const isSame = other.holder === holder && other.period === period;
    if (other.limit.id === limit.id && !isSame) used += Math.max(0, other.nanos);
  }
  return used <= guard.max;
}

function usage(rows: readonly Booking[], { by, fromMs, toMs, scope, rowsMax }: UsageQuery) {
  const groups = new Map<string, UsageSum>();
  for (const booking of rows) {
    const { row, scopes } = booking;
    const [own] = scopes;
    if (row.wallMs < fromMs || row.wallMs >= toMs || (scope !== null && own?.id !== scope.id)) continue;
    const iso = new Date(row.wallMs).toISOString();
    const group = {
      key: own?.id ?? "",
      target: row.target,
      lane: row.lane ?? "-",
      state: row.state,
      hour: `${iso.slice(0, 13)}:00Z`,
      day: iso.slice(0, 10),
    }[by];
    groups.set(group, plus(groups.get(group) ?? NOTHING, sumOfRow(booking)));
  }
  const scopeNamed = (id: string) => rows.flatMap(({ scopes }) => scopes).find((each) => each.id === id) ?? null;
  return [...groups.keys()]
    .toSorted()
    .slice(0, rowsMax)
    .map((group) => ({ group, scope: by === "key" ? scopeNamed(group) : null, ...(groups.get(group) ?? NOTHING) }));
}

function sumOfRow({ row: { usage: counts, costNanos } }: Booking): UsageSum {
  const used = counts ?? UNKNOWN_USAGE;
  const tokens = (inputTokens(used) ?? 0) + (used.outputTokens ?? 0);
  return { requests: 1, costNanos: costNanos ?? 0, tokens, unpriced: costNanos === null ? 1 : 0 };
}

/** Full, not small, where no double holds the sum. */
function plus(one: UsageSum, other: UsageSum): UsageSum {
  const sum = (name: keyof UsageSum): number => Math.min(one[name] + other[name], Number.MAX_SAFE_INTEGER);
  return { requests: sum("requests"), costNanos: sum("costNanos"), tokens: sum("tokens"), unpriced: sum("unpriced") };
}

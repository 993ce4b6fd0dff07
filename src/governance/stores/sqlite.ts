/**
 * The ledger on disk: one SQLite file in WAL mode that is synced at every commit. Only the supervisor loads this, and
 * only where keys are in use. Every statement is prepared and takes its values as parameters. One process at a time has
 * it open: the system locks the file itself, under every name of it, until the process ends.
 */
import { Database } from "bun:sqlite";
import { chmodSync, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { inputTokens, UNKNOWN_USAGE, type Usage } from "../../ir/usage.ts";
import { codeOf } from "../../std/describe-error.ts";
import { readStoredKey } from "../key-document.ts";
import type { Booking, RememberedAnswer } from "../ledger-messages.ts";
import type {
  Commit,
  Committed,
  LeaseWrite,
  LedgerStore,
  StoredLease,
  StoredLedger,
  UsageSum,
} from "../ledger-store.ts";
import { type LedgerScope, readLimitId, readScopeId } from "../limit.ts";
import { hourOf } from "../windows.ts";
import { watchPlace } from "./place.ts";
import { createRescue } from "./rescue.ts";
import { MIGRATIONS } from "./schema.ts";
import { prepareAll, type Statements, type SumRow } from "./statements.ts";
import { trouble, troubleOf } from "./trouble.ts";

type OpenedLedger =
  | { readonly kind: "open"; readonly store: LedgerStore }
  /** A database of Busbar 1.0.0-rc.3: never written. */
  | { readonly kind: "rc3" }
  /** Another process has it open. */
  | { readonly kind: "held" }
  /** A sentence that says what to do. */
  | { readonly kind: "refused"; readonly why: string };

/** In the file's header, so that another program's database is not taken for ours. */
const APPLICATION_ID = 0x524d4c31; // "RML1"
/** For a program that only looks into the file at this moment. */
const BUSY_MS = 1_000;
const OWNER_ONLY = 0o600;
/** Rows that go at once; the rest waits for the next look. */
const PRUNE_ROWS_MAX = 5_000;
/** A look at every page of a larger file takes too long for a start after a clean stop. */
const CHECKED_BYTES_MAX = 64 * 1024 * 1024;

export function openLedger(path: string): OpenedLedger {
  const found = existsSync(path) ? inspect(path) : "new";
  if (found === "rc3") return { kind: "rc3" };
  if (found === "foreign") {
    return {
      kind: "refused",
      why: `${path} is a database of another program; set governance.db_path to a file of its own.`,
    };
  }
  let db: Database | null = null;
  try {
    db = new Database(path, { create: true, readwrite: true, strict: true });
    // Who asked for what, and hashes of keys: for its owner alone. What SQLite puts beside it gets the same rights.
    chmodSync(path, OWNER_ONLY);
    db.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    // Before the first look into the file: from then on it is ours alone.
    db.run("PRAGMA locking_mode = EXCLUSIVE");
    db.run("PRAGMA journal_mode = WAL");
    db.run("PRAGMA synchronous = FULL");
    migrate(db);
    const wrong = statSync(path).size <= CHECKED_BYTES_MAX ? quickCheck(db) : null;
    if (wrong === null) return { kind: "open", store: storeOf(db, path) };
    db.close();
    return { kind: "refused", why: damaged(path, wrong) };
  } catch (error) {
    db?.close();
    const code = codeOf(error) ?? "unknown";
    if (code.startsWith("SQLITE_BUSY")) return { kind: "held" };
    if (/CORRUPT|NOTADB/.test(code)) return { kind: "refused", why: damaged(path, code) };
    return {
      kind: "refused",
      why: `${path} cannot be made or opened as a ledger (${code}); name a file in a folder that exists and can be written.`,
    };
  }
}

function damaged(path: string, what: string): string {
  return `${path} is damaged (${what}). Put its copy ${path}.backup, if there is one, in its place, or move it away to begin anew.`;
}

/** Whether rc.3 wrote it. Looks without writing anything. */
export function isRc3(path: string): boolean {
  return existsSync(path) && inspect(path) === "rc3";
}

function inspect(path: string): "ours" | "rc3" | "foreign" | "new" {
  if (statSync(path).size === 0) return "new";
  let db: Database | null = null;
  try {
    db = new Database(path, { readonly: true });
    const id = db.query<{ application_id: number }, []>("PRAGMA application_id").get()?.application_id;
    if (id === APPLICATION_ID) return "ours";
    const tables = db.query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables.some(({ name }) => name === "virtual_keys") ? "rc3" : "foreign";
  } catch {
    // No database at all: opening it to write says so in words.
    return "ours";
  } finally {
    db?.close();
  }
}

function migrate(db: Database): void {
  const version = db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  if (version > MIGRATIONS.length)
    throw Object.assign(new Error("newer ledger"), { code: "written by a newer version" });
  if (version === MIGRATIONS.length) return;
  db.transaction(() => {
    for (const statement of MIGRATIONS.slice(version).flat()) db.run(statement);
    db.run(`PRAGMA user_version = ${MIGRATIONS.length}`);
    db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
  }).immediate();
}

function quickCheck(db: Database): string | null {
  const said = db.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get()?.quick_check ?? "no answer";
  return said === "ok" ? null : said;
}

/** SQLite answers at once; that it does is no part of the contract. */
function storeOf(db: Database, path: string): LedgerStore {
  const statements = prepareAll(db);
  const write = db.transaction((what: Commit) => writeAll(statements, what));
  const place = watchPlace(path);
  const rescue = createRescue(path, (file) => statements.backup.run(file));
  /** Throws where what is written now would be lost. */
  const stand = (): void => {
    const found = place.look();
    if (found === "gone") throw rescue();
    if (found === "same") return;
    // Its pages may be remembered from before.
    db.run("PRAGMA shrink_memory");
    const wrong = found === "cut" ? "cut" : quickCheck(db);
    if (wrong !== null) throw trouble("SQLITE_CORRUPT", wrong);
    place.left();
  };
  const act = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw troubleOf(error, path);
    }
  };
  return {
    load: async () => loadAll(statements),
    stand: async () => act(stand),
    commit: async (what) =>
      act(() => {
        stand();
        const committed = write.immediate(what);
        place.left();
        return committed;
      }),
    sumOf: async (scope, startWallMs, endWallMs = null) =>
      act(() => sumOf(statements.sumOf.get(...between(scope, startWallMs, endWallMs)))),
    async usage({ fromMs, toMs, by, scope, rowsMax }) {
      const key = scope?.id ?? null;
      const rows = statements.usage[by].all(fromMs, toMs, key, key, rowsMax);
      return rows.map((row) => {
        const group = String(row.grp ?? "");
        return { group, scope: by === "key" ? readScopeId(group) : null, ...sumOf(row) };
      });
    },
    async audit({ beforeSeq, rowsMax }) {
      const rows = statements.audit.all(beforeSeq ?? Number.MAX_SAFE_INTEGER, rowsMax);
      return rows.map(({ seq, wall_ms, actor, action, key_id, detail }) => ({
        seq,
        wallMs: wall_ms,
        actor,
        action,
        keyId: key_id,
        detail,
      }));
    },
    async remembered(key, afterMs, untilMs) {
      const row = statements.remembered.get(key, afterMs, untilMs);
      if (row === null) return null;
      const answer: RememberedAnswer = JSON.parse(row.answer); // written by commit alone
      return { fingerprint: row.fingerprint, answer };
    },
    async prune(beforeMs, wallMs) {
      const rows = statements.pruneUsage.run(beforeMs, PRUNE_ROWS_MAX).changes;
      const answers = statements.pruneRemembered.run(wallMs).changes;
      statements.pruneSessions.run(beforeMs);
      return rows + answers;
    },
    async check() {
      const said = db.query<{ integrity_check: string }, []>("PRAGMA integrity_check(1)").get()?.integrity_check;
      if (said !== "ok") return said ?? "no answer";
      const wrong = statements.unbalanced.get();
      return wrong === null ? null : `the sums of ${wrong.scope} are not those of its rows`;
    },
    async backup() {
      const fresh = `${path}.backup.new`;
      rmSync(fresh, { force: true });
      statements.backup.run(fresh);
      chmodSync(fresh, OWNER_ONLY);
      renameSync(fresh, `${path}.backup`);
    },
    async close() {
      // What is committed is on disk with or without it: the next start reads the log beside the file.
      const { usage, ...single } = statements;
      try {
        db.run("PRAGMA wal_checkpoint(TRUNCATE)");
      } finally {
        // One that is left keeps the file open, and so the lock.
        for (const statement of [...Object.values(single), ...Object.values(usage)]) statement.finalize();
        db.close();
      }
    },
  };
}

function loadAll(statements: Statements): StoredLedger {
  const problems: string[] = [];
  const keys = statements.keys.all().flatMap(({ id, document }) => {
    const key = readStoredKey(document);
    if (key === null) problems.push(`The key ${id} cannot be read from the ledger and lets no request in.`);
    return key ?? [];
  });
  const leases = statements.leases.all().flatMap(({ holder, amount, period, nanos }): StoredLease[] => {
    const limit = readLimitId(amount);
    if (limit !== null && limit.kind === "usd") return [{ holder, limit, period, nanos }];
    problems.push(`A lease on "${amount}" cannot be read from the ledger and is left out.`);
    return [];
  });
  return { keys, leases, wallMs: Number(statements.getMeta.get("wall_ms")?.value ?? 0), problems };
}

function writeAll(statements: Statements, what: Commit): Committed {
  const refused: LeaseWrite[] = [];
  for (const lease of what.leases) if (lease.guard === null) writeLease(statements, lease);
  for (const lease of what.leases) {
    if (lease.guard === null) continue;
    if (isWithin(statements, lease)) writeLease(statements, lease);
    else refused.push(lease);
  }
  const added = new Set<string>();
  const sums: HourSums = new Map();
  for (const booking of what.bookings) {
    if (!insertRow(statements, booking)) continue;
    added.add(booking.row.id);
    addToHours(statements, sums, booking);
  }
  for (const sum of sums.values()) writeHour(statements, sum);
  for (const id of what.removedKeys) statements.dropKey.run(id);
  for (const key of what.keys) statements.putKey.run(key.id, key.hash, key.createdMs, JSON.stringify(key));
  for (const row of what.audit) statements.addAudit.run(row.wallMs, row.actor, row.action, row.keyId, row.detail);
  for (const { key, fingerprint, answer, expiresMs } of what.remembered) {
    statements.putRemembered.run(key, fingerprint, JSON.stringify(answer), expiresMs);
  }
  statements.putMeta.run("wall_ms", String(Math.floor(what.wallMs)));
  return { added, refused };
}

function writeLease(statements: Statements, { holder, limit, period, nanos }: LeaseWrite): void {
  if (nanos === 0) statements.dropLease.run(holder, limit.id, period);
  else statements.putLease.run(holder, limit.id, period, nanos);
}

/** What is spent, what others have leased, and this lease. */
function isWithin(statements: Statements, { holder, limit, period, nanos, guard }: LeaseWrite): boolean {
  if (guard === null) return true;
  const spent = statements.sumOf.get(...between(limit.scope, guard.startWallMs, guard.endWallMs))?.cost ?? 0;
  const leased = statements.leasedByOthers.get(limit.id, holder, period)?.nanos ?? 0;
  return spent + leased + Math.max(0, nanos) <= guard.max;
}

function between(
  { id }: LedgerScope,
  startWallMs: number,
  endWallMs: number | null,
): [scope: string, fromMs: number, toMs: number] {
  return [id, hourOf(startWallMs), endWallMs ?? Number.MAX_SAFE_INTEGER];
}

/** False: the row was booked before. */
function insertRow(statements: Statements, { row, scopes, revision }: Booking): boolean {
  const usage: Usage = row.usage ?? UNKNOWN_USAGE;
  const { changes } = statements.addUsage.run(
    row.id,
    row.wallMs,
    scopes[0]?.id ?? `caller:${row.caller}`,
    row.caller,
    row.target,
    row.lane,
    usage.freshInputTokens,
    usage.cacheReadTokens,
    usage.cacheWriteTokens,
    usage.cacheWrite1hTokens,
    usage.outputTokens,
    usage.reasoningTokens,
    usage.audioInputTokens,
    usage.audioOutputTokens,
    row.costNanos,
    row.state,
    JSON.stringify(scopes.map(({ id }) => id)),
    revision,
  );
  return changes > 0;
}

/** What one commit adds to the hour of a scope. */
interface HourSum {
  readonly scope: string;
  readonly hourMs: number;
  requests: number;
  tokens: number;
  cost: number;
  unpriced: number;
}

/** By scope and hour: the rows of one commit are of few. */
type HourSums = Map<string, HourSum>;

function addToHours(statements: Statements, sums: HourSums, { row, scopes }: Booking): void {
  const tokens = row.usage === null ? 0 : (inputTokens(row.usage) ?? 0) + (row.usage.outputTokens ?? 0);
  const cost = row.costNanos ?? 0;
  const hourMs = hourOf(row.wallMs);
  for (const { id: scope } of scopes) {
    const key = `${hourMs} ${scope}`;
    let sum = sums.get(key);
    // The database counts beyond what a number here holds exactly.
    if (sum !== undefined && !(Number.isSafeInteger(sum.cost + cost) && Number.isSafeInteger(sum.tokens + tokens))) {
      writeHour(statements, sum);
      sum = undefined;
    }
    if (sum === undefined) {
      sum = { scope, hourMs, requests: 0, tokens: 0, cost: 0, unpriced: 0 };
      sums.set(key, sum);
    }
    sum.requests += 1;
    sum.tokens += tokens;
    sum.cost += cost;
    if (row.costNanos === null) sum.unpriced += 1;
  }
}

function writeHour(statements: Statements, { scope, hourMs, requests, tokens, cost, unpriced }: HourSum): void {
  statements.addHour.run(scope, hourMs, requests, tokens, cost, unpriced);
}

function sumOf(row: SumRow | null | undefined): UsageSum {
  return {
    requests: safe(row?.requests ?? 0),
    costNanos: safe(row?.cost ?? 0),
    tokens: safe(row?.tokens ?? 0),
    unpriced: safe(row?.unpriced ?? 0),
  };
}

/** Beyond nine million dollars sums stop instead of drifting. */
function safe(value: number): number {
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}

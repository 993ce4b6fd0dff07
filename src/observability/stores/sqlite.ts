/**
 * Decisions on disk, for as many days as the operator wants: written in batches by one process, forgotten by age and
 * number, and read in the same pages as the ring. A lost decision costs an explanation and no money, so no request
 * waits for a write. A decision that cannot be written is dropped, and the log says so.
 */
import { Database } from "bun:sqlite";
import { codeOf } from "../../std/describe-error.ts";
import type { Cancel, Effects } from "../../std/effects.ts";
import type { Decision } from "../decision.ts";
import type { DecisionPage, DecisionQuery } from "../decisions.ts";

export interface DecisionStore {
  /** Number for the next decision, above all that are kept. */
  readonly firstSeq: number;
  /** Never throws. */
  add(decision: Decision): void;
  /** What waits is written first. Throws where the file cannot be read. */
  list(query: DecisionQuery): DecisionPage;
  find(id: string): Decision | null;
  /** Writes what waits and closes. Never throws. */
  close(): void;
}

export interface DecisionStoreOptions {
  readonly path: string;
  readonly keepDays: number;
  readonly wallMs: Effects["wallMs"];
  readonly setTimer: Effects["setTimer"];
  /** A sentence for the operator, when it begins and not for every row. */
  readonly onTrouble: (sentence: string) => void;
}

const DAY_MS = 86_400_000;
/** A decision waits no longer than this for others. */
const FLUSH_MS = 500;
const BATCH_MAX = 500;
/** Waiting to be written; more are dropped. */
const WAITING_MAX = 10_000;
/** Kept whatever their age: about a gigabyte. */
const ROWS_MAX = 1_000_000;
/** Rows deleted at once, so that no reader waits for a large deletion. */
const FORGOTTEN_MAX = 2_000;
const FORGET_EVERY_MS = 60_000;
/** Looked at for one page; a filter that fits little goes on with the next page. */
const SCANNED_MAX = 20_000;

const SCHEMA_VERSION = 1;
const SCHEMA = [
  `CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, id TEXT NOT NULL, target TEXT NOT NULL, caller TEXT,
    outcome TEXT NOT NULL, failure TEXT, served TEXT NOT NULL, lanes TEXT NOT NULL, document TEXT NOT NULL
  ) STRICT`,
  "CREATE INDEX decisions_by_id ON decisions (id)",
  "CREATE INDEX decisions_by_time ON decisions (at_ms)",
  `PRAGMA user_version = ${SCHEMA_VERSION}`,
];

/** Throws where the file cannot be opened, belongs to another program or is in use. */
export function openDecisionStore(options: DecisionStoreOptions): DecisionStore {
  const database = new Database(options.path, { create: true, strict: true });
  try {
    prepareFile(database);
    return storeOver(database, options);
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepareFile(database: Database): void {
  // One writer, which is also the only reader: a second gateway on the same file is told at once.
  database.run("PRAGMA locking_mode = EXCLUSIVE");
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = NORMAL");
  database.run("BEGIN EXCLUSIVE");
  const version = database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  const tables = database.query<{ count: number }, []>("SELECT count(*) AS count FROM sqlite_schema").get()?.count ?? 0;
  if (version === 0 && tables === 0) for (const statement of SCHEMA) database.run(statement);
  else if (version !== SCHEMA_VERSION) throw new Error("the file holds something else");
  database.run("COMMIT");
}

function storeOver(database: Database, { keepDays, wallMs, setTimer, onTrouble }: DecisionStoreOptions): DecisionStore {
  const insert = database.query("INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const forgetOld = database.query(
    "DELETE FROM decisions WHERE seq IN (SELECT seq FROM decisions WHERE at_ms < ? ORDER BY at_ms LIMIT ?)",
  );
  const forgetMany = database.query(
    "DELETE FROM decisions WHERE seq IN (SELECT seq FROM decisions WHERE seq <= (SELECT max(seq) FROM decisions) - ? LIMIT ?)",
  );
  let waiting: Decision[] = [];
  let dropped = 0;
  let isTroubled = false;
  let cancelFlush: Cancel | null = null;
  let forgotMs = Number.NEGATIVE_INFINITY;

  const write = database.transaction((batch: readonly Decision[]) => {
    for (const decision of batch) insert.run(...rowOf(decision));
  });
  const forget = (): void => {
    const now = wallMs();
    if (Math.abs(now - forgotMs) < FORGET_EVERY_MS) return;
    const { changes: old } = forgetOld.run(now - keepDays * DAY_MS, FORGOTTEN_MAX);
    const { changes: many } = forgetMany.run(ROWS_MAX, FORGOTTEN_MAX);
    // More to forget: again with the next batch.
    if (old < FORGOTTEN_MAX && many < FORGOTTEN_MAX) forgotMs = now;
  };
  const flush = (): void => {
    cancelFlush?.();
    cancelFlush = null;
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      for (let at = 0; at < batch.length; at += BATCH_MAX) write(batch.slice(at, at + BATCH_MAX));
      forget();
      isTroubled = false;
    } catch (error) {
      dropped += batch.length;
      if (!isTroubled)
        onTrouble(
          `Decisions cannot be written to disk (${codeOf(error) ?? "unknown error"}); ${dropped} are lost so far.`,
        );
      isTroubled = true;
    }
  };

  return {
    firstSeq: (database.query<{ top: number | null }, []>("SELECT max(seq) AS top FROM decisions").get()?.top ?? 0) + 1,
    add(decision) {
      if (waiting.length >= WAITING_MAX) {
        dropped += 1;
        return;
      }
      waiting.push(decision);
      cancelFlush ??= setTimer(FLUSH_MS, flush);
    },
    list(query) {
      flush();
      return listFrom(database, query);
    },
    find(id) {
      flush();
      const row = database.query<Row, [string]>("SELECT seq, document FROM decisions WHERE id = ?").get(id);
      return row === null ? null : decisionFrom(row);
    },
    close() {
      flush();
      database.close();
    },
  };
}

interface Row {
  readonly seq: number;
  readonly document: string;
}

type Cell = string | number | null;

function rowOf(
  decision: Decision,
): [number, number, string, string, string | null, string, string | null, string, string, string] {
  const { seq, id, target, caller, outcome, failure, served, attempts } = decision;
  const lanes = `\n${attempts.map(({ lane }) => lane).join("\n")}\n`;
  return [
    seq,
    Date.parse(decision.occurred_at),
    id,
    target,
    caller,
    outcome,
    failure,
    served,
    lanes,
    JSON.stringify(decision),
  ];
}

/** What was written by this very program; only the number is its own column's, because it is what pages go by. */
function decisionFrom({ seq, document }: Row): Decision {
  const decision: Decision = JSON.parse(document);
  return { ...decision, seq };
}

function listFrom(database: Database, { before, limit, ...filter }: DecisionQuery): DecisionPage {
  const top = before ?? Number.MAX_SAFE_INTEGER;
  const scanned = database
    .query<{ low: number | null; count: number }, [number, number]>(
      "SELECT min(seq) AS low, count(*) AS count FROM (SELECT seq FROM decisions WHERE seq < ? ORDER BY seq DESC LIMIT ?)",
    )
    .get(top, SCANNED_MAX);
  const low = scanned?.low ?? null;
  if (scanned === null || low === null) return { decisions: [], next: null };
  const conditions = ["seq < ?", "seq >= ?"];
  const values: Cell[] = [top, low];
  const demand = (condition: string, value: Cell | undefined): void => {
    if (value === null || value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  demand("target = ?", filter.target);
  demand("caller = ?", filter.caller);
  demand("outcome = ?", filter.outcome);
  demand("failure = ?", filter.failure);
  demand("served = ?", filter.served);
  demand("instr(lanes, ?) > 0", filter.lane == null ? null : `\n${filter.lane}\n`);
  demand("at_ms >= ?", filter.sinceMs);
  demand("at_ms < ?", filter.untilMs);
  const rows = database
    .query<Row, Cell[]>(
      `SELECT seq, document FROM decisions WHERE ${conditions.join(" AND ")} ORDER BY seq DESC LIMIT ?`,
    )
    .all(...values, limit + 1);
  const decisions = rows.slice(0, limit).map(decisionFrom);
  if (rows.length > limit) return { decisions, next: decisions.at(-1)?.seq ?? null };
  return { decisions, next: scanned.count < SCANNED_MAX ? null : low };
}

/**
 * How lanes and accounts stand, on disk: a few rows of JSON by name, replaced in one transaction a batch. One process holds
 * the file. Losing it costs a few refused attempts.
 */
import { Database } from "bun:sqlite";
import type { KeptListing, KeptRow, Orders } from "../../ir/standing.ts";

export interface StandingStore {
  readonly salt: string;
  readonly rows: readonly KeptRow[];
  readonly orders: ReadonlyMap<string, Orders>;
  readonly listings: ReadonlyMap<string, KeptListing>;
  /** null removes. Throws where it cannot be written. */
  write(batch: StandingBatch): void;
  close(): void;
}

interface StandingBatch {
  readonly rows: ReadonlyMap<string, KeptRow | null>;
  readonly orders: ReadonlyMap<string, Orders | null>;
  readonly listings: ReadonlyMap<string, KeptListing | null>;
}

/** More than any deployment has lanes and accounts; what is beyond is not read. */
const ROWS_MAX = 100_000;
const SCHEMA_VERSION = 1;
const SCHEMA = [
  "CREATE TABLE standing (kind TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT",
  `PRAGMA user_version = ${SCHEMA_VERSION}`,
];

/** Throws where the file cannot be opened, belongs to another program or is in use. `salt` is for a new file. */
export function openStandingStore(path: string, salt: string): StandingStore {
  const database = new Database(path, { create: true, strict: true });
  try {
    return storeOver(database, salt);
  } catch (error) {
    database.close();
    throw error;
  }
}

function storeOver(database: Database, salt: string): StandingStore {
  database.run("PRAGMA locking_mode = EXCLUSIVE");
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = NORMAL");
  database.run("BEGIN EXCLUSIVE");
  const version = database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  const tables = database.query<{ count: number }, []>("SELECT count(*) AS count FROM sqlite_schema").get()?.count ?? 0;
  if (version === 0 && tables === 0) for (const statement of SCHEMA) database.run(statement);
  else if (version !== SCHEMA_VERSION) throw new Error("the file holds something else");
  database.run("COMMIT");
  const put = database.query("INSERT OR REPLACE INTO standing VALUES (?, ?, ?)");
  const drop = database.query("DELETE FROM standing WHERE kind = ? AND id = ?");
  const all = database.query<{ kind: string; id: string; document: string }, [number]>(
    "SELECT kind, id, document FROM standing LIMIT ?",
  );
  const found = all.all(ROWS_MAX);
  const keptSalt = found.find(({ kind }) => kind === "salt")?.document;
  if (keptSalt === undefined) put.run("salt", "", salt);
  const set = (kind: string, id: string, value: object | null): void => {
    if (value === null) drop.run(kind, id);
    else put.run(kind, id, JSON.stringify(value));
  };
  const write = database.transaction(({ rows, orders, listings }: StandingBatch) => {
    for (const [id, row] of rows) set("row", id, row);
    for (const [id, order] of orders) set("order", id, order);
    for (const [id, listing] of listings) set("listing", id, listing);
  });
  return {
    salt: keptSalt ?? salt,
    rows: found.flatMap(({ kind, document }) => (kind === "row" ? [readRow(document)] : [])),
    orders: new Map(found.flatMap(({ kind, id, document }) => (kind === "order" ? [[id, readOrders(document)]] : []))),
    listings: new Map(
      found.flatMap(({ kind, id, document }) => (kind === "listing" ? [[id, readListing(document)]] : [])),
    ),
    write: (batch) => void write(batch),
    close: () => database.close(),
  };
}

/** Written by this program alone, as the version of the file says. */
function readRow(document: string): KeptRow {
  return JSON.parse(document);
}

function readListing(document: string): KeptListing {
  return JSON.parse(document);
}

function readOrders(document: string): Orders {
  return JSON.parse(document);
}

/**
 * The lock beside a ledger: one process writes it, another one is told so. The lock is SQLite's own on a file of its own, so
 * the system takes it back from a process that was killed; a number of a process in a file would outlive it.
 */
import { Database } from "bun:sqlite";

export interface Lock {
  release(): void;
}

/** null: another process holds it. Throws where the file cannot be made. */
export function takeLock(dbPath: string): Lock | null {
  const db = new Database(`${dbPath}.lock`, { create: true, readwrite: true });
  try {
    db.run("PRAGMA busy_timeout = 0");
    db.run("PRAGMA locking_mode = EXCLUSIVE");
    db.run("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if (isBusy(error)) return null;
    throw error;
  }
  return {
    release() {
      db.run("ROLLBACK");
      db.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY");
}

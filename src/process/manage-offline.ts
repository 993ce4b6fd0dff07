/** The ledger without a gateway: for commands, while they hold its lock. */
import { createKeeper } from "../governance/keeper.ts";
import type { ManageReply, ManageRequest } from "../governance/store.ts";
import { takeLock } from "../governance/stores/lock.ts";
import { readRc3 } from "../governance/stores/rc3.ts";
import { openLedger } from "../governance/stores/sqlite.ts";
import type { Governance } from "../ir/deployment.ts";
import { createRandomId } from "../std/random-id.ts";
import { importFirst } from "./ledger.ts";

export interface OfflineLedger {
  manage(request: ManageRequest): Promise<ManageReply>;
  close(): void;
}

/** A sentence: somebody else has it, or it cannot be opened. */
export function openToManage(governance: Governance): OfflineLedger | string {
  const { dbPath } = governance;
  const lock = lockOf(dbPath);
  if (typeof lock === "string") return lock;
  const ledger = openLedger(dbPath);
  if (ledger.kind !== "open") {
    lock.release();
    return ledger.kind === "rc3" ? importFirst(dbPath) : ledger.why;
  }
  const keeper = createKeeper({
    store: ledger.store,
    governance,
    nowMs: () => performance.now(),
    wallMs: Date.now,
    // Nothing of a command waits for another moment: what it changes is written at once.
    setTimer: () => () => undefined,
    randomId: createRandomId((bytes) => crypto.getRandomValues(bytes)),
    say: () => undefined,
  });
  return {
    manage: keeper.manage,
    close() {
      keeper.close();
      ledger.store.close();
      lock.release();
    },
  };
}

export interface Imported {
  readonly keys: number;
  readonly balances: number;
  /** Ids of keys that are in the new ledger already, or could not be read. */
  readonly skipped: readonly string[];
}

/** Keys of an rc.3 database, written into a ledger of ours. A sentence: it could not be done. */
export function importRc3(from: string, to: string): Imported | string {
  const found = readRc3(from);
  if (found === null) return `${from} is no governance database of Busbar 1.0.0-rc.3.`;
  const lock = lockOf(to);
  if (typeof lock === "string") return lock;
  try {
    const ledger = openLedger(to);
    if (ledger.kind !== "open") {
      return ledger.kind === "rc3" ? `${to} is a database of rc.3 itself; name a new file.` : ledger.why;
    }
    const { store } = ledger;
    const known = new Set(store.keys().flatMap((key) => [key.id, key.hash]));
    const keys = found.keys.filter((key) => !known.has(key.id) && !known.has(key.hash));
    const taken = new Set(keys.map((key) => `key:${key.id}`));
    const entries = found.spent.filter(({ scopes }) => scopes.some((scope) => taken.has(scope)));
    const wallMs = Date.now();
    store.commit({
      entries,
      leases: [],
      keys,
      removedKeys: [],
      audit: keys.map(({ id, name }) => ({
        wallMs,
        actor: "cli",
        action: "import",
        keyId: id,
        detail: JSON.stringify({ name }),
      })),
      remembered: [],
      wallMs: 0,
    });
    store.close();
    const skipped = found.keys.filter((key) => !keys.includes(key)).map((key) => key.id);
    return { keys: keys.length, balances: entries.length, skipped: [...skipped, ...found.unreadable] };
  } finally {
    lock.release();
  }
}

function lockOf(path: string): { release(): void } | string {
  try {
    return takeLock(path) ?? `A gateway, or another command, holds ${path}.`;
  } catch {
    return `${path} cannot be made; name a folder that exists and can be written.`;
  }
}

/** The ledger without a gateway: for commands, while they hold its lock. */
import type { ManageReply, ManageRequest } from "../governance/ledger-messages.ts";
import type { LedgerStore } from "../governance/ledger-store.ts";
import { openLedgerWriter } from "../governance/ledger-writer.ts";
import { scopeOf } from "../governance/limit.ts";
import { type Lock, takeLock } from "../governance/stores/lock.ts";
import { readRc3 } from "../governance/stores/rc3.ts";
import { openLedger } from "../governance/stores/sqlite.ts";
import type { Governance } from "../ir/deployment.ts";
import { importFirst } from "./ledger-service.ts";
import { realEffects } from "./real-effects.ts";

const effects = realEffects("own");

export interface OfflineLedger {
  manage(request: ManageRequest): Promise<ManageReply>;
  close(): Promise<void>;
}

export type Offline =
  | { readonly kind: "open"; readonly ledger: OfflineLedger }
  /** Another program holds it. */
  | { readonly kind: "held"; readonly why: string }
  /** It cannot be opened as it is. */
  | { readonly kind: "refused"; readonly why: string };

/** `say`: what is wrong with the ledger, in sentences. */
export async function openToManage(governance: Governance, say: (line: string) => void): Promise<Offline> {
  const { dbPath } = governance;
  const taken = lockOf(dbPath);
  if (taken.kind !== "taken") return taken;
  const { lock } = taken;
  const ledger = openLedger(dbPath);
  if (ledger.kind !== "open") {
    lock.release();
    return { kind: "refused", why: ledger.kind === "rc3" ? importFirst(dbPath) : ledger.why };
  }
  return { kind: "open", ledger: await managed(governance, { store: ledger.store, lock, say }) };
}

async function managed(
  governance: Governance,
  { store, lock, say }: { readonly store: LedgerStore; readonly lock: Lock; readonly say: (line: string) => void },
): Promise<OfflineLedger> {
  const writer = await openLedgerWriter({
    store,
    governance,
    ...effects,
    // Nothing of a command waits for another moment: what it changes is written at once.
    setTimer: () => () => undefined,
    say: (_level, line) => say(line),
  });
  return {
    manage: writer.manage,
    async close() {
      await writer.close();
      await store.close();
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
export async function importRc3(from: string, to: string): Promise<Imported | string> {
  const found = readRc3(from);
  if (found === null) return `${from} is no governance database of Busbar 1.0.0-rc.3.`;
  const taken = lockOf(to);
  if (taken.kind !== "taken") return taken.why;
  const { lock } = taken;
  try {
    const ledger = openLedger(to);
    if (ledger.kind !== "open") {
      return ledger.kind === "rc3" ? `${to} is a database of rc.3 itself; name a new file.` : ledger.why;
    }
    const { store } = ledger;
    const known = new Set((await store.load()).keys.flatMap((key) => [key.id, key.hash]));
    const keys = found.keys.filter((key) => !known.has(key.id) && !known.has(key.hash));
    const taken = new Set(keys.map((key) => scopeOf("key", key.id).id));
    const bookings = found.spent.filter(({ scopes }) => scopes.some(({ id }) => taken.has(id)));
    const wallMs = effects.wallMs();
    await store.commit({
      bookings,
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
    await store.close();
    const skipped = found.keys.filter((key) => !keys.includes(key)).map((key) => key.id);
    return { keys: keys.length, balances: bookings.length, skipped: [...skipped, ...found.unreadable] };
  } finally {
    lock.release();
  }
}

type Locked = { readonly kind: "taken"; readonly lock: Lock } | Exclude<Offline, { readonly kind: "open" }>;

function lockOf(path: string): Locked {
  try {
    const lock = takeLock(path);
    if (lock !== null) return { kind: "taken", lock };
    return { kind: "held", why: `A gateway, or another command, holds ${path}.` };
  } catch {
    return { kind: "refused", why: `${path} cannot be made; name a folder that exists and can be written.` };
  }
}

/** The ledger without a gateway: for commands, while they have it to themselves. */
import type { ManageReply, ManageRequest } from "../governance/ledger-messages.ts";
import type { LedgerStore } from "../governance/ledger-store.ts";
import { openLedgerWriter } from "../governance/ledger-writer.ts";
import { scopeOf } from "../governance/limit.ts";
import { type Rc3, readRc3 } from "../governance/stores/rc3.ts";
import { openLedger } from "../governance/stores/sqlite.ts";
import type { Governance } from "../ir/deployment.ts";
import { codeOf } from "../std/describe-error.ts";
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
  const opened = openLedger(dbPath);
  switch (opened.kind) {
    case "open":
      return { kind: "open", ledger: await managed(governance, opened.store, say) };
    case "held":
      return { kind: "held", why: heldBy(dbPath) };
    case "rc3":
      return { kind: "refused", why: importFirst(dbPath) };
    case "refused":
      return opened;
  }
}

async function managed(
  governance: Governance,
  store: LedgerStore,
  say: (line: string) => void,
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
  const opened = openLedger(to);
  switch (opened.kind) {
    case "open":
      return importInto(opened.store, found);
    case "held":
      return heldBy(to);
    case "rc3":
      return `${to} is a database of rc.3 itself; name a new file.`;
    case "refused":
      return opened.why;
  }
}

async function importInto(store: LedgerStore, found: Rc3): Promise<Imported | string> {
  const known = new Set((await store.load()).keys.flatMap((key) => [key.id, key.hash]));
  const keys = found.keys.filter((key) => !known.has(key.id) && !known.has(key.hash));
  const taken = new Set(keys.map((key) => scopeOf("key", key.id).id));
  const bookings = found.spent.filter(({ scopes }) => scopes.some(({ id }) => taken.has(id)));
  const wallMs = effects.wallMs();
  try {
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
  } catch (error) {
    if (!(error instanceof Error) || codeOf(error) === null) throw error;
    return `The keys cannot be written: ${error.message}.`;
  } finally {
    await store.close();
  }
  const skipped = found.keys.filter((key) => !keys.includes(key)).map((key) => key.id);
  return { keys: keys.length, balances: bookings.length, skipped: [...skipped, ...found.unreadable] };
}

function heldBy(path: string): string {
  return `A gateway, or another command, holds ${path}.`;
}

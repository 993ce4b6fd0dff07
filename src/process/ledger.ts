/**
 * What the supervisor keeps for its workers: the ledger with its lock, and answers to be given again. Loaded only where the
 * configuration asks for one of them, because the database is.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createKeeper, type Keeper } from "../governance/keeper.ts";
import { createRemembering } from "../governance/remember.ts";
import type { BudgetStanding } from "../governance/standings.ts";
import type { LedgerMessage, LedgerReply } from "../governance/store.ts";
import { type Lock, takeLock } from "../governance/stores/lock.ts";
import { readSpools, removeSpool } from "../governance/stores/spool.ts";
import { isRc3, type LedgerStore, openLedger } from "../governance/stores/sqlite.ts";
import type { Deployment, Governance } from "../ir/deployment.ts";
import { codeOf } from "../std/describe-error.ts";
import type { Cancel, Effects } from "../std/effects.ts";

export interface LedgerHost {
  attach(holder: string, send: (reply: LedgerReply) => void): void;
  detach(holder: string): void;
  receive(holder: string, message: LedgerMessage): void;
  /** How much is used of every budget and cap, as it was some seconds ago at most; empty: there are no keys. */
  standings(): readonly BudgetStanding[];
  /** Everything is on disk afterwards, and another gateway may take over. */
  close(): void;
}

export interface LedgerHostOptions {
  readonly effects: Omit<Effects, "fetch">;
  readonly say: (level: "error" | "warning" | "info", line: string) => void;
}

/** Rows that workers of a killed supervisor leave behind while they drain. */
const SPOOLS_EVERY_MS = 5_000;
/** Single rows that are too old go a bounded number at a time. */
const PRUNE_EVERY_MS = 60_000;
/** A copy, and a look at every page and every sum. */
const CARE_EVERY_MS = 24 * 60 * 60 * 1000;

/** Displays look every second, and sums of many keys take a while. */
const STANDINGS_MS = 5_000;

interface Opened {
  readonly keeper: Keeper;
  readonly store: LedgerStore;
  readonly lock: Lock;
  readonly stopCare: () => void;
}

/** A sentence for the operator: why it cannot be. */
export async function openLedgerHost(deployment: Deployment, options: LedgerHostOptions): Promise<LedgerHost | string> {
  const { governance, idempotency } = deployment;
  const opened = governance === null ? null : await open(governance, options);
  if (typeof opened === "string") return opened;
  const remembering =
    idempotency === null
      ? null
      : createRemembering({
          ttlMs: idempotency.ttlMs,
          wallMs: options.effects.wallMs,
          find: (key, wallMs) => opened?.store.remembered(key, wallMs) ?? null,
          put: (row) => opened?.keeper.remember(row),
        });
  const spenders = new Map<string, (reply: LedgerReply) => void>();
  let standings: readonly BudgetStanding[] = [];
  let lookMs = Number.NEGATIVE_INFINITY;
  return {
    attach(holder, send) {
      spenders.set(holder, send);
      opened?.keeper.attach(holder, send);
    },
    detach(holder) {
      spenders.delete(holder);
      opened?.keeper.detach(holder);
      remembering?.gone(holder);
    },
    receive(holder, message) {
      if (message.type === "recall") {
        const recalled = remembering?.recall(holder, message.key, message.fingerprint) ?? { kind: "run" };
        spenders.get(holder)?.({ type: "recalled", ask: message.ask, recalled });
      } else if (message.type === "remember") remembering?.remember(message.key, message.answer);
      else opened?.keeper.receive(holder, message);
    },
    standings() {
      const nowMs = options.effects.nowMs();
      if (opened !== null && nowMs >= lookMs) {
        standings = opened.keeper.standings();
        lookMs = nowMs + STANDINGS_MS;
      }
      return standings;
    },
    close() {
      if (opened === null) return;
      opened.stopCare();
      opened.keeper.close();
      opened.store.close();
      opened.lock.release();
    },
  };
}

async function open(governance: Governance, options: LedgerHostOptions): Promise<Opened | string> {
  const { dbPath } = governance;
  let lock: Lock | null;
  try {
    lock = takeLock(dbPath);
  } catch (error) {
    return `governance.db_path: the lock beside ${dbPath} cannot be made (${whyOf(error)}). Name a folder that exists and can be written.`;
  }
  if (lock === null) {
    return `governance.db_path: another gateway, or a command, holds ${dbPath}. Stop it, or set another path.`;
  }
  // The name rc.3 uses where the configuration has none: its keys would otherwise be missing without a word.
  const old = join(dirname(dbPath), RC3_NAME);
  if (!existsSync(dbPath) && isRc3(old)) {
    lock.release();
    return importFirst(old, dbPath);
  }
  const ledger = openLedger(dbPath);
  if (ledger.kind !== "open") {
    lock.release();
    return ledger.kind === "rc3" ? importFirst(dbPath) : `governance.db_path: ${ledger.why}`;
  }
  const { store } = ledger;
  const keeper = createKeeper({ ...options.effects, say: options.say, store, governance });
  try {
    await replaySpools(keeper, dbPath);
  } catch (error) {
    keeper.close();
    store.close();
    lock.release();
    return `governance.db_path: rows left beside ${dbPath} cannot be booked (${whyOf(error)}). Make room on the disk.`;
  }
  return { keeper, store, lock, stopCare: care({ keeper, store, governance, options }) };
}

/** The line to type, whole. */
export function importFirst(from: string, to = `${from}.ringmain`): string {
  return `governance.db_path: ${from} belongs to Busbar 1.0.0-rc.3 and is left as it is. Take its keys over with:
  ringmain keys import ${from} ${to}
and set db_path to ${to}.`;
}

const RC3_NAME = "busbar-governance.db";

async function replaySpools(keeper: Keeper, dbPath: string): Promise<void> {
  for (const spooled of readSpools(dbPath)) {
    await keeper.replay(spooled.holder, spooled.entries);
    removeSpool(spooled);
  }
}

/** Timers of the store; call what it gives back to stop them. */
function care(input: {
  readonly keeper: Keeper;
  readonly store: LedgerStore;
  readonly governance: Governance;
  readonly options: LedgerHostOptions;
}): () => void {
  const { keeper, store, governance, options } = input;
  const timers = new Set<Cancel>();
  let isStopped = false;
  const every = (ms: number, act: () => void | Promise<void>): void => {
    const cancel = options.effects.setTimer(ms, () => {
      timers.delete(cancel);
      void Promise.resolve()
        .then(act)
        .catch((error: unknown) => options.say("error", `The ledger's upkeep failed (${whyOf(error)}).`))
        .then(() => {
          if (!isStopped) every(ms, act);
        });
    });
    timers.add(cancel);
  };
  every(SPOOLS_EVERY_MS, () => replaySpools(keeper, governance.dbPath));
  every(PRUNE_EVERY_MS, () => {
    store.prune(options.effects.wallMs() - governance.keepMs, options.effects.wallMs());
  });
  every(CARE_EVERY_MS, () => {
    store.backup();
    const wrong = store.check();
    if (wrong !== null) options.say("error", `The ledger does not add up: ${wrong}. The copy beside it may.`);
  });
  return () => {
    isStopped = true;
    for (const cancel of timers) cancel();
  };
}

function whyOf(error: unknown): string {
  return codeOf(error) ?? (error instanceof Error ? error.message : "unknown");
}

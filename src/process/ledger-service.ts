/**
 * What the supervisor keeps for its workers: the ledger, and answers to be given again. Loaded only where the
 * configuration asks for one of them, because the database is.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createIdempotency } from "../governance/idempotency.ts";
import type { LedgerMessage, LedgerReply } from "../governance/ledger-messages.ts";
import type { LedgerStore } from "../governance/ledger-store.ts";
import { type LedgerWriter, openLedgerWriter } from "../governance/ledger-writer.ts";
import type { Unwritten } from "../governance/next-commit.ts";
import { readSpools, removeSpool, spoolLines, spoolPath, writeSpool } from "../governance/stores/spool.ts";
import { isRc3, openLedger } from "../governance/stores/sqlite.ts";
import type { Allowance } from "../ir/allowance.ts";
import type { Deployment, Governance } from "../ir/deployment.ts";
import { codeOf } from "../std/describe-error.ts";
import type { Cancel, Effects } from "../std/effects.ts";

export interface LedgerService {
  attach(holder: string, send: (reply: LedgerReply) => void): void;
  detach(holder: string): void;
  receive(holder: string, message: LedgerMessage): void;
  /** How much is used of every budget and cap, as it was some seconds ago at most; empty: there are no keys. */
  allowances(): readonly Allowance[];
  /** Limits and times are those of this deployment from now on; what is spent, leased and remembered stays. */
  reconfigure(deployment: Deployment): void;
  /**
   * Another gateway may take over afterwards. Resolves to whether every row is in the ledger; those that are not are in a
   * spool, or else in the log. Never rejects.
   */
  close(): Promise<boolean>;
}

export interface LedgerServiceOptions {
  readonly effects: Omit<Effects, "fetch">;
  readonly say: (level: "error" | "warning" | "info", line: string) => void;
}

/** Rows that workers of a killed supervisor leave behind while they drain. */
const SPOOLS_EVERY_MS = 5_000;
/** For a ledger that was removed while nothing is to be written. */
const LOOK_EVERY_MS = 1_000;
/** Single rows that are too old go a bounded number at a time. */
const PRUNE_EVERY_MS = 60_000;
/** A copy, and a look at every page and every sum. */
const CARE_EVERY_MS = 24 * 60 * 60 * 1000;

/** Displays look every second, and sums of many keys take a while. */
const ALLOWANCES_MS = 5_000;

interface OpenLedger {
  readonly writer: LedgerWriter;
  readonly store: LedgerStore;
  readonly dbPath: string;
  readonly stopCare: () => void;
}

/** A sentence for the operator: why it cannot be. */
export async function openLedgerService(
  deployment: Deployment,
  options: LedgerServiceOptions,
): Promise<LedgerService | string> {
  let { governance, idempotency } = deployment;
  const opened = governance === null ? null : await open(governance, () => governance?.keepMs ?? null, options);
  if (typeof opened === "string") return opened;
  const repeats =
    idempotency === null
      ? null
      : createIdempotency({
          ttlMs: () => idempotency?.ttlMs ?? 0,
          wallMs: options.effects.wallMs,
          find: async (key, afterMs, untilMs) => (await opened?.store.remembered(key, afterMs, untilMs)) ?? null,
          put: (row) => opened?.writer.remember(row),
        });
  const clients = new Map<string, (reply: LedgerReply) => void>();
  let allowances: readonly Allowance[] = [];
  let lookMs = Number.NEGATIVE_INFINITY;
  const recall = async (holder: string, message: Extract<LedgerMessage, { type: "recall" }>): Promise<void> => {
    const recalled = (await repeats?.recall(holder, message.key, message.fingerprint)) ?? { kind: "run" };
    const send = clients.get(holder);
    // It has gone while the ledger was looked at: what it was to run will not run.
    if (send === undefined) repeats?.gone(holder);
    else send({ type: "recalled", ask: message.ask, recalled });
  };
  return {
    attach(holder, send) {
      clients.set(holder, send);
      opened?.writer.attach(holder, send);
    },
    detach(holder) {
      clients.delete(holder);
      opened?.writer.detach(holder);
      repeats?.gone(holder);
    },
    receive(holder, message) {
      if (message.type === "recall") {
        void recall(holder, message);
      } else if (message.type === "remember") repeats?.remember(message.key, message.answer);
      else opened?.writer.receive(holder, message);
    },
    allowances() {
      const nowMs = options.effects.nowMs();
      if (opened !== null && nowMs >= lookMs) {
        lookMs = nowMs + ALLOWANCES_MS;
        // A look that fails shows what the last one saw.
        void opened.writer.allowances().then(
          (seen) => {
            allowances = seen;
          },
          () => undefined,
        );
      }
      return allowances;
    },
    reconfigure(next) {
      ({ governance, idempotency } = next);
      opened?.writer.reconfigure(next);
    },
    async close() {
      if (opened === null) return true;
      opened.stopCare();
      const unwritten = await opened.writer.close();
      for (const holder of new Set(unwritten.map((each) => each.holder))) {
        const bookings = unwritten.flatMap((each) => (each.holder === holder ? each.bookings : []));
        keepUnwritten(opened.dbPath, { holder, bookings }, options.say);
      }
      try {
        await opened.store.close();
      } catch (error) {
        options.say("warning", `The ledger could not be closed well (${whyOf(error)}); the next start mends it.`);
      }
      return unwritten.length === 0;
    },
  };
}

async function open(
  governance: Governance,
  keepMs: () => number | null,
  options: LedgerServiceOptions,
): Promise<OpenLedger | string> {
  const { dbPath } = governance;
  // The name rc.3 uses where the configuration has none: its keys would otherwise be missing without a word.
  const old = join(dirname(dbPath), RC3_NAME);
  if (!existsSync(dbPath) && isRc3(old)) return importFirst(old, dbPath);
  const ledger = openLedger(dbPath);
  switch (ledger.kind) {
    case "open":
      break;
    case "held":
      return `governance.db_path: another gateway, or a command, holds ${dbPath}. Stop it, or set another path.`;
    case "rc3":
      return importFirst(dbPath);
    case "refused":
      return `governance.db_path: ${ledger.why}`;
  }
  const { store } = ledger;
  const writer = await openLedgerWriter({ ...options.effects, say: options.say, store, governance });
  try {
    await replaySpools(writer, dbPath);
  } catch (error) {
    // The rows stay in their spool.
    await writer.close();
    await store.close().catch(() => undefined);
    return `governance.db_path: rows left beside ${dbPath} cannot be booked (${whyOf(error)}). Make room on the disk.`;
  }
  return { writer, store, dbPath, stopCare: care({ writer, store, dbPath, keepMs, options }) };
}

/** Above the numbers that the worker itself gives to its parts. */
const UNWRITTEN_PART = 900_000_000;

/** Rows that the ledger did not take: into a spool beside it, or where that is refused too, into the log, one a line. */
function keepUnwritten(dbPath: string, { holder, bookings }: Unwritten, say: LedgerServiceOptions["say"]): void {
  const name = { holder, part: UNWRITTEN_PART };
  const file = spoolPath(dbPath, name);
  try {
    writeSpool(dbPath, name, bookings);
    say(
      "error",
      `${bookings.length} rows could not be written to ${dbPath} and wait in ${file}; the next start books them.`,
    );
  } catch (error) {
    say(
      "error",
      `${bookings.length} rows could be written neither to ${dbPath} nor beside it (${whyOf(error)}). They follow; put what stands after "unwritten row: " into ${file}, and the next start books them.`,
    );
    for (const line of spoolLines(bookings)) say("error", `unwritten row: ${line}`);
  }
}

/** The line to type, whole. */
export function importFirst(from: string, to = `${from}.ringmain`): string {
  return `governance.db_path: ${from} belongs to Busbar 1.0.0-rc.3 and is left as it is. Take its keys over with:
  ringmain keys import ${from} ${to}
and set db_path to ${to}.`;
}

const RC3_NAME = "busbar-governance.db";

async function replaySpools(writer: LedgerWriter, dbPath: string): Promise<void> {
  for (const spooled of readSpools(dbPath)) {
    await writer.replay(spooled.holder, spooled.bookings);
    removeSpool(spooled);
  }
}

/** Timers of the store; call what it gives back to stop them. */
function care(input: {
  readonly writer: LedgerWriter;
  readonly store: LedgerStore;
  readonly dbPath: string;
  /** Of single rows; null: for ever. */
  readonly keepMs: () => number | null;
  readonly options: LedgerServiceOptions;
}): () => void {
  const { writer, store, dbPath, keepMs, options } = input;
  const timers = new Set<Cancel>();
  let isStopped = false;
  const every = (ms: number, act: () => Promise<void>): void => {
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
  every(LOOK_EVERY_MS, () => writer.look());
  every(SPOOLS_EVERY_MS, () => replaySpools(writer, dbPath));
  every(PRUNE_EVERY_MS, async () => {
    const keptMs = keepMs();
    const wallMs = options.effects.wallMs();
    if (keptMs !== null) await store.prune(wallMs - keptMs, wallMs);
  });
  every(CARE_EVERY_MS, async () => {
    await store.backup();
    const wrong = await store.check();
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

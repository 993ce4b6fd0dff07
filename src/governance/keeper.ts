/**
 * The one writer: gives leases, books rows, makes keys, and answers only what is on disk. It has the store to itself, so
 * nothing here waits for a lock; many messages share one commit, because a commit waits for the disk.
 */
import type { Governance } from "../ir/deployment.ts";
import type { Cancel } from "../std/effects.ts";
import { type Amounts, createAmounts, type HeldLease, type Moment } from "./amounts.ts";
import { accountScope, type Capped, cappedOf, isAccountScope } from "./caps.ts";
import { createLedgerClock, type LedgerClock } from "./clock.ts";
import type { VirtualKey } from "./keys.ts";
import { type Change, createManager, joined, type Managed, NO_CHANGE } from "./manage.ts";
import { limitsOf } from "./scope-limits.ts";
import { type BudgetStanding, standingsOf } from "./standings.ts";
import type {
  Entry,
  KeeperFigures,
  LedgerMessage,
  LedgerReply,
  ManageReply,
  ManageRequest,
  Returned,
} from "./store.ts";
import type { LedgerStore, RememberedRow } from "./stores/sqlite.ts";

export interface KeeperOptions {
  readonly store: LedgerStore;
  readonly governance: Governance;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly setTimer: (ms: number, fire: () => void) => Cancel;
  readonly randomId: (length: number) => string;
  /** For the operator: the disk fails, or works again. */
  readonly say: (level: "error" | "warning" | "info", line: string) => void;
}

export interface Keeper {
  /** A spender is there: it is told all keys at once. */
  attach(holder: string, send: (reply: LedgerReply) => void): void;
  /** It is gone and will not come back. */
  detach(holder: string): void;
  receive(holder: string, message: LedgerMessage): void;
  /** Rows out of a spool; resolves when they are on disk. Rows that were booked before change nothing. */
  replay(holder: string, entries: readonly Entry[]): Promise<void>;
  manage(request: ManageRequest): Promise<ManageReply>;
  remember(row: RememberedRow): void;
  /** How much is used of every budget and cap. */
  standings(): readonly BudgetStanding[];
  /** Commits what waits. */
  close(): void;
}

/** A row waits no longer than this for others; workers collect for a while before. */
const COMMIT_MS = 35;
const COMMIT_ROWS_MAX = 200;
/** Questions that wait for a commit: others of the same moment share it. */
const REPLY_MS = 1;
/** Changes nobody waits for. */
const LAZY_MS = 1_000;
/** After the disk has refused. */
const RETRY_MS = 1_000;
/** What a spender left behind counts as spent for so long: rows it spooled may still come. */
const ORPHAN_MS = 60_000;

/** Rows of one message, and who is told once they are on disk. */
interface Batch {
  readonly holder: string;
  readonly entries: readonly Entry[];
  readonly onDisk: () => void;
}

/** What the next commit holds, and who hears of it. */
interface Waiting {
  batches: Batch[];
  rows: number;
  change: Change;
  remembered: RememberedRow[];
  /** Called with whether it is on disk. */
  told: ((isOnDisk: boolean) => void)[];
}

interface State {
  readonly options: KeeperOptions;
  readonly spenders: Map<string, (reply: LedgerReply) => void>;
  readonly keys: Map<string, VirtualKey>;
  readonly amounts: Amounts;
  readonly manager: (request: ManageRequest) => Managed;
  waiting: Waiting;
  /** Leases as they should be on disk, and are not. */
  unsavedLeases: HeldLease[];
  cancelTimer: Cancel | null;
  dueMs: number;
  isFailing: boolean;
  commits: number;
  failedCommits: number;
  readonly clock: LedgerClock;
}

export function createKeeper(options: KeeperOptions): Keeper {
  const { store, governance } = options;
  const keys = new Map<string, VirtualKey>(store.keys().map((key) => [key.id, key]));
  const amounts = createAmounts({
    limitsOf: (scope) => limitsOf(scope, keys, governance),
    spentSince: store.spentSince,
  });
  const state: State = {
    options,
    spenders: new Map(),
    keys,
    amounts,
    manager: createManager({
      governance,
      store,
      keys: () => keys,
      standing: (scope, window) => amounts.standing(scope, window, momentOf(state).wallMs),
      wallMs: () => momentOf(state).wallMs,
      randomId: options.randomId,
    }),
    waiting: nothing(),
    unsavedLeases: [],
    cancelTimer: null,
    dueMs: Number.POSITIVE_INFINITY,
    isFailing: false,
    commits: 0,
    failedCommits: 0,
    clock: createLedgerClock({ wallMs: options.wallMs, fromWallMs: store.wallMs(), say: options.say }),
  };
  const left = store.leases();
  amounts.restore(left);
  for (const holder of new Set(left.map((each) => each.holder))) forgetLater(state, holder);

  return {
    attach(holder, send) {
      state.spenders.set(holder, send);
      send({ type: "keys", keys: [...keys.values()], removed: [] });
      const capped = cappedNow(state, new Set(governance.caps.map(({ account }) => accountScope(account))));
      if (capped.length > 0) send({ type: "capped", capped });
    },
    detach(holder) {
      if (!state.spenders.delete(holder)) return;
      amounts.gone(holder);
      forgetLater(state, holder);
    },
    receive: (holder, message) => receive(state, holder, message),
    replay: (holder, entries) =>
      new Promise((resolve, reject) => {
        book(state, { holder, entries, onDisk: resolve });
        state.waiting.told.push((isOnDisk) => {
          if (!isOnDisk) reject(new Error("the ledger cannot be written"));
        });
      }),
    manage: (request) => manage(state, request),
    remember(row) {
      state.waiting.remembered.push(row);
      commitWithin(state, COMMIT_MS);
    },
    standings: () =>
      standingsOf({
        governance,
        keys: keys.values(),
        amounts,
        bookedSince: store.sumOf,
        wallMs: momentOf(state).wallMs,
      }),
    close() {
      commit(state);
      state.cancelTimer?.();
    },
  };
}

// ---------------------------------------------------------------- what spenders say

function receive(state: State, holder: string, message: LedgerMessage): void {
  switch (message.type) {
    case "lease":
      lease(state, holder, message);
      break;
    case "book":
      book(state, {
        holder,
        entries: inWindow(state, message.entries),
        onDisk: () => tell(state, holder, { type: "booked", batch: message.batch }),
      });
      break;
    case "return":
      state.amounts.returned(holder, message.returns, momentOf(state));
      commitWithin(state, LAZY_MS);
      break;
    case "manage":
      void manage(state, message.request).then((reply) =>
        tell(state, holder, { type: "managed", ask: message.ask, reply }),
      );
      break;
    case "figures":
      tell(state, holder, { type: "figured", ask: message.ask, figures: figuresOf(state) });
      break;
    case "recall":
    case "remember":
      break; // the process answers these, with or without a ledger
  }
}

function tell({ spenders }: State, holder: string, reply: LedgerReply): void {
  spenders.get(holder)?.(reply);
}

/** Money may be spent only when it is on disk that somebody may spend it. Rates and slots are not on disk. */
function lease(state: State, holder: string, { ask, wants }: Extract<LedgerMessage, { type: "lease" }>): void {
  const leased = state.amounts.lease(holder, wants, momentOf(state));
  if (leased.kind === "short") {
    tell(state, holder, { type: "short", ask, shortage: leased.shortage });
    return;
  }
  const { grants } = leased;
  if (!grants.some(({ amount }) => amount.startsWith("usd "))) {
    tell(state, holder, { type: "granted", ask, grants });
    return;
  }
  state.waiting.told.push((isOnDisk) => {
    if (isOnDisk) {
      tell(state, holder, { type: "granted", ask, grants });
      return;
    }
    const returns: Returned[] = grants.map(({ amount, period, granted }) => ({ amount, period, given: granted }));
    state.amounts.returned(holder, returns, momentOf(state));
    const [first] = grants;
    const { amount = "", limit = 0 } = first ?? {};
    const shortage = { amount, limit: limit ?? 0, left: 0, resetMs: RETRY_MS, setAside: false, unavailable: true };
    tell(state, holder, { type: "short", ask, shortage });
  });
  commitWithin(state, REPLY_MS);
}

function book(state: State, batch: Batch): void {
  const { waiting } = state;
  // A spender that only asks whether all is there.
  if (batch.entries.length === 0 && isNothing(waiting)) {
    batch.onDisk();
    return;
  }
  waiting.batches.push(batch);
  waiting.rows += batch.entries.length;
  if (waiting.rows >= COMMIT_ROWS_MAX && !state.isFailing) commit(state);
  else commitWithin(state, state.isFailing ? RETRY_MS : COMMIT_MS);
}

function manage(state: State, request: ManageRequest): Promise<ManageReply> {
  const { keys, waiting } = state;
  const { reply, change } = state.manager(request);
  if (change === NO_CHANGE) return Promise.resolve(reply);
  waiting.change = joined(waiting.change, change);
  // Later requests of the same moment see it; a commit that fails takes it back.
  const before = [...change.keys.map(({ id }) => id), ...change.removed].map((id) => ({ id, key: keys.get(id) }));
  for (const key of change.keys) keys.set(key.id, key);
  for (const id of change.removed) keys.delete(id);
  return new Promise((resolve) => {
    waiting.told.push((isOnDisk) => {
      if (isOnDisk) {
        for (const send of state.spenders.values()) send({ type: "keys", keys: change.keys, removed: change.removed });
        resolve(reply);
        return;
      }
      for (const { id, key } of before) {
        if (key === undefined) keys.delete(id);
        else keys.set(id, key);
      }
      resolve({ status: 503, body: { error: "the ledger cannot be written" } });
    });
    commit(state);
  });
}

function forgetLater(state: State, holder: string): void {
  state.options.setTimer(ORPHAN_MS, () => {
    state.amounts.forget(holder);
    commitWithin(state, LAZY_MS);
  });
}

// ---------------------------------------------------------------- the disk

function momentOf({ clock, options }: State): Moment {
  return { nowMs: options.nowMs(), wallMs: clock.wallMs() };
}

/** While the clock is behind, rows that end now are of the window that holds now: in the one before nobody would miss them. */
function inWindow(state: State, entries: readonly Entry[]): readonly Entry[] {
  const { wallMs } = momentOf(state);
  if (!state.clock.isBehind()) return entries;
  return entries.map((entry) =>
    entry.row.wallMs >= wallMs ? entry : { ...entry, row: { ...entry.row, wallMs: Math.floor(wallMs) } },
  );
}

function commitWithin(state: State, ms: number): void {
  const atMs = state.options.nowMs() + ms;
  if (atMs >= state.dueMs) return;
  state.cancelTimer?.();
  state.dueMs = atMs;
  state.cancelTimer = state.options.setTimer(ms, () => commit(state));
}

function commit(state: State): void {
  state.cancelTimer?.();
  state.cancelTimer = null;
  state.dueMs = Number.POSITIVE_INFINITY;
  const batch = state.waiting;
  const leases = [...state.unsavedLeases, ...state.amounts.takeChanges()];
  if (isNothing(batch) && leases.length === 0) return;
  state.waiting = nothing();
  let added: Set<string>;
  try {
    added = state.options.store.commit({
      entries: batch.batches.flatMap(({ entries }) => entries),
      leases,
      keys: batch.change.keys,
      removedKeys: batch.change.removed,
      audit: batch.change.audit,
      remembered: batch.remembered,
      wallMs: momentOf(state).wallMs,
    });
  } catch (error) {
    notWritten(state, batch, leases, error);
    return;
  }
  state.unsavedLeases = [];
  state.commits += 1;
  if (state.isFailing) state.options.say("info", "The ledger can be written again.");
  state.isFailing = false;
  for (const { holder, entries, onDisk } of batch.batches) {
    for (const entry of entries)
      if (added.delete(entry.row.id)) state.amounts.booked(holder, entry, state.spenders.has(holder));
    onDisk();
  }
  for (const each of batch.told) each(true);
  tellCapped(state, batch.batches);
  // What was booked is no longer leased; on disk it counts as both until the next commit, which errs to "spent".
  commitWithin(state, LAZY_MS);
}

/**
 * The disk is full, or worse: nothing is acknowledged, rows are kept, and questions are answered with "nobody knows". The
 * rows are no more than the spenders hold, who let nobody in once they hold enough.
 */
function notWritten(state: State, batch: Waiting, leases: HeldLease[], error: unknown): void {
  state.unsavedLeases = leases;
  state.failedCommits += 1;
  if (!state.isFailing) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    state.options.say(
      "error",
      `The ledger cannot be written (${code}); requests of keys with budgets are refused until it can.`,
    );
  }
  state.isFailing = true;
  for (const each of batch.told) each(false);
  const { waiting } = state;
  state.waiting = {
    ...waiting,
    batches: [...batch.batches, ...waiting.batches],
    rows: batch.rows + waiting.rows,
    remembered: [...batch.remembered, ...waiting.remembered],
  };
  commitWithin(state, RETRY_MS);
}

/** Every time such an account was used, for it may have come back meanwhile. */
function tellCapped(state: State, batches: readonly Batch[]): void {
  if (state.options.governance.caps.length === 0) return;
  const used = new Set(
    batches.flatMap(({ entries }) => entries.flatMap(({ scopes }) => scopes.filter(isAccountScope))),
  );
  const capped = cappedNow(state, used);
  if (capped.length > 0) for (const send of state.spenders.values()) send({ type: "capped", capped });
}

function cappedNow(state: State, scopes: ReadonlySet<string>): readonly Capped[] {
  const { governance, store } = state.options;
  if (governance.caps.length === 0) return [];
  return cappedOf(governance.caps, scopes, store.sumOf, momentOf(state).wallMs);
}

function nothing(): Waiting {
  return { batches: [], rows: 0, change: NO_CHANGE, remembered: [], told: [] };
}

function isNothing({ batches, change, remembered, told }: Waiting): boolean {
  return batches.length + remembered.length + told.length === 0 && change === NO_CHANGE;
}

function figuresOf({ commits, failedCommits, isFailing, waiting, amounts }: State): KeeperFigures {
  return { commits, failedCommits, isDegraded: isFailing, waitingRows: waiting.rows, ...amounts.held() };
}

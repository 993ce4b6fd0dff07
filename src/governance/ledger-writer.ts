/**
 * The one writer of the ledger: gives leases, books rows, makes keys, and acknowledges only what is on disk. It works in
 * rounds, one after the other: a round reads what decisions about leases lack, decides, writes one commit, and answers. Many
 * messages share a round, because a commit waits for the disk; while one waits, messages collect for the next.
 * More than 400 lines: all of it works on one state, which no message may find half changed.
 */
import type { Allowance } from "../ir/allowance.ts";
import type { Deployment, Governance } from "../ir/deployment.ts";
import type { LedgerWriterFigures } from "../ir/ledger-figures.ts";
import type { Cancel } from "../std/effects.ts";
import { type AccountHolds, createAccountHolds } from "./account-holds.ts";
import { allowancesOf } from "./allowances.ts";
import { type Balances, createBalances, type Moment } from "./balances.ts";
import { type CapWatch, createCapWatch } from "./caps.ts";
import { createLedgerClock, type LedgerClock } from "./clock.ts";
import { look } from "./key-reports.ts";
import type { VirtualKey } from "./keys.ts";
import { createLeasing, type Leasing } from "./leasing.ts";
import type {
  Booking,
  CappedAccount,
  LedgerMessage,
  LedgerReply,
  ManageReply,
  ManageRequest,
  ReturnedLease,
} from "./ledger-messages.ts";
import type { Committed, LeaseWrite, LedgerStore, RememberedRow } from "./ledger-store.ts";
import { changeKeys, isKeyChange, type KeyChange, type ManagerOptions, NO_CHANGE } from "./manage.ts";
import { type Batch, emptyCommit, isEmpty, type NextCommit, type Unwritten } from "./next-commit.ts";
import { unpackBookings } from "./packed-bookings.ts";
import { createRecalls, type Recalls } from "./recalls.ts";
import { createRounds, type Rounds } from "./rounds.ts";
import { limitsOf } from "./scope-limits.ts";
import { createStanding, type Standing } from "./standing.ts";

interface LedgerWriterOptions {
  readonly store: LedgerStore;
  readonly governance: Governance;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly setTimer: (ms: number, fire: () => void) => Cancel;
  readonly randomId: (length: number) => string;
  /** For the operator: the disk fails, or works again. */
  readonly say: (level: "error" | "warning" | "info", line: string) => void;
}

export interface LedgerWriter {
  /** A client is there: all keys are sent to it at once. */
  attach(holder: string, send: (reply: LedgerReply) => void): void;
  /** It is gone and will not come back. */
  detach(holder: string): void;
  receive(holder: string, message: LedgerMessage): void;
  /** Rows out of a spool; resolves when they are on disk. Rows that were booked before change nothing. */
  replay(holder: string, bookings: readonly Booking[]): Promise<void>;
  manage(request: ManageRequest): Promise<ManageReply>;
  remember(row: RememberedRow): void;
  /** How much is used of every budget and cap. */
  allowances(): Promise<readonly Allowance[]>;
  /**
   * Limits, groups, gates and caps are those of this deployment from now on. Leases, reservations, minutes and what is spent
   * stay: a limit is the same one if its kind, window and scope are.
   */
  reconfigure(deployment: Deployment): void;
  /** Looks whether the ledger can be written, also while nothing is to be. */
  look(): Promise<void>;
  /** Commits what waits; resolves to the rows that could not be. */
  close(): Promise<readonly Unwritten[]>;
}

/** A row waits no longer than this for others; clients collect for a while before. */
const COMMIT_MS = 35;
const COMMIT_ROWS_MAX = 200;
/** Questions that wait for a commit: others of the same moment share it. */
const REPLY_MS = 1;
/** Changes that no answer waits for. */
const LAZY_MS = 1_000;
/** After the disk has refused. */
const RETRY_MS = 1_000;
/** What a client left behind counts as spent for so long: rows it spooled may still come. */
const ORPHAN_MS = 60_000;
/** Questions that wait for a round. Clients ask few at once; those beyond are refused. */
const WAITING_MAX = 10_000;
interface WriterState {
  readonly options: LedgerWriterOptions;
  governance: Governance;
  readonly clients: Map<string, (reply: LedgerReply) => void>;
  /** As they are on disk. */
  readonly keys: Map<string, VirtualKey>;
  readonly balances: Balances;
  readonly clock: LedgerClock;
  readonly caps: CapWatch;
  readonly accountHolds: AccountHolds;
  readonly rounds: Rounds;
  readonly standing: Standing;
  readonly leasing: Leasing;
  readonly recalls: Recalls;
  next: NextCommit;
  /** Rows of the commit under way. */
  committingRows: number;
  isCommitDue: boolean;
  isCapsDue: boolean;
  commits: number;
  failedCommits: number;
}

export async function openLedgerWriter(options: LedgerWriterOptions): Promise<LedgerWriter> {
  const { store, governance } = options;
  const stored = await store.load();
  for (const problem of stored.problems) options.say("error", problem);
  const keys = new Map<string, VirtualKey>(stored.keys.map((key) => [key.id, key]));
  const balances = createBalances({ limitsOf: (scope) => limitsOf(scope, keys, state.governance) });
  const sumOf: LedgerStore["sumOf"] = (...of) => store.sumOf(...of);
  const recalls = createRecalls({
    send: (client, reply) => send(state, client, reply),
    // A lease of money waits for the disk; what is recalled before it was sent would not be given back.
    afterLeases(limit, act) {
      if (limit.kind !== "usd") act();
      else afterCommit(state, act);
    },
    setTimer: options.setTimer,
  });
  const state: WriterState = {
    options,
    governance,
    clients: new Map(),
    keys,
    balances,
    clock: createLedgerClock({ ...options, fromWallMs: stored.wallMs }),
    caps: createCapWatch({
      caps: () => state.governance.caps,
      sumOf,
      moment: () => momentOf(state),
    }),
    accountHolds: createAccountHolds({
      caps: () => state.governance.caps,
      sumOf,
      moment: () => momentOf(state),
      send: (holder, reply) => send(state, holder, reply),
      onUnread: () => void state.rounds.now(),
      onReadError: (error) => fails(state, error),
    }),
    rounds: createRounds({
      nowMs: options.nowMs,
      setTimer: options.setTimer,
      onTime() {
        state.isCommitDue = true;
      },
      round: () => round(state),
    }),
    recalls,
    standing: createStanding({
      say: options.say,
      tell(isWritable) {
        for (const sendTo of state.clients.values()) sendTo({ type: "standing", isWritable });
      },
    }),
    leasing: createLeasing({
      balances,
      recalls,
      isAttached: (client) => state.clients.has(client),
      clients: () => [...state.clients.keys()],
      sumOf,
      moment: () => momentOf(state),
      send: (holder, reply) => send(state, holder, reply),
      afterCommit: (act) => afterCommit(state, act),
      onReturned: () => state.rounds.within(LAZY_MS),
      onUnread: () => void state.rounds.now(),
      onReadError: (error) => fails(state, error),
    }),
    next: emptyCommit(),
    committingRows: 0,
    isCommitDue: false,
    isCapsDue: false,
    commits: 0,
    failedCommits: 0,
  };
  balances.restore(stored.leases);
  for (const holder of new Set(stored.leases.map((each) => each.holder))) forgetLater(state, holder);
  await tellCapped(state, state.caps.all);
  return writerOf(state);
}

function writerOf(state: WriterState): LedgerWriter {
  const { balances, clients, options } = state;
  return {
    attach(holder, send) {
      clients.set(holder, send);
      send({ type: "keys", keys: [...state.keys.values()], removed: [] });
      const capped = state.caps.known();
      if (capped.length > 0) send({ type: "capped", capped });
      if (state.standing.isFailing()) send({ type: "standing", isWritable: false });
    },
    detach(holder) {
      if (!clients.delete(holder)) return;
      balances.detached(holder);
      state.recalls.detached(holder);
      state.accountHolds.detached(holder);
      forgetLater(state, holder);
    },
    receive: (holder, message) => receive(state, holder, message),
    replay: (holder, bookings) =>
      new Promise((resolve, reject) => {
        book(state, { holder, bookings, onDisk: resolve });
        state.next.after.push((committed) => {
          if (committed === null) reject(new Error("the ledger cannot be written"));
        });
      }),
    manage: (request) => manage(state, request),
    remember(row) {
      const { remembered } = state.next;
      // While the disk refuses: the oldest is answered anew if its client asks again.
      if (remembered.length >= WAITING_MAX) remembered.shift();
      remembered.push(row);
      state.rounds.within(COMMIT_MS);
    },
    allowances: () =>
      allowancesOf({
        governance: state.governance,
        keys: state.keys.values(),
        balances,
        sumOf: (...of) => options.store.sumOf(...of),
        wallMs: momentOf(state).wallMs,
      }),
    reconfigure({ governance }) {
      if (governance === null) return;
      state.governance = governance;
      state.isCapsDue = true;
      void state.rounds.now();
    },
    async look() {
      try {
        await options.store.stand();
      } catch (error) {
        fails(state, error);
      }
    },
    async close() {
      state.isCommitDue = true;
      await state.rounds.now();
      state.rounds.clearTimer();
      return state.next.batches.filter(({ bookings }) => bookings.length > 0);
    },
  };
}

// ---------------------------------------------------------------- what clients say

function receive(state: WriterState, holder: string, message: LedgerMessage): void {
  switch (message.type) {
    case "lease":
      returned(state, holder, message.returned);
      state.leasing.ask({ holder, ask: message.ask, requests: message.requests });
      break;
    case "hold-account":
      state.accountHolds.ask({ holder, ...message });
      break;
    case "release-account":
      state.accountHolds.release(holder, message.hold);
      break;
    case "lease-recalled":
      returned(state, holder, message.returned);
      state.recalls.answered(holder, message.recall, message.reserved);
      break;
    case "book":
      book(state, {
        holder,
        bookings: inWindow(state, unpackBookings(message.bookings)),
        onDisk: () => send(state, holder, { type: "booked", batch: message.batch }),
      });
      break;
    case "return":
      returned(state, holder, message.leases);
      break;
    case "manage":
      void manage(state, message.request).then((reply) =>
        send(state, holder, { type: "managed", ask: message.ask, reply }),
      );
      break;
    case "figures":
      send(state, holder, { type: "figured", ask: message.ask, figures: figuresOf(state) });
      break;
    case "recall":
    case "remember":
      break; // the process answers these, with or without a ledger
  }
}

function returned(state: WriterState, holder: string, leases: readonly ReturnedLease[]): void {
  if (leases.length === 0) return;
  state.balances.returned(holder, leases, momentOf(state));
  state.rounds.within(LAZY_MS);
}

/** With `null` where nothing was committed. */
function afterCommit(state: WriterState, act: (committed: Committed | null) => void): void {
  state.next.after.push(act);
  state.rounds.within(REPLY_MS);
}

function send({ clients }: WriterState, holder: string, reply: LedgerReply): void {
  clients.get(holder)?.(reply);
}

function book(state: WriterState, batch: Batch): void {
  const { next } = state;
  // A client that only asks whether all is on disk.
  if (batch.bookings.length === 0 && isEmpty(next) && !state.rounds.isRunning()) {
    batch.onDisk();
    return;
  }
  next.batches.push(batch);
  next.rows += batch.bookings.length;
  if (next.rows >= COMMIT_ROWS_MAX && !state.standing.isFailing()) commitNow(state);
  else state.rounds.within(state.standing.isFailing() ? RETRY_MS : COMMIT_MS);
}

/** What only looks is answered from what is on disk; what changes a key waits for its round. */
async function manage(state: WriterState, request: ManageRequest): Promise<ManageReply> {
  if (!isKeyChange(request.action)) return look(managerOf(state), request);
  const { changes } = state.next;
  if (changes.length >= WAITING_MAX) return NOT_WRITTEN;
  return new Promise((resolve) => {
    changes.push({ request, resolve });
    commitNow(state);
  });
}

function managerOf(state: WriterState): ManagerOptions {
  const { balances, options } = state;
  const { wallMs } = momentOf(state);
  return {
    governance: state.governance,
    store: options.store,
    keys: state.keys,
    used: (scope, window) => balances.used(scope, window, wallMs),
    wallMs,
    randomId: options.randomId,
  };
}

const NOT_WRITTEN: ManageReply = { status: 503, body: { error: "the ledger cannot be written" } };

function forgetLater(state: WriterState, holder: string): void {
  state.options.setTimer(ORPHAN_MS, () => {
    state.balances.forget(holder);
    state.rounds.within(LAZY_MS);
  });
}

// ---------------------------------------------------------------- rounds

function momentOf({ clock, options }: WriterState): Moment {
  return { nowMs: options.nowMs(), wallMs: clock.wallMs(), aheadMs: clock.aheadMs() };
}

/** While the ledger's clock is ahead, rows that end now are of the window that holds now: in the one before they would count nowhere. */
function inWindow(state: WriterState, bookings: readonly Booking[]): readonly Booking[] {
  const { wallMs, aheadMs } = momentOf(state);
  if (aheadMs === 0) return bookings;
  return bookings.map((booking) =>
    booking.row.wallMs >= wallMs ? booking : { ...booking, row: { ...booking.row, wallMs: Math.floor(wallMs) } },
  );
}

function commitNow(state: WriterState): void {
  state.isCommitDue = true;
  void state.rounds.now();
}

/** Never two at a time: that is what keeps sums and rows apart. */
async function round(state: WriterState): Promise<void> {
  await state.leasing.readAndDecide();
  await state.accountHolds.readAndDecide();
  if (state.isCommitDue) await commit(state);
  if (state.isCapsDue) {
    state.isCapsDue = false;
    await tellCapped(state, state.caps.all);
  }
}

async function commit(state: WriterState): Promise<void> {
  state.rounds.clearTimer();
  state.isCommitDue = false;
  const batch = state.next;
  state.next = emptyCommit();
  const leases = state.balances.takeChanges();
  const { change, replies } = changeKeys(
    managerOf(state),
    batch.changes.map(({ request }) => request),
  );
  const answer = (isWritten: boolean): void => {
    for (const [at, { resolve }] of batch.changes.entries()) {
      const result = replies[at];
      resolve(result === undefined || !(isWritten || result.change === NO_CHANGE) ? NOT_WRITTEN : result.reply);
    }
  };
  // While the disk refuses, also nothing is tried again: that is how it is seen to work.
  if (
    !state.standing.isFailing() &&
    change === NO_CHANGE &&
    isEmpty({ ...batch, changes: [] }) &&
    leases.length === 0
  ) {
    answer(true);
    return;
  }
  const bookings = batch.batches.flatMap((each) => each.bookings);
  state.committingRows = bookings.length;
  let committed: Committed;
  try {
    committed = await state.options.store.commit({
      bookings,
      leases,
      keys: change.keys,
      removedKeys: change.removed,
      audit: change.audit,
      remembered: batch.remembered,
      wallMs: momentOf(state).wallMs,
    });
  } catch (error) {
    fails(state, error);
    notWritten(state, batch, leases);
    answer(false);
    return;
  } finally {
    state.committingRows = 0;
  }
  state.commits += 1;
  state.standing.works();
  const added = new Set(committed.added);
  for (const { holder, bookings: rows, onDisk } of batch.batches) {
    for (const booking of rows) {
      if (booking.hold !== undefined) state.accountHolds.release(holder, booking.hold);
      if (!added.delete(booking.row.id)) continue;
      state.balances.booked(holder, booking, state.clients.has(holder));
      state.accountHolds.booked(booking);
    }
    onDisk();
  }
  publish(state, change);
  answer(true);
  for (const each of batch.after) each(committed);
  await tellCapped(state, () => state.caps.used(bookings));
  // What was booked is no longer leased; on disk it counts as both until the next commit, which errs to "spent".
  state.rounds.within(LAZY_MS);
}

/** Keys are ours, and every client's, once they are on disk. */
function publish({ keys, clients }: WriterState, change: KeyChange): void {
  if (change === NO_CHANGE) return;
  for (const key of change.keys) keys.set(key.id, key);
  for (const id of change.removed) keys.delete(id);
  for (const sendTo of clients.values()) sendTo({ type: "keys", keys: change.keys, removed: change.removed });
}

/**
 * The disk is full, or worse: nothing is acknowledged, rows are kept, and questions are answered with "not known". The rows
 * are no more than the clients hold, who let no request in once they hold enough.
 */
function notWritten(state: WriterState, batch: NextCommit, leases: readonly LeaseWrite[]): void {
  state.failedCommits += 1;
  state.balances.notWritten(leases);
  for (const each of batch.after) each(null);
  const { next } = state;
  next.batches = [...batch.batches, ...next.batches];
  next.rows += batch.rows;
  next.remembered = [...batch.remembered, ...next.remembered].slice(-WAITING_MAX);
}

function fails(state: WriterState, error: unknown): void {
  state.rounds.within(RETRY_MS);
  state.standing.fails(error);
}

/** A store that cannot be read puts no account out. */
async function tellCapped(state: WriterState, look: () => Promise<readonly CappedAccount[]>): Promise<void> {
  try {
    const capped = await look();
    if (capped.length > 0) for (const sendTo of state.clients.values()) sendTo({ type: "capped", capped });
  } catch (error) {
    fails(state, error);
  }
}

function figuresOf(state: WriterState): LedgerWriterFigures {
  const { commits, failedCommits, standing, next, committingRows, balances } = state;
  return {
    commits,
    failedCommits,
    isDegraded: standing.isFailing(),
    waitingRows: next.rows + committingRows,
    ...balances.leaseFigures(),
  };
}

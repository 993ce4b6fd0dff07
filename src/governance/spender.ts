/**
 * A worker's side of the ledger: leases it may spend without asking, and rows on their way to the writer. A request that
 * finds room in its leases waits for nothing; rows are kept until the writer says that they are on disk.
 */
import type { Cancel } from "../std/effects.ts";
import type { Capped } from "./caps.ts";
import { createTally, type Tally } from "./figures.ts";
import { type Lease, newLease } from "./lease.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import type {
  Entry,
  Grant,
  HoldName,
  KeeperFigures,
  LedgerMessage,
  LedgerReply,
  ManageReply,
  ManageRequest,
  Recalled,
  RememberedAnswer,
  Returned,
  Shortage,
  SpenderFigures,
  Want,
} from "./store.ts";

export interface SpenderOptions {
  /** False: there is nobody to tell any more. */
  readonly send: (message: LedgerMessage) => boolean;
  /** Rows nobody took, to be found by the next writer. */
  readonly spool: (entries: readonly Entry[]) => void;
  readonly onKeys: (reply: Extract<LedgerReply, { type: "keys" }>) => void;
  readonly onCapped: (capped: readonly Capped[]) => void;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly setTimer: (ms: number, fire: () => void) => Cancel;
}

export interface Spender {
  /** At once where there is room for all of it. */
  take(wants: readonly Want[]): Taken | Promise<Taken>;
  book(entry: Entry): void;
  receive(reply: LedgerReply): void;
  manage(request: ManageRequest): Promise<ManageReply>;
  recall(key: string, fingerprint: string): Promise<Recalled>;
  remember(key: string, answer: RememberedAnswer | null): void;
  /** The writer is gone for good: questions end, rows go to the spool from now on. */
  orphaned(): void;
  /** Gives back every lease that is not in use, and resolves when every row is on disk. */
  flushed(): Promise<void>;
  /** Rows that are not known to be on disk. */
  backlog(): number;
  /** What this side has counted. */
  figures(): SpenderFigures;
  /** The writer's; null: no answer in time. */
  keeperFigures(): Promise<KeeperFigures | null>;
}

export type Taken =
  | { readonly kind: "taken"; readonly parts: readonly Part[] }
  | { readonly kind: "short"; readonly shortage: Shortage };

/** A part of a lease that one request stands on. */
export interface Part {
  readonly hold: HoldName;
  readonly amount: number;
  /** As the writer last told. */
  readonly limit: number | null;
  /** What the lease has left, and what nobody has. */
  left(): number;
  readonly resetAtMs: number | null;
  readonly warn: number | null;
  /** The request is over: what it really took. The first call counts. */
  settle(used: number): void;
}

interface Missing {
  readonly want: Want;
  /** Room there is, but not enough: kept for this request while the rest is asked for. */
  readonly pledged: Part | null;
}

interface Ask {
  readonly missing: readonly Missing[];
  readonly answered: (taken: readonly Part[] | Shortage) => void;
  readonly cancelTimer: Cancel;
  /** Nobody waits any more: what is still granted becomes room. */
  late: boolean;
}

/** Rows not known to be on disk, from which on nobody is let in. */
const BACKLOG_MAX = 10_000;
/** The writer answers within milliseconds, or the disk hangs. */
const ASK_MS = 5_000;
const ASKS_MAX = 10_000;
/** Leases nobody uses go back: quickly where another worker may be refused for want of them. */
const SWEEP_MS = 1_000;
const IDLE_MONEY_MS = 5_000;
const IDLE_RATE_MS = 1_000;

interface State {
  readonly options: SpenderOptions;
  readonly leases: Map<string, Lease>;
  readonly asks: Map<number, Ask>;
  readonly managing: Map<number, (reply: ManageReply) => void>;
  readonly recalling: Map<number, (recalled: Recalled) => void>;
  readonly figuring: Map<number, (figures: KeeperFigures | null) => void>;
  readonly outbox: Outbox;
  readonly tally: Tally;
  lastAsk: number;
  isOrphan: boolean;
  cancelSweep: Cancel | null;
}

export function createSpender(options: SpenderOptions): Spender {
  const state: State = {
    options,
    leases: new Map(),
    asks: new Map(),
    managing: new Map(),
    recalling: new Map(),
    figuring: new Map(),
    outbox: createOutbox(options),
    tally: createTally(),
    lastAsk: 0,
    isOrphan: false,
    cancelSweep: null,
  };
  return {
    take(wants) {
      const taken = take(state, wants);
      return taken instanceof Promise ? taken.then((each) => counted(state, each)) : counted(state, taken);
    },
    book(entry) {
      state.tally.booked(entry);
      state.outbox.book(entry);
    },
    receive: (reply) => receive(state, reply),
    manage: (request) => question(state, state.managing, (ask) => ({ type: "manage", ask, request }), NOT_THERE),
    recall: (key, fingerprint) =>
      question(state, state.recalling, (ask) => ({ type: "recall", ask, key, fingerprint }), { kind: "run" }),
    remember(key, answer) {
      options.send({ type: "remember", key, answer });
    },
    orphaned: () => orphaned(state),
    flushed: () => flushed(state),
    backlog: state.outbox.backlog,
    figures() {
      const oldestMs = state.outbox.oldestMs();
      return {
        unwrittenRows: state.outbox.backlog(),
        oldestMs: oldestMs === null ? 0 : Math.max(0, options.nowMs() - oldestMs),
        ...state.tally.figures(),
      };
    },
    keeperFigures: () =>
      question<KeeperFigures | null>(state, state.figuring, (ask) => ({ type: "figures", ask }), null),
  };
}

function counted({ tally }: State, taken: Taken): Taken {
  if (taken.kind === "short") tally.short(taken.shortage);
  return taken;
}

function receive(state: State, reply: LedgerReply): void {
  switch (reply.type) {
    case "granted":
      answerAsk(state, reply.ask, reply.grants);
      break;
    case "short":
      answerAsk(state, reply.ask, reply.shortage);
      break;
    case "booked":
      state.outbox.confirmed(reply.batch);
      break;
    case "keys":
      state.options.onKeys(reply);
      break;
    case "capped":
      state.options.onCapped(reply.capped);
      break;
    case "managed":
      settleOne(state.managing, reply.ask, reply.reply);
      break;
    case "figured":
      settleOne<KeeperFigures | null>(state.figuring, reply.ask, reply.figures);
      break;
    case "recalled":
      settleOne(state.recalling, reply.ask, reply.recalled);
      break;
  }
}

// ---------------------------------------------------------------- leases

function take(state: State, wants: readonly Want[]): Taken | Promise<Taken> {
  if (state.outbox.backlog() >= BACKLOG_MAX) return { kind: "short", shortage: unavailable(wants) };
  const found = wants.map((want) => ({ want, lease: leaseFor(state, want.amount) }));
  const held: Part[] = [];
  const missing: Missing[] = [];
  for (const { want, lease } of found) {
    if (lease !== null && lease.room >= want.need) held.push(partOf(state, lease, want.need));
    else missing.push({ want, pledged: lease !== null && lease.room > 0 ? partOf(state, lease, lease.room) : null });
  }
  if (missing.length === 0) return { kind: "taken", parts: held };
  const decided = (answer: readonly Part[] | Shortage): Taken => {
    if (!("limit" in answer)) return { kind: "taken", parts: [...held, ...answer] };
    for (const part of held) part.settle(0);
    return { kind: "short", shortage: answer };
  };
  if (state.isOrphan || state.asks.size >= ASKS_MAX) {
    takeBack(missing);
    return decided(unavailable(missing.map(({ want }) => want)));
  }
  return ask(state, missing).then(decided);
}

/** null: there is none, or it was of a window that is over. */
function leaseFor(state: State, amount: string): Lease | null {
  const lease = state.leases.get(amount);
  if (lease === undefined) return null;
  if (lease.endsWallMs === null || state.options.wallMs() < lease.endsWallMs) return lease;
  letGo(state, lease);
  return null;
}

/** Requests that still stand on it give back what is left when they end. */
function letGo(state: State, lease: Lease): void {
  if (state.leases.get(lease.hold.amount) === lease) state.leases.delete(lease.hold.amount);
  if (lease.room !== 0) state.options.send({ type: "return", returns: [{ ...lease.hold, given: lease.room }] });
  lease.room = 0;
}

function partOf(state: State, lease: Lease, amount: number): Part {
  lease.room -= amount;
  lease.standing += 1;
  lease.usedMs = state.options.nowMs();
  let isSettled = false;
  return {
    hold: lease.hold,
    amount,
    limit: lease.limit,
    left: () => Math.max(0, lease.left + Math.max(0, lease.room)),
    resetAtMs: lease.resetAtMs,
    warn: lease.warn,
    settle(used) {
      if (isSettled) return;
      isSettled = true;
      lease.room += amount - used;
      lease.standing -= 1;
      lease.usedMs = state.options.nowMs();
      if (state.leases.get(lease.hold.amount) !== lease && lease.standing === 0) letGo(state, lease);
    },
  };
}

function granted(state: State, grant: Grant): Lease {
  const old = state.leases.get(grant.amount);
  const isSame = old !== undefined && old.hold.period === grant.period;
  if (old !== undefined && !isSame) letGo(state, old);
  const lease = isSame ? old : newLease(grant);
  state.leases.set(grant.amount, lease);
  lease.room += grant.granted;
  lease.limit = grant.limit;
  lease.left = grant.left;
  lease.resetAtMs = grant.resetMs === null ? null : state.options.nowMs() + grant.resetMs;
  lease.warn = grant.warn;
  lease.usedMs = state.options.nowMs();
  state.cancelSweep ??= state.options.setTimer(SWEEP_MS, () => sweep(state));
  return lease;
}

function sweep(state: State): void {
  state.cancelSweep = null;
  const now = state.options.nowMs();
  const returns: Returned[] = [];
  for (const lease of [...state.leases.values()]) {
    const isMoney = lease.hold.amount.startsWith("usd ");
    const isIdle = now - lease.usedMs >= (isMoney ? IDLE_MONEY_MS : IDLE_RATE_MS);
    // What a minute was overdrawn by is told at once, so that the others feel it.
    if (lease.room !== 0 && (isIdle || (lease.room < 0 && !isMoney))) {
      returns.push({ ...lease.hold, given: lease.room });
      lease.room = 0;
    }
    if (isIdle && lease.room === 0 && lease.standing === 0) state.leases.delete(lease.hold.amount);
  }
  if (returns.length > 0) state.options.send({ type: "return", returns });
  if (state.leases.size > 0 && !state.isOrphan)
    state.cancelSweep = state.options.setTimer(SWEEP_MS, () => sweep(state));
}

/** The writer is gone: everything that waits for it is answered, and rows go where the next one finds them. */
function orphaned(state: State): void {
  if (state.isOrphan) return;
  state.isOrphan = true;
  state.cancelSweep?.();
  for (const [number, { missing }] of [...state.asks]) {
    answerAsk(state, number, unavailable(missing.map(({ want }) => want)));
  }
  for (const number of [...state.managing.keys()]) settleOne(state.managing, number, NOT_THERE);
  for (const number of [...state.recalling.keys()]) settleOne<Recalled>(state.recalling, number, { kind: "run" });
  for (const number of [...state.figuring.keys()]) settleOne<KeeperFigures | null>(state.figuring, number, null);
  state.outbox.orphaned();
}

function flushed(state: State): Promise<void> {
  for (const lease of [...state.leases.values()]) letGo(state, lease);
  return state.outbox.flushed();
}

// ---------------------------------------------------------------- questions

function ask(state: State, missing: readonly Missing[]): Promise<readonly Part[] | Shortage> {
  state.lastAsk += 1;
  const number = state.lastAsk;
  const wants = missing.map(({ want }) => want);
  // A lease that was overdrawn must first be made whole; what is there already is not asked for twice.
  const asked = missing.map(({ want: { amount, need }, pledged }) => ({
    amount,
    pledged: pledged?.amount ?? 0,
    need: need - (pledged?.amount ?? 0) + Math.max(0, -(state.leases.get(amount)?.room ?? 0)),
  }));
  return new Promise((resolve) => {
    const cancelTimer = state.options.setTimer(ASK_MS, () => {
      const open = state.asks.get(number);
      if (open !== undefined) open.late = true;
      takeBack(missing);
      resolve(unavailable(wants));
    });
    state.asks.set(number, { missing, answered: resolve, cancelTimer, late: false });
    if (!state.options.send({ type: "lease", ask: number, wants: asked })) answerAsk(state, number, unavailable(wants));
  });
}

function answerAsk(state: State, number: number, answer: readonly Grant[] | Shortage): void {
  const open = state.asks.get(number);
  if (open === undefined) return;
  state.asks.delete(number);
  open.cancelTimer();
  if ("limit" in answer) {
    takeBack(open.missing);
    open.answered(answer);
    return;
  }
  const given = answer.map((grant) => granted(state, grant));
  if (open.late) return;
  takeBack(open.missing);
  open.answered(
    open.missing.flatMap(({ want }) => {
      const lease = given.find(({ hold }) => hold.amount === want.amount);
      return lease === undefined ? [] : [partOf(state, lease, want.need)];
    }),
  );
}

/** Room again; what is granted at the same moment stands on it. */
function takeBack(missing: readonly Missing[]): void {
  for (const { pledged } of missing) pledged?.settle(0);
}

/** `without` is the answer when none comes in time. */
function question<T>(
  state: State,
  open: Map<number, (answer: T) => void>,
  message: (number: number) => LedgerMessage,
  without: T,
): Promise<T> {
  if (state.isOrphan || open.size >= ASKS_MAX) return Promise.resolve(without);
  state.lastAsk += 1;
  const number = state.lastAsk;
  return new Promise((resolve) => {
    const cancelTimer = state.options.setTimer(ASK_MS, () => settleOne(open, number, without));
    open.set(number, (answer) => {
      cancelTimer();
      resolve(answer);
    });
    if (!state.options.send(message(number))) settleOne(open, number, without);
  });
}

const NOT_THERE: ManageReply = { status: 503, body: { error: "the ledger cannot be reached" } };

function settleOne<T>(open: Map<number, (answer: T) => void>, number: number, answer: T): void {
  const resolve = open.get(number);
  open.delete(number);
  resolve?.(answer);
}

function unavailable(wants: readonly Want[]): Shortage {
  return { amount: wants[0]?.amount ?? "", limit: 0, left: 0, resetMs: 1_000, setAside: false, unavailable: true };
}

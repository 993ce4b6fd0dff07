/**
 * A worker's side of the ledger: leases that its requests reserve parts of without a message, and rows on their way to the
 * writer. A request that finds its leases large enough waits for nothing; rows are kept until the writer says that they are
 * on disk.
 * More than 400 lines: leases, reservations and questions are one state, which no message may find half changed.
 */
import type { LedgerClientFigures, LedgerWriterFigures } from "../ir/ledger-figures.ts";
import type { Cancel } from "../std/effects.ts";
import { createPending, type Pending } from "../std/pending.ts";
import { createTally, type Tally } from "./figures.ts";
import type {
  AccountHeld,
  AccountHold,
  AccountUse,
  Booking,
  CappedAccount,
  IdempotencyVerdict,
  Lease,
  LedgerMessage,
  LedgerReply,
  ManageReply,
  ManageRequest,
  RememberedAnswer,
  ReturnedLease,
  Shortage,
} from "./ledger-messages.ts";
import type { LeaseId, Limit } from "./limit.ts";
import { createOutbox, type Outbox } from "./outbox.ts";

interface LedgerClientOptions {
  /** False: the writer is gone. */
  readonly send: (message: LedgerMessage) => boolean;
  /** Rows that the writer did not confirm, for the next one to find. */
  readonly spool: (bookings: readonly Booking[]) => void;
  readonly onKeys: (reply: Extract<LedgerReply, { type: "keys" }>) => void;
  readonly onCapped: (capped: readonly CappedAccount[]) => void;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly setTimer: (ms: number, fire: () => void) => Cancel;
}

export interface LedgerClient {
  /** A reservation for each request, or none at all. At once where the leases are large enough. */
  reserve(requests: readonly ReservationRequest[]): Reserved | Promise<Reserved>;
  /** What an attempt may use of an account with caps; null: they leave too little. */
  holdAccount(account: string, amount: AccountUse, least: AccountUse): Promise<AccountHeld>;
  /** The attempt came to nothing. */
  releaseAccount(hold: AccountHold): void;
  book(booking: Booking): void;
  receive(reply: LedgerReply): void;
  manage(request: ManageRequest): Promise<ManageReply>;
  recall(key: string, fingerprint: string): Promise<IdempotencyVerdict>;
  remember(key: string, answer: RememberedAnswer | null): void;
  /** The writer is gone for good: questions end, rows go to the spool from now on. */
  orphaned(): void;
  /** Gives back every lease that is not reserved, and resolves when every row is on disk. */
  flushed(): Promise<void>;
  /** Rows that are not known to be on disk. */
  backlog(): number;
  /** What the writer said last: false, rows do not reach the disk. */
  isWritable(): boolean;
  /** What this side has counted. */
  figures(): LedgerClientFigures;
  /** The writer's; null: no answer in time. */
  writerFigures(): Promise<LedgerWriterFigures | null>;
}

export interface ReservationRequest {
  readonly limit: Limit;
  /** Nano-dollars, requests, tokens or slots. */
  readonly amount: number;
  /** Amounts that would do as well; where the amount does not fit, the largest that does is reserved. Absent: none. */
  readonly lesser?: readonly number[];
  /** Where none of them fits, what is left is reserved, but never less than this; absent: the amount. */
  readonly least?: number;
  /** While it is reserved, what is above this may be taken back for another request; absent: nothing. */
  readonly kept?: number;
}

export type Reserved =
  | { readonly kind: "reserved"; readonly reservations: readonly Reservation[] }
  | { readonly kind: "short"; readonly shortage: Shortage };

/** The part of a lease that one request uses. */
export interface Reservation {
  readonly lease: LeaseId;
  /** Set aside now. */
  readonly amount: number;
  /** What the limit is, as the writer last said. */
  readonly max: number | null;
  /** What the lease has left, and what no client has leased. */
  left(): number;
  readonly resetAtMs: number | null;
  readonly warn: number | null;
  /** Less is enough: what is above goes back to the lease. */
  shrink(amount: number): void;
  /** The request is over: what it really used. The first call counts. */
  release(used: number): void;
}

/** A lease as this worker holds it. */
interface HeldLease {
  readonly id: LeaseId;
  /** Not reserved. Less than zero: more was used than was leased. */
  free: number;
  /** Requests that have reserved some of it. */
  reservations: number;
  /** Those of them that can do with less. */
  readonly reducible: Map<Reservation, number>;
  usedMs: number;
  readonly endsWallMs: number | null;
  max: number | null;
  left: number;
  resetAtMs: number | null;
  warn: number | null;
}

type LeaseReply = Extract<LedgerReply, { type: "leased" | "short" }>;

/** Rows not known to be on disk, from which on no request is let in. */
const BACKLOG_MAX = 10_000;
/** The writer answers within milliseconds, or the disk hangs. */
const ASK_MS = 5_000;
const ASKS_MAX = 10_000;
/** Unused leases go back: quickly where another worker may be refused for want of them. */
const SWEEP_MS = 1_000;
const IDLE_MONEY_MS = 5_000;
const IDLE_RATE_MS = 1_000;

interface ClientState {
  readonly options: LedgerClientOptions;
  /** By the limit's id. */
  readonly leases: Map<string, HeldLease>;
  readonly leasing: Pending<LeaseReply>;
  /** By the limit's id: questions about it that are open. */
  readonly asked: Map<string, number>;
  /** By the limit's id: reserved of it, in every window. */
  readonly reserved: Map<string, number>;
  readonly holding: Pending<AccountHeld>;
  readonly managing: Pending<ManageReply>;
  readonly recalling: Pending<IdempotencyVerdict>;
  readonly figuring: Pending<LedgerWriterFigures>;
  readonly outbox: Outbox;
  readonly tally: Tally;
  isOrphan: boolean;
  isWritable: boolean;
  cancelSweep: Cancel | null;
}

/** No answer came in time. */
const UNANSWERED: AccountHeld = { kind: "full", forMs: 1_000 };

export function createLedgerClient(options: LedgerClientOptions): LedgerClient {
  const pending = { openMax: ASKS_MAX, timeoutMs: ASK_MS, setTimer: options.setTimer };
  const state: ClientState = {
    options,
    leases: new Map(),
    leasing: createPending(pending),
    asked: new Map(),
    reserved: new Map(),
    holding: createPending(pending),
    managing: createPending(pending),
    recalling: createPending(pending),
    figuring: createPending(pending),
    outbox: createOutbox(options),
    tally: createTally(),
    isOrphan: false,
    isWritable: true,
    cancelSweep: null,
  };
  return {
    reserve(requests) {
      const reserved = reserve(state, requests);
      return reserved instanceof Promise ? reserved.then((each) => counted(state, each)) : counted(state, reserved);
    },
    holdAccount: (account, amount, least) =>
      question(state.holding, (ask) => options.send({ type: "hold-account", ask, account, amount, least }), UNANSWERED),
    releaseAccount(hold) {
      options.send({ type: "release-account", hold });
    },
    book(booking) {
      state.tally.booked(booking);
      state.outbox.book(booking);
    },
    receive: (reply) => receive(state, reply),
    manage: (request) => question(state.managing, (ask) => options.send({ type: "manage", ask, request }), NOT_REACHED),
    recall: (key, fingerprint) =>
      question(state.recalling, (ask) => options.send({ type: "recall", ask, key, fingerprint }), { kind: "run" }),
    remember(key, answer) {
      options.send({ type: "remember", key, answer });
    },
    orphaned: () => orphaned(state),
    flushed: () => flushed(state),
    backlog: state.outbox.backlog,
    isWritable: () => state.isWritable,
    figures() {
      const oldestMs = state.outbox.oldestMs();
      return {
        unwrittenRows: state.outbox.backlog(),
        oldestMs: oldestMs === null ? 0 : Math.max(0, options.nowMs() - oldestMs),
        ...state.tally.figures(),
      };
    },
    writerFigures: () => question(state.figuring, (ask) => options.send({ type: "figures", ask }), null),
  };
}

function counted({ tally }: ClientState, reserved: Reserved): Reserved {
  if (reserved.kind === "short") tally.short(reserved.shortage);
  return reserved;
}

function receive(state: ClientState, reply: LedgerReply): void {
  switch (reply.type) {
    case "leased":
      // Also where the request waits no longer: what comes late is free for the next one.
      for (const each of reply.leases) addLease(state, each);
      state.leasing.answer(reply.ask, reply);
      break;
    case "short":
      state.leasing.answer(reply.ask, reply);
      break;
    case "recall-lease":
      reduceReserved(state, reply.limit);
      state.options.send({
        type: "lease-recalled",
        recall: reply.recall,
        returned: takeFree(state, reply.limit),
        reserved: state.reserved.get(reply.limit.id) ?? 0,
      });
      break;
    case "account-held":
      // The attempt waits no longer.
      if (!state.holding.answer(reply.ask, reply.held) && reply.held.kind === "held") {
        state.options.send({ type: "release-account", hold: reply.held.hold });
      }
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
    case "standing":
      state.isWritable = reply.isWritable;
      break;
    case "managed":
      state.managing.answer(reply.ask, reply.reply);
      break;
    case "figured":
      state.figuring.answer(reply.ask, reply.figures);
      break;
    case "recalled":
      state.recalling.answer(reply.ask, reply.recalled);
      break;
  }
}

/** `without` is the answer when none comes in time. */
function question<Answer, Without>(
  pending: Pending<Answer>,
  send: (ask: number) => boolean,
  without: Without,
): Promise<Answer | Without> {
  return pending.ask<Answer | Without>({ send, answered: (answer) => answer, unanswered: () => without });
}

const NOT_REACHED: ManageReply = { status: 503, body: { error: "the ledger cannot be reached" } };

/** The writer is gone: everything that waits for it is answered, and rows go where the next one finds them. */
function orphaned(state: ClientState): void {
  if (state.isOrphan) return;
  state.isOrphan = true;
  state.cancelSweep?.();
  for (const pending of [state.leasing, state.holding, state.managing, state.recalling, state.figuring])
    pending.close();
  state.outbox.orphaned();
}

function flushed(state: ClientState): Promise<void> {
  for (const lease of [...state.leases.values()]) giveUp(state, lease);
  return state.outbox.flushed();
}

// ---------------------------------------------------------------- reservations

function reserve(state: ClientState, requests: readonly ReservationRequest[]): Reserved | Promise<Reserved> {
  if (state.outbox.backlog() >= BACKLOG_MAX) return { kind: "short", shortage: UNAVAILABLE };
  const reservations: Reservation[] = [];
  const missing: ReservationRequest[] = [];
  for (const request of requests) {
    const lease = leaseFor(state, request.limit);
    if (lease !== null && lease.free >= request.amount) reservations.push(reserveOf(state, lease, request));
    else missing.push(request);
  }
  if (missing.length === 0) return { kind: "reserved", reservations };
  return leaseMissing(state, missing).then((reserved) => {
    if (reserved.kind === "reserved") {
      return { kind: "reserved", reservations: [...reservations, ...reserved.reservations] };
    }
    for (const reservation of reservations) reservation.release(0);
    return reserved;
  });
}

const UNAVAILABLE: Shortage = { kind: "unavailable", resetMs: 1_000 };

function leaseMissing(state: ClientState, missing: readonly ReservationRequest[]): Promise<Reserved> {
  // A lease that is too small goes back with the question, and one that was overdrawn is made whole by it.
  const returned = missing.flatMap(({ limit }) => takeFree(state, limit));
  const requests = missing.map(({ limit, amount, lesser, least, kept }) => ({
    limit,
    amount,
    lesser: lesser ?? [],
    least: least ?? amount,
    kept: kept ?? amount,
    exact: (state.asked.get(limit.id) ?? 0) > 0,
    reserved: state.reserved.get(limit.id) ?? 0,
  }));
  for (const { limit } of missing) addTo(state.asked, limit, 1);
  const isOver = (): void => {
    for (const { limit } of missing) addTo(state.asked, limit, -1);
  };
  return state.leasing.ask<Reserved>({
    send: (ask) => state.options.send({ type: "lease", ask, requests, returned }),
    answered(reply) {
      isOver();
      if (reply.type === "short") return { kind: "short", shortage: reply.shortage };
      const reservations = missing.flatMap((request) => {
        const held = state.leases.get(request.limit.id);
        const leased = reply.leases.find((each) => each.limit.id === request.limit.id);
        // What is leased at the same moment is reserved with it.
        return held === undefined || leased === undefined
          ? []
          : [reserveOf(state, held, { ...request, amount: Math.min(request.amount, leased.amount) })];
      });
      return { kind: "reserved", reservations };
    },
    unanswered() {
      isOver();
      return { kind: "short", shortage: UNAVAILABLE };
    },
  });
}

function addTo(counts: Map<string, number>, { id }: Limit, by: number): void {
  const now = (counts.get(id) ?? 0) + by;
  if (now === 0) counts.delete(id);
  else counts.set(id, now);
}

function reserveOf(state: ClientState, lease: HeldLease, request: ReservationRequest): Reservation {
  const { amount, kept } = request;
  lease.free -= amount;
  lease.reservations += 1;
  addTo(state.reserved, lease.id.limit, amount);
  lease.usedMs = state.options.nowMs();
  const reservation = new LeaseReservation(state, lease, amount);
  if (kept !== undefined && kept < amount) lease.reducible.set(reservation, kept);
  return reservation;
}

/** A class, because every request has one for each limit. */
class LeaseReservation implements Reservation {
  amount: number;
  readonly lease: LeaseId;
  readonly max: number | null;
  readonly resetAtMs: number | null;
  readonly warn: number | null;
  readonly #state: ClientState;
  readonly #held: HeldLease;
  #isReleased = false;

  constructor(state: ClientState, held: HeldLease, amount: number) {
    this.amount = amount;
    this.lease = held.id;
    this.max = held.max;
    this.resetAtMs = held.resetAtMs;
    this.warn = held.warn;
    this.#state = state;
    this.#held = held;
  }

  left(): number {
    const { left, free } = this.#held;
    return Math.max(0, left + Math.max(0, free));
  }

  shrink(to: number): void {
    if (this.#isReleased || to >= this.amount) return;
    this.#held.free += this.amount - to;
    addTo(this.#state.reserved, this.lease.limit, to - this.amount);
    this.amount = to;
  }

  release(used: number): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    const held = this.#held;
    const { leases, options, reserved } = this.#state;
    if (held.reducible.size > 0) held.reducible.delete(this);
    held.free += this.amount - used;
    held.reservations -= 1;
    addTo(reserved, this.lease.limit, -this.amount);
    held.usedMs = options.nowMs();
    if (leases.get(this.lease.limit.id) !== held && held.reservations === 0) giveUp(this.#state, held);
  }
}

/** Requests under way keep what they need; the rest may serve another one before it is refused. */
function reduceReserved(state: ClientState, limit: Limit): void {
  const lease = state.leases.get(limit.id);
  if (lease === undefined) return;
  for (const [reservation, kept] of lease.reducible) reservation.shrink(kept);
  lease.reducible.clear();
}

// ---------------------------------------------------------------- leases

/** null: there is none, or it was of a window that is over. */
function leaseFor(state: ClientState, limit: Limit): HeldLease | null {
  const lease = state.leases.get(limit.id);
  if (lease === undefined) return null;
  if (lease.endsWallMs === null || state.options.wallMs() < lease.endsWallMs) return lease;
  giveUp(state, lease);
  return null;
}

/** All that is free of a limit, to be given back. */
function takeFree(state: ClientState, limit: Limit): ReturnedLease[] {
  const lease = state.leases.get(limit.id);
  if (lease === undefined || lease.free === 0) return [];
  const returned = { ...lease.id, amount: lease.free };
  lease.free = 0;
  return [returned];
}

/** Requests that have reserved some of it give back what is left when they end. */
function giveUp(state: ClientState, lease: HeldLease): void {
  const { id, free } = lease;
  if (state.leases.get(id.limit.id) === lease) state.leases.delete(id.limit.id);
  if (free !== 0) state.options.send({ type: "return", leases: [{ ...id, amount: free }] });
  lease.free = 0;
}

function addLease(state: ClientState, { limit, period, amount, endsWallMs, max, left, resetMs, warn }: Lease): void {
  const nowMs = state.options.nowMs();
  let held = state.leases.get(limit.id);
  if (held !== undefined && held.id.period !== period) {
    giveUp(state, held);
    held = undefined;
  }
  held ??= {
    id: { limit, period },
    free: 0,
    reservations: 0,
    reducible: new Map(),
    usedMs: 0,
    endsWallMs,
    max: null,
    left: 0,
    resetAtMs: null,
    warn: null,
  };
  state.leases.set(limit.id, held);
  held.free += amount;
  held.max = max;
  held.left = left;
  held.resetAtMs = resetMs === null ? null : nowMs + resetMs;
  held.warn = warn;
  held.usedMs = nowMs;
  state.cancelSweep ??= state.options.setTimer(SWEEP_MS, () => sweep(state));
}

function sweep(state: ClientState): void {
  state.cancelSweep = null;
  const now = state.options.nowMs();
  const returned: ReturnedLease[] = [];
  for (const lease of [...state.leases.values()]) {
    const isMoney = lease.id.limit.kind === "usd";
    const isIdle = now - lease.usedMs >= (isMoney ? IDLE_MONEY_MS : IDLE_RATE_MS);
    // What a minute was overdrawn by is told at once, so that the others feel it.
    if (lease.free !== 0 && (isIdle || (lease.free < 0 && !isMoney))) {
      returned.push({ ...lease.id, amount: lease.free });
      lease.free = 0;
    }
    if (isIdle && lease.free === 0 && lease.reservations === 0) state.leases.delete(lease.id.limit.id);
  }
  if (returned.length > 0) state.options.send({ type: "return", leases: returned });
  if (state.leases.size > 0 && !state.isOrphan) {
    state.cancelSweep = state.options.setTimer(SWEEP_MS, () => sweep(state));
  }
}

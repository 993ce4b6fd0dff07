/**
 * What is left of every limit: money of a window, requests and tokens of a minute, slots. Gives leases on it to clients and
 * takes them back. In memory, synchronous and without a clock; the writer keeps in the store what must survive, and reads
 * from there what was spent of a window before the first lease on it.
 * More than 400 lines: what is spent and what is leased are one state, and every decision looks at both.
 */
import type { BudgetWindow, Limits } from "../ir/deployment.ts";
import type { LedgerWriterFigures } from "../ir/ledger-figures.ts";
import { budgetMax, countMax, extraFor, warningAt } from "./lease-size.ts";
import type { Booking, Lease, LeaseRequest, ReturnedLease, Shortage } from "./ledger-messages.ts";
import type { LeaseGuard, LeaseWrite, StoredLease } from "./ledger-store.ts";
import {
  type CountLimit,
  type LeaseId,
  type LedgerScope,
  type Limit,
  leaseKey,
  type MoneyLimit,
  moneyLimit,
} from "./limit.ts";
import { createMinute, type Minute } from "./minute.ts";
import { type Period, periodOf } from "./windows.ts";

export interface Moment {
  /** Monotonic: minutes. */
  readonly nowMs: number;
  /** Windows. */
  readonly wallMs: number;
  /** How far that is ahead of the clocks of machines. */
  readonly aheadMs: number;
}

interface BalancesOptions {
  /** As they are now; null: the scope has none. */
  readonly limitsOf: (scope: LedgerScope) => Limits | null;
}

export interface Balances {
  /** A lease for each request, or none at all. What does not fit is `tight` until what others hold unused is known to be back. */
  lease(holder: string, requests: readonly LeaseRequest[], moment: Moment, recalled: Recalled | null): LeaseDecision;
  /** How much of the limit is leased to whom, in every window; null: not known, so any client may have some. */
  holdersOf(limit: Limit): ReadonlyMap<string, number> | null;
  /** What was spent of these windows and is not in memory. */
  missing(requests: readonly LeaseRequest[], moment: Moment): readonly MissingSum[];
  /** What the store has of missing sums. No row may be booked between reading and this call. */
  addSums(sums: readonly { readonly sum: MissingSum; readonly nanos: number }[]): void;
  /** The store knows more of them than we do: they are read again before the next lease. */
  dropSums(scopes: readonly LedgerScope[]): void;
  returned(holder: string, leases: readonly ReturnedLease[], moment: Moment): void;
  /** A row is on disk: what it cost is spent, and no longer leased. `isAttached`: its client may still ask for more. */
  booked(holder: string, booking: Booking, isAttached: boolean): void;
  /** A client that will not come back frees its slots at once; its money stays leased until `forget`. */
  detached(holder: string): void;
  /** Ends all leases of a holder: what it spent and never booked is lost to the ledger. */
  forget(holder: string): void;
  /** Leases of money changed since the last call, each as it is now. */
  takeChanges(): LeaseWrite[];
  /** These changes are not on disk: they are among the next ones, as they are then and without a guard. */
  notWritten(changes: readonly LeaseWrite[]): void;
  /** Leases as they were on disk. */
  restore(leases: readonly StoredLease[]): void;
  leaseFigures(): Pick<LedgerWriterFigures, "leases" | "leasedNanos">;
  /** For people: spent (null: only the store knows) and leased of a scope in its window of now. */
  used(
    scope: LedgerScope,
    window: BudgetWindow,
    wallMs: number,
  ): { readonly spent: number | null; readonly leased: number };
}

/** What came of asking the others. */
export interface Recalled {
  /** Reserved for requests under way, by the limit's id. */
  readonly reserved: ReadonlyMap<string, number>;
  /** The limit recalled last, if nothing was taken of it since: only this one may refuse. `any`: there is no other recall. */
  readonly last: string | null;
  readonly count: number;
}

type LeaseDecision =
  | { readonly kind: "leased"; readonly leases: readonly Lease[] }
  | { readonly kind: "short"; readonly shortage: Shortage }
  /** Of this limit less is left than was requested. */
  | { readonly kind: "tight"; readonly limit: Limit }
  /** What is missing must be read first. */
  | { readonly kind: "unread" };

/** The key of a sum is that of the lease. */
export interface MissingSum extends LeaseId<MoneyLimit> {
  readonly within: Period;
}

/** Scopes kept in memory; sums of others are read again from disk. Minutes of others begin anew. */
const SCOPES_MAX = 100_000;
const MINUTE_MS = 60_000;
/** When a request ends is not known; clients should not spin until one does. */
const SLOT_RESET_MS = 1_000;
/** The same for money and tokens that are set aside: answers take longer. */
const UNDER_WAY_MS = 5_000;

interface Spent {
  readonly period: Period;
  nanos: number;
}

interface BalancesState {
  readonly options: BalancesOptions;
  /** By the scope's id: of each window the newest period. */
  readonly spent: Map<string, Map<BudgetWindow, Spent>>;
  /** By the limit's id. */
  readonly minutes: Map<string, Minute>;
  /** By the limit's id: by period, by holder. Slots have the period "". */
  readonly leases: Map<string, { readonly limit: Limit; readonly periods: Map<string, Map<string, number>> }>;
  readonly changed: Map<string, ChangedLease>;
}

/** A lease that is not on disk as it is. */
interface ChangedLease {
  readonly lease: LeaseId<MoneyLimit>;
  readonly holder: string;
  /** Nano-dollars, before it changed. */
  readonly before: number;
  guard: LeaseGuard | null;
}

/** One request before anything is taken. */
interface Preview {
  readonly request: LeaseRequest;
  readonly period: Period | null;
  readonly max: number | null;
  /** Less than zero: above the limit. */
  readonly left: number;
  readonly used: number;
  /** What a soft budget would leave it at; null: there is none. */
  readonly softMax: number | null;
}

export function createBalances(options: BalancesOptions): Balances {
  const state: BalancesState = {
    options,
    spent: new Map(),
    minutes: new Map(),
    leases: new Map(),
    changed: new Map(),
  };
  return {
    lease(holder, requests, moment, recalled) {
      if (missing(state, requests, moment).length > 0) return { kind: "unread" };
      const previews = requests.map((request) => preview(state, holder, request, moment));
      const tight = previews.filter(({ left }) => left < 0);
      const short = tight.filter((each) => roomOf(each) < each.request.least);
      const refused = short.find(({ request }) => isJustRecalled(recalled, request.limit));
      if (refused !== undefined) return { kind: "short", shortage: shortage(state, refused, moment, recalled) };
      // Less than was asked for is given after one recall; nothing at all only right after one.
      const unknown = short[0] ?? tight.find(({ request }) => recalled?.reserved.has(request.limit.id) !== true);
      if (unknown !== undefined) return { kind: "tight", limit: unknown.request.limit };
      // What a recall has brought is for the questions that wait with this one, too: none of them gets more than it needs.
      const granted = recalled === null ? previews : previews.map((each) => exactly(each, recalled));
      return { kind: "leased", leases: granted.map((each) => grant(state, holder, shrunk(each), moment)) };
    },
    holdersOf(limit) {
      if (limit.kind !== "usd" && limit.kind !== "slots") return null;
      const found = new Map<string, number>();
      for (const holders of state.leases.get(limit.id)?.periods.values() ?? []) {
        for (const [holder, amount] of holders) found.set(holder, (found.get(holder) ?? 0) + Math.max(0, amount));
      }
      return found;
    },
    missing: (requests, moment) => missing(state, requests, moment),
    addSums(sums) {
      for (const { sum, nanos } of sums) putSpent(state, sum.limit, sum.within, nanos);
    },
    dropSums(scopes) {
      for (const { id } of scopes) dropReadable(state.spent, id);
    },
    returned(holder, leases, { nowMs }) {
      for (const { limit, period, amount } of leases) {
        if (limit.kind === "usd" || limit.kind === "slots") change(state, { limit, period }, holder, -amount);
        else if (amount < 0) minuteOf(state, limit).take(-amount, nowMs);
        else minuteOf(state, limit).giveBack(amount, nowMs);
      }
    },
    booked: (holder, booking, isAttached) => booked(state, holder, booking, isAttached),
    detached: (holder) => freeAll(state, holder, ({ kind }) => kind === "slots"),
    forget: (holder) => freeAll(state, holder, () => true),
    takeChanges() {
      const taken = [...state.changed.values()].map(({ lease, holder, before, guard }) => {
        const nanos = leasedTo(state, lease, holder);
        return { write: { ...lease, holder, nanos, guard }, grownBy: nanos - before };
      });
      state.changed.clear();
      // One that has shrunk makes room for others of the same commit.
      return taken.toSorted((left, right) => left.grownBy - right.grownBy).map(({ write }) => write);
    },
    notWritten(changes) {
      for (const { limit, period, holder, nanos } of changes) markChanged(state, { limit, period }, holder, nanos);
    },
    restore(stored) {
      for (const { limit, period, holder, nanos } of stored) change(state, { limit, period }, holder, nanos);
      state.changed.clear();
    },
    leaseFigures: () => leaseFigures(state),
    used(scope, window, wallMs) {
      const limit = moneyLimit(window, scope);
      const period = periodOf(window, wallMs);
      return {
        spent: spentOf(state, limit, period),
        leased: leasedToAll(state, { limit, period: period.id }, null, 0),
      };
    },
  };
}

function leaseFigures({ leases }: BalancesState): ReturnType<Balances["leaseFigures"]> {
  let [money, slots, leasedNanos] = [0, 0, 0];
  for (const { limit, periods } of leases.values()) {
    for (const holders of periods.values()) {
      if (limit.kind !== "usd") slots += holders.size;
      else {
        money += holders.size;
        for (const nanos of holders.values()) leasedNanos += Math.max(0, nanos);
      }
    }
  }
  return {
    leases: [
      { kind: "usd", count: money },
      { kind: "slots", count: slots },
    ],
    leasedNanos,
  };
}

// ---------------------------------------------------------------- what is used

/** null: it is not in memory. */
function spentOf({ spent }: BalancesState, { scope, window }: MoneyLimit, period: Period): number | null {
  const known = spent.get(scope.id)?.get(window);
  return known !== undefined && known.period.id === period.id ? known.nanos : null;
}

function missing(state: BalancesState, requests: readonly LeaseRequest[], { wallMs }: Moment): readonly MissingSum[] {
  return requests.flatMap(({ limit }) => missingSum(state, limit, wallMs) ?? []);
}

function missingSum(state: BalancesState, limit: Limit, wallMs: number): MissingSum | null {
  if (limit.kind !== "usd") return null;
  const within = periodOf(limit.window, wallMs);
  if (spentOf(state, limit, within) !== null) return null;
  if (limit.window !== "minute") return { limit, period: within.id, within };
  // Rows are summed up by the hour on disk: what this minute cost before a restart is not known any more.
  putSpent(state, limit, within, 0);
  return null;
}

function putSpent({ spent }: BalancesState, { scope, window }: MoneyLimit, period: Period, nanos: number): void {
  if (!spent.has(scope.id) && spent.size >= SCOPES_MAX) makeRoom(spent);
  const windows = spent.get(scope.id) ?? new Map<BudgetWindow, Spent>();
  spent.set(scope.id, windows.set(window, { period, nanos }));
}

/** What the store can tell again goes first: clients name sessions as they like, and must not empty the minute of others. */
function makeRoom(spent: BalancesState["spent"]): void {
  for (const id of [...spent.keys()]) dropReadable(spent, id);
  if (spent.size >= SCOPES_MAX) spent.clear();
}

function dropReadable(spent: BalancesState["spent"], scopeId: string): void {
  const windows = spent.get(scopeId);
  if (windows === undefined) return;
  for (const window of [...windows.keys()]) if (window !== "minute") windows.delete(window);
  if (windows.size === 0) spent.delete(scopeId);
}

function minuteOf({ minutes }: BalancesState, { id }: CountLimit): Minute {
  const known = minutes.get(id);
  if (known !== undefined) return known;
  if (minutes.size >= SCOPES_MAX) minutes.clear();
  const minute = createMinute();
  minutes.set(id, minute);
  return minute;
}

function leasedTo({ leases }: BalancesState, { limit, period }: LeaseId, holder: string): number {
  return leases.get(limit.id)?.periods.get(period)?.get(holder) ?? 0;
}

/**
 * Leased to all, where `holder` had that much more. A client that has spent above its lease has nothing left of it, not
 * less. Leases of a period that is over count too: their requests are under way, and their cost is booked when they
 * end.
 */
function leasedToAll(state: BalancesState, lease: LeaseId, holder: string | null, more: number): number {
  let sum = 0;
  for (const [period, holders] of state.leases.get(lease.limit.id)?.periods ?? []) {
    const isNow = period === lease.period;
    for (const [each, amount] of holders) if (!isNow || each !== holder) sum += Math.max(0, amount);
  }
  return holder === null ? sum : sum + Math.max(0, leasedTo(state, lease, holder) + more);
}

function preview(state: BalancesState, holder: string, request: LeaseRequest, { nowMs, wallMs }: Moment): Preview {
  const { limit, amount } = request;
  const limits = state.options.limitsOf(limit.scope);
  if (limit.kind === "usd") {
    const period = periodOf(limit.window, wallMs);
    const leased = leasedToAll(state, { limit, period: period.id }, holder, amount);
    const used = (spentOf(state, limit, period) ?? 0) + leased;
    const softMax = budgetMax(limits, limit.window, "soft");
    return { request, period, used, softMax, ...against(budgetMax(limits, limit.window, "hard"), used) };
  }
  const taken =
    limit.kind === "slots" ? leasedToAll(state, { limit, period: "" }, null, 0) : minuteOf(state, limit).used(nowMs);
  const used = taken + amount;
  const max = limits === null ? null : countMax(limits, limit.kind);
  return { request, period: null, used, softMax: null, ...against(max, used) };
}

function isJustRecalled(recalled: Recalled | null, { id }: Limit): boolean {
  return recalled !== null && (recalled.last === id || recalled.last === "any");
}

function exactly(seen: Preview, { reserved }: Recalled): Preview {
  const { request } = seen;
  const amount = reserved.has(request.limit.id) ? Math.min(request.amount, request.kept) : request.amount;
  const spared = request.amount - amount;
  return { ...seen, request: { ...request, amount, exact: true }, left: seen.left + spared, used: seen.used - spared };
}

/** What is left for the request and those after it. */
function roomOf({ request, left }: Preview): number {
  return left + request.amount;
}

/** What does not fit gets the next amount that would do and does fit, or else all that is left. */
function shrunk(seen: Preview): Preview {
  if (seen.left >= 0) return seen;
  const { request } = seen;
  const room = Math.floor(roomOf(seen));
  const amount = Math.max(...request.lesser.filter((each) => each <= room), Number.NEGATIVE_INFINITY);
  const granted = Number.isFinite(amount) ? amount : room;
  const spared = request.amount - granted;
  return {
    ...seen,
    request: { ...request, amount: granted },
    left: Math.max(0, seen.left + spared),
    used: seen.used - spared,
  };
}

function against(max: number | null, used: number): Pick<Preview, "max" | "left"> {
  return { max, left: max === null ? Number.POSITIVE_INFINITY : max - used };
}

// ---------------------------------------------------------------- what is given and taken back

function change(state: BalancesState, lease: LeaseId, holder: string, by: number): void {
  if (by === 0) return;
  const { limit, period } = lease;
  const known = state.leases.get(limit.id) ?? { limit, periods: new Map<string, Map<string, number>>() };
  state.leases.set(limit.id, known);
  const holders = known.periods.get(period) ?? new Map<string, number>();
  known.periods.set(period, holders);
  const before = holders.get(holder) ?? 0;
  const now = before + by;
  if (now === 0) holders.delete(holder);
  else holders.set(holder, now);
  if (holders.size === 0) known.periods.delete(period);
  if (known.periods.size === 0) state.leases.delete(limit.id);
  if (limit.kind === "usd") markChanged(state, { limit, period }, holder, before);
}

function markChanged({ changed }: BalancesState, lease: LeaseId<MoneyLimit>, holder: string, before: number): void {
  const key = `${leaseKey(lease)}\n${holder}`;
  if (!changed.has(key)) changed.set(key, { lease, holder, before, guard: null });
}

function freeAll(state: BalancesState, holder: string, isMeant: (limit: Limit) => boolean): void {
  for (const { limit, periods } of [...state.leases.values()]) {
    if (!isMeant(limit)) continue;
    for (const [period, holders] of [...periods]) change(state, { limit, period }, holder, -(holders.get(holder) ?? 0));
  }
}

function grant(state: BalancesState, holder: string, seen: Preview, { nowMs, wallMs, aheadMs }: Moment): Lease {
  const { request, period, max, left } = seen;
  const { limit } = request;
  const extra = request.exact ? 0 : extraFor(limit, { ...seen, amount: request.amount });
  const amount = request.amount + extra;
  const lease = { limit, period: period?.id ?? "" };
  if (limit.kind === "usd" || limit.kind === "slots") change(state, lease, holder, amount);
  else minuteOf(state, limit).take(amount, nowMs);
  if (limit.kind === "usd" && period !== null && max !== null) {
    guard(state, { limit, period: period.id }, holder, {
      max,
      startWallMs: period.startWallMs,
      endWallMs: period.endWallMs,
    });
  }
  return {
    ...lease,
    amount,
    endsWallMs: period === null || period.endWallMs === null ? null : period.endWallMs - aheadMs,
    max,
    left: max === null ? 0 : Math.max(0, left - extra),
    resetMs: limit.kind === "usd" ? untilEnd(period, wallMs) : MINUTE_MS,
    warn: limit.kind === "usd" ? warningAt(state.options.limitsOf(limit.scope), limit.window, seen.used) : null,
  };
}

/** No store sums up the rows of a minute, so none can guard it. */
function guard({ changed }: BalancesState, lease: LeaseId<MoneyLimit>, holder: string, by: LeaseGuard): void {
  const entry = changed.get(`${leaseKey(lease)}\n${holder}`);
  if (entry !== undefined && lease.limit.window !== "minute") entry.guard = by;
}

function shortage(state: BalancesState, seen: Preview, { nowMs, wallMs }: Moment, recalled: Recalled | null): Shortage {
  const { request, period, max } = seen;
  const { limit, least } = request;
  const [whole, left] = [max ?? 0, Math.max(0, Math.floor(roomOf(seen)))];
  const setAside = recalled?.reserved.get(limit.id) ?? request.reserved;
  const base = { kind: "exceeded", limit, max: whole, left, setAside, isLeased: false } as const;
  switch (limit.kind) {
    case "usd":
      if (roomOf(seen) + setAside >= least) return { ...base, resetMs: UNDER_WAY_MS, isLeased: true };
      // A request that does not fit into a whole window is not told to wait for the next.
      return { ...base, resetMs: least > whole ? null : untilEnd(period, wallMs) };
    case "slots":
      return { ...base, resetMs: SLOT_RESET_MS };
    case "tokens": {
      const resetMs = minuteOf(state, limit).fitsInMs(least, whole, nowMs);
      if (setAside <= 0 || roomOf(seen) + setAside < least) return { ...base, resetMs };
      return { ...base, resetMs: Math.min(UNDER_WAY_MS, resetMs ?? UNDER_WAY_MS), isLeased: true };
    }
    case "requests":
      return { ...base, resetMs: minuteOf(state, limit).fitsInMs(least, whole, nowMs) };
  }
}

function untilEnd(period: Period | null, wallMs: number): number | null {
  return period === null || period.endWallMs === null ? null : period.endWallMs - wallMs;
}

function booked(state: BalancesState, holder: string, { row, scopes, leases }: Booking, isAttached: boolean): void {
  const cost = row.costNanos ?? 0;
  if (cost === 0) return;
  for (const lease of leases) {
    // A lease that was forgotten has nothing to give back, and what is owed to it would never be settled.
    if (isAttached || leasedTo(state, lease, holder) !== 0) change(state, lease, holder, -cost);
  }
  for (const { id } of scopes) {
    // A window that is not in memory is read from disk when it is asked for, this row with it.
    for (const spent of state.spent.get(id)?.values() ?? [])
      if (isWithin(spent.period, row.wallMs)) spent.nanos += cost;
  }
}

function isWithin({ startWallMs, endWallMs }: Period, wallMs: number): boolean {
  return startWallMs <= wallMs && (endWallMs === null || wallMs < endWallMs);
}

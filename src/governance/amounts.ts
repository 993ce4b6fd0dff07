/**
 * The one place that knows how much is left: money of a window, requests and tokens of a minute, slots. It gives parts of it
 * to spenders as leases and takes them back. In memory and without a clock; the keeper puts on disk what must survive.
 */
import type { BudgetWindow, Limits } from "../ir/deployment.ts";
import { createMinute, type Minute } from "./minute.ts";
import type { Entry, Grant, HoldName, KeeperFigures, Returned, Shortage, Want } from "./store.ts";
import { type Period, periodOf } from "./windows.ts";

export interface Moment {
  /** Monotonic: minutes. */
  readonly nowMs: number;
  /** Windows. Must not go back. */
  readonly wallMs: number;
}

export interface AmountsOptions {
  /** As they are now; null: the scope has none. */
  readonly limitsOf: (scope: string) => Limits | null;
  /** Nano-dollars booked for the scope since then. */
  readonly spentSince: (scope: string, startWallMs: number) => number;
}

export interface HeldLease extends HoldName {
  readonly holder: string;
  readonly nanos: number;
}

export interface Amounts {
  /** All that is wanted, or nothing. */
  lease(holder: string, wants: readonly Want[], moment: Moment): Leased;
  returned(holder: string, returns: readonly Returned[], moment: Moment): void;
  /** A row is on disk: what it cost is spent, and no longer leased. `isThere`: its spender may still ask for more. */
  booked(holder: string, entry: Entry, isThere: boolean): void;
  /** A spender that will not come back frees its slots at once; its money stays leased until `forget`. */
  gone(holder: string): void;
  /** What it spent without telling is now lost to the ledger; what it did not spend is free. */
  forget(holder: string): void;
  /** Leases of money changed since the last call, each as it is now; 0: gone. */
  takeChanges(): HeldLease[];
  /** Leases as they were on disk. */
  restore(leases: readonly HeldLease[]): void;
  /** Leases held now. */
  held(): Pick<KeeperFigures, "leases" | "leasedNanos">;
  /** Spent and leased of a scope in its window of now, for people. */
  standing(scope: string, window: BudgetWindow, wallMs: number): { readonly spent: number; readonly leased: number };
}

export type Leased =
  | { readonly kind: "granted"; readonly grants: readonly Grant[] }
  | { readonly kind: "short"; readonly shortage: Shortage };

/**
 * A lease is a hundredth of what is left, so that little is stranded with a spender that does not use it, and never more
 * than fifty times what was needed. Near the limit it is what was needed and no more.
 */
const LEASE_SHARE = 100;
const LEASE_NEEDS_MAX = 50;
/** Of a minute or of slots: a twentieth. */
const RATE_SHARE = 20;
/** Balances kept in memory; those left out are read again from disk. Minutes left out begin anew. */
const SCOPES_MAX = 100_000;

type Kind = "usd" | "requests" | "tokens" | "slots";

interface Name {
  readonly kind: Kind;
  readonly window: BudgetWindow;
  readonly scope: string;
}

/** `usd monthly key:vk_1`. */
export function moneyAmount(window: BudgetWindow, scope: string): string {
  return `usd ${window} ${scope}`;
}

/** `requests - key:vk_1`. */
export function rateAmount(kind: "requests" | "tokens" | "slots", scope: string): string {
  return `${kind} - ${scope}`;
}

const AMOUNT = /^(usd|requests|tokens|slots) (minute|hourly|daily|weekly|monthly|total|-) (.+)$/;

/** The first word of its name: cheaper than reading all of it, for every request asks. */
export function kindOf(amount: string): Kind {
  const kind = amount.slice(0, amount.indexOf(" "));
  if (!isKind(kind)) throw new Error("not the name of an amount");
  return kind;
}

/** What an amount is called, for the sentence of a refusal. Throws where it is none: names are made above. */
export function readAmount(amount: string): Name {
  const [, kind, window, scope] = AMOUNT.exec(amount) ?? [];
  if (!isKind(kind) || scope === undefined) throw new Error("not the name of an amount");
  return { kind, window: isWindow(window) ? window : "total", scope };
}

const isKind = (text: string | undefined): text is Kind =>
  text === "usd" || text === "requests" || text === "tokens" || text === "slots";
const WINDOWS: ReadonlySet<string> = new Set<BudgetWindow>(["minute", "hourly", "daily", "weekly", "monthly", "total"]);
const isWindow = (text: string | undefined): text is BudgetWindow => text !== undefined && WINDOWS.has(text);

/** What one want looks like before anything is taken. */
interface Look {
  readonly want: Want;
  readonly name: Name;
  readonly period: Period | null;
  readonly limit: number | null;
  /** Above the limit if less than zero. */
  readonly left: number;
  readonly used: number;
  /** What a soft budget would leave it at; null: there is none. */
  readonly softLimit: number | null;
}

interface State {
  readonly options: AmountsOptions;
  /** By amount and period. */
  readonly spent: Map<string, number>;
  readonly minutes: Map<string, Minute>;
  /** By amount and period: by holder. Slots have no period. */
  readonly leases: Map<string, Map<string, number>>;
  /** Periods an amount is leased in: the present one, and for a while those that ended with requests under way. */
  readonly periods: Map<string, Set<string>>;
  readonly changed: Map<string, { readonly hold: HoldName; readonly holder: string }>;
}

export function createAmounts(options: AmountsOptions): Amounts {
  const state: State = {
    options,
    spent: new Map(),
    minutes: new Map(),
    leases: new Map(),
    periods: new Map(),
    changed: new Map(),
  };
  return {
    lease(holder, wants, moment) {
      const seen = wants.map((want) => look(state, holder, want, moment));
      const first = seen.find(({ left }) => left < 0);
      if (first !== undefined) return { kind: "short", shortage: shortage(state, first, moment) };
      return { kind: "granted", grants: seen.map((each) => grant(state, holder, each, moment)) };
    },
    returned(holder, returns, { nowMs }) {
      for (const { amount, period, given } of returns) {
        const { kind } = readAmount(amount);
        if (kind === "usd" || kind === "slots") change(state, { amount, period }, holder, -given);
        else if (given < 0) minuteOf(state, amount).take(-given, nowMs);
        else minuteOf(state, amount).giveBack(given, nowMs);
      }
    },
    booked: (holder, entry, isThere) => booked(state, holder, entry, isThere),
    gone: (holder) => freeAll(state, holder, (amount) => amount.startsWith("slots ")),
    forget: (holder) => freeAll(state, holder, () => true),
    takeChanges() {
      const taken = [...state.changed.values()].map(({ hold, holder }) => ({
        ...hold,
        holder,
        nanos: state.leases.get(keyOf(hold))?.get(holder) ?? 0,
      }));
      state.changed.clear();
      return taken;
    },
    restore(held) {
      for (const { amount, period, holder, nanos } of held) change(state, { amount, period }, holder, nanos);
      state.changed.clear();
    },
    held() {
      let [money, slots, leasedNanos] = [0, 0, 0];
      for (const [key, holders] of state.leases) {
        const isMoney = key.startsWith("usd ");
        if (isMoney) for (const nanos of holders.values()) leasedNanos += Math.max(0, nanos);
        if (isMoney) money += holders.size;
        else slots += holders.size;
      }
      const leases = [
        { kind: "usd" as const, count: money },
        { kind: "slots" as const, count: slots },
      ];
      return { leases, leasedNanos };
    },
    standing(scope, window, wallMs) {
      const amount = moneyAmount(window, scope);
      const period = periodOf(window, wallMs);
      return {
        spent: spentOf(state, { kind: "usd", window, scope }, amount, period),
        leased: leasedOf(state, { amount, period: period.id }, null, 0),
      };
    },
  };
}

// ---------------------------------------------------------------- what is there

function spentOf({ spent, options }: State, name: Name, amount: string, period: Period): number {
  const key = keyOf({ amount, period: period.id });
  const known = spent.get(key);
  if (known !== undefined) return known;
  if (spent.size >= SCOPES_MAX) makeRoom(spent);
  // Rows are summed up by the hour on disk: what this minute cost before a restart is not known any more.
  const sum = name.window === "minute" ? 0 : options.spentSince(name.scope, period.startWallMs);
  spent.set(key, sum);
  return sum;
}

/** What the disk can tell again goes first: clients name sessions as they like, and must not empty the minute of others. */
function makeRoom(spent: Map<string, number>): void {
  for (const key of [...spent.keys()]) if (!key.startsWith("usd minute ")) spent.delete(key);
  if (spent.size >= SCOPES_MAX) spent.clear();
}

function minuteOf({ minutes }: State, amount: string): Minute {
  const known = minutes.get(amount);
  if (known !== undefined) return known;
  if (minutes.size >= SCOPES_MAX) minutes.clear();
  const minute = createMinute();
  minutes.set(amount, minute);
  return minute;
}

/**
 * Leased to all, where `holder` had that much more. Who has spent above its lease has nothing left of it, not less. What is
 * still leased of a period that is over counts too: its requests are under way, and what they cost is booked when they end.
 */
function leasedOf({ leases, periods }: State, hold: HoldName, holder: string | null, more: number): number {
  let sum = 0;
  for (const period of periods.get(hold.amount) ?? []) {
    const isNow = period === hold.period;
    for (const [each, amount] of leases.get(keyOf({ amount: hold.amount, period })) ?? []) {
      if (!isNow || each !== holder) sum += Math.max(0, amount);
    }
  }
  return holder === null ? sum : sum + Math.max(0, (leases.get(keyOf(hold))?.get(holder) ?? 0) + more);
}

function look(state: State, holder: string, want: Want, { nowMs, wallMs }: Moment): Look {
  const name = readAmount(want.amount);
  const limits = state.options.limitsOf(name.scope);
  if (name.kind === "usd") {
    const period = periodOf(name.window, wallMs);
    const hold = { amount: want.amount, period: period.id };
    const used = spentOf(state, name, want.amount, period) + leasedOf(state, hold, holder, want.need);
    const softLimit = lowest(limits, name.window, "soft");
    return { want, name, period, used, softLimit, ...against(lowest(limits, name.window, "hard"), used) };
  }
  const held =
    name.kind === "slots"
      ? leasedOf(state, { amount: want.amount, period: "" }, null, 0)
      : minuteOf(state, want.amount).used(nowMs);
  const used = held + want.need;
  const limit = limits === null ? null : rateLimit(limits, name.kind);
  return { want, name, period: null, used, softLimit: null, ...against(limit, used) };
}

function against(limit: number | null, used: number): Pick<Look, "limit" | "left"> {
  return { limit, left: limit === null ? Number.POSITIVE_INFINITY : limit - used };
}

// ---------------------------------------------------------------- what is given and taken back

function change({ leases, periods, changed }: State, hold: HoldName, holder: string, by: number): void {
  if (by === 0) return;
  const key = keyOf(hold);
  const holders = leases.get(key) ?? new Map<string, number>();
  leases.set(key, holders);
  const known = periods.get(hold.amount) ?? new Set<string>();
  periods.set(hold.amount, known.add(hold.period));
  const now = (holders.get(holder) ?? 0) + by;
  if (now === 0) holders.delete(holder);
  else holders.set(holder, now);
  if (holders.size === 0) {
    leases.delete(key);
    known.delete(hold.period);
    if (known.size === 0) periods.delete(hold.amount);
  }
  if (hold.amount.startsWith("usd ")) changed.set(`${key}\n${holder}`, { hold, holder });
}

function freeAll(state: State, holder: string, isMeant: (amount: string) => boolean): void {
  for (const [key, holders] of [...state.leases]) {
    const held = holders.get(holder);
    const [amount = "", period = ""] = key.split("\n");
    if (held !== undefined && isMeant(amount)) change(state, { amount, period }, holder, -held);
  }
}

function grant(state: State, holder: string, seen: Look, { nowMs, wallMs }: Moment): Grant {
  const { want, name, period, limit, left } = seen;
  const extra = extraFor(seen);
  const granted = want.need + extra;
  const hold: HoldName = { amount: want.amount, period: period?.id ?? "" };
  if (name.kind === "usd" || name.kind === "slots") change(state, hold, holder, granted);
  else minuteOf(state, want.amount).take(granted, nowMs);
  return {
    ...hold,
    granted,
    endsWallMs: period?.endWallMs ?? null,
    limit,
    left: limit === null ? 0 : Math.max(0, left - extra),
    resetMs: name.kind === "usd" ? untilEnd(period, wallMs) : MINUTE_MS,
    warn: name.kind === "usd" ? warning(state.options.limitsOf(name.scope), name.window, seen.used) : null,
  };
}

function shortage(state: State, { want, name, limit, period, left }: Look, { nowMs, wallMs }: Moment): Shortage {
  const spent = period === null ? 0 : spentOf(state, name, want.amount, period);
  const setAside = name.kind === "usd" && spent + want.need + (want.pledged ?? 0) <= (limit ?? 0);
  const resetMs =
    name.kind === "usd"
      ? setAside
        ? SET_ASIDE_MS
        : untilEnd(period, wallMs)
      : name.kind === "slots"
        ? SLOT_RESET_MS
        : minuteOf(state, want.amount).fitsInMs(want.need, limit ?? 0, nowMs);
  const fits = Math.max(0, Math.floor(left + want.need));
  return { amount: want.amount, limit: limit ?? 0, left: fits, resetMs, setAside, unavailable: false };
}

function untilEnd(period: Period | null, wallMs: number): number | null {
  return period === null || period.endWallMs === null ? null : period.endWallMs - wallMs;
}

function booked(state: State, holder: string, { row, scopes, holds }: Entry, isThere: boolean): void {
  const { spent, options } = state;
  const cost = row.costNanos ?? 0;
  if (cost === 0) return;
  for (const hold of holds) {
    if (!hold.amount.startsWith("usd ")) continue;
    // A lease that was forgotten has nothing to give back, and nobody would ever settle what is owed to it.
    const isHeld = isThere || state.leases.get(keyOf(hold))?.has(holder) === true;
    if (isHeld) change(state, hold, holder, -cost);
  }
  for (const scope of scopes) {
    for (const window of windowsOf(options.limitsOf(scope))) {
      const amount = moneyAmount(window, scope);
      const key = keyOf({ amount, period: periodOf(window, row.wallMs).id });
      const known = spent.get(key);
      // One that is not in memory is read from disk when it is asked for, this row with it.
      if (known !== undefined) spent.set(key, known + cost);
    }
  }
}

const MINUTE_MS = 60_000;
/** Nobody knows when a request ends; clients should not spin until one does. */
const SLOT_RESET_MS = 1_000;
/** A worker gives back money that it does not use within this time. */
const SET_ASIDE_MS = 5_000;

function keyOf({ amount, period }: HoldName): string {
  return `${amount}\n${period}`;
}

/** Beyond what was needed, so that the next ones need not ask. */
function extraFor({ want, name, limit, left, softLimit }: Look): number {
  if (name.kind === "usd") {
    // A soft budget is asked about as often, or its warning would come late.
    const whole = Math.min(left + want.need, softLimit ?? Number.POSITIVE_INFINITY);
    const share = Math.floor(whole / LEASE_SHARE);
    return Math.max(0, Math.min(left, share - want.need, want.need * (LEASE_NEEDS_MAX - 1)));
  }
  if (limit === null) return want.need * (LEASE_NEEDS_MAX - 1);
  return Math.max(0, Math.min(left, Math.floor(limit / RATE_SHARE) - want.need));
}

function lowest(limits: Limits | null, window: BudgetWindow, mode: "hard" | "soft"): number | null {
  const found = (limits?.budgets ?? []).filter((budget) => budget.window === window && budget.mode === mode);
  return found.length === 0 ? null : Math.min(...found.map((budget) => budget.limitNanos));
}

function rateLimit(limits: Limits, kind: Exclude<Kind, "usd">): number | null {
  if (kind === "requests") return limits.requestsPerMinute;
  return kind === "tokens" ? limits.tokensPerMinute : limits.maxConcurrent;
}

/** The largest share used of a budget that has something to say; null: none has. */
function warning(limits: Limits | null, window: BudgetWindow, used: number): number | null {
  let worst: number | null = null;
  for (const budget of limits?.budgets ?? []) {
    if (budget.window !== window) continue;
    const share = budget.limitNanos === 0 ? 1 : used / budget.limitNanos;
    const from = budget.warnAt ?? (budget.mode === "soft" ? 1 : null);
    if (from !== null && share >= from && (worst === null || share > worst)) worst = share;
  }
  return worst;
}

/** Windows a scope has budgets for, each once. */
export function windowsOf(limits: Limits | null): readonly BudgetWindow[] {
  return [...new Set((limits?.budgets ?? []).map((budget) => budget.window))];
}

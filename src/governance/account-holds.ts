/**
 * What attempts under way may use of accounts with caps. An attempt sets its use aside before it is sent, so that a cap holds
 * however many there are at once; what its row came to takes the place of that. In the writer's memory: after a restart the
 * rows on disk count, and nothing is under way.
 */
import type { AccountCap } from "../ir/deployment.ts";
import { totalTokens } from "../ir/usage.ts";
import type { Moment } from "./balances.ts";
import { usedOf } from "./caps.ts";
import type { AccountFull, AccountHeld, AccountHold, AccountUse, Booking, LedgerReply } from "./ledger-messages.ts";
import type { LedgerStore, UsageSum } from "./ledger-store.ts";
import { scopeOf } from "./limit.ts";
import { type Period, periodOf } from "./windows.ts";

interface HoldAsk {
  readonly holder: string;
  readonly ask: number;
  readonly account: string;
  readonly amount: AccountUse;
  /** Where less than the amount is left, that is set aside, but never less than this. */
  readonly least: AccountUse;
}

export interface AccountHolds {
  ask(asked: HoldAsk): void;
  /** Of a round: reads what waiting questions lack, and decides them. No row may be booked meanwhile. */
  readAndDecide(): Promise<void>;
  release(holder: string, hold: AccountHold): void;
  /** A row is on disk. */
  booked(booking: Booking): void;
  detached(holder: string): void;
}

interface AccountHoldsOptions {
  readonly caps: () => readonly AccountCap[];
  readonly sumOf: LedgerStore["sumOf"];
  readonly moment: () => Moment;
  readonly send: (holder: string, reply: LedgerReply) => void;
  /** A question waits for a round. */
  readonly onUnread: () => void;
  readonly onReadError: (error: unknown) => void;
}

/** Questions that wait; those beyond are refused. */
const WAITING_MAX = 10_000;

interface Spent {
  readonly period: Period;
  sum: UsageSum;
}

interface HoldsState {
  readonly options: AccountHoldsOptions;
  /** By account and window, of the newest period. Bounded by the caps there are. */
  readonly spent: Map<string, Spent>;
  /** By account, by holder. */
  readonly held: Map<string, Map<string, AccountUse>>;
}

export function createAccountHolds(options: AccountHoldsOptions): AccountHolds {
  const state: HoldsState = { options, spent: new Map(), held: new Map() };
  let waiting: HoldAsk[] = [];
  const answer = ({ holder, ask }: HoldAsk, held: AccountHeld): void =>
    options.send(holder, { type: "account-held", ask, held });
  /** False: a sum is missing. */
  const decide = (asked: HoldAsk): boolean => {
    const use = roomFor(state, asked);
    if (use === "unread") return false;
    if (use.kind === "full") {
      answer(asked, use);
      return true;
    }
    change(state, asked.holder, asked.account, use, 1);
    const { kind: _kind, ...amount } = use;
    answer(asked, { kind: "held", hold: { account: asked.account, use: amount } });
    return true;
  };
  return {
    ask(asked) {
      if (decide(asked)) return;
      if (waiting.length >= WAITING_MAX) answer(asked, BUSY);
      else waiting.push(asked);
      options.onUnread();
    },
    async readAndDecide() {
      const asked = waiting;
      waiting = [];
      if (asked.length === 0) return;
      try {
        await read(state, new Set(asked.map(({ account }) => account)));
      } catch (error) {
        options.onReadError(error);
      }
      for (const each of asked) if (!decide(each)) answer(each, BUSY);
    },
    release: (holder, { account, use }) => change(state, holder, account, use, -1),
    booked: (booking) => booked(state, booking),
    detached(holder) {
      for (const holders of state.held.values()) holders.delete(holder);
    },
  };
}

function capsOf({ options }: HoldsState, account: string): readonly AccountCap[] {
  return options.caps().filter((cap) => cap.account === account);
}

function spentOf({ spent }: HoldsState, { account, window }: AccountCap, wallMs: number): UsageSum | null {
  const known = spent.get(`${account}\n${window}`);
  return known === undefined || known.period.id !== periodOf(window, wallMs).id ? null : known.sum;
}

/** Its store cannot be read now, or too many ask. */
const BUSY: AccountFull = { kind: "full", forMs: 1_000 };
/** What is under way ends soon, one way or the other. */
const UNDER_WAY: AccountFull = { kind: "full", forMs: 1_000 };

type Room = (AccountUse & { readonly kind: "room" }) | AccountFull | "unread";

/** What may be set aside. */
function roomFor(state: HoldsState, { account, amount, least }: HoldAsk): Room {
  const { wallMs } = state.options.moment();
  const room: Record<AccountCap["unit"], number> = { usd: amount.costNanos, tokens: amount.tokens, requests: 1 };
  const held = [...(state.held.get(account)?.values() ?? [])];
  for (const cap of capsOf(state, account)) {
    const spent = spentOf(state, cap, wallMs);
    if (spent === null) return "unread";
    const unspent = cap.limit - usedOf(spent, cap.unit);
    const left = unspent - held.reduce((sum, use) => sum + usedOf(use, cap.unit), 0);
    const needed = Math.max(usedOf(least, cap.unit), Number.MIN_VALUE);
    if (left < needed) return unspent < needed ? fullUntil(periodOf(cap.window, wallMs).endWallMs, wallMs) : UNDER_WAY;
    room[cap.unit] = Math.min(room[cap.unit], left);
  }
  return { kind: "room", requests: 1, tokens: Math.floor(room.tokens), costNanos: Math.floor(room.usd) };
}

function fullUntil(endWallMs: number | null, wallMs: number): AccountFull {
  return { kind: "full", forMs: endWallMs === null ? null : Math.max(1, endWallMs - wallMs) };
}

async function read(state: HoldsState, accounts: ReadonlySet<string>): Promise<void> {
  const { options } = state;
  const { wallMs } = options.moment();
  const missing = options.caps().filter((cap) => accounts.has(cap.account) && spentOf(state, cap, wallMs) === null);
  const sums = missing.map(async ({ account, window }): Promise<void> => {
    const period = periodOf(window, wallMs);
    const sum = await options.sumOf(scopeOf("account", account), period.startWallMs, period.endWallMs);
    state.spent.set(`${account}\n${window}`, { period, sum });
  });
  await Promise.all(sums);
}

function change(state: HoldsState, holder: string, account: string, use: AccountUse, sign: 1 | -1): void {
  const holders = state.held.get(account) ?? new Map<string, AccountUse>();
  state.held.set(account, holders);
  const now = holders.get(holder) ?? { requests: 0, tokens: 0, costNanos: 0 };
  const requests = now.requests + sign * use.requests;
  const next = { requests, tokens: now.tokens + sign * use.tokens, costNanos: now.costNanos + sign * use.costNanos };
  // One that was freed when its holder left has nothing to give back.
  if (requests <= 0) holders.delete(holder);
  else holders.set(holder, next);
}

function booked({ spent, options }: HoldsState, { row, scopes }: Booking): void {
  for (const { kind, name } of scopes) {
    if (kind !== "account") continue;
    for (const { window } of options.caps().filter((cap) => cap.account === name)) {
      const known = spent.get(`${name}\n${window}`);
      const isWithin = known !== undefined && periodOf(window, row.wallMs).id === known.period.id;
      if (isWithin) known.sum = plus(known.sum, row);
    }
  }
}

function plus(sum: UsageSum, { usage, costNanos }: Booking["row"]): UsageSum {
  return {
    requests: sum.requests + 1,
    tokens: sum.tokens + (usage === null ? 0 : (totalTokens(usage) ?? 0)),
    costNanos: sum.costNanos + (costNanos ?? 0),
    unpriced: sum.unpriced + (costNanos === null ? 1 : 0),
  };
}

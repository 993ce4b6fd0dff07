/**
 * How the writer answers questions for leases. A decision needs what was spent of each window: where memory lacks it, the
 * question waits for a round that reads it. A lease of money is answered when it is on disk; others are memory's alone.
 */
import type { Balances, MissingSum, Moment } from "./balances.ts";
import type { Lease, LeaseRequest, LedgerReply, Shortage } from "./ledger-messages.ts";
import type { Committed, LeaseWrite, LedgerStore } from "./ledger-store.ts";
import { leaseKey } from "./limit.ts";

export interface LeaseAsk {
  readonly holder: string;
  readonly ask: number;
  readonly requests: readonly LeaseRequest[];
}

export interface Leasing {
  /** Answered at once where all that decides it is in memory and nothing of it must be on disk. */
  ask(asked: LeaseAsk): void;
  /** Of a round: reads what waiting questions lack, and decides them. No row may be booked meanwhile. */
  readAndDecide(): Promise<void>;
}

export interface LeasingOptions {
  readonly balances: Balances;
  readonly sumOf: LedgerStore["sumOf"];
  readonly moment: () => Moment;
  readonly send: (holder: string, reply: LedgerReply) => void;
  /** Called with what was committed; null: nothing was. */
  readonly afterCommit: (act: (committed: Committed | null) => void) => void;
  /** Leases have gone back that were never used. */
  readonly onReturned: () => void;
  /** A question waits for a round. */
  readonly onUnread: () => void;
  readonly onReadError: (error: unknown) => void;
}

/** Questions that wait. Clients ask few at once; those beyond are refused. */
const WAITING_MAX = 10_000;
/** Questions whose sums one round reads: the rows behind them do not wait for all. */
const READS_MAX = 200;
/** Until the disk may work again. */
const UNAVAILABLE: Shortage = { kind: "unavailable", resetMs: 1_000 };
/** A lease that another writer has taken first: by then that one has spent or returned some. */
const TAKEN_MS = 1_000;

export function createLeasing(options: LeasingOptions): Leasing {
  const { send, moment } = options;
  let waiting: LeaseAsk[] = [];

  const refuse = ({ holder, ask }: LeaseAsk, shortage: Shortage): void =>
    send(holder, { type: "short", ask, shortage });

  /** False: a sum is missing. */
  const decide = (asked: LeaseAsk, at: Moment): boolean => {
    const { holder, ask, requests } = asked;
    const decision = options.balances.lease(holder, requests, at);
    if (decision.kind === "unread") return false;
    if (decision.kind === "short") {
      refuse(asked, decision.shortage);
      return true;
    }
    const { leases } = decision;
    if (!leases.some(({ limit }) => limit.kind === "usd")) {
      send(holder, { type: "leased", ask, leases });
      return true;
    }
    options.afterCommit((committed) => {
      const taken = committed === null ? null : refusedOf(committed, holder, leases);
      if (committed !== null && taken === null) {
        send(holder, { type: "leased", ask, leases });
        return;
      }
      options.balances.returned(holder, leases, moment());
      options.onReturned();
      if (taken !== null) options.balances.dropSums([taken.limit.scope]);
      refuse(asked, taken === null ? UNAVAILABLE : takenFirst(taken));
    });
    return true;
  };

  return {
    ask(asked) {
      if (decide(asked, moment())) return;
      if (waiting.length >= WAITING_MAX) refuse(asked, UNAVAILABLE);
      else waiting.push(asked);
      options.onUnread();
    },
    async readAndDecide() {
      if (waiting.length === 0) return;
      const asked = waiting.slice(0, READS_MAX);
      waiting = waiting.slice(READS_MAX);
      if (waiting.length > 0) options.onUnread();
      const at = moment();
      try {
        await read(options, asked, at);
      } catch (error) {
        options.onReadError(error);
        for (const each of asked) refuse(each, UNAVAILABLE);
        return;
      }
      // More sums than memory holds: asking again is all that is left.
      for (const each of asked) if (!decide(each, at)) refuse(each, UNAVAILABLE);
    },
  };
}

async function read({ balances, sumOf }: LeasingOptions, asked: readonly LeaseAsk[], at: Moment): Promise<void> {
  const missing = new Map<string, MissingSum>();
  for (const { requests } of asked) for (const sum of balances.missing(requests, at)) missing.set(leaseKey(sum), sum);
  const sums = [...missing.values()].map(async (sum) => {
    const { costNanos } = await sumOf(sum.limit.scope, sum.within.startWallMs);
    return { sum, nanos: costNanos };
  });
  balances.addSums(await Promise.all(sums));
}

function refusedOf({ refused }: Committed, holder: string, leases: readonly Lease[]): LeaseWrite | null {
  if (refused.length === 0) return null;
  const keys = new Set(leases.map(leaseKey));
  return refused.find((each) => each.holder === holder && keys.has(leaseKey(each))) ?? null;
}

/** Another writer of the same store had it already. */
function takenFirst({ limit, guard }: LeaseWrite): Shortage {
  return { kind: "exceeded", limit, max: guard?.max ?? 0, left: 0, resetMs: TAKEN_MS, isLeased: true };
}

/**
 * How the writer answers questions for leases. A decision needs what was spent of each window: where memory lacks it, the
 * question waits for a round that reads it. What does not fit waits until clients have given back what they hold unused. A lease
 * of money is answered when it is on disk; others are memory's alone.
 */
import type { Balances, MissingSum, Moment, Recalled } from "./balances.ts";
import type { Lease, LeaseRequest, LedgerReply, Shortage } from "./ledger-messages.ts";
import type { Committed, LeaseWrite, LedgerStore } from "./ledger-store.ts";
import { type Limit, leaseKey } from "./limit.ts";
import type { Recalls } from "./recalls.ts";

interface LeaseAsk {
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

interface LeasingOptions {
  readonly balances: Balances;
  readonly recalls: Pick<Recalls, "recall">;
  /** Those that answer. */
  readonly isAttached: (client: string) => boolean;
  readonly clients: () => readonly string[];
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

/** Of one question: more limits than hold for one request. What one recall brought, others may take while the next one runs. */
const RECALLS_MAX = 100;
/** Of one question: no recall begins later. The last one takes as long again at most, where a client hangs. */
const RECALLING_MS = 250;

/** A question, and what came of the recalls it waited for; null: there was none. */
interface PendingAsk extends LeaseAsk {
  readonly recalled: Recalled | null;
  /** Monotonic: when the first recall began; null: none has. */
  readonly recallingMs: number | null;
}

export function createLeasing(options: LeasingOptions): Leasing {
  const { balances, moment, send } = options;
  let waiting: PendingAsk[] = [];
  let recalling = 0;

  const refuse = ({ holder, ask }: LeaseAsk, shortage: Shortage): void =>
    send(holder, { type: "short", ask, shortage });

  const put = (asked: PendingAsk): void => {
    if (decide(asked, moment())) return;
    // By the time it is read, the last recall is an old one.
    const old = asked.recalled === null ? asked : { ...asked, recalled: { ...asked.recalled, last: null } };
    if (waiting.length + recalling >= WAITING_MAX) refuse(asked, UNAVAILABLE);
    else waiting.push(old);
    options.onUnread();
  };

  /** False: a sum is missing. */
  const decide = (asked: PendingAsk, at: Moment): boolean => {
    const decision = balances.lease(asked.holder, asked.requests, at, asked.recalled);
    switch (decision.kind) {
      case "unread":
        return false;
      case "short":
        refuse(asked, decision.shortage);
        return true;
      case "tight":
        recallFirst(asked, decision.limit);
        return true;
      case "leased":
        answer(options, asked, decision.leases, refuse);
        return true;
    }
  };

  const recallFirst = (asked: PendingAsk, limit: Limit): void => {
    const { clients, reserved } = heldOf(options, asked, limit);
    const count = (asked.recalled?.count ?? 0) + 1;
    const { nowMs } = moment();
    const recallingMs = asked.recallingMs ?? nowMs;
    const isLast = count >= RECALLS_MAX || recalling >= WAITING_MAX || nowMs - recallingMs >= RECALLING_MS;
    const recalledWith = (sum: number): PendingAsk => {
      const byLimit = new Map(asked.recalled?.reserved).set(limit.id, sum);
      return { ...asked, recallingMs, recalled: { reserved: byLimit, last: isLast ? "any" : limit.id, count } };
    };
    if (clients.length === 0 || isLast) {
      put(recalledWith(reserved));
      return;
    }
    recalling += 1;
    options.recalls.recall(limit, clients, (answers) => {
      recalling -= 1;
      const held = balances.holdersOf(limit);
      // Of one that did not answer all may be in use.
      const each = clients.map((client) => answers.get(client) ?? held?.get(client) ?? 0);
      put(recalledWith(each.reduce((sum, one) => sum + one, reserved)));
    });
  };

  return {
    ask: (asked) => put({ ...asked, recalled: null, recallingMs: null }),
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

/** Who may hold some of a limit unused, and what is reserved of it by those that are not asked. */
function heldOf(
  { balances, isAttached, clients }: LeasingOptions,
  { holder, requests }: LeaseAsk,
  limit: Limit,
): { readonly clients: readonly string[]; readonly reserved: number } {
  const request = requests.find((each) => each.limit.id === limit.id);
  const held = balances.holdersOf(limit);
  // With its question a client gives back what it has; only another open question of its own may bring it more.
  const mayHold = (client: string): boolean => client !== holder || request?.exact === true;
  const asked = (held === null ? clients() : [...held.keys()].filter(isAttached)).filter(mayHold);
  let reserved = asked.includes(holder) ? 0 : (request?.reserved ?? 0);
  for (const [client, amount] of held ?? []) if (!isAttached(client)) reserved += amount;
  return { clients: asked, reserved };
}

/** At once where nothing of it must be on disk. */
function answer(
  options: LeasingOptions,
  asked: LeaseAsk,
  leases: readonly Lease[],
  refuse: (asked: LeaseAsk, shortage: Shortage) => void,
): void {
  const { holder, ask } = asked;
  const leased = (): void => options.send(holder, { type: "leased", ask, leases });
  if (!leases.some(({ limit }) => limit.kind === "usd")) {
    leased();
    return;
  }
  options.afterCommit((committed) => {
    const taken = committed === null ? null : refusedOf(committed, holder, leases);
    if (committed !== null && taken === null) {
      leased();
      return;
    }
    options.balances.returned(holder, leases, options.moment());
    options.onReturned();
    if (taken !== null) options.balances.dropSums([taken.limit.scope]);
    refuse(asked, taken === null ? UNAVAILABLE : takenFirst(taken));
  });
}

async function read({ balances, sumOf }: LeasingOptions, asked: readonly LeaseAsk[], at: Moment): Promise<void> {
  const missing = new Map<string, MissingSum>();
  for (const { requests } of asked) for (const sum of balances.missing(requests, at)) missing.set(leaseKey(sum), sum);
  const sums = [...missing.values()].map(async (sum) => {
    const { costNanos } = await sumOf(sum.limit.scope, sum.within.startWallMs, sum.within.endWallMs);
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
  return { kind: "exceeded", limit, max: guard?.max ?? 0, left: 0, setAside: 0, resetMs: TAKEN_MS, isLeased: true };
}

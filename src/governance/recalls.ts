/**
 * Recalls: before a question about a limit is refused, every client that may hold some of it unused gives that back. Of one
 * limit one recall runs at a time, and a question that comes once it was sent waits for the next one. A client that left one
 * unanswered is waited for again only when it has answered.
 */
import type { Cancel } from "../std/effects.ts";
import type { LedgerReply } from "./ledger-messages.ts";
import type { Limit } from "./limit.ts";

/** The amount clients have reserved for requests under way. A client that did not answer in time counts as none. */
type RecallAnswers = ReadonlyMap<string, number>;

export interface Recalls {
  recall(limit: Limit, clients: readonly string[], done: (answers: RecallAnswers) => void): void;
  answered(client: string, recall: number, reserved: number): void;
  /** The client answers no more. */
  detached(client: string): void;
}

interface RecallsOptions {
  readonly send: (client: string, reply: LedgerReply) => void;
  /** Once every lease that was given of the limit so far has been sent. */
  readonly afterLeases: (limit: Limit, act: () => void) => void;
  readonly setTimer: (ms: number, fire: () => void) => Cancel;
}

/** A client answers within milliseconds, or it hangs. */
const RECALL_MS = 250;

interface RecallRound {
  readonly clients: Set<string>;
  readonly done: ((answers: RecallAnswers) => void)[];
}

interface Running extends RecallRound {
  readonly limit: Limit;
  readonly recall: number;
  readonly answers: Map<string, number>;
  isSent: boolean;
  next: RecallRound | null;
  cancelTimer: Cancel | null;
}

export function createRecalls({ send, afterLeases, setTimer }: RecallsOptions): Recalls {
  /** By the limit's id: no more than the questions that wait. */
  const running = new Map<string, Running>();
  /** Clients that hang. They answer what they were sent first, so a late answer says that they are back. */
  const silent = new Set<string>();
  let last = 0;

  const begin = (limit: Limit, round: RecallRound): void => {
    last += 1;
    const mine: Running = {
      ...round,
      limit,
      recall: last,
      answers: new Map(),
      isSent: false,
      next: null,
      cancelTimer: null,
    };
    running.set(limit.id, mine);
    afterLeases(limit, () => {
      mine.isSent = true;
      mine.cancelTimer = setTimer(RECALL_MS, () => {
        for (const client of mine.clients) silent.add(client);
        finish(mine);
      });
      for (const client of [...mine.clients]) {
        send(client, { type: "recall-lease", recall: mine.recall, limit });
        if (silent.has(client)) mine.clients.delete(client);
      }
      if (mine.clients.size === 0) finish(mine);
    });
  };
  const finish = (mine: Running): void => {
    mine.cancelTimer?.();
    running.delete(mine.limit.id);
    if (mine.next !== null) begin(mine.limit, mine.next);
    for (const tell of mine.done) tell(mine.answers);
  };
  const isOver = (mine: Running, client: string): void => {
    if (mine.clients.delete(client) && mine.isSent && mine.clients.size === 0) finish(mine);
  };
  return {
    recall(limit, clients, done) {
      const now = running.get(limit.id);
      if (now === undefined) {
        begin(limit, { clients: new Set(clients), done: [done] });
        return;
      }
      if (now.isSent) now.next ??= { clients: new Set(), done: [] };
      const round = now.isSent && now.next !== null ? now.next : now;
      for (const client of clients) round.clients.add(client);
      round.done.push(done);
    },
    answered(client, recall, reserved) {
      silent.delete(client);
      for (const mine of [...running.values()]) {
        if (mine.recall !== recall) continue;
        mine.answers.set(client, reserved);
        isOver(mine, client);
      }
    },
    detached(client) {
      silent.delete(client);
      for (const mine of [...running.values()]) {
        mine.next?.clients.delete(client);
        isOver(mine, client);
      }
    },
  };
}

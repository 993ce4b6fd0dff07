/** The figures of every worker, asked for at once: told when all have replied, or with what came in time. */
import type { Effects } from "../std/effects.ts";
import { createPending } from "../std/pending.ts";
import type { Figures } from "./messages.ts";

export interface Poll<W> {
  /** Never rejects. Empty: there is no worker to ask, or too much is asked already. */
  figures(of: readonly W[]): Promise<readonly Figures[]>;
  replied(worker: W, id: number, figures: Figures): void;
  /** It will not reply any more. */
  gone(worker: W): void;
}

interface PollOptions<W> {
  readonly ask: (worker: W, id: number) => void;
  readonly setTimer: Effects["setTimer"];
}

/** A worker that is too busy to answer is left out; scrapers give up after ten seconds. */
const REPLY_MS = 1_000;
/** Polls under way; beyond that a worker shows its own figures. */
const POLLS_MAX = 32;

interface OpenPoll<W> {
  readonly missing: Set<W>;
  readonly figures: Figures[];
}

export function createPoll<W>({ ask, setTimer }: PollOptions<W>): Poll<W> {
  const pending = createPending<null>({ openMax: POLLS_MAX, timeoutMs: REPLY_MS, setTimer });
  const open = new Map<number, OpenPoll<W>>();
  const strike = (id: number, worker: W): void => {
    const poll = open.get(id);
    if (poll?.missing.delete(worker) && poll.missing.size === 0) pending.answer(id, null);
  };
  return {
    figures(of) {
      const figures: Figures[] = [];
      let asked = 0;
      const finish = (): readonly Figures[] => {
        open.delete(asked);
        return figures;
      };
      if (of.length === 0) return Promise.resolve(figures);
      return pending.ask({
        send(id) {
          asked = id;
          open.set(id, { missing: new Set(of), figures });
          for (const worker of of) ask(worker, id);
          return true;
        },
        answered: finish,
        unanswered: finish,
      });
    },
    replied(worker, id, figures) {
      const poll = open.get(id);
      if (poll === undefined || !poll.missing.has(worker)) return;
      poll.figures.push(figures);
      strike(id, worker);
    },
    gone(worker) {
      for (const id of [...open.keys()]) strike(id, worker);
    },
  };
}

/** Questions whose answer needs every worker: asked of all, and answered with what came in time. */
import type { Effects } from "../std/effects.ts";
import { createPending } from "../std/pending.ts";
import type { Figures } from "./messages.ts";

export interface Asks<W> {
  /** Resolves when all have replied, or with those that did in time. Never rejects. */
  start(of: readonly W[]): Promise<readonly Figures[]>;
  replied(worker: W, id: number, figures: Figures): void;
  /** It will not reply any more. */
  gone(worker: W): void;
}

export interface AsksOptions<W> {
  readonly ask: (worker: W, id: number) => void;
  readonly setTimer: Effects["setTimer"];
}

/** A worker that is too busy to answer is left out; scrapers give up after ten seconds. */
const REPLY_MS = 1_000;
/** Questions under way; whoever asks beyond that is told nothing, and shows its own figures. */
const ASKS_MAX = 32;

interface Ask<W> {
  readonly missing: Set<W>;
  readonly figures: Figures[];
}

export function createAsks<W>({ ask, setTimer }: AsksOptions<W>): Asks<W> {
  const pending = createPending<null>({ openMax: ASKS_MAX, timeoutMs: REPLY_MS, setTimer });
  const open = new Map<number, Ask<W>>();
  const settle = (id: number, worker: W): void => {
    const entry = open.get(id);
    if (entry?.missing.delete(worker) && entry.missing.size === 0) pending.answer(id, null);
  };
  return {
    start(of) {
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
      const entry = open.get(id);
      if (entry === undefined || !entry.missing.has(worker)) return;
      entry.figures.push(figures);
      settle(id, worker);
    },
    gone(worker) {
      for (const id of [...open.keys()]) settle(id, worker);
    },
  };
}

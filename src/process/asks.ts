/** Questions whose answer needs every worker: asked of all, and answered with what came in time. */
import type { Figures } from "./messages.ts";

export interface Asks<W> {
  /** `answer` is called once: when all have replied, or with those that did in time. */
  start(of: readonly W[], answer: (figures: readonly Figures[]) => void): void;
  replied(worker: W, id: number, figures: Figures): void;
  /** It will not reply any more. */
  gone(worker: W): void;
}

export interface AsksOptions<W> {
  readonly ask: (worker: W, id: number) => void;
  readonly setTimer: (ms: number, fire: () => void) => () => void;
}

/** A worker that is too busy to answer is left out; scrapers give up after ten seconds. */
const REPLY_MS = 1_000;
/** Questions under way; whoever asks beyond that is told nothing, and shows its own figures. */
const ASKS_MAX = 32;

interface Ask<W> {
  readonly missing: Set<W>;
  readonly figures: Figures[];
  readonly finish: () => void;
}

export function createAsks<W>({ ask, setTimer }: AsksOptions<W>): Asks<W> {
  const open = new Map<number, Ask<W>>();
  let lastId = 0;
  const settle = (id: number, worker: W): void => {
    const entry = open.get(id);
    if (entry?.missing.delete(worker) && entry.missing.size === 0) entry.finish();
  };
  return {
    start(of, answer) {
      if (open.size >= ASKS_MAX || of.length === 0) {
        answer([]);
        return;
      }
      lastId += 1;
      const id = lastId;
      const figures: Figures[] = [];
      const finish = (): void => {
        cancelTimer();
        if (open.delete(id)) answer(figures);
      };
      const cancelTimer = setTimer(REPLY_MS, finish);
      open.set(id, { missing: new Set(of), figures, finish });
      for (const worker of of) ask(worker, id);
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

/** Rows on their way to the writer: several in one message, and kept until it says that they are on disk. */
import type { Cancel } from "../std/effects.ts";
import type { Entry, LedgerMessage } from "./store.ts";

export interface OutboxOptions {
  /** False: there is nobody to tell any more. */
  readonly send: (message: LedgerMessage) => boolean;
  /** Rows nobody took, to be found by the next writer. */
  readonly spool: (entries: readonly Entry[]) => void;
  readonly setTimer: (ms: number, fire: () => void) => Cancel;
}

export interface Outbox {
  book(entry: Entry): void;
  confirmed(batch: number): void;
  /** From now on rows go to the spool, those first that nobody has confirmed. */
  orphaned(): void;
  /** Resolves when everything sent so far is on disk, or in the spool. */
  flushed(): Promise<void>;
  /** Rows that are not known to be on disk. */
  backlog(): number;
}

/** Rows wait this long for others on their way; the writer waits some more. */
const BATCH_MS = 10;
const BATCH_ROWS_MAX = 50;

export function createOutbox(options: OutboxOptions): Outbox {
  const unconfirmed = new Map<number, readonly Entry[]>();
  const waiting: (() => void)[] = [];
  let batch: Entry[] = [];
  let backlog = 0;
  let lastBatch = 0;
  let isOrphan = false;
  let cancelTimer: Cancel | null = null;

  const send = (): void => {
    cancelTimer?.();
    cancelTimer = null;
    if (batch.length === 0) return;
    lastBatch += 1;
    const entries = batch;
    batch = [];
    if (isOrphan || !options.send({ type: "book", batch: lastBatch, entries })) {
      options.spool(entries);
      backlog -= entries.length;
      return;
    }
    unconfirmed.set(lastBatch, entries);
  };
  const confirmed = (number: number): void => {
    const entries = unconfirmed.get(number);
    if (entries === undefined) return;
    unconfirmed.delete(number);
    backlog -= entries.length;
    if (unconfirmed.size === 0) for (const tell of waiting.splice(0)) tell();
  };

  return {
    book(entry) {
      batch.push(entry);
      backlog += 1;
      if (batch.length >= BATCH_ROWS_MAX) send();
      else cancelTimer ??= options.setTimer(BATCH_MS, send);
    },
    confirmed,
    orphaned() {
      isOrphan = true;
      // The writer may have them on disk already; the next one knows them by their ids.
      const left = [...unconfirmed.values()].flat();
      unconfirmed.clear();
      if (left.length > 0) options.spool(left);
      backlog -= left.length;
      send();
      for (const tell of waiting.splice(0)) tell();
    },
    flushed() {
      send();
      if (isOrphan) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.push(resolve);
        // Even without a row: its answer tells that all before it has arrived.
        lastBatch += 1;
        const last = lastBatch;
        unconfirmed.set(last, []);
        if (!options.send({ type: "book", batch: last, entries: [] })) confirmed(last);
      });
    },
    backlog: () => backlog,
  };
}

/** Rows on their way to the writer: several in one message, and kept until it says that they are on disk. */
import type { Cancel } from "../std/effects.ts";
import type { Entry, LedgerMessage } from "./store.ts";

export interface OutboxOptions {
  /** False: there is nobody to tell any more. */
  readonly send: (message: LedgerMessage) => boolean;
  /** Rows nobody took, to be found by the next writer. */
  readonly spool: (entries: readonly Entry[]) => void;
  readonly nowMs: () => number;
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
  /** When the oldest of them was booked; null: there is none. */
  oldestMs(): number | null;
}

/** Rows wait this long for others on their way; the writer waits some more. */
const BATCH_MS = 10;
const BATCH_ROWS_MAX = 50;

/** `sinceMs`: when its first row was booked. */
interface Sent {
  readonly entries: readonly Entry[];
  readonly sinceMs: number;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const unconfirmed = new Map<number, Sent>();
  const waiting: (() => void)[] = [];
  let batch: Entry[] = [];
  let batchMs = 0;
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
    unconfirmed.set(lastBatch, { entries, sinceMs: batchMs });
  };
  const confirmed = (number: number): void => {
    const sent = unconfirmed.get(number);
    if (sent === undefined) return;
    unconfirmed.delete(number);
    backlog -= sent.entries.length;
    if (unconfirmed.size === 0) for (const tell of waiting.splice(0)) tell();
  };

  return {
    book(entry) {
      if (batch.length === 0) batchMs = options.nowMs();
      batch.push(entry);
      backlog += 1;
      if (batch.length >= BATCH_ROWS_MAX) send();
      else cancelTimer ??= options.setTimer(BATCH_MS, send);
    },
    confirmed,
    orphaned() {
      isOrphan = true;
      // The writer may have them on disk already; the next one knows them by their ids.
      const left = [...unconfirmed.values()].flatMap(({ entries }) => entries);
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
        unconfirmed.set(last, { entries: [], sinceMs: options.nowMs() });
        if (!options.send({ type: "book", batch: last, entries: [] })) confirmed(last);
      });
    },
    backlog: () => backlog,
    oldestMs() {
      // In the order they were sent.
      for (const { entries, sinceMs } of unconfirmed.values()) if (entries.length > 0) return sinceMs;
      return batch.length === 0 ? null : batchMs;
    },
  };
}

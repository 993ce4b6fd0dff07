/** Rows on their way to the writer: several in one message, and kept until it says that they are on disk. */
import type { Cancel } from "../std/effects.ts";
import type { Booking, LedgerMessage } from "./ledger-messages.ts";
import { packBookings } from "./packed-bookings.ts";

interface OutboxOptions {
  /** False: the writer is gone. */
  readonly send: (message: LedgerMessage) => boolean;
  /** Rows that the writer did not confirm, for the next one to find. */
  readonly spool: (bookings: readonly Booking[]) => void;
  readonly nowMs: () => number;
  readonly setTimer: (ms: number, fire: () => void) => Cancel;
}

export interface Outbox {
  book(booking: Booking): void;
  confirmed(batch: number): void;
  /** From now on rows go to the spool, those first that are not confirmed. */
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
const BATCH_ROWS_MAX = 200;

/** `sinceMs`: when its first row was booked. */
interface Sent {
  readonly bookings: readonly Booking[];
  readonly sinceMs: number;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const unconfirmed = new Map<number, Sent>();
  const waiting: (() => void)[] = [];
  let batch: Booking[] = [];
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
    const bookings = batch;
    batch = [];
    if (isOrphan || !options.send({ type: "book", batch: lastBatch, bookings: packBookings(bookings) })) {
      options.spool(bookings);
      backlog -= bookings.length;
      return;
    }
    unconfirmed.set(lastBatch, { bookings, sinceMs: batchMs });
  };
  const confirmed = (number: number): void => {
    const sent = unconfirmed.get(number);
    if (sent === undefined) return;
    unconfirmed.delete(number);
    backlog -= sent.bookings.length;
    if (unconfirmed.size === 0) for (const tell of waiting.splice(0)) tell();
  };

  return {
    book(booking) {
      if (batch.length === 0) batchMs = options.nowMs();
      batch.push(booking);
      backlog += 1;
      if (batch.length >= BATCH_ROWS_MAX) send();
      else cancelTimer ??= options.setTimer(BATCH_MS, send);
    },
    confirmed,
    orphaned() {
      isOrphan = true;
      // The writer may have them on disk already; the next one knows them by their ids.
      const left = [...unconfirmed.values()].flatMap(({ bookings }) => bookings);
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
        unconfirmed.set(last, { bookings: [], sinceMs: options.nowMs() });
        if (!options.send({ type: "book", batch: last, bookings: packBookings([]) })) confirmed(last);
      });
    },
    backlog: () => backlog,
    oldestMs() {
      // In the order they were sent.
      for (const { bookings, sinceMs } of unconfirmed.values()) if (bookings.length > 0) return sinceMs;
      return batch.length === 0 ? null : batchMs;
    },
  };
}

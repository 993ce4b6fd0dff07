/**
 * Records and transitions on their way to the supervisor: many in one message, because a message costs more than a row. Where
 * they are wanted only when a reader asks, the newest are held here, so that a busy worker does not tell what no reader sees.
 */
import type { ExchangeRecord } from "../ir/record.ts";
import type { Sink } from "../observability/sinks.ts";
import type { Transition } from "../observability/transition.ts";
import type { FromWorker, Observing, SendMessage } from "./messages.ts";

/** A row that is wanted soon waits no longer than this for others. */
export const BATCH_MS = 50;
export const BATCH_ROWS_MAX = 200;
/** What is wanted when it is asked for goes all the same from time to time, a few at once, for the day this worker dies. */
export const HELD_MS = 1_000;
export const HELD_ROWS_TOLD = 100;

export interface Batches {
  readonly sink: Sink;
  /** From now on. `newestMax`: records worth holding until they are asked for. */
  observe(how: Observing, newestMax: number): void;
  /** Sends what waits: when it is asked for, and at the end. */
  flush(): void;
}

export function createBatches(options: {
  readonly send: SendMessage<FromWorker>;
  readonly setTimer: (ms: number, fire: () => void) => () => void;
}): Batches {
  let records: ExchangeRecord[] = [];
  let transitions: Transition[] = [];
  let cancelTimer: (() => void) | null = null;
  let isSoon = true;
  let newestMax = BATCH_ROWS_MAX;

  const take = (rows: number): void => {
    cancelTimer?.();
    cancelTimer = null;
    if (records.length + transitions.length === 0) return;
    const told = records.splice(0, rows);
    options.send("observed", { records: told, transitions });
    transitions = [];
  };
  const flush = (): void => {
    if (!isSoon) records = records.slice(-newestMax);
    take(records.length);
  };
  const tellSome = (): void => {
    take(HELD_ROWS_TOLD);
    if (records.length > 0) cancelTimer ??= options.setTimer(HELD_MS, tellSome);
  };
  const added = (): void => {
    if (!isSoon) {
      // A quarter more than are worth it, so that room is not made for each.
      if (records.length >= newestMax * 1.25) records = records.slice(-newestMax);
      cancelTimer ??= options.setTimer(HELD_MS, tellSome);
    } else if (records.length + transitions.length >= BATCH_ROWS_MAX) flush();
    else cancelTimer ??= options.setTimer(BATCH_MS, flush);
  };
  return {
    sink: {
      name: "supervisor",
      record(record) {
        records.push(record);
        added();
      },
      transition(transition) {
        if (!isSoon) return;
        transitions.push(transition);
        added();
      },
    },
    observe(how, newest) {
      flush();
      isSoon = how === "soon";
      newestMax = Math.max(1, newest);
    },
    flush,
  };
}

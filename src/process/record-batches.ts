/** Records and transitions on their way to the supervisor: many in one message, because a message costs more than a row. */
import type { ExchangeRecord } from "../ir/record.ts";
import type { Sink } from "../observability/sinks.ts";
import type { Transition } from "../observability/transition.ts";
import type { FromWorker, SendMessage } from "./messages.ts";

/** A row waits no longer than this for others. */
export const BATCH_MS = 50;
export const BATCH_ROWS_MAX = 200;

export interface Batches {
  readonly sink: Sink;
  /** Sends what waits, at the end. */
  flush(): void;
}

export function createBatches(options: {
  readonly send: SendMessage<FromWorker>;
  readonly setTimer: (ms: number, fire: () => void) => () => void;
}): Batches {
  let records: ExchangeRecord[] = [];
  let transitions: Transition[] = [];
  let cancelTimer: (() => void) | null = null;

  const flush = (): void => {
    cancelTimer?.();
    cancelTimer = null;
    if (records.length + transitions.length === 0) return;
    options.send("observed", { records, transitions });
    records = [];
    transitions = [];
  };
  const added = (): void => {
    if (records.length + transitions.length >= BATCH_ROWS_MAX) flush();
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
        transitions.push(transition);
        added();
      },
    },
    flush,
  };
}

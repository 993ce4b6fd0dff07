/** What outlives an exchange: health, selection, who waits, and what runs right now with a way to end it. */
import type { Change } from "../routing/condition.ts";
import type { Health } from "../routing/health.ts";
import type { Selection } from "../routing/swrr.ts";
import { createStopper, type Stopper, type StopSignal } from "../std/stop-signal.ts";

/** Bounded by the configuration: one entry per target, one per lane. */
export interface SharedState {
  readonly health: Health;
  readonly selections: Map<string, Selection>;
  readonly lastUsedMs: Map<string, number>;
  onChanges(changes: readonly Change[]): void;
  /** Requests waiting for a slot right now, by target. */
  readonly waiting: Map<string, number>;
  /** The same ones by each model they would take. */
  readonly queued: Map<string, number>;
}

/** What is running: one entry an exchange, so that stopping reaches each of them. */
export interface Running {
  readonly open: Map<string, Stopper>;
  streams: number;
  stopped: boolean;
}

export function newRunning(): Running {
  return { open: new Map(), streams: 0, stopped: false };
}

/** One stopper an exchange, fed by the client's signal and by `stop`; the listener goes with the exchange. */
export function begin(running: Running, id: string, client: StopSignal): { readonly signal: StopSignal; now(): void } {
  const stopper = createStopper();
  if (client.aborted) stopper.abort();
  else client.addEventListener("abort", stopper.abort, ONCE);
  running.open.set(id, stopper);
  return {
    signal: stopper.signal,
    now() {
      running.open.delete(id);
      client.removeEventListener("abort", stopper.abort);
    },
  };
}

const ONCE = { once: true } as const;

/** Counts one stream more; call what it gives back when that stream is over. */
export function beginStream(running: Running, end: () => void): () => void {
  running.streams++;
  return () => {
    running.streams--;
    end();
  };
}

/** What is running right now, and how to end it: one stopper an exchange, fed by its client and by the gateway's stop. */
import { createStopper, type Stopper, type StopSignal } from "../std/stop-signal.ts";

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

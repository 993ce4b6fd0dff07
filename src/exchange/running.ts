/** What is running right now, and how to end it: one controller an exchange, fed by its client and by the gateway's stop. */
import type { ByteSource } from "./contract.ts";

/** What is running: one entry an exchange, so that stopping reaches each of them. */
export interface Running {
  readonly open: Map<string, AbortController>;
  streams: number;
  stopped: boolean;
}

export function newRunning(): Running {
  return { open: new Map(), streams: 0, stopped: false };
}

/** One controller an exchange, fed by the client's signal and by `stop`; the listener goes with the exchange. */
export function begin(
  running: Running,
  id: string,
  client: AbortSignal,
): { readonly signal: AbortSignal; now(): void } {
  const controller = new AbortController();
  const onClient = (): void => controller.abort();
  if (client.aborted) controller.abort();
  else client.addEventListener("abort", onClient, { once: true });
  running.open.set(id, controller);
  return {
    signal: controller.signal,
    now() {
      running.open.delete(id);
      client.removeEventListener("abort", onClient);
    },
  };
}

/** The same source; `end` once it is over. */
export function endingWith(source: ByteSource, running: Running, end: () => void): ByteSource {
  running.streams++;
  let over = false;
  const finish = (): void => {
    if (over) return;
    over = true;
    running.streams--;
    end();
  };
  return {
    async next() {
      const bytes = await source.next();
      if (bytes === null) finish();
      return bytes;
    },
    cancel() {
      source.cancel();
      finish();
    },
  };
}

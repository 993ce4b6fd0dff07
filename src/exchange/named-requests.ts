/** Requests that name themselves: which of them run in this process, and what their answers are kept in. */
import { UNCONFIGURED } from "../governance/idempotency.ts";
import type { IdempotencyVerdict, RememberedAnswer } from "../governance/ledger-messages.ts";

export interface NamedRequests {
  begin(key: string): void;
  /** It is over, and what there was to keep is kept. */
  end(key: string): void;
  /** Resolves when it is over; null: none of this name runs here. */
  over(key: string): Promise<void> | null;
}

interface NamedRequest {
  readonly over: Promise<void>;
  readonly end: () => void;
}

/** Bounded by the requests that run. */
export function createNamedRequests(): NamedRequests {
  const running = new Map<string, NamedRequest>();
  return {
    begin(key) {
      const { promise, resolve } = Promise.withResolvers<void>();
      running.set(key, { over: promise, end: resolve });
    },
    end(key) {
      const request = running.get(key);
      running.delete(key);
      request?.end();
    },
    over: (key) => running.get(key)?.over ?? null,
  };
}

/** Answers kept for requests that name themselves. */
export interface IdempotencyStore {
  /** The longest answer that is kept, in bytes. */
  readonly bytesMax: number;
  recall(key: string, fingerprint: string): Promise<IdempotencyVerdict>;
  /** null: nothing is kept, and the next one runs. */
  remember(key: string, answer: RememberedAnswer | null): void;
}

/** In the memory of this process, or of one that all share. */
export function createAnswers(memory: Pick<IdempotencyStore, "recall" | "remember">): IdempotencyStore {
  return { bytesMax: UNCONFIGURED.bytesMax, recall: memory.recall, remember: memory.remember };
}

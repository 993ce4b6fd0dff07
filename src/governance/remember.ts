/**
 * Answers kept for clients that ask the same again (`Idempotency-Key`): one of them runs, the others are told to wait, and
 * later ones get the answer of the first. Memory holds the newest; where there is a ledger, it holds all of them.
 */
import type { Recalled, RememberedAnswer } from "./store.ts";
import type { RememberedRow } from "./stores/sqlite.ts";

export interface RememberingOptions {
  readonly ttlMs: number;
  readonly wallMs: () => number;
  /** In the ledger; null: not there, or there is no ledger. */
  readonly find: (
    key: string,
    wallMs: number,
  ) => { readonly fingerprint: string; readonly answer: RememberedAnswer } | null;
  readonly put: (row: RememberedRow) => void;
}

export interface Remembering {
  recall(holder: string, key: string, fingerprint: string): Recalled;
  /** null: there is nothing to keep; the next one runs anew. */
  remember(key: string, answer: RememberedAnswer | null): void;
  /** Whoever ran there will never tell. */
  gone(holder: string): void;
}

/** Requests under way that others may wait for; those beyond run as if they had no key. */
const RUNNING_MAX = 10_000;
/** Of bodies kept in memory. */
const CHARS_MAX = 64 * 1024 * 1024;

export function createRemembering(options: RememberingOptions): Remembering {
  const running = new Map<string, { readonly holder: string; readonly fingerprint: string }>();
  const kept = new Map<string, RememberedRow>();
  let chars = 0;

  const drop = (key: string): void => {
    const row = kept.get(key);
    if (row === undefined) return;
    kept.delete(key);
    chars -= row.answer.body.length;
  };
  const keep = (row: RememberedRow): void => {
    drop(row.key);
    kept.set(row.key, row);
    chars += row.answer.body.length;
    for (const oldest of kept.keys()) {
      if (chars <= CHARS_MAX) break;
      drop(oldest);
    }
  };

  return {
    recall(holder, key, fingerprint) {
      const now = options.wallMs();
      const under = running.get(key);
      if (under !== undefined) return { kind: under.fingerprint === fingerprint ? "running" : "mismatch" };
      const held = kept.get(key);
      const known = held !== undefined && held.expiresMs > now ? held : options.find(key, now);
      if (known !== null) {
        return known.fingerprint === fingerprint ? { kind: "replay", answer: known.answer } : { kind: "mismatch" };
      }
      if (running.size < RUNNING_MAX) running.set(key, { holder, fingerprint });
      return { kind: "run" };
    },
    remember(key, answer) {
      const under = running.get(key);
      running.delete(key);
      if (under === undefined || answer === null) return;
      const row = { key, fingerprint: under.fingerprint, answer, expiresMs: options.wallMs() + options.ttlMs };
      keep(row);
      options.put(row);
    },
    gone(holder) {
      for (const [key, under] of [...running]) if (under.holder === holder) running.delete(key);
    },
  };
}

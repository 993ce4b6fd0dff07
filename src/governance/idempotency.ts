/**
 * Answers kept for clients that ask the same again (`Idempotency-Key`): one of them runs, the others are told to wait, and
 * later ones get the answer of the first. Memory holds the newest; where there is a ledger, it holds all of them.
 */
import type { IdempotencyVerdict, RememberedAnswer } from "./ledger-messages.ts";
import type { RememberedRow, StoredAnswer } from "./ledger-store.ts";

interface IdempotencyOptions {
  readonly ttlMs: () => number;
  readonly wallMs: () => number;
  /** In the ledger, with an end within the two moments; null: not there, or there is no ledger. */
  readonly find: (key: string, afterMs: number, untilMs: number) => Promise<StoredAnswer | null>;
  readonly put: (row: RememberedRow) => void;
}

export interface Idempotency {
  recall(holder: string, key: string, fingerprint: string): Promise<IdempotencyVerdict>;
  /** null: there is no answer to keep; the next request runs anew. */
  remember(key: string, answer: RememberedAnswer | null): void;
  /** Answers of this holder's requests will not come. */
  gone(holder: string): void;
}

/**
 * For the names that clients give to the router where nothing is configured. Beyond that time an agent that tries again has
 * given up, and its answer is no longer worth the memory.
 */
export const UNCONFIGURED = { ttlMs: 900_000, bytesMax: 1_048_576 } as const;

/** In memory alone. */
export function createUnconfigured(wallMs: () => number): Idempotency {
  const find = async (): Promise<null> => null;
  return createIdempotency({ ttlMs: () => UNCONFIGURED.ttlMs, wallMs, find, put: () => undefined });
}

/** Requests under way that others may wait for; those beyond run as if they had no key. */
const RUNNING_MAX = 10_000;
/** Of bodies kept in memory. */
const CHARS_MAX = 64 * 1024 * 1024;

interface IdempotencyState {
  readonly options: IdempotencyOptions;
  readonly running: Map<string, { readonly holder: string; readonly fingerprint: string }>;
  /** Looks into the ledger: requests with one key share one. */
  readonly looks: Map<string, Promise<StoredAnswer | null>>;
  readonly kept: Map<string, RememberedRow>;
  keptChars: number;
}

export function createIdempotency(options: IdempotencyOptions): Idempotency {
  const state: IdempotencyState = { options, running: new Map(), looks: new Map(), kept: new Map(), keptChars: 0 };
  const { running } = state;
  return {
    async recall(holder, key, fingerprint) {
      const known = knownAs(state, key, fingerprint);
      if (known !== null) return known;
      const stored = await look(state, key);
      // Others with this key may have begun, or ended, while the ledger was looked at.
      const verdict = knownAs(state, key, fingerprint) ?? (stored === null ? null : verdictOn(stored, fingerprint));
      if (verdict !== null) return verdict;
      if (running.size < RUNNING_MAX) running.set(key, { holder, fingerprint });
      return { kind: "run" };
    },
    remember(key, answer) {
      const request = running.get(key);
      running.delete(key);
      if (request === undefined || answer === null) return;
      const { fingerprint } = request;
      const row = { key, fingerprint, answer, expiresMs: options.wallMs() + options.ttlMs() };
      keep(state, row);
      options.put(row);
    },
    gone(holder) {
      for (const [key, request] of [...running]) if (request.holder === holder) running.delete(key);
    },
  };
}

/** null: memory does not know the key. */
function knownAs(
  { running, kept, options }: IdempotencyState,
  key: string,
  fingerprint: string,
): IdempotencyVerdict | null {
  const request = running.get(key);
  if (request !== undefined) return { kind: request.fingerprint === fingerprint ? "running" : "mismatch" };
  const row = kept.get(key);
  return row === undefined || !isCurrent(row, options) ? null : verdictOn(row, fingerprint);
}

/** An end further away than the time to live comes from a clock that was ahead when the answer was kept. */
function isCurrent({ expiresMs }: RememberedRow, { wallMs, ttlMs }: IdempotencyOptions): boolean {
  const nowMs = wallMs();
  return expiresMs > nowMs && expiresMs <= nowMs + ttlMs();
}

function verdictOn({ fingerprint: other, answer }: StoredAnswer, fingerprint: string): IdempotencyVerdict {
  return other === fingerprint ? { kind: "replay", answer } : { kind: "mismatch" };
}

/** A ledger that cannot be read knows of no answer: the request runs. */
function look({ looks, options }: IdempotencyState, key: string): Promise<StoredAnswer | null> {
  const known = looks.get(key);
  if (known !== undefined) return known;
  const found = options
    .find(key, options.wallMs(), options.wallMs() + options.ttlMs())
    .catch(() => null)
    .finally(() => looks.delete(key));
  if (looks.size < RUNNING_MAX) looks.set(key, found);
  return found;
}

function keep(state: IdempotencyState, row: RememberedRow): void {
  drop(state, row.key);
  state.kept.set(row.key, row);
  state.keptChars += row.answer.body.length;
  for (const oldest of state.kept.keys()) {
    if (state.keptChars <= CHARS_MAX) break;
    drop(state, oldest);
  }
}

function drop(state: IdempotencyState, key: string): void {
  const row = state.kept.get(key);
  if (row === undefined) return;
  state.kept.delete(key);
  state.keptChars -= row.answer.body.length;
}

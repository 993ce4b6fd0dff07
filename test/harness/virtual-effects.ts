/**
 * The world as a test wants it: a clock that moves only when told, chance from a seed, and upstreams that answer from a
 * script. The same seed and the same script give the same run.
 */
import type { Cancel, Effects, FetchInit } from "../../src/std/effects.ts";

export interface FetchCall {
  readonly url: string;
  readonly init: FetchInit;
  readonly atMs: number;
}

export type Answer = (call: FetchCall) => Response | Promise<Response>;

export interface VirtualEffects extends Effects {
  /** Fires due timers in order of their moment, then of their making, the clock standing at each one's moment. */
  advance(ms: number): void;
  /** As `advance`, and lets everything that waits on promises run before the first timer and after every one. */
  run(ms: number): Promise<void>;
  /** Moves the wall clock alone, either way. */
  jumpWall(ms: number): void;
  /** Timers not yet fired or cancelled. */
  timersPending(): number;
  /** Every fetch so far, oldest first. */
  readonly calls: readonly FetchCall[];
}

export interface VirtualOptions {
  readonly seed?: number;
  readonly startMs?: number;
  readonly startWallMs?: number;
  /** Without it every fetch rejects. */
  readonly answer?: Answer;
  /** Without it no connection ever stands. */
  readonly connect?: Effects["connect"];
}

/** A run that fires more timers than this in one advance re-arms itself without end. */
const FIRINGS_MAX = 1_000_000;

export function createVirtualEffects(options: VirtualOptions = {}): VirtualEffects {
  const random = createSeededRandom(options.seed ?? 1);
  const answer = options.answer ?? refuseUnscripted;
  const calls: FetchCall[] = [];
  const timers = new Set<{ readonly dueMs: number; readonly fire: () => void }>();
  let nowMs = options.startMs ?? 0;
  let wallOffsetMs = (options.startWallMs ?? Date.UTC(2026, 0, 1)) - nowMs;

  /** Fires the next timer due by `untilMs`; false when there is none. A Set iterates in order of making. */
  const fireNext = (untilMs: number): boolean => {
    let next: { readonly dueMs: number; readonly fire: () => void } | undefined;
    for (const timer of timers) {
      if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    if (next === undefined) return false;
    timers.delete(next);
    nowMs = Math.max(nowMs, next.dueMs);
    next.fire();
    return true;
  };

  return {
    nowMs: () => nowMs,
    wallMs: () => nowMs + wallOffsetMs,
    random,
    randomId(length) {
      let id = "";
      while (id.length < length) id += BASE62.charAt(Math.floor(random() * BASE62.length));
      return id;
    },
    setTimer(ms, fire): Cancel {
      const timer = { dueMs: nowMs + Math.max(0, ms), fire };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    fetch(url, init) {
      const call: FetchCall = { url, init, atMs: nowMs };
      calls.push(call);
      return untilAborted(init.signal, async () => answer(call));
    },
    connect: options.connect ?? refuseConnection,
    advance(ms) {
      const untilMs = nowMs + ms;
      let firings = 0;
      while (fireNext(untilMs)) {
        firings += 1;
        if (firings > FIRINGS_MAX) throw new Error("a timer re-arms itself without end");
      }
      nowMs = untilMs;
    },
    async run(ms) {
      const untilMs = nowMs + ms;
      await settle();
      let firings = 0;
      while (fireNext(untilMs)) {
        firings += 1;
        if (firings > FIRINGS_MAX) throw new Error("a timer re-arms itself without end");
        await settle();
      }
      nowMs = untilMs;
    },
    jumpWall(ms) {
      wallOffsetMs += ms;
    },
    timersPending: () => timers.size,
    calls,
  };
}

/** Answers one call after another; a call too many rejects. */
export function answerInOrder(answers: readonly Answer[]): Answer {
  let next = 0;
  return (call) => {
    const answer = answers[next];
    next += 1;
    if (answer === undefined) throw new Error(`no answer left for call ${next} to ${call.url}`);
    return answer(call);
  };
}

/** An upstream that accepts and never answers; it ends only by its signal. */
export const answerNever: Answer = () => new Promise<Response>(() => undefined);

/** Mulberry32: 32 bits of state, uniform in [0, 1), equal on every machine. */
export function createSeededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One turn of the event loop: everything that only waits on settled promises has run after it. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function untilAborted(signal: AbortSignal, start: () => Promise<Response>): Promise<Response> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    start()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}

const refuseConnection: Effects["connect"] = (_place, events) => {
  queueMicrotask(() => events.failed("ECONNREFUSED"));
  return () => undefined;
};

function refuseUnscripted(call: FetchCall): never {
  throw new Error(`no answer scripted for ${call.url}`);
}

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** What outlives an exchange: health, selection, who waits, and what runs right now with a way to end it. */
import { createUnconfigured } from "../governance/idempotency.ts";
import type { Deployment } from "../ir/deployment.ts";
import type { Change } from "../routing/condition.ts";
import type { Health } from "../routing/health.ts";
import { createSessions, type Sessions } from "../routing/sessions.ts";
import { forgetCredits, type Selection } from "../routing/swrr.ts";
import type { Effects } from "../std/effects.ts";
import { createStopper, type Stopper, type StopSignal } from "../std/stop-signal.ts";
import { createLaneWaiters, type LaneWaiters } from "./lane-waiters.ts";
import { createAnswers, createNamedRequests, type IdempotencyStore, type NamedRequests } from "./named-requests.ts";

/** What outlives a deployment too. Bounded by the configuration: one entry per target, one per lane. */
export interface LastingState {
  readonly health: Health;
  readonly selections: Map<string, Selection>;
  readonly lastUsedMs: Map<string, number>;
  /** Bounded by itself. */
  readonly sessions: Sessions;
  /** Requests waiting for a slot right now, by target. */
  readonly waiting: Map<string, number>;
  /** The same ones by each model they would take. */
  readonly queued: Map<string, number>;
  /** Requests waiting for a lane to come back. */
  readonly waiters: LaneWaiters;
  readonly running: Running;
  /** Requests that name themselves. */
  readonly named: NamedRequests;
  /** Answers to them, in memory. */
  readonly answers: IdempotencyStore;
}

export type AnswersCopy = Pick<IdempotencyStore, "recall" | "remember">;

/** What the exchanges of one deployment share. */
export interface SharedState extends LastingState {
  onChanges(changes: readonly Change[]): void;
}

/** `answers`: kept by another process for all; null: in this one. */
export function createLastingState(
  health: Health,
  { wallMs, answers }: { readonly wallMs: Effects["wallMs"]; readonly answers: AnswersCopy | null },
): LastingState {
  const own = createUnconfigured(wallMs);
  const memory = {
    recall: (key: string, fingerprint: string) => own.recall("here", key, fingerprint),
    remember: own.remember,
  };
  return {
    health,
    selections: new Map(),
    lastUsedMs: new Map(),
    sessions: createSessions(),
    waiting: new Map(),
    queued: new Map(),
    waiters: createLaneWaiters(),
    running: { open: new Map(), streams: 0, stopped: false },
    named: createNamedRequests(),
    answers: createAnswers(answers ?? memory),
  };
}

/** Keeps what is about lanes and targets that stay. Exchanges under way end with the deployment they began with. */
export function reconfigureState({ health, lastUsedMs, selections }: LastingState, deployment: Deployment): void {
  health.reconfigure(deployment);
  for (const id of lastUsedMs.keys()) if (!Object.hasOwn(deployment.lanes, id)) lastUsedMs.delete(id);
  for (const [name, selection] of selections) {
    const target = Object.hasOwn(deployment.targets, name) ? deployment.targets[name] : undefined;
    const members = target?.members.map(({ model }) => model) ?? [];
    const gone = [...selection.keys()].filter((model) => !members.includes(model));
    if (target === undefined) selections.delete(name);
    else selections.set(name, forgetCredits(selection, gone));
  }
}

/** Changes of lanes wake who waits for them, and are told on. */
export function sharedOf(lasting: LastingState, tell: SharedState["onChanges"]): SharedState {
  const { waiters } = lasting;
  return {
    ...lasting,
    onChanges(changes) {
      for (const { lane } of changes) waiters.changed(lane);
      tell(changes);
    },
  };
}

/** What is running: one entry an exchange, so that stopping reaches each of them. */
interface Running {
  readonly open: Map<string, Stopper>;
  streams: number;
  stopped: boolean;
}

/** One that runs, until `over`. */
interface RunningExchange {
  readonly signal: StopSignal;
  stop(): void;
  over(): void;
}

/** One stopper an exchange, fed by the client's signal and by `stop`; the listener goes with the exchange. */
export function begin(running: Running, id: string, client: StopSignal): RunningExchange {
  return new OpenExchange(running, id, client);
}

/** A class, because every request makes one and few are ever stopped. */
class OpenExchange implements RunningExchange {
  readonly #running: Running;
  readonly #id: string;
  readonly #client: StopSignal;
  readonly #stopper: Stopper = createStopper();
  readonly #onGone = (): void => this.#stopper.abort();

  constructor(running: Running, id: string, client: StopSignal) {
    this.#running = running;
    this.#id = id;
    this.#client = client;
    if (client.aborted) this.#stopper.abort();
    else client.addEventListener("abort", this.#onGone, ONCE);
    running.open.set(id, this.#stopper);
  }

  get signal(): StopSignal {
    return this.#stopper.signal;
  }

  stop(): void {
    this.#stopper.abort();
  }

  over(): void {
    this.#running.open.delete(this.#id);
    this.#client.removeEventListener("abort", this.#onGone);
  }
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

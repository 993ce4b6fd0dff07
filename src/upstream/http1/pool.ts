/**
 * The connections to one origin: kept ones are used again, the last used first; new ones are opened for requests that find
 * none; and beyond a bound requests wait for one to come free.
 */
import type { Cancel, ConnectPlace, Effects } from "../../std/effects.ts";
import { Connection } from "./connection.ts";

/** No idle connection is used later: the other side may end it at any moment, and a request would meet that. */
const IDLE_MS_MAX = 15_000;
/** It is closed at most that much later. */
const SWEEP_MS = 5_000;
/** It is given up that long before the other side would, by its own word. */
const KEPT_MARGIN_MS = 1_000;
/** Open or being opened. Well below the ports that one address has for another. */
const SOCKETS_MAX = 8_192;
/** Requests that wait beyond that are refused at once. */
const QUEUE_MAX = 8_192;

/** A request that wants a connection: one of the two is called, once. */
export interface Waiter {
  given(connection: Connection): void;
  /** The system's code. */
  refused(code: string): void;
}

export interface Pool {
  /** May call the waiter at once. */
  take(waiter: Waiter): void;
  /** As `take`, and never one that was used before. */
  takeNew(waiter: Waiter): void;
  /** It waits no longer; what is being opened for it is ended. */
  drop(waiter: Waiter): void;
}

interface PoolLimits {
  readonly socketsMax: number;
  readonly queueMax: number;
}

interface PoolInput {
  readonly place: ConnectPlace;
  readonly effects: Pick<Effects, "connect" | "setTimer" | "nowMs">;
  readonly limits?: PoolLimits;
}

interface Idle {
  readonly connection: Connection;
  /** The moment it is given up. */
  readonly untilMs: number;
}

export function createPool({
  place,
  effects,
  limits = { socketsMax: SOCKETS_MAX, queueMax: QUEUE_MAX },
}: PoolInput): Pool {
  const { connect, nowMs } = effects;
  const idle = createIdleList(effects);
  /** All that wait, oldest first, and what ends the connecting begun for each; null: the bound forbade it. */
  const waiting = new Map<Waiter, Cancel | null>();
  /** Those of them without a connecting of their own. */
  const queued = new Set<Waiter>();
  const openedFor = new Map<Connection, Waiter>();
  let sockets = 0;

  const open = (waiter: Waiter): void => {
    sockets += 1;
    const connection = new Connection(owner);
    openedFor.set(connection, waiter);
    waiting.set(waiter, connect(place, connection));
  };
  const give = (waiter: Waiter, connection: Connection): void => {
    waiting.delete(waiter);
    queued.delete(waiter);
    waiter.given(connection);
  };
  const left = (): void => {
    sockets -= 1;
    const [next] = queued;
    if (next === undefined) return;
    queued.delete(next);
    open(next);
  };
  const offer = (connection: Connection, first: Waiter | undefined): void => {
    const [oldest] = waiting.keys();
    const waiter = first !== undefined && waiting.has(first) ? first : oldest;
    if (waiter !== undefined) give(waiter, connection);
    else if (!idle.add(connection)) connection.terminate();
  };
  const rest = createRest(effects, (connection) => offer(connection, undefined));
  const owner = {
    stood(connection: Connection) {
      const waiter = openedFor.get(connection);
      openedFor.delete(connection);
      offer(connection, waiter);
    },
    failed(connection: Connection, code: string) {
      const waiter = openedFor.get(connection);
      openedFor.delete(connection);
      if (waiter !== undefined && waiting.delete(waiter)) waiter.refused(code);
      left();
    },
    free: rest.add,
    gone(connection: Connection) {
      rest.remove(connection);
      idle.remove(connection);
      left();
    },
  };
  const takeNew = (waiter: Waiter): void => {
    if (sockets < limits.socketsMax) open(waiter);
    else if (queued.size >= limits.queueMax) waiter.refused("ENOBUFS");
    else {
      waiting.set(waiter, null);
      queued.add(waiter);
    }
  };
  return {
    take(waiter) {
      const kept = idle.take(nowMs());
      if (kept === null) takeNew(waiter);
      else waiter.given(kept);
    },
    takeNew,
    drop(waiter) {
      const cancel = waiting.get(waiter);
      waiting.delete(waiter);
      queued.delete(waiter);
      cancel?.();
    },
  };
}

/** Some servers end a connection right behind an answer without saying so: after this time that has been seen. */
export const REST_MS = 5;

/** Connections whose answer has just ended, and which are not used again at once. One timer for all of them. */
function createRest(
  { nowMs, setTimer }: Pick<Effects, "setTimer" | "nowMs">,
  rested: (connection: Connection) => void,
): { add(connection: Connection): void; remove(connection: Connection): void } {
  /** Until when, in the order of their ends. */
  const resting = new Map<Connection, number>();
  let isArmed = false;
  const arm = (ms: number): void => {
    isArmed = true;
    setTimer(ms, () => {
      isArmed = false;
      for (const [connection, untilMs] of resting) {
        const leftMs = untilMs - nowMs();
        if (leftMs > 0) {
          arm(Math.ceil(leftMs));
          return;
        }
        resting.delete(connection);
        rested(connection);
      }
    });
  };
  return {
    add(connection) {
      resting.set(connection, nowMs() + REST_MS);
      if (!isArmed) arm(REST_MS);
    },
    remove: (connection) => void resting.delete(connection),
  };
}

interface IdleList {
  /** False: the other side keeps it too short to be worth it. */
  add(connection: Connection): boolean;
  take(nowMs: number): Connection | null;
  remove(connection: Connection): void;
}

/** One timer for all of them, which looks back when it fires. */
function createIdleList({ nowMs, setTimer }: Pick<Effects, "setTimer" | "nowMs">): IdleList {
  const list: Idle[] = [];
  let isArmed = false;
  const sweep = (): void => {
    isArmed = false;
    const now = nowMs();
    const old = list.filter(({ untilMs }) => untilMs <= now);
    for (const { connection } of old) remove(connection);
    for (const { connection } of old) connection.terminate();
    if (list.length > 0) arm();
  };
  const arm = (): void => {
    if (isArmed) return;
    isArmed = true;
    setTimer(SWEEP_MS, sweep);
  };
  const remove = (connection: Connection): void => {
    const at = list.findLastIndex((each) => each.connection === connection);
    if (at !== -1) list.splice(at, 1);
  };
  return {
    add(connection) {
      const idleMs = Math.min(IDLE_MS_MAX, (connection.keptMs ?? Number.POSITIVE_INFINITY) - KEPT_MARGIN_MS);
      if (idleMs <= 0) return false;
      list.push({ connection, untilMs: nowMs() + idleMs });
      arm();
      return true;
    },
    take(now) {
      for (let last = list.pop(); last !== undefined; last = list.pop()) {
        if (last.untilMs > now) return last.connection;
        last.connection.terminate();
      }
      return null;
    },
    remove,
  };
}

/**
 * How lanes and accounts stand, which the supervisor keeps for all workers and for a later start: rows that workers send,
 * and what the operator ordered. No request waits for it.
 */
import type { Deployment, Lane } from "../ir/deployment.ts";
import type {
  KeptListing,
  KeptOrders,
  KeptRow,
  KeptStanding,
  OrderReply,
  Orders,
  StandingOrder,
} from "../ir/standing.ts";
import type { Effects } from "../std/effects.ts";
import { accountOf, withListings } from "./listings.ts";
import { createStandingFile } from "./standing-file.ts";

/** What a worker saw change since it last told. */
export interface StandingChange {
  readonly changed: readonly KeptRow[];
  /** Ids against which nothing stands any more. */
  readonly gone: readonly string[];
}

export interface StandingService {
  /** Once, before workers are given their plan. */
  open(deployment: Deployment): Promise<void>;
  reconfigure(deployment: Deployment): void;
  /** What a worker begins with. */
  standing(): KeptStanding;
  /** What the lists of an account's vendor said; null: nothing. */
  listing(account: string): KeptListing | null;
  keepListing(account: string, listing: KeptListing | null): void;
  /** With what was ordered of its lanes, and what their vendors list no more. */
  ordered(deployment: Deployment): Deployment;
  take(worker: string, change: StandingChange): void;
  gone(worker: string): void;
  order(order: StandingOrder): OrderReply;
  /** All that stand. */
  orders(): readonly KeptOrders[];
  /** Writes what waits. Never rejects. */
  close(): Promise<void>;
}

interface ServiceOptions {
  readonly say: (level: "warning", line: string) => void;
  readonly effects: Pick<Effects, "wallMs" | "setTimer" | "randomId">;
}

/** The longest that is believed of a moment in the file: the clock may have been set anew. */
const AHEAD_MS_MAX = 86_400_000;
const NO_ORDERS: Orders = { parked: null, pinned: null, sortKey: null };
/** The holder of rows whose worker is gone. */
const KEPT = "";
const SALT_CHARS = 22;

export function createStandingService({ say, effects }: ServiceOptions): StandingService {
  let deployment: Deployment | null = null;
  let salt = effects.randomId(SALT_CHARS);
  /** By id, and there by worker. */
  const rows = new Map<string, Map<string, KeptRow>>();
  const orders = new Map<string, Orders>();
  /** By account; bounded by the accounts that were ever watched in one process or file. */
  const listings = new Map<string, KeptListing>();
  const file = createStandingFile({
    say,
    setTimer: effects.setTimer,
    rowOf: (id) => merged(rows.get(id)),
    ordersOf: (id) => orders.get(id) ?? null,
    listingOf: (id) => listings.get(id) ?? null,
    salt: () => salt,
  });
  const touch = (ids: readonly string[]): void => file.touch(deployment?.stateStore?.path ?? null, ids);

  return {
    async open(first) {
      deployment = first;
      const found = first.stateStore === null ? null : await file.read(first.stateStore.path, salt);
      if (found === null) return;
      salt = found.salt;
      const latestMs = effects.wallMs() + AHEAD_MS_MAX;
      for (const row of found.rows) rows.set(row.id, new Map([[KEPT, clamped(row, latestMs)]]));
      for (const [id, each] of found.orders) orders.set(id, each);
      for (const [account, each] of found.listings) listings.set(account, each);
    },
    reconfigure(next) {
      deployment = next;
    },
    standing: () => ({ salt, rows: [...rows.values()].flatMap((holders) => merged(holders) ?? []) }),
    listing: (account) => listings.get(account) ?? null,
    keepListing(account, listing) {
      if (listing === null) listings.delete(account);
      else listings.set(account, listing);
      touch([account]);
    },
    ordered: (plain) => withListings(withOrders(plain, orders), listings),
    take(worker, { changed, gone }) {
      for (const row of changed) {
        const holders = rows.get(row.id) ?? new Map<string, KeptRow>();
        holders.delete(KEPT);
        holders.set(worker, row);
        rows.set(row.id, holders);
      }
      for (const id of gone) dropRow(rows, id, worker);
      touch([...changed.map(({ id }) => id), ...gone]);
    },
    gone(worker) {
      for (const holders of rows.values()) {
        const row = holders.get(worker);
        if (row === undefined) continue;
        holders.delete(worker);
        if (holders.size === 0) holders.set(KEPT, row);
      }
    },
    order(order) {
      if (deployment === null) return { kind: "unknown", why: "Nothing is served yet." };
      const wrong = wrongWith(order, deployment) ?? parkedByAccount(order, deployment, orders);
      if (wrong !== null) return wrong;
      const next = { ...(orders.get(order.id) ?? NO_ORDERS), ...changeBy(order) };
      const isPlain = next.parked === null && next.pinned === null && next.sortKey === null;
      if (isPlain) orders.delete(order.id);
      else orders.set(order.id, next);
      const ids = order.action === "reset" ? idsOf(order, deployment) : [order.id];
      if (order.action === "reset") for (const id of ids) rows.delete(id);
      touch(ids);
      return { kind: "done", orders: next };
    },
    orders: () => [...orders].map(([id, each]) => ({ id, ...each })),
    close: file.close,
  };
}

function dropRow(rows: Map<string, Map<string, KeptRow>>, id: string, worker: string): void {
  const holders = rows.get(id);
  holders?.delete(worker);
  // What a worker before it had left is what this one began with.
  holders?.delete(KEPT);
  if (holders?.size === 0) rows.delete(id);
}

/** Of several workers the one that keeps out longest; null: there is none. */
function merged(holders: ReadonlyMap<string, KeptRow> | undefined): KeptRow | null {
  let best: KeptRow | null = null;
  for (const row of holders?.values() ?? []) {
    if (best === null || (row.out?.untilWallMs ?? 0) > (best.out?.untilWallMs ?? 0)) best = row;
  }
  return best;
}

function clamped(row: KeptRow, latestMs: number): KeptRow {
  const at = <T extends { readonly untilWallMs: number }>(each: T): T => ({
    ...each,
    untilWallMs: Math.min(each.untilWallMs, latestMs),
  });
  const cells = Object.fromEntries(Object.entries(row.cells).map(([target, cell]) => [target, at(cell)]));
  return { ...row, out: row.out === null ? null : at(row.out), quotas: row.quotas.map(at), cells };
}

/** An account's orders hold for all its lanes; a lane's own win. */
function withOrders(deployment: Deployment, orders: ReadonlyMap<string, Orders>): Deployment {
  if (orders.size === 0) return deployment;
  const lanes = Object.entries(deployment.lanes).map(([id, lane]) => {
    const [all, own] = [orders.get(accountOf(lane)), orders.get(id)];
    if (all === undefined && own === undefined) return [id, lane] as const;
    const parked = own?.parked === true || all?.parked === true;
    return [
      id,
      {
        ...lane,
        routing: lane.routing && !parked,
        ...(parked && lane.routing ? { parked: true as const } : {}),
        pinned: own?.pinned ?? all?.pinned ?? lane.pinned,
        sortKey: own?.sortKey ?? all?.sortKey ?? lane.sortKey,
      },
    ] as const;
  });
  return { ...deployment, lanes: Object.fromEntries(lanes) };
}

function lanesOf({ kind, id }: StandingOrder, { lanes }: Deployment): readonly Lane[] {
  return Object.values(lanes).filter((lane) => (kind === "lanes" ? lane.id === id : accountOf(lane) === id));
}

function idsOf(order: StandingOrder, deployment: Deployment): readonly string[] {
  return [order.id, ...lanesOf(order, deployment).map(({ id }) => id)];
}

function wrongWith(order: StandingOrder, deployment: Deployment): OrderReply | null {
  const { action, id, kind, value } = order;
  const lanes = lanesOf(order, deployment);
  if (lanes.length === 0) return { kind: "unknown", why: `There is no ${kind.slice(0, -1)} ${JSON.stringify(id)}.` };
  if (action === "unpark" && lanes.every(({ routing }) => !routing)) {
    return { kind: "conflict", why: `The configuration says routing: false of ${id}, which wins. Change it there.` };
  }
  if (action === "pin" && typeof value === "number")
    return { kind: "invalid", why: "pinned must be true, false or null." };
  if (action === "order" && !(value === null || Number.isSafeInteger(value))) {
    return { kind: "invalid", why: "sort_key must be a whole number or null." };
  }
  return null;
}

/** Taking back a lane's own order would leave it parked with its account, and must not look done. */
function parkedByAccount(order: StandingOrder, deployment: Deployment, orders: ReadonlyMap<string, Orders>) {
  const [lane] = order.kind === "lanes" && order.action === "unpark" ? lanesOf(order, deployment) : [];
  if (lane === undefined || orders.get(accountOf(lane))?.parked !== true) return null;
  const why = `The account ${accountOf(lane)} is parked, and its lanes with it. Unpark the account, and park the lanes that shall stay out.`;
  return { kind: "conflict", why } as const;
}

function changeBy({ action, value }: StandingOrder): Partial<Orders> {
  switch (action) {
    case "park":
      return { parked: true };
    case "unpark":
      return { parked: null };
    case "pin":
      return { pinned: typeof value === "boolean" ? value : null };
    case "order":
      return { sortKey: typeof value === "number" ? value : null };
    case "reset":
      return {};
  }
}

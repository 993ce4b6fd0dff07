// The ledger as a whole, writer and clients: what is admitted, what is on disk, and what is left after a process died.
import { afterEach, describe, expect, test } from "bun:test";
import { createBalances, type Recalled } from "../../src/governance/balances.ts";
import { NO_LIMITS } from "../../src/governance/keys.ts";
import type { LedgerClient, Reservation, Reserved } from "../../src/governance/ledger-client.ts";
import type { Booking, UsageRow } from "../../src/governance/ledger-messages.ts";
import {
  countLimit,
  type LeaseId,
  type LedgerScope,
  type MoneyLimit,
  moneyLimit,
  scopeOf,
} from "../../src/governance/limit.ts";
import type { Limits } from "../../src/ir/deployment.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { type LedgerBench, leaseRequest, ledgerBench } from "./ledger-bench.ts";

const USD = 1_000_000_000;
const CENT = USD / 100;

let bench: LedgerBench | null = null;
afterEach(() => {
  bench?.close();
  bench = null;
});

async function start(over: Parameters<typeof ledgerBench>[0] = {}): Promise<LedgerBench> {
  bench = await ledgerBench(over);
  return bench;
}

async function createKey(on: LedgerBench, input: object): Promise<{ id: string; secret: string }> {
  const reply = await on.manage("create", null, { name: "k", ...input });
  expect(reply.status).toBe(201);
  return reply.body as { id: string; secret: string };
}

let rows = 0;
function booking(
  scope: LedgerScope,
  costNanos: number | null,
  leases: readonly LeaseId<MoneyLimit>[],
  wallMs: number,
): Booking {
  rows += 1;
  const row: UsageRow = {
    id: `req_${rows}`,
    wallMs,
    caller: "k",
    target: "pool",
    lane: "a/b/c",
    usage: { ...UNKNOWN_USAGE, freshInputTokens: 10, outputTokens: 5 },
    costNanos,
    state: "ok",
  };
  return { row, scopes: [scope], leases, revision: "r" };
}

/** Reserves money as one request does, and books what it came to. */
class Requester {
  readonly on: LedgerBench;
  readonly client: LedgerClient;
  readonly limit: MoneyLimit;

  constructor(on: LedgerBench, client: LedgerClient, limit: MoneyLimit) {
    this.on = on;
    this.client = client;
    this.limit = limit;
  }

  async take(amount: number): Promise<Reserved> {
    return await this.client.reserve([{ limit: this.limit, amount }]);
  }

  end(reserved: Reserved, cost: number): void {
    if (reserved.kind !== "reserved") throw new Error("nothing was reserved");
    for (const reservation of reserved.reservations) reservation.release(cost);
    const leases = leasesOf(reserved.reservations);
    this.client.book(booking(this.limit.scope, cost, leases, this.on.effects.wallMs()));
  }
}

function leasesOf(reservations: readonly Reservation[]): LeaseId<MoneyLimit>[] {
  return reservations.flatMap(({ lease: { limit, period } }) => (limit.kind === "usd" ? [{ limit, period }] : []));
}

const ofKey = (id: string): LedgerScope => scopeOf("key", id);
const spentBy = async (on: LedgerBench, scope: LedgerScope, startWallMs = 0): Promise<number> =>
  (await on.store().sumOf(scope, startWallMs)).costNanos;
const leasesOn = async (on: LedgerBench) => (await on.store().load()).leases;

const hard = (limitUsd: number, window = "monthly"): object => ({ budgets: [{ window, limit_usd: limitUsd }] });

describe("a budget for fifty under five hundred at once", () => {
  for (const workers of [1, 2, 5]) {
    test(`with ${workers} workers exactly as many are let in as fit, and none afterwards`, async () => {
      const on = await start();
      const { id } = await createKey(on, hard(0.5));
      const clients = Array.from({ length: workers }, (_, at) => on.client(`w${at}`).client);
      await on.run(10);
      const limit = moneyLimit("monthly", ofKey(id));
      const requesters = Array.from({ length: 500 }, (_, at) => {
        const client = clients[at % workers];
        if (client === undefined) throw new Error("no client");
        return new Requester(on, client, limit);
      });
      const taking = requesters.map((requester) => requester.take(CENT));
      await on.run(100);
      const taken = await Promise.all(taking);
      const admitted = taken.filter(({ kind }) => kind === "reserved").length;
      expect(admitted).toBe(50);
      for (const [at, each] of taken.entries()) if (each.kind === "reserved") requesters[at]?.end(each, CENT);
      await on.run(200);
      expect(await spentBy(on, ofKey(id))).toBe(0.5 * USD);
      const late = requesters.map((requester) => requester.take(CENT));
      await on.run(100);
      expect((await Promise.all(late)).filter(({ kind }) => kind === "reserved")).toEqual([]);
      expect(await on.store().check()).toBeNull();
    });
  }

  test("what was set aside and not spent lets others in", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(0.5));
    const { client } = on.client("w");
    await on.run(10);
    const requester = new Requester(on, client, moneyLimit("monthly", ofKey(id)));
    let admitted = 0;
    for (let each = 0; each < 500; each++) {
      const taking = requester.take(CENT);
      await on.run(5);
      const taken = await taking;
      if (taken.kind !== "reserved") continue;
      admitted += 1;
      requester.end(taken, CENT / 2);
      await on.run(50);
    }
    expect(admitted).toBeGreaterThanOrEqual(98);
    expect(admitted).toBeLessThanOrEqual(100);
  });

  test("what its own worker holds of a budget and does not use is no reason to refuse a request", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(0.1));
    const { client } = on.client("w");
    await on.run(10);
    const requester = new Requester(on, client, moneyLimit("monthly", ofKey(id)));
    const kinds: string[] = [];
    for (let each = 0; each < 6; each++) {
      const taking = requester.take((6 + each / 10) * CENT);
      await on.run(5);
      const taken = await taking;
      kinds.push(taken.kind);
      if (taken.kind === "reserved") requester.end(taken, CENT);
      await on.run(50);
    }
    // Four cents were spent then, and 6.4 more do not fit.
    expect(kinds).toEqual(["reserved", "reserved", "reserved", "reserved", "short", "short"]);
  });

  test("a budget that others have set aside is not told as used up", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(0.1));
    const clients = [on.client("a").client, on.client("b").client];
    await on.run(10);
    const limit = moneyLimit("monthly", ofKey(id));
    const requesters = clients.map((client) => new Requester(on, client, limit));
    const takeOf = async (at: number, need: number): Promise<Reserved | undefined> => {
      const taking = requesters[at]?.take(need);
      await on.run(5);
      return await taking;
    };
    const first = await takeOf(0, 6 * CENT);
    expect(first).toMatchObject({ kind: "reserved" });
    for (const at of [0, 1]) {
      const shortage = { isLeased: true, resetMs: 5_000 };
      expect(await takeOf(at, 5 * CENT)).toMatchObject({ kind: "short", shortage });
    }
    expect(await takeOf(1, 11 * CENT)).toMatchObject({ kind: "short", shortage: { isLeased: false } });
    if (first !== undefined) requesters[0]?.end(first, 2 * CENT);
    await on.run(100);
    // Its own worker's room counts for a request as well: 2 are spent, 4 are there, 9 are too much.
    const late = await takeOf(0, 9 * CENT);
    expect(late).toMatchObject({ kind: "short", shortage: { isLeased: false } });
  });

  test("what was spent beyond what was set aside is the only overspending there is", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(0.5));
    const clients = [on.client("a").client, on.client("b").client];
    await on.run(10);
    const limit = moneyLimit("monthly", ofKey(id));
    const requesters = clients.map((client) => new Requester(on, client, limit));
    let spent = 0;
    for (let each = 0; each < 200; each++) {
      const requester = requesters[each % 2];
      if (requester === undefined) throw new Error("no client");
      const taking = requester.take(CENT);
      await on.run(5);
      const taken = await taking;
      if (taken.kind !== "reserved") continue;
      requester.end(taken, 3 * CENT);
      spent += 3 * CENT;
      await on.run(60);
    }
    // One request at a time: at most one is beyond the limit, by what it cost more than it said.
    expect(spent).toBeGreaterThanOrEqual(0.5 * USD - CENT);
    expect(spent).toBeLessThanOrEqual(0.5 * USD + 2 * CENT);
    expect(await spentBy(on, ofKey(id))).toBe(spent);
  });
});

describe("leases", () => {
  test("a lease with room costs no message; far from the limit few are asked for", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(1_000));
    let messages = 0;
    const { client } = on.client("w");
    const receive = on.writer().receive;
    Object.assign(on.writer(), {
      receive: (...args: Parameters<typeof receive>) => {
        if (args[1].type === "lease") messages += 1;
        receive(...args);
      },
    });
    await on.run(10);
    const requester = new Requester(on, client, moneyLimit("monthly", ofKey(id)));
    for (let each = 0; each < 500; each++) {
      const taking = requester.take(CENT);
      await on.run(5);
      requester.end(await taking, CENT);
    }
    expect(messages).toBeLessThanOrEqual(12);
  });

  test("an idle lease goes back, and nothing is leased then", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(1_000));
    const { client } = on.client("w");
    await on.run(10);
    const requester = new Requester(on, client, moneyLimit("monthly", ofKey(id)));
    const taking = requester.take(CENT);
    await on.run(10);
    requester.end(await taking, CENT);
    await on.run(10_000);
    expect(await leasesOn(on)).toEqual([]);
    expect(client.backlog()).toBe(0);
  });

  test("a window that is over opens with nothing spent, and the clock going back opens no other", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(0.02, "daily"));
    const { client } = on.client("w");
    await on.run(10);
    const requester = new Requester(on, client, moneyLimit("daily", ofKey(id)));
    const two = async (): Promise<string[]> => {
      const kinds: string[] = [];
      for (let each = 0; each < 3; each++) {
        const taking = requester.take(CENT);
        await on.run(10);
        const taken = await taking;
        kinds.push(taken.kind);
        if (taken.kind === "reserved") requester.end(taken, CENT);
        await on.run(60);
      }
      return kinds;
    };
    expect(await two()).toEqual(["reserved", "reserved", "short"]);
    on.effects.jumpWall(24 * 3_600_000);
    expect(await two()).toEqual(["reserved", "reserved", "short"]);
    on.effects.jumpWall(-24 * 3_600_000);
    expect(await two()).toEqual(["short", "short", "short"]);
    on.effects.jumpWall(-3_600_000);
    expect(await two()).toEqual(["short", "short", "short"]);
  });
});

describe("a minute", () => {
  test("no minute has more than the limit, wherever it begins; unused ones come back", async () => {
    const on = await start();
    const { id } = await createKey(on, { rpm_limit: 30 });
    const clients = [on.client("a").client, on.client("b").client];
    await on.run(10);
    const limit = countLimit("requests", ofKey(id));
    const at: number[] = [];
    for (let each = 0; each < 1_500; each++) {
      const taking = Promise.resolve(clients[each % 2]?.reserve([{ limit, amount: 1 }]));
      await on.run(100);
      const taken = await taking;
      if (taken?.kind === "reserved") {
        at.push(on.effects.nowMs());
        for (const reservation of taken.reservations) reservation.release(1);
      }
    }
    for (const from of at)
      expect(at.filter((each) => each >= from && each < from + 60_000).length).toBeLessThanOrEqual(30);
    // 150 seconds: two minutes and a half of thirty, a little less for what lies in leases.
    expect(at.length).toBeGreaterThanOrEqual(60);
    await on.run(61_000);
    for (let round = 0; round < 3; round++) {
      const all = Array.from({ length: 30 }, () => Promise.resolve(clients[0]?.reserve([{ limit, amount: 1 }])));
      await on.run(20);
      const taken = await Promise.all(all);
      // Requests that never ran: the next thirty have the same minute.
      expect(taken.map((each) => each?.kind)).toEqual(Array(30).fill("reserved"));
      for (const each of taken)
        if (each?.kind === "reserved") for (const reservation of each.reservations) reservation.release(0);
    }
  });

  test("slots: never more at once than there are, free again at the end, and at once when a worker dies", async () => {
    const on = await start();
    const { id } = await createKey(on, { max_concurrent: 3 });
    const one = on.client("a");
    const other = on.client("b");
    await on.run(10);
    const limit = countLimit("slots", ofKey(id));
    const take = async (client: LedgerClient): Promise<Reserved> => {
      const taking = Promise.resolve(client.reserve([{ limit, amount: 1 }]));
      await on.run(10);
      return taking;
    };
    const held = [await take(one.client), await take(one.client), await take(other.client)];
    expect(held.map(({ kind }) => kind)).toEqual(["reserved", "reserved", "reserved"]);
    expect((await take(other.client)).kind).toBe("short");
    const [first] = held;
    if (first?.kind === "reserved") for (const reservation of first.reservations) reservation.release(0);
    await on.run(2_500);
    expect((await take(other.client)).kind).toBe("reserved");
    one.die();
    expect((await take(other.client)).kind).toBe("reserved");
    expect((await take(other.client)).kind).toBe("short");
  });
});

describe("a process dies", () => {
  test("a worker's unspent lease counts as spent for a minute, and is free then", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(0.03));
    const dying = on.client("a");
    const living = on.client("b");
    await on.run(10);
    const limit = moneyLimit("monthly", ofKey(id));
    const lost = new Requester(on, dying.client, limit);
    const taking = [lost.take(CENT), lost.take(CENT)];
    await on.run(10);
    await Promise.all(taking);
    dying.die();
    const requester = new Requester(on, living.client, limit);
    const kinds = async (): Promise<string[]> => {
      const wanted = [requester.take(CENT), requester.take(CENT), requester.take(CENT)];
      await on.run(20);
      const taken = await Promise.all(wanted);
      for (const each of taken)
        if (each.kind === "reserved") for (const reservation of each.reservations) reservation.release(0);
      await on.run(6_000);
      return taken.map(({ kind }) => kind);
    };
    expect(await kinds()).toEqual(["reserved", "short", "short"]);
    await on.run(60_000);
    expect(await kinds()).toEqual(["reserved", "reserved", "reserved"]);
  });

  test("the writer's end at any moment loses no acknowledged row, and no row at all once the spool is booked", async () => {
    for (let moment = 0; moment < 60; moment += 6) {
      const on = await start();
      const { id } = await createKey(on, hard(100));
      const worker = on.client("w");
      await on.run(10);
      const requester = new Requester(on, worker.client, moneyLimit("monthly", ofKey(id)));
      let booked = 0;
      for (let each = 0; each < 20; each++) {
        const taking = requester.take(CENT);
        await on.run(5);
        const taken = await taking;
        if (taken.kind === "reserved") requester.end(taken, CENT);
        booked += 1;
      }
      await on.run(moment);
      const acknowledged = booked - worker.client.backlog();
      on.killWriter();
      worker.client.orphaned();
      await on.run(50);
      await on.startWriter();
      const onDisk = (await on.store().sumOf(ofKey(id), 0)).requests;
      expect(onDisk).toBeGreaterThanOrEqual(acknowledged);
      const leased = (await leasesOn(on)).reduce((sum, lease) => sum + lease.nanos, 0);
      expect((await spentBy(on, ofKey(id))) + leased).toBeGreaterThanOrEqual(booked * CENT);
      const replayed = on.writer().replay("w", worker.spooled);
      await on.run(100);
      await replayed;
      expect(await on.store().sumOf(ofKey(id), 0)).toEqual({
        requests: booked,
        costNanos: booked * CENT,
        tokens: booked * 15,
        unpriced: 0,
      });
      expect(await on.store().check()).toBeNull();
      await on.run(70_000);
      expect(await leasesOn(on)).toEqual([]);
      on.close();
      bench = null;
    }
  }, 60_000);

  test("a row that is delivered twice is booked once", async () => {
    const on = await start();
    const once = booking(scopeOf("caller", "x"), CENT, [], on.effects.wallMs());
    const replays = [on.writer().replay("a", [once, once]), on.writer().replay("b", [once])];
    await on.run(100);
    await Promise.all(replays);
    expect(await on.store().sumOf(scopeOf("caller", "x"), 0)).toMatchObject({ requests: 1, costNanos: CENT });
    expect(await on.store().check()).toBeNull();
  });

  test("a disk that refuses: money is refused, rows are kept, and all is well when it is", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(100));
    const { client } = on.client("w");
    await on.run(10);
    const requester = new Requester(on, client, moneyLimit("monthly", ofKey(id)));
    const taking = requester.take(CENT);
    await on.run(10);
    const taken = await taking;
    const { commit } = on.store();
    Object.assign(on.store(), {
      commit: () => {
        throw Object.assign(new Error("disk I/O error: the path of it"), { code: "SQLITE_FULL" });
      },
    });
    requester.end(taken, CENT);
    const more = client.reserve([{ limit: moneyLimit("monthly", ofKey(id)), amount: 50 * USD }]);
    await on.run(100);
    expect(await more).toMatchObject({ kind: "short", shortage: { kind: "unavailable" } });
    expect(client.backlog()).toBe(1);
    expect(on.said).toEqual([expect.stringMatching(/^error .*SQLITE_FULL/)]);
    expect(await on.manage("create", null, { name: "x" })).toMatchObject({ status: 503 });
    Object.assign(on.store(), { commit });
    await on.run(3_000);
    expect(client.backlog()).toBe(0);
    expect(await on.store().sumOf(ofKey(id), 0)).toMatchObject({ requests: 1, costNanos: CENT });
    expect((await on.manage("list", null, null)).body).toMatchObject({ keys: [{ id }] });
  });
});

test("an account that reaches a cap is told to every worker, those that come later too, and until when", async () => {
  const on = await start({
    caps: [
      { account: "up/a", window: "daily", unit: "usd", limit: 2 * CENT, soft: null },
      { account: "up/a", window: "monthly", unit: "requests", limit: 1_000, soft: null },
      { account: "up/b", window: "total", unit: "tokens", limit: 31, soft: null },
    ],
  });
  const worker = on.client("w");
  const use = async (account: string): Promise<void> => {
    const used = booking(scopeOf("caller", "x"), CENT, [], on.effects.wallMs());
    worker.client.book({ ...used, scopes: [...used.scopes, scopeOf("account", account)] });
    await on.run(100);
  };
  await use("up/a");
  await use("up/b");
  await use("up/b");
  expect(worker.capped).toEqual([]);
  await use("up/a");
  expect(worker.capped).toEqual([{ account: "up/a", untilWallMs: Date.UTC(2026, 0, 2) }]);
  await use("up/b");
  expect(worker.capped.at(-1)).toEqual({ account: "up/b", untilWallMs: null });
  const later = on.client("later");
  await on.run(10);
  expect(later.capped.map(({ account }) => account)).toEqual(["up/a", "up/b"]);
  on.effects.jumpWall(24 * 3_600_000);
  const nextDay = on.client("next day");
  await on.run(10);
  expect(nextDay.capped.map(({ account }) => account)).toEqual(["up/b"]);
});

test("a soft budget lets everything through and says so", async () => {
  const on = await start();
  const { id } = await createKey(on, { budgets: [{ window: "daily", limit_usd: 0.01, mode: "soft" }] });
  const { client } = on.client("w");
  await on.run(10);
  const requester = new Requester(on, client, moneyLimit("daily", ofKey(id)));
  const first = requester.take(2 * CENT);
  await on.run(10);
  const taken = await first;
  expect(taken.kind === "reserved" && taken.reservations[0]?.warn).toBe(2);
});

describe("money at the edges", () => {
  const limitOf = (id: string, window: "daily" | "monthly" = "monthly"): MoneyLimit => moneyLimit(window, ofKey(id));
  const taking = async (on: LedgerBench, requester: Requester, need: number): Promise<Reserved> => {
    const asked = requester.take(need);
    await on.run(20);
    return asked;
  };

  test("what is under way when a window ends counts in the next one, until it is booked there", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(0.03, "daily"));
    const { client } = on.client("w");
    await on.run(10);
    const requester = new Requester(on, client, limitOf(id, "daily"));
    const straddling = [await taking(on, requester, CENT), await taking(on, requester, CENT)];
    on.effects.jumpWall(24 * 3_600_000);
    // Two of three cents will be booked today: one more fits, and not two.
    const today = [await taking(on, requester, CENT), await taking(on, requester, CENT)];
    expect(today.map(({ kind }) => kind)).toEqual(["reserved", "short"]);
    for (const each of straddling) requester.end(each, CENT);
    await on.run(100);
    expect((await taking(on, requester, CENT)).kind).toBe("short");
    const [first] = today;
    if (first !== undefined) requester.end(first, CENT);
    await on.run(100);
    const midnight = Date.UTC(2026, 0, 2);
    expect(await spentBy(on, ofKey(id), midnight)).toBe(3 * CENT);
    // Nothing is left standing of yesterday.
    await on.run(10_000);
    expect(await leasesOn(on)).toEqual([]);
  });

  test("while the clock is behind, what is spent is missing in the window that holds", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(0.02, "daily"));
    const { client } = on.client("w");
    await on.run(10);
    const requester = new Requester(on, client, limitOf(id, "daily"));
    on.effects.jumpWall(24 * 3_600_000);
    requester.end(await taking(on, requester, CENT), CENT);
    await on.run(100);
    on.effects.jumpWall(-24 * 3_600_000);
    const kinds: string[] = [];
    for (let each = 0; each < 3; each++) {
      const taken = await taking(on, requester, CENT);
      kinds.push(taken.kind);
      if (taken.kind === "reserved") requester.end(taken, CENT);
      await on.run(6_000);
    }
    expect(kinds).toEqual(["reserved", "short", "short"]);
    expect(on.said).toEqual([expect.stringMatching(/^warning The clock went back by up to 24 h/)]);
    expect(await on.store().check()).toBeNull();
  });

  test("a row that comes when its lease is long forgotten is booked, and leaves no debt behind", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(1));
    const worker = on.client("w");
    await on.run(10);
    const requester = new Requester(on, worker.client, limitOf(id));
    const taken = await taking(on, requester, CENT);
    const holds = taken.kind === "reserved" ? leasesOf(taken.reservations) : [];
    worker.die();
    await on.run(62_000);
    expect(await leasesOn(on)).toEqual([]);
    const late = on.writer().replay("w", [booking(ofKey(id), CENT, holds, on.effects.wallMs())]);
    await on.run(2_000);
    await late;
    expect(await leasesOn(on)).toEqual([]);
    expect(await spentBy(on, ofKey(id))).toBe(CENT);
  });

  test("sums that no double holds are full, not small", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(1_000_000));
    const { client } = on.client("w");
    await on.run(10);
    for (let each = 0; each < 3; each++) client.book(booking(ofKey(id), 8_000_000 * USD, [], on.effects.wallMs()));
    await on.run(100);
    expect(await spentBy(on, ofKey(id))).toBe(Number.MAX_SAFE_INTEGER);
    const requester = new Requester(on, client, limitOf(id));
    expect((await taking(on, requester, 1)).kind).toBe("short");
    expect(await on.store().check()).toBeNull();
  });

  test("a key that is disabled, rotated or deleted still pays for what is under way", async () => {
    for (const action of ["disable", "rotate", "revoke", "delete"]) {
      const on = await start({ groups: { team: { name: "team", parent: null, allowedTargets: null, limits: TEAM } } });
      const { id } = await createKey(on, { ...hard(1), group: "team" });
      const { client } = on.client("w");
      await on.run(10);
      const scopes = [ofKey(id), scopeOf("group", "team")];
      const asked = Promise.resolve(
        client.reserve(scopes.map((scope) => ({ limit: moneyLimit("monthly", scope), amount: CENT }))),
      );
      await on.run(20);
      const taken = await asked;
      expect((await on.manage(action, id, {})).status).toBe(200);
      if (taken.kind !== "reserved") throw new Error("short");
      for (const reservation of taken.reservations) reservation.release(CENT);
      const holds = leasesOf(taken.reservations);
      client.book({ ...booking(ofKey(id), CENT, holds, on.effects.wallMs()), scopes });
      await on.run(10_000);
      for (const scope of scopes) expect([action, await spentBy(on, scope)]).toEqual([action, CENT]);
      expect([action, await leasesOn(on)]).toEqual([action, []]);
      on.close();
      bench = null;
    }
  });

  test("two workers in the last cent: one of them has it", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(0.01));
    const clients = [on.client("a").client, on.client("b").client];
    await on.run(10);
    for (let round = 0; round < 5; round++) {
      const asked = clients.map((client) => Promise.resolve(client.reserve([{ limit: limitOf(id), amount: CENT }])));
      await on.run(20);
      const taken = await Promise.all(asked);
      expect(taken.map(({ kind }) => kind).toSorted()).toEqual(["reserved", "short"]);
      for (const each of taken)
        if (each.kind === "reserved") for (const reservation of each.reservations) reservation.release(0);
      await on.run(7_000);
    }
  });

  test("settling twice gives back once", async () => {
    const on = await start();
    const { id } = await createKey(on, hard(0.02));
    const { client } = on.client("w");
    await on.run(10);
    const requester = new Requester(on, client, limitOf(id));
    const taken = await taking(on, requester, CENT);
    requester.end(taken, CENT);
    if (taken.kind === "reserved") for (const reservation of taken.reservations) reservation.release(0);
    await on.run(100);
    const kinds: string[] = [];
    for (let each = 0; each < 2; each++) kinds.push((await taking(on, requester, CENT)).kind);
    expect(kinds).toEqual(["reserved", "short"]);
  });
});

const TEAM: Limits = { ...NO_LIMITS, budgets: [{ window: "monthly", limitNanos: USD, mode: "hard", warnAt: null }] };

/** There is no other client to ask. */
const ASKED: Recalled = { reserved: new Map(), last: "any", count: 1 };

test("a flood of sessions empties no other minute", () => {
  const budgets: Limits["budgets"] = [{ window: "minute", limitNanos: CENT, mode: "hard", warnAt: null }];
  const day: Limits["budgets"] = [{ window: "daily", limitNanos: CENT, mode: "hard", warnAt: null }];
  const balances = createBalances({
    limitsOf: ({ kind }) => ({ ...NO_LIMITS, budgets: kind === "key" ? budgets : day }),
  });
  const moment = { nowMs: 0, wallMs: 1_000, aheadMs: 0 };
  const limit = moneyLimit("minute", ofKey("vk_1"));
  const requests = [leaseRequest(limit, CENT)];
  const leased = balances.lease("w", requests, moment, ASKED);
  const leases = leased.kind === "leased" ? leased.leases.map(({ period }) => ({ limit, period })) : [];
  balances.booked("w", booking(ofKey("vk_1"), CENT, leases, 1_000), true);
  for (let each = 0; each < 100_001; each++) {
    const session = [leaseRequest(moneyLimit("daily", scopeOf("session", `vk_1/${each}`)), 1)];
    expect(balances.lease("w", session, moment, ASKED).kind).toBe("unread");
    balances.addSums(balances.missing(session, moment).map((sum) => ({ sum, nanos: 0 })));
  }
  expect(balances.lease("w", requests, moment, ASKED).kind).toBe("short");
});

// The ledger as a whole, keeper and spenders: what is admitted, what is on disk, and what is left after somebody died.
import { afterEach, describe, expect, test } from "bun:test";
import { createAmounts, moneyAmount, rateAmount } from "../../src/governance/amounts.ts";
import { NO_LIMITS } from "../../src/governance/keys.ts";
import type { Spender, Taken } from "../../src/governance/spender.ts";
import type { Entry, HoldName, UsageRow } from "../../src/governance/store.ts";
import type { Limits } from "../../src/ir/deployment.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { type LedgerBench, ledgerBench } from "./ledger-bench.ts";

const USD = 1_000_000_000;
const CENT = USD / 100;

let bench: LedgerBench | null = null;
afterEach(() => {
  bench?.close();
  bench = null;
});

function start(over: Parameters<typeof ledgerBench>[0] = {}): LedgerBench {
  bench = ledgerBench(over);
  return bench;
}

async function createKey(on: LedgerBench, input: object): Promise<{ id: string; secret: string }> {
  const reply = await on.manage("create", null, { name: "k", ...input });
  expect(reply.status).toBe(201);
  return reply.body as { id: string; secret: string };
}

let rows = 0;
function entry(scope: string, costNanos: number | null, holds: readonly HoldName[], wallMs: number): Entry {
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
  return { row, scopes: [scope], holds, revision: "r" };
}

/** Takes money as one request does, and books what it came to. */
class Client {
  readonly on: LedgerBench;
  readonly spender: Spender;
  readonly scope: string;
  readonly amount: string;

  constructor(on: LedgerBench, spender: Spender, scope: string, amount: string) {
    this.on = on;
    this.spender = spender;
    this.scope = scope;
    this.amount = amount;
  }

  async take(need: number): Promise<Taken> {
    return await this.spender.take([{ amount: this.amount, need }]);
  }

  end(taken: Taken, cost: number): void {
    if (taken.kind !== "taken") throw new Error("nothing was taken");
    for (const part of taken.parts) part.settle(cost);
    this.spender.book(
      entry(
        this.scope,
        cost,
        taken.parts.map(({ hold }) => hold),
        this.on.effects.wallMs(),
      ),
    );
  }
}

const hard = (limitUsd: number, window = "monthly"): object => ({ budgets: [{ window, limit_usd: limitUsd }] });

describe("a budget for fifty under five hundred at once", () => {
  for (const workers of [1, 2, 5]) {
    test(`with ${workers} workers exactly as many are let in as fit, and none afterwards`, async () => {
      const on = start();
      const { id } = await createKey(on, hard(0.5));
      const spenders = Array.from({ length: workers }, (_, at) => on.spender(`w${at}`).spender);
      await on.run(10);
      const amount = moneyAmount("monthly", `key:${id}`);
      const clients = Array.from({ length: 500 }, (_, at) => {
        const spender = spenders[at % workers];
        if (spender === undefined) throw new Error("no spender");
        return new Client(on, spender, `key:${id}`, amount);
      });
      const taking = clients.map((client) => client.take(CENT));
      await on.run(100);
      const taken = await Promise.all(taking);
      const admitted = taken.filter(({ kind }) => kind === "taken").length;
      expect(admitted).toBe(50);
      for (const [at, each] of taken.entries()) if (each.kind === "taken") clients[at]?.end(each, CENT);
      await on.run(200);
      expect(on.store().spentSince(`key:${id}`, 0)).toBe(0.5 * USD);
      const late = clients.map((client) => client.take(CENT));
      await on.run(100);
      expect((await Promise.all(late)).filter(({ kind }) => kind === "taken")).toEqual([]);
      expect(on.store().check()).toBeNull();
    });
  }

  test("what was set aside and not spent lets others in", async () => {
    const on = start();
    const { id } = await createKey(on, hard(0.5));
    const { spender } = on.spender("w");
    await on.run(10);
    const client = new Client(on, spender, `key:${id}`, moneyAmount("monthly", `key:${id}`));
    let admitted = 0;
    for (let each = 0; each < 500; each++) {
      const taking = client.take(CENT);
      await on.run(5);
      const taken = await taking;
      if (taken.kind !== "taken") continue;
      admitted += 1;
      client.end(taken, CENT / 2);
      await on.run(50);
    }
    expect(admitted).toBeGreaterThanOrEqual(98);
    expect(admitted).toBeLessThanOrEqual(100);
  });

  test("what its own worker holds of a budget and does not use is no reason to refuse a request", async () => {
    const on = start();
    const { id } = await createKey(on, hard(0.1));
    const { spender } = on.spender("w");
    await on.run(10);
    const client = new Client(on, spender, `key:${id}`, moneyAmount("monthly", `key:${id}`));
    const kinds: string[] = [];
    for (let each = 0; each < 6; each++) {
      const taking = client.take((6 + each / 10) * CENT);
      await on.run(5);
      const taken = await taking;
      kinds.push(taken.kind);
      if (taken.kind === "taken") client.end(taken, CENT);
      await on.run(50);
    }
    // Four cents were spent then, and 6.4 more do not fit.
    expect(kinds).toEqual(["taken", "taken", "taken", "taken", "short", "short"]);
  });

  test("what was spent beyond what was set aside is the only overspending there is", async () => {
    const on = start();
    const { id } = await createKey(on, hard(0.5));
    const spenders = [on.spender("a").spender, on.spender("b").spender];
    await on.run(10);
    const amount = moneyAmount("monthly", `key:${id}`);
    const clients = spenders.map((spender) => new Client(on, spender, `key:${id}`, amount));
    let spent = 0;
    for (let each = 0; each < 200; each++) {
      const client = clients[each % 2];
      if (client === undefined) throw new Error("no client");
      const taking = client.take(CENT);
      await on.run(5);
      const taken = await taking;
      if (taken.kind !== "taken") continue;
      client.end(taken, 3 * CENT);
      spent += 3 * CENT;
      await on.run(60);
    }
    // One request at a time: at most one is beyond the limit, by what it cost more than it said.
    expect(spent).toBeGreaterThanOrEqual(0.5 * USD - CENT);
    expect(spent).toBeLessThanOrEqual(0.5 * USD + 2 * CENT);
    expect(on.store().spentSince(`key:${id}`, 0)).toBe(spent);
  });
});

describe("leases", () => {
  test("a lease with room costs no message; far from the limit few are asked for", async () => {
    const on = start();
    const { id } = await createKey(on, hard(1_000));
    let messages = 0;
    const { spender } = on.spender("w");
    const receive = on.keeper().receive;
    Object.assign(on.keeper(), {
      receive: (...args: Parameters<typeof receive>) => {
        if (args[1].type === "lease") messages += 1;
        receive(...args);
      },
    });
    await on.run(10);
    const client = new Client(on, spender, `key:${id}`, moneyAmount("monthly", `key:${id}`));
    for (let each = 0; each < 500; each++) {
      const taking = client.take(CENT);
      await on.run(5);
      client.end(await taking, CENT);
    }
    expect(messages).toBeLessThanOrEqual(12);
  });

  test("an idle lease goes back, and nothing is leased then", async () => {
    const on = start();
    const { id } = await createKey(on, hard(1_000));
    const { spender } = on.spender("w");
    await on.run(10);
    const client = new Client(on, spender, `key:${id}`, moneyAmount("monthly", `key:${id}`));
    const taking = client.take(CENT);
    await on.run(10);
    client.end(await taking, CENT);
    await on.run(10_000);
    expect(on.store().leases()).toEqual([]);
    expect(spender.backlog()).toBe(0);
  });

  test("a window that is over opens with nothing spent, and the clock going back opens no other", async () => {
    const on = start();
    const { id } = await createKey(on, hard(0.02, "daily"));
    const { spender } = on.spender("w");
    await on.run(10);
    const client = new Client(on, spender, `key:${id}`, moneyAmount("daily", `key:${id}`));
    const two = async (): Promise<string[]> => {
      const kinds: string[] = [];
      for (let each = 0; each < 3; each++) {
        const taking = client.take(CENT);
        await on.run(10);
        const taken = await taking;
        kinds.push(taken.kind);
        if (taken.kind === "taken") client.end(taken, CENT);
        await on.run(60);
      }
      return kinds;
    };
    expect(await two()).toEqual(["taken", "taken", "short"]);
    on.effects.jumpWall(24 * 3_600_000);
    expect(await two()).toEqual(["taken", "taken", "short"]);
    on.effects.jumpWall(-24 * 3_600_000);
    expect(await two()).toEqual(["short", "short", "short"]);
    on.effects.jumpWall(-3_600_000);
    expect(await two()).toEqual(["short", "short", "short"]);
  });
});

describe("a minute", () => {
  test("no minute has more than the limit, wherever it begins; unused ones come back", async () => {
    const on = start();
    const { id } = await createKey(on, { rpm_limit: 30 });
    const spenders = [on.spender("a").spender, on.spender("b").spender];
    await on.run(10);
    const amount = rateAmount("requests", `key:${id}`);
    const at: number[] = [];
    for (let each = 0; each < 1_500; each++) {
      const taking = Promise.resolve(spenders[each % 2]?.take([{ amount, need: 1 }]));
      await on.run(100);
      const taken = await taking;
      if (taken?.kind === "taken") {
        at.push(on.effects.nowMs());
        for (const part of taken.parts) part.settle(1);
      }
    }
    for (const from of at)
      expect(at.filter((each) => each >= from && each < from + 60_000).length).toBeLessThanOrEqual(30);
    // 150 seconds: two minutes and a half of thirty, a little less for what lies in leases.
    expect(at.length).toBeGreaterThanOrEqual(60);
    await on.run(61_000);
    for (let round = 0; round < 3; round++) {
      const all = Array.from({ length: 30 }, () => Promise.resolve(spenders[0]?.take([{ amount, need: 1 }])));
      await on.run(20);
      const taken = await Promise.all(all);
      // Requests that never ran: the next thirty have the same minute.
      expect(taken.map((each) => each?.kind)).toEqual(Array(30).fill("taken"));
      for (const each of taken) if (each?.kind === "taken") for (const part of each.parts) part.settle(0);
    }
  });

  test("slots: never more at once than there are, free again at the end, and at once when a worker dies", async () => {
    const on = start();
    const { id } = await createKey(on, { max_concurrent: 3 });
    const one = on.spender("a");
    const other = on.spender("b");
    await on.run(10);
    const amount = rateAmount("slots", `key:${id}`);
    const take = async (spender: Spender): Promise<Taken> => {
      const taking = Promise.resolve(spender.take([{ amount, need: 1 }]));
      await on.run(10);
      return taking;
    };
    const held = [await take(one.spender), await take(one.spender), await take(other.spender)];
    expect(held.map(({ kind }) => kind)).toEqual(["taken", "taken", "taken"]);
    expect((await take(other.spender)).kind).toBe("short");
    const [first] = held;
    if (first?.kind === "taken") for (const part of first.parts) part.settle(0);
    await on.run(2_500);
    expect((await take(other.spender)).kind).toBe("taken");
    one.die();
    expect((await take(other.spender)).kind).toBe("taken");
    expect((await take(other.spender)).kind).toBe("short");
  });
});

describe("somebody dies", () => {
  test("a worker's unspent lease counts as spent for a minute, and is free then", async () => {
    const on = start();
    const { id } = await createKey(on, hard(0.03));
    const dying = on.spender("a");
    const living = on.spender("b");
    await on.run(10);
    const amount = moneyAmount("monthly", `key:${id}`);
    const lost = new Client(on, dying.spender, `key:${id}`, amount);
    const taking = [lost.take(CENT), lost.take(CENT)];
    await on.run(10);
    await Promise.all(taking);
    dying.die();
    const client = new Client(on, living.spender, `key:${id}`, amount);
    const kinds = async (): Promise<string[]> => {
      const wanted = [client.take(CENT), client.take(CENT), client.take(CENT)];
      await on.run(20);
      const taken = await Promise.all(wanted);
      for (const each of taken) if (each.kind === "taken") for (const part of each.parts) part.settle(0);
      await on.run(6_000);
      return taken.map(({ kind }) => kind);
    };
    expect(await kinds()).toEqual(["taken", "short", "short"]);
    await on.run(60_000);
    expect(await kinds()).toEqual(["taken", "taken", "taken"]);
  });

  test("the keeper's end at any moment loses no acknowledged row, and no row at all once the spool is booked", async () => {
    for (let moment = 0; moment < 60; moment += 6) {
      const on = start();
      const { id } = await createKey(on, hard(100));
      const worker = on.spender("w");
      await on.run(10);
      const client = new Client(on, worker.spender, `key:${id}`, moneyAmount("monthly", `key:${id}`));
      let booked = 0;
      for (let each = 0; each < 20; each++) {
        const taking = client.take(CENT);
        await on.run(5);
        const taken = await taking;
        if (taken.kind === "taken") client.end(taken, CENT);
        booked += 1;
      }
      await on.run(moment);
      const acknowledged = booked - worker.spender.backlog();
      on.killKeeper();
      worker.spender.orphaned();
      await on.run(50);
      on.startKeeper();
      const onDisk = on.store().sumOf(`key:${id}`, 0).requests;
      expect(onDisk).toBeGreaterThanOrEqual(acknowledged);
      const leased = on
        .store()
        .leases()
        .reduce((sum, lease) => sum + lease.nanos, 0);
      expect(on.store().spentSince(`key:${id}`, 0) + leased).toBeGreaterThanOrEqual(booked * CENT);
      const replayed = on.keeper().replay("w", worker.spooled);
      await on.run(100);
      await replayed;
      expect(on.store().sumOf(`key:${id}`, 0)).toEqual({
        requests: booked,
        costNanos: booked * CENT,
        tokens: booked * 15,
        unpriced: 0,
      });
      expect(on.store().check()).toBeNull();
      await on.run(70_000);
      expect(on.store().leases()).toEqual([]);
      on.close();
      bench = null;
    }
  }, 60_000);

  test("a row that is delivered twice is booked once", async () => {
    const on = start();
    const once = entry("caller:x", CENT, [], on.effects.wallMs());
    const replays = [on.keeper().replay("a", [once, once]), on.keeper().replay("b", [once])];
    await on.run(100);
    await Promise.all(replays);
    expect(on.store().sumOf("caller:x", 0)).toMatchObject({ requests: 1, costNanos: CENT });
    expect(on.store().check()).toBeNull();
  });

  test("a disk that refuses: money is refused, rows are kept, and all is well when it is", async () => {
    const on = start();
    const { id } = await createKey(on, hard(100));
    const { spender } = on.spender("w");
    await on.run(10);
    const client = new Client(on, spender, `key:${id}`, moneyAmount("monthly", `key:${id}`));
    const taking = client.take(CENT);
    await on.run(10);
    const taken = await taking;
    const { commit } = on.store();
    Object.assign(on.store(), {
      commit: () => {
        throw Object.assign(new Error("disk I/O error: the path of it"), { code: "SQLITE_FULL" });
      },
    });
    client.end(taken, CENT);
    const more = spender.take([{ amount: moneyAmount("monthly", `key:${id}`), need: 50 * USD }]);
    await on.run(100);
    expect(await more).toMatchObject({ kind: "short", shortage: { unavailable: true } });
    expect(spender.backlog()).toBe(1);
    expect(on.said).toEqual([expect.stringMatching(/^error .*SQLITE_FULL/)]);
    expect(await on.manage("create", null, { name: "x" })).toMatchObject({ status: 503 });
    Object.assign(on.store(), { commit });
    await on.run(3_000);
    expect(spender.backlog()).toBe(0);
    expect(on.store().sumOf(`key:${id}`, 0)).toMatchObject({ requests: 1, costNanos: CENT });
    expect((await on.manage("list", null, null)).body).toMatchObject({ keys: [{ id }] });
  });
});

test("an account that reaches a cap is told to every worker, those that come later too, and until when", async () => {
  const on = start({
    caps: [
      { account: "up/a", window: "daily", unit: "usd", limit: 2 * CENT },
      { account: "up/a", window: "monthly", unit: "requests", limit: 1_000 },
      { account: "up/b", window: "total", unit: "tokens", limit: 31 },
    ],
  });
  const worker = on.spender("w");
  const use = async (account: string): Promise<void> => {
    const used = entry("caller:x", CENT, [], on.effects.wallMs());
    worker.spender.book({ ...used, scopes: [...used.scopes, `account:${account}`] });
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
  const later = on.spender("later");
  await on.run(10);
  expect(later.capped.map(({ account }) => account)).toEqual(["up/a", "up/b"]);
  on.effects.jumpWall(24 * 3_600_000);
  const nextDay = on.spender("next day");
  await on.run(10);
  expect(nextDay.capped.map(({ account }) => account)).toEqual(["up/b"]);
});

test("a soft budget lets everything through and says so", async () => {
  const on = start();
  const { id } = await createKey(on, { budgets: [{ window: "daily", limit_usd: 0.01, mode: "soft" }] });
  const { spender } = on.spender("w");
  await on.run(10);
  const client = new Client(on, spender, `key:${id}`, moneyAmount("daily", `key:${id}`));
  const first = client.take(2 * CENT);
  await on.run(10);
  const taken = await first;
  expect(taken.kind === "taken" && taken.parts[0]?.warn).toBe(2);
});

describe("money at the edges", () => {
  const amountOf = (id: string, window: "daily" | "monthly" = "monthly"): string => moneyAmount(window, `key:${id}`);
  const taking = async (on: LedgerBench, client: Client, need: number): Promise<Taken> => {
    const asked = client.take(need);
    await on.run(20);
    return asked;
  };

  test("what is under way when a window ends counts in the next one, until it is booked there", async () => {
    const on = start();
    const { id } = await createKey(on, hard(0.03, "daily"));
    const { spender } = on.spender("w");
    await on.run(10);
    const client = new Client(on, spender, `key:${id}`, amountOf(id, "daily"));
    const straddling = [await taking(on, client, CENT), await taking(on, client, CENT)];
    on.effects.jumpWall(24 * 3_600_000);
    // Two of three cents will be booked today: one more fits, and not two.
    const today = [await taking(on, client, CENT), await taking(on, client, CENT)];
    expect(today.map(({ kind }) => kind)).toEqual(["taken", "short"]);
    for (const each of straddling) client.end(each, CENT);
    await on.run(100);
    expect((await taking(on, client, CENT)).kind).toBe("short");
    const [first] = today;
    if (first !== undefined) client.end(first, CENT);
    await on.run(100);
    const midnight = Date.UTC(2026, 0, 2);
    expect(on.store().spentSince(`key:${id}`, midnight)).toBe(3 * CENT);
    // Nothing is left standing of yesterday.
    await on.run(10_000);
    expect(on.store().leases()).toEqual([]);
  });

  test("while the clock is behind, what is spent is missing in the window that holds", async () => {
    const on = start();
    const { id } = await createKey(on, hard(0.02, "daily"));
    const { spender } = on.spender("w");
    await on.run(10);
    const client = new Client(on, spender, `key:${id}`, amountOf(id, "daily"));
    on.effects.jumpWall(24 * 3_600_000);
    client.end(await taking(on, client, CENT), CENT);
    await on.run(100);
    on.effects.jumpWall(-24 * 3_600_000);
    const kinds: string[] = [];
    for (let each = 0; each < 3; each++) {
      const taken = await taking(on, client, CENT);
      kinds.push(taken.kind);
      if (taken.kind === "taken") client.end(taken, CENT);
      await on.run(6_000);
    }
    expect(kinds).toEqual(["taken", "short", "short"]);
    expect(on.said).toEqual([expect.stringMatching(/^warning The clock went back by up to 24 h/)]);
    expect(on.store().check()).toBeNull();
  });

  test("a row that comes when its lease is long forgotten is booked, and leaves no debt behind", async () => {
    const on = start();
    const { id } = await createKey(on, hard(1));
    const worker = on.spender("w");
    await on.run(10);
    const client = new Client(on, worker.spender, `key:${id}`, amountOf(id));
    const taken = await taking(on, client, CENT);
    const holds = taken.kind === "taken" ? taken.parts.map(({ hold }) => hold) : [];
    worker.die();
    await on.run(62_000);
    expect(on.store().leases()).toEqual([]);
    const late = on.keeper().replay("w", [entry(`key:${id}`, CENT, holds, on.effects.wallMs())]);
    await on.run(2_000);
    await late;
    expect(on.store().leases()).toEqual([]);
    expect(on.store().spentSince(`key:${id}`, 0)).toBe(CENT);
  });

  test("sums that no double holds are full, not small", async () => {
    const on = start();
    const { id } = await createKey(on, hard(1_000_000));
    const { spender } = on.spender("w");
    await on.run(10);
    for (let each = 0; each < 3; each++) spender.book(entry(`key:${id}`, 8_000_000 * USD, [], on.effects.wallMs()));
    await on.run(100);
    expect(on.store().spentSince(`key:${id}`, 0)).toBe(Number.MAX_SAFE_INTEGER);
    const client = new Client(on, spender, `key:${id}`, amountOf(id));
    expect((await taking(on, client, 1)).kind).toBe("short");
    expect(on.store().check()).toBeNull();
  });

  test("a key that is disabled, rotated or deleted still pays for what is under way", async () => {
    for (const action of ["disable", "rotate", "revoke", "delete"]) {
      const on = start({ groups: { team: { name: "team", parent: null, allowedTargets: null, limits: TEAM } } });
      const { id } = await createKey(on, { ...hard(1), group: "team" });
      const { spender } = on.spender("w");
      await on.run(10);
      const scopes = [`key:${id}`, "group:team"];
      const asked = Promise.resolve(
        spender.take(scopes.map((scope) => ({ amount: moneyAmount("monthly", scope), need: CENT }))),
      );
      await on.run(20);
      const taken = await asked;
      expect((await on.manage(action, id, {})).status).toBe(200);
      if (taken.kind !== "taken") throw new Error("short");
      for (const part of taken.parts) part.settle(CENT);
      const holds = taken.parts.map(({ hold }) => hold);
      spender.book({ ...entry(`key:${id}`, CENT, holds, on.effects.wallMs()), scopes });
      await on.run(10_000);
      for (const scope of scopes) expect([action, on.store().spentSince(scope, 0)]).toEqual([action, CENT]);
      expect([action, on.store().leases()]).toEqual([action, []]);
      on.close();
      bench = null;
    }
  });

  test("two workers in the last cent: one of them has it", async () => {
    const on = start();
    const { id } = await createKey(on, hard(0.01));
    const spenders = [on.spender("a").spender, on.spender("b").spender];
    await on.run(10);
    for (let round = 0; round < 5; round++) {
      const asked = spenders.map((spender) => Promise.resolve(spender.take([{ amount: amountOf(id), need: CENT }])));
      await on.run(20);
      const taken = await Promise.all(asked);
      expect(taken.map(({ kind }) => kind).toSorted()).toEqual(["short", "taken"]);
      for (const each of taken) if (each.kind === "taken") for (const part of each.parts) part.settle(0);
      await on.run(7_000);
    }
  });

  test("settling twice gives back once", async () => {
    const on = start();
    const { id } = await createKey(on, hard(0.02));
    const { spender } = on.spender("w");
    await on.run(10);
    const client = new Client(on, spender, `key:${id}`, amountOf(id));
    const taken = await taking(on, client, CENT);
    client.end(taken, CENT);
    if (taken.kind === "taken") for (const part of taken.parts) part.settle(0);
    await on.run(100);
    const kinds: string[] = [];
    for (let each = 0; each < 2; each++) kinds.push((await taking(on, client, CENT)).kind);
    expect(kinds).toEqual(["taken", "short"]);
  });
});

const TEAM: Limits = { ...NO_LIMITS, budgets: [{ window: "monthly", limitNanos: USD, mode: "hard", warnAt: null }] };

test("a flood of sessions empties nobody's minute", () => {
  const budgets: Limits["budgets"] = [{ window: "minute", limitNanos: CENT, mode: "hard", warnAt: null }];
  const day: Limits["budgets"] = [{ window: "daily", limitNanos: CENT, mode: "hard", warnAt: null }];
  const amounts = createAmounts({
    limitsOf: (scope) => ({ ...NO_LIMITS, budgets: scope.startsWith("key:") ? budgets : day }),
    spentSince: () => 0,
  });
  const moment = { nowMs: 0, wallMs: 1_000 };
  const wants = [{ amount: moneyAmount("minute", "key:vk_1"), need: CENT }];
  const leased = amounts.lease("w", wants, moment);
  const holds = leased.kind === "granted" ? leased.grants : [];
  amounts.booked("w", entry("key:vk_1", CENT, holds, 1_000), true);
  for (let each = 0; each < 100_001; each++) amounts.standing(`session:vk_1/${each}`, "daily", 1_000);
  expect(amounts.lease("w", wants, moment).kind).toBe("short");
});

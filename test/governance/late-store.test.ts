// The ledger over a store that answers late and in odd order: what is decided while it is waited for stays right.
import { afterEach, describe, expect, test } from "bun:test";
import { NO_LIMITS } from "../../src/governance/keys.ts";
import type { LedgerClient, Reserved } from "../../src/governance/ledger-client.ts";
import type { Booking } from "../../src/governance/ledger-messages.ts";
import type { LeaseWrite } from "../../src/governance/ledger-store.ts";
import { openLedgerWriter } from "../../src/governance/ledger-writer.ts";
import { type LeaseId, type MoneyLimit, moneyLimit, scopeOf } from "../../src/governance/limit.ts";
import type { Deployment, Limits } from "../../src/ir/deployment.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { deploymentOf } from "../harness/deployments.ts";
import { createLateLedgerStore } from "../harness/late-ledger-store.ts";
import { createVirtualEffects, settle, type VirtualEffects } from "../harness/virtual-effects.ts";
import { GOVERNANCE, type LedgerBench, leaseRequest, ledgerBench } from "./ledger-bench.ts";

const USD = 1_000_000_000;
const CENT = USD / 100;

let bench: LedgerBench | null = null;
/** Leases that the store's guard had to refuse: one writer alone never gives too much. */
let refused: LeaseWrite[] = [];
afterEach(() => {
  bench?.close();
  bench = null;
  expect(refused).toEqual([]);
});

/** Each call takes effect within `lateMs`, and is answered within as much again; at once while it is 0. */
async function start(over: Parameters<typeof ledgerBench>[0] = {}) {
  const late = { ms: 0 };
  refused = [];
  const on = await ledgerBench(over, (effects) => {
    const store = lateStore(effects, late);
    return {
      ...store,
      async commit(what) {
        const committed = await store.commit(what);
        refused.push(...committed.refused);
        return committed;
      },
    };
  });
  bench = on;
  return { on, late };
}

function lateStore(effects: VirtualEffects, late: { readonly ms: number }) {
  return createLateLedgerStore(() =>
    late.ms === 0
      ? Promise.resolve()
      : new Promise((resolve) => void effects.setTimer(Math.floor(effects.random() * late.ms), resolve)),
  );
}

async function limitOn(
  on: LedgerBench,
  limitUsd: number,
  window: "daily" | "monthly" = "monthly",
): Promise<MoneyLimit> {
  const budgets = [{ window, limit_usd: limitUsd }];
  const { body } = await on.manage("create", null, { name: "k", budgets });
  return moneyLimit(window, scopeOf("key", (body as { id: string }).id));
}

let rows = 0;
function booking(
  { scope }: MoneyLimit,
  costNanos: number,
  leases: readonly LeaseId<MoneyLimit>[],
  wallMs: number,
): Booking {
  rows += 1;
  const usage = { ...UNKNOWN_USAGE, freshInputTokens: 10, outputTokens: 5 };
  const row = {
    id: `req_${rows}`,
    wallMs,
    caller: "k",
    target: "pool",
    lane: null,
    usage,
    costNanos,
    state: "ok",
  } as const;
  return { row, scopes: [scope], leases, revision: "r" };
}

/** The request is over, and cost that much. */
function end(on: LedgerBench, client: LedgerClient, limit: MoneyLimit, reserved: Reserved, cost: number): void {
  if (reserved.kind !== "reserved") throw new Error("nothing was reserved");
  for (const reservation of reserved.reservations) reservation.release(cost);
  const leases = reserved.reservations.map(({ lease }) => ({ limit, period: lease.period }));
  client.book(booking(limit, cost, leases, on.effects.wallMs()));
}

const reserve = (client: LedgerClient, limit: MoneyLimit, amount: number): Promise<Reserved> =>
  Promise.resolve(client.reserve([{ limit, amount }]));

/** What a promise comes to while virtual time runs. */
async function after<T>(on: LedgerBench, ms: number, promise: Promise<T>): Promise<T> {
  await on.run(ms);
  return promise;
}

describe("a budget for fifty under five hundred at once", () => {
  for (const clients of [1, 2, 5]) {
    test(`with ${clients} clients exactly as many are let in as fit`, async () => {
      const { on, late } = await start();
      const limit = await limitOn(on, 0.5);
      const all = Array.from({ length: clients }, (_, at) => on.client(`w${at}`).client);
      await on.run(10);
      late.ms = 40;
      const asked = Array.from({ length: 500 }, (_, at) => {
        const client = all[at % clients] ?? all[0];
        if (client === undefined) throw new Error("no client");
        return reserve(client, limit, CENT).then((reserved) => ({ client, reserved }));
      });
      const taken = await after(on, 3_000, Promise.all(asked));
      const admitted = taken.filter(({ reserved }) => reserved.kind === "reserved");
      expect(admitted.length).toBe(50);
      for (const { client, reserved } of admitted) end(on, client, limit, reserved, CENT);
      await on.run(3_000);
      late.ms = 0;
      expect((await on.store().sumOf(limit.scope, 0)).costNanos).toBe(0.5 * USD);
      expect((await on.store().load()).leases).toEqual([]);
    });
  }
});

test("two that wait for the same sum at once: the last cent goes to one of them", async () => {
  const { on, late } = await start();
  const limit = await limitOn(on, 0.01);
  const clients = [on.client("a").client, on.client("b").client];
  await on.run(10);
  late.ms = 50;
  const taken = await after(on, 500, Promise.all(clients.map((client) => reserve(client, limit, CENT))));
  expect(taken.map(({ kind }) => kind).toSorted()).toEqual(["reserved", "short"]);
});

test("what a row costs counts, whether it is booked before, while or after the sum is read", async () => {
  for (let moment = 0; moment < 160; moment += 2) {
    const { on, late } = await start();
    const limit = await limitOn(on, 0.03);
    const { client } = on.client("w");
    await on.run(10);
    late.ms = 80;
    // No lease was asked for yet, so that the store alone knows what is spent.
    client.book(booking(limit, 2 * CENT, [], on.effects.wallMs()));
    await on.run(moment);
    const first = await after(on, 1_000, reserve(client, limit, 2 * CENT));
    if (first.kind === "reserved") for (const each of first.reservations) each.release(0);
    // The lease goes back: only the row is left, whatever was known of it when the lease was given.
    await on.run(8_000);
    const second = await after(on, 1_000, reserve(client, limit, 2 * CENT));
    expect([moment, second.kind, refused]).toEqual([moment, "short", []]);
    on.close();
    bench = null;
  }
}, 30_000);

test("clients that come, spend, pause and die at random never exceed a limit, and no row is lost or counted twice", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { on, late } = await start();
    const limit = await limitOn(on, 1);
    const random = seeded(seed);
    const clients = ["a", "b", "c"].map((name) => on.client(name));
    await on.run(10);
    late.ms = 30;
    let open: { readonly client: LedgerClient; readonly reserved: Reserved }[] = [];
    let booked = 0;
    let spent = 0;
    for (let step = 0; step < 250; step++) {
      const client = clients[Math.floor(random() * clients.length)]?.client;
      if (client === undefined) throw new Error("no client");
      if (random() < 0.6) {
        void reserve(client, limit, Math.ceil(random() * 3 * CENT)).then((reserved) => {
          if (reserved.kind === "reserved") open.push({ client, reserved });
        });
      } else {
        const [ending, ...others] = open;
        open = others;
        if (ending?.reserved.kind === "reserved") {
          const most = ending.reserved.reservations.reduce((sum, { amount }) => sum + amount, 0);
          const cost = Math.max(1, Math.floor(random() * most));
          end(on, ending.client, limit, ending.reserved, cost);
          booked += 1;
          spent += cost;
        }
      }
      await on.run(Math.floor(random() * 30));
      const held = open.flatMap(({ reserved }) => (reserved.kind === "reserved" ? reserved.reservations : []));
      expect(spent + held.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(USD);
    }
    // Those that still wait are answered.
    await on.run(1_000);
    for (const { reserved } of open)
      if (reserved.kind === "reserved") for (const each of reserved.reservations) each.release(0);
    await on.run(12_000);
    late.ms = 0;
    expect(await on.store().sumOf(limit.scope, 0)).toMatchObject({ requests: booked, costNanos: spent });
    expect((await on.store().load()).leases).toEqual([]);
    for (const { client } of clients) expect(client.backlog()).toBe(0);
    on.close();
    bench = null;
  }
}, 60_000);

test("the writer's end while a commit is under way loses no row and counts none twice", async () => {
  for (let moment = 0; moment < 150; moment += 5) {
    const { on, late } = await start();
    const limit = await limitOn(on, 100);
    const worker = on.client("w");
    await on.run(10);
    late.ms = 80;
    const reserved = [];
    for (let each = 0; each < 3; each++) reserved.push(await after(on, 400, reserve(worker.client, limit, CENT)));
    for (const each of reserved) end(on, worker.client, limit, each, CENT);
    await on.run(moment);
    on.killWriter();
    worker.client.orphaned();
    await on.run(500);
    late.ms = 0;
    await on.startWriter();
    const replayed = on.writer().replay("w", worker.spooled);
    await after(on, 200, replayed);
    expect([moment, await on.store().sumOf(limit.scope, 0)]).toMatchObject([
      moment,
      { requests: 3, costNanos: 3 * CENT },
    ]);
    await on.run(70_000);
    expect((await on.store().load()).leases).toEqual([]);
    on.close();
    bench = null;
  }
}, 30_000);

test("changes of one key that wait at once build on each other, and a change that is not written is not seen", async () => {
  const { on, late } = await start();
  const { body } = await on.manage("create", null, { name: "k" });
  const { id } = body as { id: string };
  const { ring } = on.client("w");
  await on.run(10);
  late.ms = 40;
  const changes = [
    on.manage("update", id, { project: "web" }),
    on.manage("update", id, { rpm_limit: 7 }),
    on.manage("disable", id, null),
  ];
  await on.run(1);
  const later = on.manage("update", id, { tpm_limit: 9 });
  // Not on disk yet.
  expect((await on.manage("show", id, null)).body).toMatchObject({ project: null, rpm_limit: null, enabled: true });
  await after(on, 500, Promise.all([...changes, later]));
  expect((await on.manage("show", id, null)).body).toMatchObject({
    project: "web",
    rpm_limit: 7,
    tpm_limit: 9,
    enabled: false,
  });
  expect(ring.named(id, 0)).toBeNull();
  Object.assign(on.store(), { commit: GONE });
  expect((await after(on, 50, on.manage("update", id, { project: "other" }))).status).toBe(503);
  expect((await on.manage("show", id, null)).body).toMatchObject({ project: "web" });
});

const GONE = (): Promise<never> => Promise.reject(Object.assign(new Error("gone"), { code: "ECONNRESET" }));

test("a store that cannot be read: what is left is not known, and asked for again later", async () => {
  const { on } = await start();
  const limit = await limitOn(on, 1);
  const { client } = on.client("w");
  await on.run(10);
  const { sumOf } = on.store();
  Object.assign(on.store(), { sumOf: GONE });
  const shortage = { kind: "unavailable", resetMs: 1_000 };
  expect(await after(on, 50, reserve(client, limit, CENT))).toEqual({ kind: "short", shortage } as Reserved);
  Object.assign(on.store(), { sumOf });
  expect((await after(on, 50, reserve(client, limit, CENT))).kind).toBe("reserved");
  expect(on.said).toEqual([
    expect.stringMatching(/^error .*ECONNRESET/),
    "info The ledger can be written again.",
  ] as string[]);
});

test("two writers of one store give no more than there is, although neither knows of the other's leases", async () => {
  const effects = createVirtualEffects({ seed: 3, answer: () => Promise.reject(new Error("no network here")) });
  const late = { ms: 0 };
  const store = lateStore(effects, late);
  const limits: Limits = {
    ...NO_LIMITS,
    budgets: [{ window: "monthly", limitNanos: 10 * CENT, mode: "hard", warnAt: null }],
  };
  const groups = { team: { name: "team", parent: null, allowedTargets: null, limits } };
  const writers = await Promise.all(
    ["a", "b"].map(() =>
      openLedgerWriter({
        ...effects,
        store,
        governance: { ...GOVERNANCE, groups },
        say: () => undefined,
      }),
    ),
  );
  const limit = moneyLimit("monthly", scopeOf("group", "team"));
  let leased = 0;
  let short = 0;
  for (const [at, writer] of writers.entries()) {
    writer.attach(`w${at}`, (reply) => {
      if (reply.type === "leased") leased += reply.leases.reduce((sum, { amount }) => sum + amount, 0);
      if (reply.type === "short") short += 1;
    });
  }
  late.ms = 20;
  for (let ask = 1; ask <= 10; ask++) {
    for (const [at, writer] of writers.entries()) {
      writer.receive(`w${at}`, { type: "lease", ask, requests: [leaseRequest(limit, CENT)], returned: [] });
    }
    for (let step = 0; step < 30; step++) {
      await effects.run(5);
      await settle();
    }
  }
  expect([leased, short]).toEqual([10 * CENT, 10]);
});

describe("another configuration", () => {
  const groups = (limitUsd: number, over: Partial<Limits> = {}): Deployment["governance"] & object => ({
    ...GOVERNANCE,
    groups: {
      team: {
        name: "team",
        parent: null,
        allowedTargets: null,
        limits: {
          ...NO_LIMITS,
          ...over,
          budgets: [{ window: "monthly", limitNanos: limitUsd * USD, mode: "hard", warnAt: null }],
        },
      },
    },
  });
  const limit = moneyLimit("monthly", scopeOf("group", "team"));
  const deployed = (governance: Deployment["governance"]): Deployment => ({
    ...deploymentOf({ lanes: [], targets: [] }),
    governance,
  });

  test("a new limit holds at once, while leases are out, and what is spent and leased stays", async () => {
    const { on, late } = await start(groups(0.1));
    const { client } = on.client("w");
    await on.run(10);
    late.ms = 10;
    const first = await after(on, 100, reserve(client, limit, 4 * CENT));
    const second = await after(on, 100, reserve(client, limit, 4 * CENT));
    end(on, client, limit, first, 3 * CENT);
    await on.run(200);
    // Three are spent and four reserved: of ten cents three are left, of eight one is.
    on.writer().reconfigure(deployed(groups(0.08)));
    expect((await after(on, 100, reserve(client, limit, 3 * CENT))).kind).toBe("short");
    on.writer().reconfigure(deployed(groups(0.2)));
    const third = await after(on, 100, reserve(client, limit, 12 * CENT));
    expect(third.kind).toBe("reserved");
    expect((await after(on, 100, reserve(client, limit, 2 * CENT))).kind).toBe("short");
    end(on, client, limit, second, 4 * CENT);
    end(on, client, limit, third, 12 * CENT);
    await on.run(200);
    // What was spent before, under every limit there was, counts.
    on.writer().reconfigure(deployed(groups(0.19)));
    expect((await after(on, 100, reserve(client, limit, CENT))).kind).toBe("short");
    on.writer().reconfigure(deployed(groups(0.2)));
    expect((await after(on, 100, reserve(client, limit, CENT))).kind).toBe("reserved");
  });

  test("what is spent while a scope has no limit counts when it has one again", async () => {
    const { on } = await start(groups(0.1));
    const { client } = on.client("w");
    await on.run(10);
    end(on, client, limit, await after(on, 50, reserve(client, limit, CENT)), CENT);
    await on.run(100);
    on.writer().reconfigure(deployed({ ...GOVERNANCE, groups: {} }));
    client.book(booking(limit, 8 * CENT, [], on.effects.wallMs()));
    await on.run(100);
    on.writer().reconfigure(deployed(groups(0.1)));
    expect((await after(on, 50, reserve(client, limit, 2 * CENT))).kind).toBe("short");
  });

  test("accounts that a new cap finds over it are told to every client", async () => {
    const { on } = await start();
    const worker = on.client("w");
    const account = scopeOf("account", "up/a");
    worker.client.book({ ...booking(limit, 5 * CENT, [], on.effects.wallMs()), scopes: [account] });
    await on.run(100);
    expect(worker.capped).toEqual([]);
    const caps = [{ account: "up/a", window: "total", unit: "usd", limit: 4 * CENT, soft: null }] as const;
    on.writer().reconfigure(deployed({ ...GOVERNANCE, caps }));
    await on.run(10);
    expect(worker.capped).toEqual([{ account: "up/a", untilWallMs: null }]);
  });
});

/** The same numbers for the same seed (a linear congruential generator). */
function seeded(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state - 1) / 2_147_483_646;
  };
}

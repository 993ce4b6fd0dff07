// What can be seen of the ledger: metrics of both of its sides, and how much is used of every budget and cap.
import { afterEach, expect, test } from "bun:test";
import { createAlerts } from "../../src/displays/alerts.ts";
import { createSnapshot } from "../../src/displays/snapshot.ts";
import { NO_LIMITS } from "../../src/governance/keys.ts";
import type { Reserved } from "../../src/governance/ledger-client.ts";
import type { Booking } from "../../src/governance/ledger-messages.ts";
import { countLimit, type Limit, moneyLimit, scopeOf } from "../../src/governance/limit.ts";
import type { Governance } from "../../src/ir/deployment.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { ledgerClientMetrics, ledgerWriterMetrics } from "../../src/observability/ledger-metrics.ts";
import { type MetricsSnapshot, mergeSnapshots } from "../../src/observability/series.ts";
import { deployment } from "../observability/samples.ts";
import { type LedgerBench, ledgerBench } from "./ledger-bench.ts";

const CENT = 10_000_000;
const TEAM = scopeOf("group", "team");
let bench: LedgerBench | null = null;
afterEach(() => {
  bench?.close();
  bench = null;
});

const OVER: Partial<Governance> = {
  groups: {
    team: {
      name: "team",
      parent: null,
      allowedTargets: null,
      limits: {
        ...NO_LIMITS,
        requestsPerMinute: 1,
        budgets: [
          { window: "monthly", limitNanos: 20 * CENT, mode: "hard", warnAt: null },
          { window: "monthly", limitNanos: 10 * CENT, mode: "soft", warnAt: null },
        ],
      },
    },
  },
  caps: [{ account: "up/a", window: "daily", unit: "requests", limit: 4, soft: null }],
};

async function start() {
  const on = await ledgerBench(OVER);
  bench = on;
  const made = await on.manage("create", null, {
    name: "alice",
    group: "team",
    budgets: [{ window: "daily", limit_usd: 0.02 }],
  });
  const { id } = made.body as { id: string };
  const { client } = on.client("w");
  await on.run(10);
  const take = async (limit: Limit, amount: number): Promise<Reserved> => {
    const taking = Promise.resolve(client.reserve([{ limit, amount }]));
    await on.run(10);
    return taking;
  };
  let rows = 0;
  const booking = (costNanos: number | null): Booking => {
    rows += 1;
    const row = {
      id: `req_${rows}`,
      wallMs: on.effects.wallMs(),
      caller: "alice",
      target: "m",
      lane: "up/a/m",
      usage: { ...UNKNOWN_USAGE, freshInputTokens: 10, outputTokens: 5 },
      costNanos,
      state: "ok" as const,
    };
    return { row, scopes: [scopeOf("key", id), TEAM, scopeOf("account", "up/a")], leases: [], revision: "r" };
  };
  const look = async (): Promise<string[]> => {
    const asked = client.writerFigures();
    await on.run(10);
    return lines(mergeSnapshots([ledgerClientMetrics(client.figures()), ledgerWriterMetrics(await asked)]));
  };
  return { on, id, client, take, booking, look };
}

function lines({ counters, gauges }: MetricsSnapshot): string[] {
  return Object.entries({ ...counters, ...gauges }).flatMap(([name, series]) =>
    series.map(({ labels, value }) => `${name.replace("ringmain_", "")}{${labels.join(",")}} ${value}`),
  );
}

test("rows, leases, refusals and spending are counted, by kind and group alone", async () => {
  const { on, id, client, take, booking, look } = await start();
  expect((await take(countLimit("requests", TEAM), 1)).kind).toBe("reserved");
  expect((await take(countLimit("requests", TEAM), 1)).kind).toBe("short");
  expect((await take(moneyLimit("daily", scopeOf("key", id)), CENT)).kind).toBe("reserved");
  expect((await take(moneyLimit("daily", scopeOf("key", id)), 5 * CENT)).kind).toBe("short");
  client.book(booking(CENT));
  client.book(booking(null));
  await on.run(1_200);
  const seen = await look();
  expect(seen).toEqual(
    expect.arrayContaining([
      "limit_refusals_total{requests,group} 1",
      "limit_refusals_total{budget_daily,key} 1",
      `group_spend_usd_total{team} ${CENT}`,
      "ledger_unwritten_rows{} 0",
      "ledger_oldest_unwritten_seconds{} 0",
      "ledger_queued_rows{} 0",
      "ledger_degraded{} 0",
      "ledger_commits_total{failed} 0",
      "ledger_leases{usd} 1",
      "ledger_leased_usd{} 0.01",
    ]),
  );
  expect(Number(seen.find((line) => line.startsWith("ledger_commits_total{written}"))?.split(" ")[1])).toBeGreaterThan(
    2,
  );
  expect(seen.join()).not.toContain(id);
});

test("a disk that refuses: degraded, and the age of what waits grows; a writer that is silent is as bad", async () => {
  const { on, client, booking, look } = await start();
  const { commit } = on.store();
  Object.assign(on.store(), {
    commit: () => {
      throw Object.assign(new Error("full"), { code: "SQLITE_FULL" });
    },
  });
  client.book(booking(CENT));
  await on.run(3_000);
  const seen = await look();
  expect(seen).toEqual(
    expect.arrayContaining(["ledger_degraded{} 1", "ledger_unwritten_rows{} 1", "ledger_queued_rows{} 1"]),
  );
  const age = Number(seen.find((line) => line.startsWith("ledger_oldest"))?.split(" ")[1]);
  expect(age).toBeGreaterThanOrEqual(3);
  expect(age).toBeLessThan(3.2);
  Object.assign(on.store(), { commit });
  await on.run(2_000);
  expect(await look()).toEqual(expect.arrayContaining(["ledger_degraded{} 0", "ledger_oldest_unwritten_seconds{} 0"]));
  on.killWriter();
  const asked = client.writerFigures();
  await on.run(6_000);
  expect(lines(ledgerWriterMetrics(await asked))).toEqual(["ledger_degraded{} 1"]);
  await on.startWriter();
});

test("displays show what is used of caps, groups and keys, and call when it burns", async () => {
  const { on, client, booking } = await start();
  client.book(booking(1.9 * CENT));
  await on.run(100);
  const allowances = await on.writer().allowances();
  const tomorrow = Date.UTC(2026, 0, 2);
  expect(allowances).toEqual([
    { kind: "quota", name: "up", account: "a", window: "1d", usedShare: 0.25, resetsWallMs: tomorrow },
    { kind: "budget", name: "team", account: null, window: "30d", usedShare: 0.19, resetsWallMs: Date.UTC(2026, 1, 1) },
    { kind: "budget", name: "alice", account: null, window: "1d", usedShare: 0.95, resetsWallMs: tomorrow },
  ]);
  let shown = allowances;
  const fold = createSnapshot(deployment(), { allowances: () => shown });
  const alerts = createAlerts({ burnShare: 0.9, minIntervalMs: 0, mute: [], providers: [] });
  expect(alerts.step(fold.snapshot(on.effects.wallMs()), 0)).toEqual({
    kind: "budget_burn",
    about: "alice",
    detail: "1d 95% used",
    more: 0,
  });
  on.effects.jumpWall(24 * 3_600_000);
  shown = await on.writer().allowances();
  expect(alerts.step(fold.snapshot(on.effects.wallMs()), 1)).toMatchObject({ kind: "recovered", about: "alice" });
});

// The ledger's clock over a machine's clock that jumps: no window opens twice, and none is held for longer than it lasts.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { createLedgerClock } from "../../src/governance/clock.ts";
import { moneyLimit, scopeOf } from "../../src/governance/limit.ts";
import { periodOf } from "../../src/governance/windows.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { ledgerBench } from "./ledger-bench.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CENT = 10_000_000;

test("after a jump forward and back every window ends within its length, at a month's end within two, and within a month the clock is the machine's", () => {
  const jump = fc.record({
    startMs: fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }),
    forwardMs: fc.integer({ min: HOUR_MS, max: 400 * DAY_MS }),
    spentMs: fc.integer({ min: 0, max: 3 * HOUR_MS }),
  });
  fc.assert(
    fc.property(jump, ({ startMs, forwardMs, spentMs }) => {
      const now = { nowMs: 0, wallMs: startMs };
      const said: string[] = [];
      const clock = createLedgerClock({
        nowMs: () => now.nowMs,
        wallMs: () => now.wallMs,
        fromWallMs: 0,
        say: (_level, line) => void said.push(line),
      });
      const run = (ms: number): void => {
        now.nowMs += ms;
        now.wallMs += ms;
      };
      clock.wallMs();
      now.wallMs += forwardMs;
      clock.wallMs();
      run(spentMs);
      const ahead = clock.wallMs();
      now.wallMs -= forwardMs;
      expect(clock.wallMs()).toBe(ahead);
      expect(said.length).toBe(1);
      for (const [window, lengthMs] of [
        ["hourly", HOUR_MS],
        ["daily", DAY_MS],
      ] as const) {
        const before = periodOf(window, clock.wallMs()).id;
        const wasAhead = clock.aheadMs() > 0;
        run(lengthMs);
        // At the end of a month it goes by the machine again, which may be in this window once more.
        if (wasAhead && clock.aheadMs() === 0) run(lengthMs);
        expect([window, periodOf(window, clock.wallMs()).id === before]).toEqual([window, false]);
      }
      for (let hour = 0; hour < 31 * 24; hour++) {
        run(HOUR_MS);
        clock.wallMs();
      }
      expect(clock.aheadMs()).toBeLessThan(60_000);
    }),
    { numRuns: 100 },
  );
});

test("money spent while the clock was a year ahead is no part of the windows after it", async () => {
  const on = await ledgerBench();
  try {
    const budgets = [{ window: "daily", limit_usd: 0.02 }];
    const { body } = await on.manage("create", null, { name: "k", budgets });
    const limit = moneyLimit("daily", scopeOf("key", (body as { id: string }).id));
    const { client } = on.client("w");
    await on.run(10);
    let rows = 0;
    const spend = async (): Promise<string> => {
      const taking = Promise.resolve(client.reserve([{ limit, amount: CENT }]));
      await on.run(20);
      const taken = await taking;
      if (taken.kind === "reserved") {
        rows += 1;
        for (const each of taken.reservations) each.release(CENT);
        client.book({
          row: {
            id: `req_${rows}`,
            wallMs: on.effects.wallMs(),
            caller: "k",
            target: "m",
            lane: null,
            usage: UNKNOWN_USAGE,
            costNanos: CENT,
            state: "ok",
          },
          scopes: [limit.scope],
          leases: taken.reservations.map(({ lease }) => ({ limit, period: lease.period })),
          revision: "r",
        });
      }
      await on.run(100);
      return taken.kind;
    };
    const three = async (): Promise<string[]> => [await spend(), await spend(), await spend()];
    const fresh = ["reserved", "reserved", "short"];
    on.effects.jumpWall(365 * DAY_MS);
    expect(await three()).toEqual(fresh);
    on.effects.jumpWall(-365 * DAY_MS);
    // The window is the same one until it is over, and no older one opens.
    expect(await three()).toEqual(["short", "short", "short"]);
    on.effects.jumpWall(-DAY_MS);
    expect(await three()).toEqual(["short", "short", "short"]);
    for (let day = 0; day < 40; day++) {
      await on.effects.run(DAY_MS);
      await on.run(20);
      expect([day, await three()]).toEqual([day, fresh]);
    }
    expect(on.effects.wallMs()).toBeLessThan(Date.UTC(2026, 3, 1));
  } finally {
    on.close();
  }
}, 60_000);

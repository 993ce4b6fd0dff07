// What fits is served: no request is refused for what a worker holds unused, whatever the limit, the burst and the workers.
import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { LedgerClient, Reserved } from "../../src/governance/ledger-client.ts";
import { countLimit, type Limit, moneyLimit, scopeOf } from "../../src/governance/limit.ts";
import { createMinute } from "../../src/governance/minute.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { type LedgerBench, ledgerBench } from "./ledger-bench.ts";

const CENT = 10_000_000;

let bench: LedgerBench | null = null;
afterEach(() => {
  bench?.close();
  bench = null;
});

type Kind = Limit["kind"];

async function start(kind: Kind, max: number, workers: number) {
  bench?.close();
  const on = await ledgerBench();
  bench = on;
  const limits: Record<Kind, object> = {
    requests: { rpm_limit: max },
    tokens: { tpm_limit: max },
    slots: { max_concurrent: max },
    usd: { budgets: [{ window: "monthly", limit_usd: max / 100 }] },
  };
  const { body } = await on.manage("create", null, { name: "k", ...limits[kind] });
  const scope = scopeOf("key", (body as { id: string }).id);
  const limit = kind === "usd" ? moneyLimit("monthly", scope) : countLimit(kind, scope);
  const clients = Array.from({ length: workers }, (_, at) => on.client(`w${at}`).client);
  await on.run(10);
  return { on, limit, clients, unit: kind === "usd" ? CENT : 1 };
}

const isServed = ({ kind }: Reserved): boolean => kind === "reserved";

describe("a burst on a cold key", () => {
  const burst = fc.record({
    kind: fc.constantFrom<Kind>("requests", "tokens", "slots", "usd"),
    workers: fc.constantFrom(1, 2),
    each: fc.integer({ min: 1, max: 40 }),
    count: fc.integer({ min: 1, max: 120 }),
    spare: fc.integer({ min: 0, max: 1_000 }),
    more: fc.integer({ min: 0, max: 10 }),
    bias: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  test("serves as many as fit, each time, and refuses the others", async () => {
    await fc.assert(
      fc.asyncProperty(burst, fc.integer(), async ({ kind, workers, each, count, spare, more, bias }, seed) => {
        const amount = kind === "requests" || kind === "slots" ? 1 : each;
        // Less than one more.
        const max = count * amount + (more === 0 ? spare : Math.min(spare, amount - 1));
        const { on, limit, clients, unit } = await start(kind, max, workers);
        for (let round = 0; round < 2; round++) {
          const taking = Array.from({ length: count + more }, (_, at) => {
            const isFirst = ((at * 7_919 + seed) % 100) / 100 < bias;
            const client = clients[isFirst ? 0 : clients.length - 1];
            return Promise.resolve(client?.reserve([{ limit, amount: amount * unit }]));
          });
          await on.run(60);
          const taken = (await Promise.all(taking)).filter((one) => one !== undefined);
          expect(taken.filter(isServed).length).toBe(count);
          // Requests that no vendor has seen: the next round has the same limit.
          for (const one of taken)
            if (one.kind === "reserved") for (const reservation of one.reservations) reservation.release(0);
        }
      }),
      {
        numRuns: 60,
        // The one of another worker comes among the last, and what a recall brought is enough for all of them.
        examples: [
          [{ kind: "requests", workers: 2, each: 1, count: 85, spare: 0, more: 0, bias: 1e-300 }, 1_946_477_223],
        ],
      },
    );
  }, 120_000);

  test.each([
    ["requests", 1_000, 30],
    ["slots", 100, 100],
    ["tokens", 10_000, 30],
  ] as const)("%s: a limit of %p takes %p at once, with one worker and with two", async (kind, max, count) => {
    for (const workers of [1, 2]) {
      const { on, limit, clients } = await start(kind, max, workers);
      const amount = kind === "tokens" ? Math.floor(max / count) : 1;
      const taking = Array.from({ length: count }, (_, at) =>
        Promise.resolve(clients[at % workers]?.reserve([{ limit, amount }])),
      );
      await on.run(20);
      expect((await Promise.all(taking)).map((one) => one?.kind)).toEqual(Array(count).fill("reserved"));
    }
  });
});

describe("tokens set aside for answers under way", () => {
  test.each([1, 2])("go to others before one is refused, but for what is kept, with %p workers", async (workers) => {
    const { on, limit, clients } = await start("tokens", 10_000, workers);
    const request = { limit, amount: 4_106, least: 11, kept: 266 };
    const taking = Array.from({ length: 30 }, (_, at) => Promise.resolve(clients[at % workers]?.reserve([request])));
    await on.run(100);
    const taken = (await Promise.all(taking)).filter((one) => one !== undefined);
    expect(taken.filter(isServed).length).toBe(30);
    const sum = taken
      .flatMap((one) => (one.kind === "reserved" ? one.reservations : []))
      .reduce((all, { amount }) => all + amount, 0);
    expect(sum).toBeLessThanOrEqual(10_000);
  });

  test("stay whole where nothing is said of what is kept", async () => {
    const { on, limit, clients } = await start("tokens", 10_000, 1);
    const request = { limit, amount: 4_000 };
    const taking = Array.from({ length: 3 }, () => Promise.resolve(clients[0]?.reserve([request])));
    await on.run(100);
    expect((await Promise.all(taking)).map((one) => one?.kind)).toEqual(["reserved", "reserved", "short"]);
  });

  test("what was taken back is not given back again when the answer ends", async () => {
    const { on, limit, clients } = await start("tokens", 1_000, 2);
    const [first, second] = clients;
    const reserved = first?.reserve([{ limit, amount: 900, least: 1, kept: 100 }]);
    await on.run(20);
    const other = second?.reserve([{ limit, amount: 800, kept: 800 }]);
    await on.run(20);
    const [mine, theirs] = [await reserved, await other];
    expect([mine?.kind, theirs?.kind]).toEqual(["reserved", "reserved"]);
    if (mine?.kind === "reserved") for (const reservation of mine.reservations) reservation.release(50);
    if (theirs?.kind === "reserved") for (const reservation of theirs.reservations) reservation.release(800);
    await on.run(1_100);
    const rest: (string | undefined)[] = [];
    for (const amount of [150, 1]) {
      const asked = Promise.resolve(second?.reserve([{ limit, amount }]));
      await on.run(20);
      rest.push((await asked)?.kind);
    }
    expect(rest).toEqual(["reserved", "short"]);
  });
});

describe("several limits of one key", () => {
  const KINDS = ["requests", "tokens", "slots", "usd"] as const;
  const rooms = fc.record({
    fits: fc.record({
      requests: fc.integer({ min: 1, max: 12 }),
      tokens: fc.integer({ min: 1, max: 12 }),
      slots: fc.integer({ min: 1, max: 12 }),
      usd: fc.integer({ min: 1, max: 12 }),
    }),
    // Bursts: at which worker each request comes, and when it ends.
    bursts: fc.array(fc.array(fc.record({ worker: fc.integer({ min: 0, max: 1 }) }), { minLength: 1, maxLength: 14 }), {
      minLength: 1,
      maxLength: 4,
    }),
    pauseMs: fc.constantFrom(0, 5, 300, 1_500),
  });

  test("serve as many as fit into the tightest, each time, and refuse the others", async () => {
    await fc.assert(
      fc.asyncProperty(rooms, async ({ fits, bursts, pauseMs }) => {
        bench?.close();
        const on = await ledgerBench();
        bench = on;
        const { body } = await on.manage("create", null, {
          name: "k",
          rpm_limit: fits.requests,
          tpm_limit: fits.tokens * 10,
          max_concurrent: fits.slots,
          budgets: [{ window: "monthly", limit_usd: fits.usd / 100 }],
        });
        const scope = scopeOf("key", (body as { id: string }).id);
        const clients = ["w0", "w1"].map((name) => on.client(name).client);
        await on.run(10);
        const amounts = { requests: 1, tokens: 10, slots: 1, usd: CENT };
        const requests = KINDS.map((kind) => ({
          limit: kind === "usd" ? moneyLimit("monthly", scope) : countLimit(kind, scope),
          amount: amounts[kind],
        }));
        const most = Math.min(...Object.values(fits));
        for (const burst of bursts) {
          const taking = burst.map(({ worker }) => Promise.resolve(clients[worker]?.reserve(requests)));
          await on.run(100);
          const taken = (await Promise.all(taking)).filter((one) => one !== undefined);
          expect(taken.filter(isServed).length).toBe(Math.min(burst.length, most));
          // Not seen by any vendor: the next burst has the same limits.
          for (const one of taken)
            if (one.kind === "reserved") for (const reservation of one.reservations) reservation.release(0);
          await on.run(pauseMs);
        }
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});

describe("a worker that hangs", () => {
  const NAMES = Array.from({ length: 36 }, (_, at) => `g${at}`);

  test.each([
    ["tokens", 60, "short"],
    ["tokens", 10, "reserved"],
    ["usd", 60, "short"],
    ["usd", 10, "reserved"],
    ["requests", 60, "short"],
  ] as const)(
    "holds %s of many limits, at least %p each wanted: it is %s within half a second, the next one at once, and once it is back all is served",
    async (kind, least, outcome) => {
      bench?.close();
      const on = await ledgerBench({
        groups: Object.fromEntries(
          NAMES.map((name) => [
            name,
            {
              name,
              parent: null,
              allowedTargets: null,
              limits: {
                requestsPerMinute: 100,
                tokensPerMinute: 100,
                maxConcurrent: null,
                budgets: [{ window: "monthly" as const, limitNanos: 100, mode: "hard" as const, warnAt: null }],
              },
            },
          ]),
        ),
      });
      bench = on;
      const [here, there] = [on.client("w0"), on.client("w1")];
      await on.run(10);
      const requests = NAMES.map((name) => {
        const scope = scopeOf("group", name);
        return { limit: kind === "usd" ? moneyLimit("monthly", scope) : countLimit(kind, scope), amount: 60, least };
      });
      /** Until it is told, and what. */
      const reserve = async (client: LedgerClient): Promise<readonly [told: Reserved["kind"], afterMs: number]> => {
        const startedMs = on.effects.nowMs();
        let afterMs: number | null = null;
        const reserving = Promise.resolve(client.reserve(requests)).then((reserved) => {
          afterMs = on.effects.nowMs() - startedMs;
          if (reserved.kind === "reserved") for (const each of reserved.reservations) each.release(0);
          return reserved.kind;
        });
        for (let turn = 0; turn < 900 && afterMs === null; turn++) await on.run(5);
        return [await reserving, afterMs ?? 0];
      };
      expect((await reserve(there.client))[0]).toBe("reserved");
      const wake = there.hang();
      const [told, afterMs] = await reserve(here.client);
      expect([told, afterMs <= 500 ? "soon" : afterMs]).toEqual([outcome, "soon"]);
      const [toldNext, afterNextMs] = await reserve(here.client);
      expect([toldNext, afterNextMs <= 50 ? "at once" : afterNextMs]).toEqual([outcome, "at once"]);
      wake();
      await on.run(10);
      expect((await reserve(here.client))[0]).toBe("reserved");
    },
  );
});

describe("one request after the other, at any worker", () => {
  /** What it wants, which of the waiting ones ends first, and how much of it was used. */
  const step = fc.record({
    worker: fc.integer({ min: 0, max: 1 }),
    amount: fc.integer({ min: 1, max: 30 }),
    least: fc.integer({ min: 1, max: 30 }),
    ends: fc.integer({ min: 0, max: 3 }),
    used: fc.double({ min: 0, max: 1, noNaN: true }),
    pauseMs: fc.constantFrom(0, 0, 20, 500, 2_000),
  });

  test.each(["usd", "slots", "requests", "tokens"] as const)(
    "%s: who is refused did not fit",
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
          const max = 60;
          const { on, limit, clients, unit } = await start(kind, max, 2);
          const open: { readonly client: LedgerClient; readonly reserved: Reserved; readonly amount: number }[] = [];
          let spent = 0;
          let rows = 0;
          for (const { worker, amount, least: asked, ends, used, pauseMs } of steps) {
            const client = clients[worker];
            if (client === undefined) throw new Error("no client");
            const least = Math.min(asked, amount);
            const taking = Promise.resolve(client.reserve([{ limit, amount: amount * unit, least: least * unit }]));
            await on.run(10);
            const reserved = await taking;
            const setAside = open.reduce((sum, one) => sum + one.amount, 0);
            const fits = spent + setAside + least <= max;
            expect([kind, reserved.kind]).toEqual([kind, fits ? "reserved" : "short"]);
            if (reserved.kind === "reserved") {
              const got = (reserved.reservations[0]?.amount ?? 0) / unit;
              expect(got).toBe(Math.min(amount, max - spent - setAside));
              open.push({ client, reserved, amount: got });
            } else if (reserved.shortage.kind === "exceeded" && kind === "usd") {
              const { left, setAside: told, isLeased } = reserved.shortage;
              expect([left / unit, told / unit, isLeased]).toEqual([
                max - spent - setAside,
                setAside,
                spent + least <= max,
              ]);
            }
            for (const one of open.splice(0, ends)) {
              if (one.reserved.kind !== "reserved") continue;
              const [reservation] = one.reserved.reservations;
              const cost = kind === "slots" ? 0 : Math.floor(one.amount * used);
              reservation?.release(cost * unit);
              spent += cost;
              if (limit.kind !== "usd" || reservation === undefined) continue;
              rows += 1;
              one.client.book({
                row: {
                  id: `req_${rows}`,
                  wallMs: on.effects.wallMs(),
                  caller: "k",
                  target: "m",
                  lane: null,
                  usage: UNKNOWN_USAGE,
                  costNanos: cost * unit,
                  state: "ok",
                },
                scopes: [limit.scope],
                leases: [{ limit, period: reservation.lease.period }],
                revision: "r",
              });
            }
            await on.run(pauseMs);
          }
          // All of it within one minute: nothing was free again by itself.
          expect(on.effects.nowMs()).toBeLessThan(60_000);
        }),
        { numRuns: 25 },
      );
    },
    120_000,
  );
});

describe("a minute that is used up", () => {
  test("is told to end when one more fits, never later than a minute after it was taken", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 20_000 }), count: fc.integer({ min: 1, max: 5 }) }), {
          minLength: 1,
          maxLength: 30,
        }),
        fc.integer({ min: 1, max: 20 }),
        (takes, limit) => {
          const minute = createMinute();
          const taken: number[] = [];
          let now = 0;
          for (const { afterMs, count } of takes) {
            now += afterMs;
            for (let each = 0; each < count; each++) {
              const waitMs = minute.fitsInMs(1, limit, now);
              expect(waitMs === null || (waitMs >= 0 && waitMs <= 60_000)).toBe(true);
              if (waitMs === null || waitMs > 0) {
                // Within the second that things are kept together in.
                expect(minute.used(now + (waitMs ?? 0)) + 1).toBeLessThanOrEqual(limit);
                now += waitMs ?? 0;
              }
              minute.take(1, now);
              taken.push(now);
            }
          }
          for (const from of taken)
            expect(taken.filter((each) => each >= from && each < from + 60_000).length).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 300 },
    );
  });
});

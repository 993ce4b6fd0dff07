// The row that is booked for each way an exchange can end, and the ledger that sums the rows.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Settlement, settle } from "../../src/governance/settle.ts";
import type { UsageRow } from "../../src/governance/store.ts";
import { createMemoryLedger } from "../../src/governance/stores/memory.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";

const USED = { ...UNKNOWN_USAGE, freshInputTokens: 10, cacheReadTokens: 5, outputTokens: 7, reasoningTokens: 3 };

function settlement(members: Partial<Settlement> = {}): Settlement {
  return {
    id: "req-1",
    startedWallMs: 1000,
    durationMs: 500.4,
    caller: "token-1",
    operation: "chat",
    target: "fast",
    outcome: "answered",
    attempts: [{ lane: "acme/default/sonnet", ambiguous: false }],
    usage: USED,
    usageEstimated: false,
    costNanos: 42,
    ...members,
  };
}

function row(members: Partial<UsageRow> = {}): UsageRow {
  return { ...settle(settlement()), ...members };
}

describe("the row", () => {
  test("of an answer", () => {
    expect(settle(settlement())).toEqual({
      id: "req-1",
      wallMs: 1500,
      caller: "token-1",
      target: "fast",
      lane: "acme/default/sonnet",
      usage: USED,
      costNanos: 42,
      state: "ok",
    });
  });

  const ambiguous = [{ lane: "a", ambiguous: true }];
  test.each([
    [{ usageEstimated: true }, "estimated"],
    [{ outcome: "cut", usageEstimated: true }, "truncated"],
    [{ outcome: "client-gone" }, "aborted"],
    [{ outcome: "failed", attempts: ambiguous }, "ambiguous"],
    [{ outcome: "failed" }, "ok"],
    [{ outcome: "refused", attempts: [] }, "ok"],
    [{ attempts: [...ambiguous, { lane: "b", ambiguous: false }] }, "ok"],
  ] as const)("of %j is %s", (members, state) => {
    expect(settle(settlement(members)).state).toBe(state);
  });

  test("names the lane the client heard of, and a caller always", () => {
    const attempts = [
      { lane: "a", ambiguous: true },
      { lane: "b", ambiguous: false },
    ];
    expect(settle(settlement({ attempts })).lane).toBe("b");
    expect(settle(settlement({ attempts: [], caller: null }))).toMatchObject({ lane: null, caller: "unidentified" });
  });
});

describe("the ledger in memory", () => {
  test("sums by caller; unknown figures add nothing", async () => {
    const ledger = createMemoryLedger();
    await ledger.append([
      row({ id: "1" }),
      row({ id: "2", costNanos: null, usage: null }),
      row({ id: "3", caller: "token-2" }),
    ]);
    expect(await ledger.totals("token-1")).toEqual({ requests: 2, costNanos: 42, tokens: 22 });
    expect(await ledger.totals("token-2")).toEqual({ requests: 1, costNanos: 42, tokens: 22 });
    expect(await ledger.totals("nobody")).toEqual({ requests: 0, costNanos: 0, tokens: 0 });
    expect(ledger.sum()).toEqual({ requests: 3, costNanos: 84, tokens: 44 });
  });

  test("a row delivered twice is booked once", async () => {
    const ledger = createMemoryLedger();
    await ledger.append([row(), row()]);
    await ledger.append([row()]);
    expect(ledger.sum().requests).toBe(1);
  });

  test("callers beyond the bound are in the sum", async () => {
    const ledger = createMemoryLedger();
    await ledger.append(Array.from({ length: 10_001 }, (_, index) => row({ id: `r${index}`, caller: `c${index}` })));
    expect(ledger.sum()).toEqual({ requests: 10_001, costNanos: 10_001 * 42, tokens: 10_001 * 22 });
    expect((await ledger.totals("c9999")).requests).toBe(1);
    expect((await ledger.totals("c10000")).requests).toBe(0);
  });

  test("money is conserved however rows are batched, repeated and spread over callers", async () => {
    const rows = fc.array(
      fc.record({
        id: fc.integer({ min: 0, max: 30 }),
        caller: fc.constantFrom("a", "b", "c"),
        repeats: fc.integer({ min: 1, max: 3 }),
      }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 7 }), async (drawn, batchSize) => {
        const ledger = createMemoryLedger();
        const delivered = drawn.flatMap(({ id, caller, repeats }) =>
          Array.from({ length: repeats }, () => row({ id: `r${id}`, caller, costNanos: id * 3 })),
        );
        for (let start = 0; start < delivered.length; start += batchSize) {
          await ledger.append(delivered.slice(start, start + batchSize));
        }
        const distinct = new Set(drawn.map(({ id }) => id));
        const expected = [...distinct].reduce((sum, id) => sum + id * 3, 0);
        const callers = await Promise.all(["a", "b", "c"].map((caller) => ledger.totals(caller)));
        expect(ledger.sum().costNanos).toBe(expected);
        expect(callers.reduce((sum, totals) => sum + totals.costNanos, 0)).toBe(expected);
      }),
      { numRuns: 200, seed: 9 },
    );
  });
});

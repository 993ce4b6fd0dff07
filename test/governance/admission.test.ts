// Letting requests in: which limits hold, what is set aside, and that nothing a client writes breaks or dodges it.
import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Admitted, createAdmission } from "../../src/governance/admission.ts";
import { toUsageRow } from "../../src/governance/usage-row.ts";
import { NO_NEEDS } from "../../src/ir/capability.ts";
import type { Governance, Lane } from "../../src/ir/deployment.ts";
import type { Facts } from "../../src/ir/facts.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { ANONYMOUS } from "../harness/core.ts";
import { laneOf, PRICES } from "../harness/deployments.ts";
import { attempt, record } from "../observability/samples.ts";
import { GOVERNANCE, type LedgerBench, ledgerBench } from "./ledger-bench.ts";

let bench: LedgerBench | null = null;
afterEach(() => {
  bench?.close();
  bench = null;
});

const LANE = laneOf("up/a/m", "openai", { prices: PRICES, capabilities: { maxOutputTokens: 1_000 } });
const FACTS: Facts = {
  operation: "chat",
  target: "m",
  stream: false,
  bodyBytes: 400,
  inputTokensEstimate: 100,
  maxOutputTokens: 10,
  needs: NO_NEEDS,
  usageAsked: true,
};

interface Ask {
  readonly facts?: Partial<Facts>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly lanes?: readonly Lane[];
  readonly choices?: number;
  readonly couldServe?: (lane: Lane) => boolean;
}

async function start(key: object, over: Partial<Governance> = {}) {
  const on = await ledgerBench(over);
  bench = on;
  const made = await on.manage("create", null, { name: "k", ...key });
  expect([made.status, made.body]).toEqual([201, expect.anything()]);
  const { client } = on.client("w");
  await on.run(10);
  const [virtual] = (await on.store().load()).keys;
  if (virtual === undefined) throw new Error("no key");
  const governance: Governance = { ...GOVERNANCE, ...over, dbPath: on.path };
  const admission = createAdmission({ governance, ledger: client, revision: "r", nowMs: on.effects.nowMs });
  const ask = async (input: Ask = {}): Promise<Admitted> => {
    const admitting = Promise.resolve(
      admission.admit({
        caller: { ...ANONYMOUS, key: virtual },
        lanes: input.lanes ?? [LANE],
        couldServe: input.couldServe ?? (() => true),
        facts: { ...FACTS, ...input.facts },
        headers: input.headers ?? {},
        choices: () => input.choices ?? 1,
      }),
    );
    await on.run(10);
    return admitting;
  };
  let rows = 0;
  const end = (admitted: Admitted, costNanos: number | null): void => {
    if (admitted.kind !== "admitted") throw new Error("refused");
    rows += 1;
    const row = toUsageRow(
      record({
        id: `req_${rows}`,
        startedWallMs: on.effects.wallMs(),
        durationMs: 0,
        caller: "k",
        operation: "chat",
        target: "m",
        outcome: "answered",
        attempts: [attempt({ lane: "up/a/m" })],
        usage: { ...UNKNOWN_USAGE, freshInputTokens: 100, outputTokens: 10 },
        usageEstimated: false,
        costNanos,
      }),
    );
    admitted.pass.close(row, true);
  };
  return { on, ask, end, scope: `key:${virtual.id}` };
}

const leased = async (on: LedgerBench): Promise<number> =>
  (await on.store().load()).leases.reduce((sum, lease) => sum + lease.nanos, 0);

describe("what is set aside", () => {
  // 100 in at 3 dollars and the answer at 15 dollars a million.
  const rows: readonly [what: string, facts: Partial<Facts>, choices: number, expected: number, strict: number][] = [
    ["its own limit", { maxOutputTokens: 10 }, 1, 100 * 3_000 + 10 * 15_000, 400 * 3_000 + 10 * 15_000],
    ["the model's limit", { maxOutputTokens: null }, 1, 100 * 3_000 + 1_000 * 15_000, 400 * 3_000 + 1_000 * 15_000],
    [
      "a limit beyond the model's",
      { maxOutputTokens: 50_000 },
      1,
      100 * 3_000 + 4_096 * 15_000,
      400 * 3_000 + 1_000 * 15_000,
    ],
    ["several answers", { maxOutputTokens: 10 }, 4, 100 * 3_000 + 10 * 15_000, 400 * 3_000 + 40 * 15_000],
    ["a limit that is none", { maxOutputTokens: -1 }, 1, 100 * 3_000 + 1_000 * 15_000, 400 * 3_000 + 1_000 * 15_000],
    ["counting, which is free", { operation: "count" }, 1, 0, 0],
    ["an embedding, which has no answer", { operation: "embed", maxOutputTokens: null }, 1, 100 * 3_000, 400 * 3_000],
  ];
  for (const [what, facts, choices, expected, strict] of rows) {
    for (const budget of ["expected", "strict"] as const) {
      test(`${budget}: ${what}`, async () => {
        // A lease is a hundredth of what is left, or what is needed where that is more.
        const { on, ask } = await start({ budgets: [{ window: "daily", limit_usd: 0.07 }] }, { budget });
        expect((await ask({ facts, choices })).kind).toBe("admitted");
        const needed = budget === "strict" ? strict : expected;
        expect(await leased(on)).toBe(needed === 0 ? 0 : Math.max(needed, 700_000));
      });
    }
  }

  test("strict refuses what nothing limits, and what no budget could hold", async () => {
    const { ask } = await start({ budgets: [{ window: "daily", limit_usd: 1 }] }, { budget: "strict" });
    const endless = laneOf("up/a/m", "openai", { prices: PRICES });
    const unlimited = await ask({ lanes: [endless], facts: { maxOutputTokens: null } });
    expect(unlimited).toMatchObject({ kind: "refused", failure: { kind: "invalid-request" } });
    const huge = await ask({ lanes: [endless], facts: { maxOutputTokens: 1e15 } });
    expect(huge).toMatchObject({ kind: "refused", failure: { kind: "invalid-request" } });
  });

  test("whatever a client says of its limit, it is let in or refused, and never for less than its prompt", async () => {
    for (const budget of ["expected", "strict"] as const) {
      const { on, ask, end } = await start({ budgets: [{ window: "total", limit_usd: 1_000_000 }] }, { budget });
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(fc.double(), fc.constantFrom(0, -0, -1, 0.5, 1e308, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY)),
          async (maxOutputTokens) => {
            const admitted = await ask({ facts: { maxOutputTokens } });
            if (admitted.kind === "refused") expect(admitted.failure.kind).toBe("invalid-request");
            else {
              expect(await leased(on)).toBeGreaterThanOrEqual(100 * 3_000);
              end(admitted, 0);
            }
          },
        ),
        { numRuns: 60 },
      );
      on.close();
      bench = null;
    }
  }, 60_000);
});

describe("who is refused", () => {
  test("models without a price where only priced ones are served", async () => {
    const { ask } = await start({}, { unpriced: "reject" });
    const refused = await ask({ lanes: [laneOf("up/a/m", "openai")] });
    expect(refused).toMatchObject({ kind: "refused", failure: { kind: "forbidden" } });
    expect((await ask()).kind).toBe("admitted");
  });

  test("a key whose group is not configured any more", async () => {
    const { on, ask } = await start({});
    const [key] = (await on.store().load()).keys;
    if (key === undefined) throw new Error("no key");
    const admission = createAdmission({
      governance: GOVERNANCE,
      ledger: on.client("x").client,
      revision: "r",
      nowMs: on.effects.nowMs,
    });
    const orphan = { ...ANONYMOUS, key: { ...key, group: "gone" } };
    const told = await admission.admit({
      caller: orphan,
      lanes: [LANE],
      couldServe: () => true,
      facts: FACTS,
      headers: {},
      choices: () => 1,
    });
    expect(told).toMatchObject({ kind: "refused", failure: { kind: "forbidden" } });
    expect((await ask()).kind).toBe("admitted");
  });

  test("headers that cannot be meant, and requests dearer than they may be", async () => {
    const { ask } = await start({});
    for (const headers of [
      { "x-ringmain-max-usd": "much" },
      { "x-ringmain-max-usd": "-1" },
      { "x-ringmain-project": "../x" },
    ]) {
      expect(await ask({ headers })).toMatchObject({ kind: "refused", failure: { kind: "invalid-request" } });
    }
    expect(await ask({ headers: { "x-ringmain-max-usd": "0.00045" } })).toMatchObject({ kind: "admitted" });
    expect(await ask({ headers: { "x-ringmain-max-usd": "0.000449999" } })).toMatchObject({
      kind: "refused",
      failure: { kind: "budget-exceeded", retryAfterMs: null },
    });
  });

  test("soft gates and budgets warn, hard ones of the same kind refuse", async () => {
    const { ask, end } = await start(
      { budgets: [{ window: "daily", limit_usd: 0.001, mode: "soft", warn_at: 0.5 }] },
      { gates: [{ scope: "request", window: "total", limitNanos: 1, mode: "soft" }] },
    );
    const first = await ask();
    expect(first.kind === "admitted" && first.pass.warnings).toEqual(["request may cost $0.00045 of $0.000000001"]);
    end(first, 900_000);
    const second = await ask();
    expect(second.kind === "admitted" && second.pass.warnings.join()).toContain("key daily");
  });
});

describe("a dear and a cheap lane", () => {
  const times = (by: number) => ({ ...PRICES, input: 3_000_000_000 * by, output: 15_000_000_000 * by });
  const dear = laneOf("up/a/dear", "openai", { prices: times(10) });
  const cheap = laneOf("up/a/cheap", "openai", { prices: PRICES });
  const lanes = [dear, cheap];
  /** What one call of the cheap lane may cost. */
  const CHEAP_NANOS = 100 * 3_000 + 10 * 15_000;
  const affordable = (admitted: Admitted): readonly string[] =>
    admitted.kind === "admitted" ? lanes.filter((lane) => admitted.pass.affords(lane)).map(({ id }) => id) : [];

  test("only the cheap one is reserved for where the dear one does not fit, so that others fit beside it", async () => {
    // Four calls of the cheap one, and none of the dear one.
    const { ask } = await start({ budgets: [{ window: "daily", limit_usd: 0.002 }] });
    const told: Admitted[] = [];
    for (let each = 0; each < 5; each++) told.push(await ask({ lanes }));
    expect(told.slice(0, 4).map(affordable)).toEqual(Array(4).fill([cheap.id]));
    expect(told[4]).toMatchObject({ kind: "refused" });
  });

  test("both where both fit, and the reservation holds the dear one", async () => {
    const { on, ask } = await start({ budgets: [{ window: "daily", limit_usd: 0.02 }] });
    expect(affordable(await ask({ lanes }))).toEqual([dear.id, cheap.id]);
    expect(await leased(on)).toBe(10 * CHEAP_NANOS);
  });

  test("the price of one that could never serve the request does not matter", async () => {
    const { ask } = await start({ budgets: [{ window: "daily", limit_usd: 0.002 }] });
    const told = await ask({ lanes, couldServe: ({ id }) => id === dear.id });
    expect(told).toMatchObject({ kind: "refused", failure: { kind: "budget-exceeded" } });
    expect(told.kind === "refused" && told.failure.message).toContain("may cost $0.0045");
    expect(told.kind === "refused" && told.failure.message).toContain("$0.002 is left");
  });

  test("the ceiling of one request leaves the dear one out", async () => {
    const { ask } = await start({});
    const headers = { "x-ringmain-max-usd": "0.001" };
    expect(affordable(await ask({ lanes, headers }))).toEqual([cheap.id]);
    const told = await ask({ lanes, headers, couldServe: ({ id }) => id === dear.id });
    expect(told.kind === "refused" && told.failure.message).toContain("may cost $0.0045, more than the $0.001");
  });
});

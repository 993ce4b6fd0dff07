// A budget that was taken away and set again within its window had forgotten what was spent in between, until a restart.
import { expect, test } from "bun:test";
import { moneyLimit, scopeOf } from "../../src/governance/limit.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { ledgerBench } from "../governance/ledger-bench.ts";

const CENT = 10_000_000;

test("what a key spends while it has no budget counts in the budget it gets again", async () => {
  const on = await ledgerBench();
  try {
    const budgets = [{ window: "monthly", limit_usd: 0.1 }];
    const made = await on.manage("create", null, { name: "k", budgets });
    const { id } = made.body as { id: string };
    const { client } = on.client("w");
    await on.run(10);
    const limit = moneyLimit("monthly", scopeOf("key", id));
    const reserve = async (amount: number): Promise<string> => {
      const reserving = Promise.resolve(client.reserve([{ limit, amount }]));
      await on.run(50);
      const reserved = await reserving;
      if (reserved.kind === "reserved") for (const each of reserved.reservations) each.release(0);
      await on.run(8_000);
      return reserved.kind;
    };
    expect(await reserve(CENT)).toBe("reserved");
    await on.manage("update", id, { budgets: [] });
    const row = {
      id: "req_1",
      wallMs: on.effects.wallMs(),
      caller: "k",
      target: "pool",
      lane: null,
      usage: UNKNOWN_USAGE,
      costNanos: 8 * CENT,
      state: "ok",
    } as const;
    client.book({ row, scopes: [limit.scope], leases: [], revision: "r" });
    await on.run(200);
    await on.manage("update", id, { budgets });
    expect([await reserve(5 * CENT), await reserve(2 * CENT)]).toEqual(["short", "reserved"]);
  } finally {
    on.close();
  }
});

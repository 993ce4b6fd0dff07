// What an operator sends: everything is answered, nothing is believed unread, and no answer but one holds a secret.
import { afterEach, expect, test } from "bun:test";
import fc from "fast-check";
import { readStoredKey } from "../../src/governance/key-document.ts";
import type { ManageAction, ManageReply } from "../../src/governance/ledger-messages.ts";
import { type LedgerBench, ledgerBench } from "./ledger-bench.ts";

let bench: LedgerBench | null = null;
afterEach(() => {
  bench?.close();
  bench = null;
});

const FIELDS = [
  "name",
  "allowed_pools",
  "group",
  "aliases",
  "debug",
  "project",
  "labels",
  "expires_at",
  "enabled",
  "rpm_limit",
  "tpm_limit",
  "max_concurrent",
  "budgets",
  "max_budget_cents",
  "budget_period",
  "overlap_secs",
  "limit",
  "after",
  "by",
  "from",
  "to",
  "key",
  "before",
] as const;
const SQL = ["'; DROP TABLE keys; --", "%", "_", "\\", '" OR 1=1 --', "key:vk_x' UNION SELECT hash FROM keys --"];
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(...SQL, 0, -1, 1e308, Number.MAX_SAFE_INTEGER, "2030-01-01", "__proto__", null, [], {}),
  fc.array(fc.record({ window: fc.constantFrom("daily", "x"), limit_usd: fc.constantFrom(1, -1, 0.1, 1e-12, "1") }), {
    maxLength: 3,
  }),
);
const input = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.dictionary(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...FIELDS) }, { weight: 1, arbitrary: fc.string() }),
    value,
    {
      maxKeys: 6,
    },
  ),
);
const action = fc.constantFrom<ManageAction>(
  ...([
    "create",
    "list",
    "show",
    "update",
    "disable",
    "enable",
    "rotate",
    "revoke",
    "delete",
    "key-usage",
    "usage",
    "audit",
  ] as const),
);

test("any input to any action is an answer, keys stay readable, and hashes and secrets stay inside", async () => {
  const on = await ledgerBench();
  bench = on;
  const secrets: string[] = [];
  await fc.assert(
    fc.asyncProperty(action, input, fc.nat(3), fc.constantFrom(...SQL), async (what, given, at, odd) => {
      const ids = (await on.store().load()).keys.map((key) => key.id);
      const reply = await on.manage(what, ids[at] ?? odd, given);
      expect([200, 201, 400, 404, 409, 422]).toContain(reply.status);
      const text = JSON.stringify(reply.body);
      expect(text).not.toMatch(/[0-9a-f]{64}/);
      const secret = "secret" in reply.body ? String(reply.body.secret) : null;
      expect(secret !== null).toBe(reply.status < 300 && (what === "create" || what === "rotate"));
      for (const known of secrets) expect(text).not.toContain(known);
      if (secret !== null) secrets.push(secret);
      for (const key of (await on.store().load()).keys) expect(readStoredKey(JSON.stringify(key))).toEqual(key);
    }),
    { numRuns: 600 },
  );
  expect(await on.store().check()).toBeNull();
  const audited = await on.store().audit({ beforeSeq: null, rowsMax: 10_000 });
  expect(audited.length).toBeGreaterThanOrEqual(secrets.length);
  for (const secret of secrets) expect(JSON.stringify(audited)).not.toContain(secret);
}, 60_000);

test("a budget that is no whole number of cents is told exactly, and never as a rounded one", async () => {
  const on = await ledgerBench();
  bench = on;
  const budgets = [{ window: "monthly", limit_usd: 0.0005, mode: "hard" }];
  const { body } = await on.manage("create", null, { name: "small", budgets });
  expect(body).toMatchObject({ max_budget_cents: 0.05, budgets });
});

test("rc.3's fields make rc.3's keys", async () => {
  const on = await ledgerBench();
  bench = on;
  const { status, body } = await on.manage("create", null, {
    name: "old",
    allowed_pools: ["a"],
    max_budget_cents: 250,
    budget_period: "daily",
    rpm_limit: 5,
    tpm_limit: null,
  });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    name: "old",
    allowed_pools: ["a"],
    max_budget_cents: 250,
    budget_period: "daily",
    rpm_limit: 5,
    tpm_limit: null,
    enabled: true,
    secret: expect.stringMatching(/^sk-rm-/),
  });
  expect((await on.manage("create", null, { name: "x", budget_period: "yearly" })).status).toBe(400);
  expect((await on.manage("create", null, { name: "x", max_budget_cents: -1 })).status).toBe(400);
  expect((await on.manage("create", null, { allowed_pools: [] })).status).toBe(422);
});

test("a page goes on where the last one ended, whatever was made or deleted in between", async () => {
  const on = await ledgerBench();
  bench = on;
  for (let each = 0; each < 9; each++) await on.manage("create", null, { name: `k${each}` });
  const before = (await on.store().load()).keys.length;
  const seen: string[] = [];
  let next: string | null = null;
  do {
    const page: ManageReply = await on.manage("list", null, { limit: "2", ...(next === null ? {} : { after: next }) });
    expect(page.status).toBe(200);
    const { keys, next: following } = page.body as { keys: { id: string }[]; next: string | null };
    seen.push(...keys.map(({ id }) => id));
    next = following;
    // The very key the next page begins after.
    const last = keys.at(-1)?.id ?? "";
    expect((await on.manage("delete", last, null)).status).toBe(200);
    expect((await on.manage("create", null, { name: "between" })).status).toBe(201);
  } while (next !== null && seen.length < 100);
  expect(seen.length).toBe(new Set(seen).size);
  expect(seen.length).toBeGreaterThanOrEqual(before);
  expect((await on.manage("list", null, { after: "nobody" })).status).toBe(400);
});

test("half a character is no name", async () => {
  const on = await ledgerBench();
  bench = on;
  expect((await on.manage("create", null, { name: "k\ud800" })).status).toBe(400);
  expect((await on.manage("create", null, { name: "k\u{1f511}" })).status).toBe(201);
});

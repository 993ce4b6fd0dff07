// The contract over each store there is, and what SQLite's keeps beyond it: the names in the file, which older versions wrote.
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerStore } from "../../src/governance/ledger-store.ts";
import {
  type CountLimit,
  countLimit,
  moneyLimit,
  readLimitId,
  readScopeId,
  scopeOf,
} from "../../src/governance/limit.ts";
import { MIGRATIONS } from "../../src/governance/stores/schema.ts";
import { readSpools, writeSpool } from "../../src/governance/stores/spool.ts";
import { openLedger } from "../../src/governance/stores/sqlite.ts";
import type { BudgetWindow } from "../../src/ir/deployment.ts";
import { createLateLedgerStore } from "../harness/late-ledger-store.ts";
import { ledgerStoreContract } from "./ledger-store.contract.ts";

function openSqlite(path: string): LedgerStore {
  const opened = openLedger(path);
  if (opened.kind !== "open") throw new Error(opened.kind);
  return opened.store;
}

ledgerStoreContract("SQLite", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ringmain-store-"));
  const path = join(folder, "ledger.db");
  let store = openSqlite(path);
  return {
    store,
    async reopened() {
      await store.close();
      store = openSqlite(path);
      return store;
    },
    async close() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

ledgerStoreContract("a database that answers late", async () => {
  let seed = 1;
  const store = createLateLedgerStore(async () => {
    seed = (seed * 48_271) % 2_147_483_647;
    for (let turn = seed % 13; turn > 0; turn--) await Promise.resolve();
  });
  return { store, reopened: async () => store, close: async () => undefined };
});

const KEY = scopeOf("key", "vk_1");
const WINDOWS: readonly BudgetWindow[] = ["minute", "hourly", "daily", "weekly", "monthly", "total"];
const COUNTS: readonly CountLimit["kind"][] = ["requests", "tokens", "slots"];

test("the names in a database are those that older versions wrote", () => {
  // Never edit one of these: a ledger in use holds them.
  const scopes = {
    "key:vk_1": KEY,
    "group:team a": scopeOf("group", "team a"),
    "project:web/app:2": scopeOf("project", "web/app:2"),
    "session:vk_1/0123456789abcdef01234567": scopeOf("session", "vk_1/0123456789abcdef01234567"),
    "account:up/default": scopeOf("account", "up/default"),
    "caller:token-1": scopeOf("caller", "token-1"),
  };
  for (const [id, scope] of Object.entries(scopes)) expect([scope.id, readScopeId(id)]).toEqual([id, scope]);
  const limits = [...WINDOWS.map((window) => moneyLimit(window, KEY)), ...COUNTS.map((kind) => countLimit(kind, KEY))];
  expect(limits.map(({ id }) => id)).toEqual([
    "usd minute key:vk_1",
    "usd hourly key:vk_1",
    "usd daily key:vk_1",
    "usd weekly key:vk_1",
    "usd monthly key:vk_1",
    "usd total key:vk_1",
    "requests - key:vk_1",
    "tokens - key:vk_1",
    "slots - key:vk_1",
  ]);
  for (const limit of limits) expect(readLimitId(limit.id)).toEqual(limit);
  for (const id of ["", "usd", "usd monthly", "usd yearly key:vk_1", "euros monthly key:vk_1", "usd monthly vk_1"]) {
    expect(readLimitId(id)).toBeNull();
  }
});

async function inFolder(act: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "ringmain-store-"));
  try {
    await act(join(folder, "ledger.db"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("a database of an older version is read, and what cannot be read is said", () =>
  inFolder(async (path) => {
    await openSqlite(path).close();
    const db = new Database(path);
    const document = JSON.stringify({ id: "vk_1" });
    db.run("INSERT INTO keys (id, hash, created_ms, document) VALUES ('vk_1', 'h', 1, ?)", [document]);
    db.run("INSERT INTO lease VALUES ('w-1', 'usd monthly key:vk_1', '2026-01-01T00:00', 7)");
    db.run("INSERT INTO lease VALUES ('w-1', 'usd yearly key:vk_1', '2026', 7)");
    db.run("INSERT INTO hourly VALUES ('key:vk_1', 3600000, 2, 30, 400, 1)");
    db.run("INSERT INTO meta VALUES ('wall_ms', '3600001')");
    db.close();
    const store = openSqlite(path);
    expect(await store.load()).toEqual({
      keys: [],
      leases: [{ holder: "w-1", limit: moneyLimit("monthly", KEY), period: "2026-01-01T00:00", nanos: 7 }],
      wallMs: 3_600_001,
      problems: [
        "The key vk_1 cannot be read from the ledger and lets no request in.",
        'A lease on "usd yearly key:vk_1" cannot be read from the ledger and is left out.',
      ],
    });
    expect(await store.sumOf(KEY, 0)).toEqual({ requests: 2, tokens: 30, costNanos: 400, unpriced: 1 });
    await store.close();
  }));

test("rows stand in the database under the names of their scopes", () =>
  inFolder(async (path) => {
    const store = openSqlite(path);
    const lease = { holder: "w", limit: moneyLimit("daily", KEY), period: "2026-01-01T00:00", nanos: 5, guard: null };
    const row = {
      id: "1",
      wallMs: 1,
      caller: "a",
      target: "t",
      lane: null,
      usage: null,
      costNanos: 2,
      state: "ok",
    } as const;
    const bookings = [
      { row, scopes: [KEY, scopeOf("group", "team")], leases: [], revision: "r" },
      { row: { ...row, id: "2" }, scopes: [], leases: [], revision: "r" },
    ];
    const nothing = { keys: [], removedKeys: [], audit: [], remembered: [], wallMs: 1 };
    await store.commit({ ...nothing, bookings, leases: [lease] });
    await store.close();
    const db = new Database(path, { readonly: true });
    expect(db.query("SELECT id, key, scopes FROM usage ORDER BY id").all()).toEqual([
      { id: "1", key: "key:vk_1", scopes: '["key:vk_1","group:team"]' },
      { id: "2", key: "caller:a", scopes: "[]" },
    ]);
    expect(db.query("SELECT amount, period, nanos FROM lease").all()).toEqual([
      { amount: "usd daily key:vk_1", period: "2026-01-01T00:00", nanos: 5 },
    ]);
    expect(db.query("SELECT scope FROM hourly ORDER BY scope").all()).toEqual([
      { scope: "group:team" },
      { scope: "key:vk_1" },
    ]);
    db.close();
  }));

test("a ledger of the first version keeps its rows, and knows them when they come again", () =>
  inFolder(async (path) => {
    const db = new Database(path);
    for (const statement of MIGRATIONS[0] ?? []) db.run(statement);
    db.run("PRAGMA user_version = 1");
    db.run(`PRAGMA application_id = ${0x524d4c31}`);
    const add =
      db.prepare(`INSERT INTO usage (id, wall_ms, key, caller, target, lane, output, cost, state, scopes, revision)
      VALUES (?, ?, 'key:vk_1', 'a', 't', NULL, 3, 2, 'ok', '["key:vk_1"]', 'r')`);
    for (const [id, wallMs] of [
      ["b", 5],
      ["a", 5],
      ["c", 1],
    ] as const)
      add.run(id, wallMs);
    add.finalize();
    db.run("INSERT INTO hourly VALUES ('key:vk_1', 0, 3, 9, 6, 0)");
    db.close();
    const store = openSqlite(path);
    expect(await store.check()).toBeNull();
    const row = {
      id: "a",
      wallMs: 5,
      caller: "a",
      target: "t",
      lane: null,
      usage: null,
      costNanos: 2,
      state: "ok",
    } as const;
    const booking = { row, scopes: [KEY], leases: [], revision: "r" };
    const nothing = { leases: [], keys: [], removedKeys: [], audit: [], remembered: [], wallMs: 6 };
    const bookings = [booking, { ...booking, row: { ...row, id: "d" } }];
    expect((await store.commit({ ...nothing, bookings })).added).toEqual(new Set(["d"]));
    expect(await store.sumOf(KEY, 0)).toEqual({ requests: 4, tokens: 9, costNanos: 8, unpriced: 0 });
    expect(await store.check()).toBeNull();
    expect(await store.prune(5, 6)).toBe(1);
    await store.close();
    const seen = new Database(path, { readonly: true });
    expect(seen.query("SELECT id FROM usage").all()).toEqual([{ id: "a" }, { id: "b" }, { id: "d" }]);
    seen.close();
  }));

test("a spool of an older version is read, and one of this version stands as it did", () =>
  inFolder(async (path) => {
    const line =
      '{"row":{"id":"1","wallMs":1,"caller":"a","target":"t","lane":null,"usage":null,"costNanos":2,"state":"ok"},' +
      '"scopes":["key:vk_1","project:a:b"],"holds":[{"amount":"usd monthly key:vk_1","period":"2026-01-01T00:00"}],"revision":"r"}\n';
    await mkdir(`${path}.spool`);
    await writeFile(join(`${path}.spool`, "w-1.1.jsonl"), line);
    const [old] = readSpools(path);
    expect(old?.bookings).toEqual([
      {
        row: { id: "1", wallMs: 1, caller: "a", target: "t", lane: null, usage: null, costNanos: 2, state: "ok" },
        scopes: [KEY, scopeOf("project", "a:b")],
        leases: [{ limit: moneyLimit("monthly", KEY), period: "2026-01-01T00:00" }],
        revision: "r",
      },
    ]);
    writeSpool(path, { holder: "w-2", part: 1 }, old?.bookings ?? []);
    expect(await readFile(join(`${path}.spool`, "w-2.1.jsonl"), "utf8")).toBe(line);
  }));

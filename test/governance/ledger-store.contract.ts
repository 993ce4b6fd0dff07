// What every ledger store must do, whatever keeps the data: run over each of them by ledger-store.test.ts.
import { afterEach, describe, expect, test } from "bun:test";
import type { VirtualKey } from "../../src/governance/keys.ts";
import type { Booking, UsageRow } from "../../src/governance/ledger-messages.ts";
import type { Commit, LeaseWrite, LedgerStore } from "../../src/governance/ledger-store.ts";
import { type LedgerScope, moneyLimit, scopeOf } from "../../src/governance/limit.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { virtualKey } from "../harness/builders.ts";

export interface OpenStore {
  readonly store: LedgerStore;
  /** The same data, as another process finds it. */
  reopened(): Promise<LedgerStore>;
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;
/** The first of an hour. */
const START_MS = Date.UTC(2026, 0, 1, 10);
const KEY = scopeOf("key", "vk_1");
const TEAM = scopeOf("group", "team: a");
const MONTHLY = moneyLimit("monthly", KEY);
const JANUARY = "2026-01-01T00:00";

const NOTHING: Commit = {
  bookings: [],
  leases: [],
  keys: [],
  removedKeys: [],
  audit: [],
  remembered: [],
  wallMs: START_MS,
};

function booking(id: string, over: Partial<UsageRow> = {}, scopes: readonly LedgerScope[] = [KEY]): Booking {
  const row: UsageRow = {
    id,
    wallMs: START_MS,
    caller: "alice",
    target: "pool",
    lane: "a/b/c",
    usage: { ...UNKNOWN_USAGE, freshInputTokens: 10, outputTokens: 5 },
    costNanos: 100,
    state: "ok",
    ...over,
  };
  return { row, scopes, leases: [], revision: "r" };
}

function key(id: string, over: Partial<VirtualKey> = {}): VirtualKey {
  const hash = id.padEnd(64, "0").replaceAll(/[^0-9a-f]/g, "0");
  return virtualKey({ id, name: id, hash, createdMs: 1, ...over });
}

const lease = (nanos: number, over: Partial<LeaseWrite> = {}): LeaseWrite => ({
  holder: "w",
  limit: MONTHLY,
  period: JANUARY,
  nanos,
  guard: null,
  ...over,
});

export function ledgerStoreContract(name: string, open: () => Promise<OpenStore>): void {
  describe(`the store of ${name}`, () => {
    let opened: OpenStore | null = null;
    const start = async (): Promise<OpenStore> => {
      opened = await open();
      return opened;
    };
    afterEach(async () => {
      await opened?.close();
      opened = null;
    });

    test("is empty at first", async () => {
      const { store } = await start();
      expect(await store.load()).toEqual({ keys: [], leases: [], wallMs: 0, problems: [] });
      expect(await store.sumOf(KEY, 0)).toEqual({ requests: 0, costNanos: 0, tokens: 0, unpriced: 0 });
      expect(await store.check()).toBeNull();
    });

    test("gives back what was committed, to another process as well", async () => {
      const on = await start();
      const [first, second, third] = [key("vk_a"), key("vk_b", { createdMs: 2 }), key("vk_c", { createdMs: 3 })];
      await on.store.commit({
        ...NOTHING,
        keys: [second, first, third],
        leases: [lease(5), lease(-3, { holder: "x" })],
      });
      const renamed = { ...first, name: "renamed" };
      await on.store.commit({
        ...NOTHING,
        keys: [renamed],
        removedKeys: ["vk_c"],
        leases: [lease(0)],
        wallMs: START_MS + 1.5,
      });
      for (const reach of [async () => on.store, on.reopened]) {
        const loaded = await (await reach()).load();
        expect(loaded.keys).toEqual([renamed, second]);
        expect(loaded.leases).toEqual([{ holder: "x", limit: MONTHLY, period: JANUARY, nanos: -3 }]);
        expect([loaded.wallMs, loaded.problems]).toEqual([START_MS + 1, []]);
      }
    });

    test("adds up rows of one commit as if each had come alone, beyond what a number holds exactly", async () => {
      const { store } = await start();
      const most = Number.MAX_SAFE_INTEGER;
      const costs = [1, most - 1, most, null, 2, 3];
      await store.commit({
        ...NOTHING,
        bookings: costs.map((costNanos, at) => booking(`${at}`, { costNanos }, at % 2 === 0 ? [KEY, TEAM] : [KEY])),
      });
      expect(await store.sumOf(KEY, 0)).toEqual({ requests: 6, costNanos: most, tokens: 90, unpriced: 1 });
      expect(await store.sumOf(TEAM, 0)).toEqual({ requests: 3, costNanos: most, tokens: 45, unpriced: 0 });
      expect(await store.check()).toBeNull();
    });

    test("counts a row once, in every scope it is charged to, by the hour it ended in", async () => {
      const { store } = await start();
      const once = booking("1", {}, [KEY, TEAM]);
      const first = await store.commit({
        ...NOTHING,
        bookings: [once, once, booking("2", { costNanos: null, usage: null })],
      });
      expect([...first.added].toSorted()).toEqual(["1", "2"]);
      const late = booking("3", { wallMs: START_MS + HOUR_MS });
      const second = await store.commit({ ...NOTHING, bookings: [once, late] });
      expect([...second.added]).toEqual(["3"]);
      expect(await store.sumOf(KEY, 0)).toEqual({ requests: 3, costNanos: 200, tokens: 30, unpriced: 1 });
      expect(await store.sumOf(KEY, START_MS + HOUR_MS)).toEqual({
        requests: 1,
        costNanos: 100,
        tokens: 15,
        unpriced: 0,
      });
      expect(await store.sumOf(TEAM, START_MS)).toEqual({ requests: 1, costNanos: 100, tokens: 15, unpriced: 0 });
      expect(await store.check()).toBeNull();
    });

    test("counts a row once that two commits bring at the same time", async () => {
      const { store } = await start();
      const commits = Array.from({ length: 8 }, () => store.commit({ ...NOTHING, bookings: [booking("1")] }));
      const added = (await Promise.all(commits)).map((each) => each.added.size);
      expect(added.toSorted()).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
      expect(await store.sumOf(KEY, 0)).toMatchObject({ requests: 1, costNanos: 100 });
    });

    test("is full, not small, where a sum is larger than a double holds", async () => {
      const { store } = await start();
      const dear = ["1", "2", "3"].map((id) => booking(id, { costNanos: 8_000_000_000_000_000 }));
      await store.commit({ ...NOTHING, bookings: dear });
      expect((await store.sumOf(KEY, 0)).costNanos).toBe(Number.MAX_SAFE_INTEGER);
    });

    test("writes nothing of a commit that fails", async () => {
      const { store } = await start();
      const twins = [key("vk_a"), key("vk_b", { hash: key("vk_a").hash })];
      const failing = store.commit({ ...NOTHING, keys: twins, bookings: [booking("1")], leases: [lease(5)] });
      expect(
        await failing.then(
          () => "written",
          (error: { code?: string }) => typeof error.code,
        ),
      ).toBe("string");
      expect(await store.load()).toMatchObject({ keys: [], leases: [] });
      expect((await store.sumOf(KEY, 0)).requests).toBe(0);
    });

    describe("writes a guarded lease only where all that is spent and leased stays within", () => {
      const guard = { max: 1_000, startWallMs: START_MS, endWallMs: START_MS + HOUR_MS };
      const other = { holder: "x" };
      test.each<[what: string, before: Partial<Commit>, writes: LeaseWrite[], refused: number[]]>([
        ["nothing else", {}, [lease(1_000, { guard })], []],
        ["more than the guard", {}, [lease(1_001, { guard })], [0]],
        ["money spent", { bookings: [booking("1")] }, [lease(901, { guard })], [0]],
        ["money spent, and room for it", { bookings: [booking("1")] }, [lease(900, { guard })], []],
        [
          "money of a window before",
          { bookings: [booking("1", { wallMs: START_MS - 1 })] },
          [lease(1_000, { guard })],
          [],
        ],
        [
          "money of a window after",
          { bookings: [booking("1", { wallMs: START_MS + HOUR_MS })] },
          [lease(1_000, { guard })],
          [],
        ],
        ["a lease of another", { leases: [lease(400, other)] }, [lease(601, { guard })], [0]],
        ["its own lease, which is replaced", { leases: [lease(400)] }, [lease(1_000, { guard })], []],
        [
          "its own of a period that is over",
          { leases: [lease(1, { period: "2025" })] },
          [lease(1_000, { guard })],
          [0],
        ],
        ["one that is overdrawn", { leases: [lease(-400, other)] }, [lease(1_000, { guard })], []],
        [
          "one that goes in the same commit",
          { leases: [lease(400, other)] },
          [lease(1_000, { guard }), lease(0, other)],
          [],
        ],
        ["two in one commit", {}, [lease(600, { guard }), lease(600, { ...other, guard })], [1]],
      ])("%s", async (_what, before, writes, refused) => {
        const { store } = await start();
        await store.commit({ ...NOTHING, ...before });
        // The row of the same commit is not counted: the lease that it uses is.
        const committed = await store.commit({ ...NOTHING, leases: writes, bookings: [booking("same commit")] });
        expect(committed.refused.map((each) => writes.indexOf(each))).toEqual(refused);
        const written = (await store.load()).leases.map(({ holder, period, nanos }) => `${holder} ${period} ${nanos}`);
        for (const [at, { holder, period, nanos }] of writes.entries()) {
          expect(written.includes(`${holder} ${period} ${nanos}`)).toBe(!refused.includes(at) && nanos !== 0);
        }
      });

      test("two commits at the same time", async () => {
        const { store } = await start();
        const commits = Array.from({ length: 10 }, (_, at) =>
          store.commit({ ...NOTHING, leases: [lease(300, { holder: `w${at}`, guard })] }),
        );
        const refused = (await Promise.all(commits)).filter((each) => each.refused.length > 0);
        expect([refused.length, (await store.load()).leases.length]).toEqual([7, 3]);
      });
    });

    test("sums up rows by what is asked for", async () => {
      const { store } = await start();
      const bookings = [
        booking("1"),
        booking("2", { target: "other", lane: null, state: "truncated", wallMs: START_MS + HOUR_MS }),
        booking("3", { costNanos: null, wallMs: START_MS + 24 * HOUR_MS }, [TEAM]),
      ];
      await store.commit({ ...NOTHING, bookings });
      const all = { fromMs: START_MS, toMs: START_MS + 25 * HOUR_MS, scope: null, rowsMax: 100 };
      const groups = async (over: Partial<Parameters<LedgerStore["usage"]>[0]>) =>
        (await store.usage({ ...all, by: "key", ...over })).map(
          ({ group, scope, requests, unpriced }) => `${group} ${scope?.name ?? "-"} ${requests} ${unpriced}`,
        );
      expect(await groups({ by: "key" })).toEqual(["group:team: a team: a 1 1", "key:vk_1 vk_1 2 0"]);
      expect(await groups({ by: "target" })).toEqual(["other - 1 0", "pool - 2 1"]);
      expect(await groups({ by: "lane" })).toEqual(["- - 1 0", "a/b/c - 2 1"]);
      expect(await groups({ by: "state" })).toEqual(["ok - 2 1", "truncated - 1 0"]);
      expect(await groups({ by: "day" })).toEqual(["2026-01-01 - 2 0", "2026-01-02 - 1 1"]);
      expect(await groups({ by: "hour", rowsMax: 2 })).toEqual(["2026-01-01T10:00Z - 1 0", "2026-01-01T11:00Z - 1 0"]);
      expect(await groups({ by: "target", scope: KEY, toMs: START_MS + HOUR_MS })).toEqual(["pool - 1 0"]);
    });

    test("tells the audit newest first, from where a page ended", async () => {
      const { store } = await start();
      const audit = ["one", "two", "three"].map((action, at) => ({
        wallMs: at,
        actor: "admin",
        action,
        keyId: at === 0 ? null : "vk_1",
        detail: "{}",
      }));
      for (const row of audit) await store.commit({ ...NOTHING, audit: [row] });
      const page = await store.audit({ beforeSeq: null, rowsMax: 2 });
      expect(page.map(({ action }) => action)).toEqual(["three", "two"]);
      const next = await store.audit({ beforeSeq: page.at(-1)?.seq ?? null, rowsMax: 2 });
      expect(next).toEqual([{ ...audit[0], seq: expect.any(Number) }] as typeof next);
    });

    test("remembers an answer until it expires, and the last one of a key", async () => {
      const { store } = await start();
      const answer = (status: number) => ({ status, headers: { "x-a": "b" }, body: "aGk=" });
      const row = { key: "k", fingerprint: "f", answer: answer(200), expiresMs: START_MS + 10 };
      await store.commit({ ...NOTHING, remembered: [row] });
      expect(await store.remembered("k", START_MS, START_MS + 10)).toEqual({ fingerprint: "f", answer: answer(200) });
      expect(await store.remembered("k", START_MS + 10, START_MS + 20)).toBeNull();
      // Its end is too far away: the clock was ahead when it was kept.
      expect(await store.remembered("k", START_MS, START_MS + 9)).toBeNull();
      expect(await store.remembered("other", START_MS, START_MS + 10)).toBeNull();
      await store.commit({ ...NOTHING, remembered: [{ ...row, answer: answer(201), fingerprint: "g" }] });
      expect(await store.remembered("k", START_MS, START_MS + 10)).toEqual({ fingerprint: "g", answer: answer(201) });
    });

    test("prunes single rows and answers, and keeps the sums", async () => {
      const { store } = await start();
      const answer = { status: 200, headers: {}, body: "" };
      await store.commit({
        ...NOTHING,
        bookings: [booking("old"), booking("new", { wallMs: START_MS + HOUR_MS })],
        remembered: [{ key: "k", fingerprint: "f", answer, expiresMs: START_MS + 5 }],
      });
      expect(await store.prune(START_MS + 1, START_MS + 5)).toBe(2);
      expect(await store.prune(START_MS + 1, START_MS + 5)).toBe(0);
      const query = { fromMs: 0, toMs: START_MS * 2, by: "target", scope: null, rowsMax: 10 } as const;
      expect((await store.usage(query)).map(({ requests }) => requests)).toEqual([1]);
      expect(await store.sumOf(KEY, 0)).toMatchObject({ requests: 2, costNanos: 200 });
      expect(await store.check()).toBeNull();
    });

    test("takes a copy without losing anything", async () => {
      const { store } = await start();
      await store.commit({ ...NOTHING, bookings: [booking("1")] });
      await store.backup();
      expect((await store.sumOf(KEY, 0)).requests).toBe(1);
    });
  });
}

// The decisions that the supervisor keeps for its workers: in memory, on disk, and over a restart.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment } from "../../src/ir/deployment.ts";
import type { Decision } from "../../src/observability/decision.ts";
import { createDecisionService, type DecisionService } from "../../src/process/decision-service.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";
import { deployment, record } from "../observability/samples.ts";

const TOKEN = { kind: "env", name: "ADMIN" } as const;

let folder: string;
let told: Decision[];
let said: string[];
const time = createVirtualEffects();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ringmain-decisions-"));
  told = [];
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const serviceOf = (over: Partial<Deployment>, isAwaited = true): DecisionService =>
  createDecisionService({
    deployment: { ...deployment(), adminToken: null, ...over },
    onDecision: (decision) => void told.push(decision),
    isAwaited: () => isAwaited,
    say: (_level, line) => said.push(line),
    effects: time,
  });

async function listed(service: DecisionService): Promise<string[]> {
  const page = await service.list({ before: null, limit: 10 });
  return page?.decisions.map(({ id }) => id) ?? [];
}

test("nothing is kept where it cannot be read", async () => {
  const service = serviceOf({});
  expect(service.isKeeping()).toBe(false);
  expect(await service.list({ before: null, limit: 1 })).toBeNull();
  expect(await service.find("r")).toBeNull();
});

test("with an admin token the newest are kept in memory, those that came early included", async () => {
  const service = serviceOf({ adminToken: TOKEN });
  service.sink.record(record({ id: "early" }));
  expect(await listed(service)).toEqual(["early"]);
  service.sink.record(record({ id: "late" }));
  expect(await listed(service)).toEqual(["late", "early"]);
  expect(told.map(({ seq }) => seq)).toEqual([1, 2]);
  await service.close();
});

test("records of several workers are numbered in the order of their ends", async () => {
  const service = serviceOf({ adminToken: TOKEN }, false);
  for (const [id, startedWallMs] of [
    ["a1", 10],
    ["a2", 30],
    ["b1", 20],
    ["b2", 40],
  ] as const) {
    service.sink.record(record({ id, startedWallMs, durationMs: 1 }));
  }
  expect(await listed(service)).toEqual(["b2", "a2", "b1", "a1"]);
  service.sink.record(record({ id: "c", startedWallMs: 25, durationMs: 100 }));
  expect(await listed(service)).toEqual(["c", "b2", "a2", "b1", "a1"]);
  await service.close();
});

test("with days to keep they are on disk, for nobody else to read, and numbers go on after a restart", async () => {
  const decisionsStore = { path: join(folder, "d.db"), keepDays: 1 };
  const first = serviceOf({ decisionsStore });
  first.sink.record(record({ id: "before" }));
  await first.close();
  expect(existsSync(decisionsStore.path)).toBe(true);
  expect(statSync(decisionsStore.path).mode & 0o077).toBe(0);
  const second = serviceOf({ decisionsStore, adminToken: TOKEN });
  second.sink.record(record({ id: "after" }));
  expect(await listed(second)).toEqual(["after", "before"]);
  expect(await second.find("before")).toMatchObject({ found: { id: "before", seq: 1 } });
  await second.close();
});

test("a file that cannot be opened is said, and memory does", async () => {
  mkdirSync(join(folder, "d.db"));
  const service = serviceOf({ decisionsStore: { path: join(folder, "d.db"), keepDays: 1 }, adminToken: TOKEN });
  service.sink.record(record({ id: "kept" }));
  expect(await listed(service)).toEqual(["kept"]);
  expect(said).toEqual([expect.stringContaining("kept in memory")]);
  await service.close();
});

describe("another deployment", () => {
  const store = (name: string) => ({ path: join(folder, name), keepDays: 1 });
  const rows: readonly (readonly [string, () => Partial<Deployment>, () => Partial<Deployment>, readonly string[]])[] =
    [
      ["keeps what the memory holds", () => ({ adminToken: TOKEN }), () => ({ adminToken: TOKEN }), ["c", "b", "a"]],
      [
        "keeps the newest where there is less room",
        () => ({ adminToken: TOKEN }),
        () => ({ adminToken: TOKEN, decisionsRing: 2 }),
        ["c", "b"],
      ],
      ["begins to keep", () => ({}), () => ({ adminToken: TOKEN }), ["c"]],
      [
        "goes on in the same file",
        () => ({ decisionsStore: store("d.db") }),
        () => ({ decisionsStore: store("d.db"), adminToken: TOKEN }),
        ["c", "b", "a"],
      ],
      [
        "begins another file",
        () => ({ decisionsStore: store("d.db") }),
        () => ({ decisionsStore: store("e.db") }),
        ["c"],
      ],
    ];
  test.each(rows)("%s", async (_what, before, after, ids) => {
    const base = deployment();
    const service = serviceOf(before());
    // The sink is used while decisions are kept.
    for (const id of ["a", "b"]) if (service.isKeeping()) service.sink.record(record({ id }));
    await service.find("a");
    service.reconfigure({ ...base, adminToken: null, ...after() });
    await service.find("a");
    service.sink.record(record({ id: "c" }));
    expect(await listed(service)).toEqual([...ids]);
    await service.close();
  });

  test("numbers go on, so that pages stay in order", async () => {
    const service = serviceOf({ adminToken: TOKEN });
    service.sink.record(record({ id: "a" }));
    await service.find("a");
    service.reconfigure({ ...deployment(), adminToken: TOKEN, decisionsRing: 5 });
    await service.find("a");
    service.sink.record(record({ id: "b" }));
    expect(told.map(({ seq }) => seq)).toEqual([1, 2]);
  });
});

// The decisions that the supervisor keeps for its workers: in memory, on disk, and over a restart.
import { afterEach, beforeEach, expect, test } from "bun:test";
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

const serviceOf = (over: Partial<Deployment>): DecisionService | null =>
  createDecisionService({
    deployment: { ...deployment(), adminToken: null, ...over },
    onDecision: (decision) => void told.push(decision),
    say: (_level, line) => said.push(line),
    effects: time,
  });

async function listed(service: DecisionService | null): Promise<string[]> {
  const page = await service?.list({ before: null, limit: 10 });
  return page?.decisions.map(({ id }) => id) ?? [];
}

test("nothing is kept where nobody could read it", () => {
  expect(serviceOf({})).toBeNull();
});

test("with an admin token the newest are kept in memory, those that came early included", async () => {
  const service = serviceOf({ adminToken: TOKEN });
  service?.sink.record(record({ id: "early" }));
  expect(await listed(service)).toEqual(["early"]);
  service?.sink.record(record({ id: "late" }));
  expect(await listed(service)).toEqual(["late", "early"]);
  expect(told.map(({ seq }) => seq)).toEqual([1, 2]);
  await service?.close();
});

test("with days to keep they are on disk, for nobody else to read, and numbers go on after a restart", async () => {
  const decisionsStore = { path: join(folder, "d.db"), keepDays: 1 };
  const first = serviceOf({ decisionsStore });
  first?.sink.record(record({ id: "before" }));
  await first?.close();
  expect(existsSync(decisionsStore.path)).toBe(true);
  expect(statSync(decisionsStore.path).mode & 0o077).toBe(0);
  const second = serviceOf({ decisionsStore, adminToken: TOKEN });
  second?.sink.record(record({ id: "after" }));
  expect(await listed(second)).toEqual(["after", "before"]);
  expect(await second?.find("before")).toMatchObject({ id: "before", seq: 1 });
  await second?.close();
});

test("a file that cannot be opened is said, and memory does", async () => {
  mkdirSync(join(folder, "d.db"));
  const service = serviceOf({ decisionsStore: { path: join(folder, "d.db"), keepDays: 1 }, adminToken: TOKEN });
  service?.sink.record(record({ id: "kept" }));
  expect(await listed(service)).toEqual(["kept"]);
  expect(said).toEqual([expect.stringContaining("kept in memory")]);
  await service?.close();
});

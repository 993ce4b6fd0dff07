// What the supervisor keeps for its workers, and a worker's way to it.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment } from "../../src/ir/deployment.ts";
import type { Decision } from "../../src/observability/decision.ts";
import type { FromWorker } from "../../src/process/messages.ts";
import { createOwner, type Owner } from "../../src/process/owner.ts";
import { createOwnerPort } from "../../src/process/owner-port.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";
import { deployment, record } from "../observability/samples.ts";

const TOKEN = { kind: "env", name: "ADMIN" } as const;

let folder: string;
let told: Decision[];
let said: string[];
const time = createVirtualEffects();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ringmain-owner-"));
  told = [];
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ownerOf = (over: Partial<Deployment>): Owner | null =>
  createOwner({
    deployment: { ...deployment(), adminToken: null, ...over },
    onDecision: (decision) => void told.push(decision),
    say: (_level, line) => said.push(line),
    effects: time,
  });

async function listed(owner: Owner | null): Promise<string[]> {
  const answer = await owner?.answer({ about: "decisions", query: { before: null, limit: 10 } });
  return answer?.about === "decisions" ? answer.page.decisions.map(({ id }) => id) : [];
}

test("nothing is kept where nobody could read it", () => {
  expect(ownerOf({})).toBeNull();
});

test("with an admin token the newest are kept in memory, those that came early included", async () => {
  const owner = ownerOf({ adminToken: TOKEN });
  owner?.sink.record(record({ id: "early" }));
  expect(await listed(owner)).toEqual(["early"]);
  owner?.sink.record(record({ id: "late" }));
  expect(await listed(owner)).toEqual(["late", "early"]);
  expect(told.map(({ seq }) => seq)).toEqual([1, 2]);
  await owner?.close();
});

test("with days to keep they are on disk, for nobody else to read, and numbers go on after a restart", async () => {
  const decisionsStore = { path: join(folder, "d.db"), keepDays: 1 };
  const first = ownerOf({ decisionsStore });
  first?.sink.record(record({ id: "before" }));
  await first?.close();
  expect(existsSync(decisionsStore.path)).toBe(true);
  expect(statSync(decisionsStore.path).mode & 0o077).toBe(0);
  const second = ownerOf({ decisionsStore, adminToken: TOKEN });
  second?.sink.record(record({ id: "after" }));
  expect(await listed(second)).toEqual(["after", "before"]);
  const found = await second?.answer({ about: "decision", id: "before" });
  expect(found).toMatchObject({ found: { id: "before", seq: 1 } });
  await second?.close();
});

test("a file that cannot be opened is said, and memory does", async () => {
  mkdirSync(join(folder, "d.db"));
  const owner = ownerOf({ decisionsStore: { path: join(folder, "d.db"), keepDays: 1 }, adminToken: TOKEN });
  owner?.sink.record(record({ id: "kept" }));
  expect(await listed(owner)).toEqual(["kept"]);
  expect(said).toEqual([expect.stringContaining("kept in memory")]);
  await owner?.close();
});

test("a question without an answer in time is none, and too many are not asked", async () => {
  const sent: FromWorker[] = [];
  const port = createOwnerPort({ send: (message) => sent.push(message) > 0, setTimer: time.setTimer });
  const asked = Array.from({ length: 70 }, () => port.decisions.find("r"));
  expect(sent).toHaveLength(64);
  time.advance(5_000);
  expect(await Promise.all(asked)).toEqual(asked.map(() => null));
  const again = port.decisions.list({ before: null, limit: 1 });
  const last = sent.at(-1);
  if (last?.kind !== "owner-ask") throw new Error("nothing was asked");
  port.told({ kind: "owner-told", id: last.id, answer: { about: "decisions", page: { decisions: [], next: null } } });
  expect(await again).toEqual({ decisions: [], next: null });
});

test("the supervisor is told when the first one watches and when the last one leaves", () => {
  const sent: FromWorker[] = [];
  const port = createOwnerPort({ send: (message) => sent.push(message) > 0, setTimer: time.setTimer });
  const leave = [port.decisions.watch(() => undefined), port.decisions.watch(() => undefined)];
  for (const each of [...leave, ...leave]) each();
  expect(sent).toEqual([
    { kind: "watch", on: true },
    { kind: "watch", on: false },
  ]);
});

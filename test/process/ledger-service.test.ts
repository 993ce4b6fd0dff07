// What the supervisor keeps of the ledger: its lock, rows that workers left behind, answers given again, and other limits.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerReply } from "../../src/governance/ledger-messages.ts";
import type { Deployment } from "../../src/ir/deployment.ts";
import { type LedgerService, openLedgerService } from "../../src/process/ledger-service.ts";
import { GOVERNANCE } from "../governance/ledger-bench.ts";
import { createVirtualEffects, type VirtualEffects } from "../harness/virtual-effects.ts";
import { deployment } from "../observability/samples.ts";

let folder: string;
let said: string[];
let time: VirtualEffects;
const open: LedgerService[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ringmain-service-"));
  said = [];
  time = createVirtualEffects();
});
afterEach(async () => {
  for (const service of open.splice(0)) await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const dbPath = (): string => join(folder, "ledger.db");
const governed = (over: Partial<Deployment> = {}): Deployment => ({
  ...deployment(),
  governance: { ...GOVERNANCE, dbPath: dbPath() },
  ...over,
});

async function start(of: Deployment): Promise<LedgerService | string> {
  const service = await openLedgerService(of, { effects: time, say: (level, line) => said.push(`${level} ${line}`) });
  if (typeof service !== "string") open.push(service);
  return service;
}

async function started(of: Deployment): Promise<LedgerService> {
  const service = await start(of);
  if (typeof service === "string") throw new Error(service);
  return service;
}

function joined(service: LedgerService, holder: string): LedgerReply[] {
  const replies: LedgerReply[] = [];
  service.attach(holder, (reply) => replies.push(reply));
  return replies;
}

test("a ledger has one owner, and another one when the first has closed it", async () => {
  const first = await started(governed());
  expect(await start(governed())).toBe(
    `governance.db_path: another gateway, or a command, holds ${dbPath()}. Stop it, or set another path.`,
  );
  await first.close();
  open.pop();
  expect(await start(governed())).toBeObject();
});

test("a folder that is not there is said", async () => {
  const path = join(folder, "nowhere", "ledger.db");
  expect(await start(governed({ governance: { ...GOVERNANCE, dbPath: path } }))).toContain("cannot be made");
});

test("a worker that joins is sent all keys, and one that left is sent nothing", async () => {
  const service = await started(governed());
  const one = joined(service, "w-1");
  const other = joined(service, "w-2");
  expect([one, other].map((replies) => replies.map(({ type }) => type))).toEqual([["keys"], ["keys"]]);
  service.detach("w-2");
  service.receive("w-1", { type: "figures", ask: 1 });
  service.receive("w-2", { type: "figures", ask: 1 });
  await time.run(100);
  expect([one.length, other.length]).toEqual([2, 1]);
});

const IDEMPOTENCY = { ttlMs: 60_000, bytesMax: 1_000 };
const RECALL = { type: "recall", ask: 1, key: "k", fingerprint: "f" } as const;
const ANSWER = { status: 200, headers: {}, body: "whole" } as const;

/** Who is told what about one key. */
async function recall(service: LedgerService, holder: string): Promise<string> {
  const replies = joined(service, holder);
  service.receive(holder, RECALL);
  await time.run(100);
  const reply = replies.find(({ type }) => type === "recalled");
  return reply?.type === "recalled" ? reply.recalled.kind : "nothing";
}

test("without a ledger answers are kept in memory, for as long as the newest configuration says", async () => {
  const without = { ...deployment(), idempotency: IDEMPOTENCY };
  const service = await started(without);
  expect(await recall(service, "w-1")).toBe("run");
  expect(await recall(service, "w-2")).not.toBe("run");
  service.reconfigure({ ...without, idempotency: { ...IDEMPOTENCY, ttlMs: 5_000 } });
  service.receive("w-1", { type: "remember", key: "k", answer: ANSWER });
  expect(await recall(service, "w-2")).toBe("replay");
  await time.run(5_000);
  expect(await recall(service, "w-2")).toBe("run");
});

test("what a worker ran when it ended is run by the next", async () => {
  const service = await started({ ...deployment(), idempotency: IDEMPOTENCY });
  expect(await recall(service, "w-1")).toBe("run");
  service.detach("w-1");
  expect(await recall(service, "w-2")).toBe("run");
});

test("there are no allowances without keys", async () => {
  const service = await started({ ...deployment(), idempotency: IDEMPOTENCY });
  expect(service.allowances()).toEqual([]);
});

// A worker's side of the ledger: nothing without one, capped accounts told at once, and rows spooled without a supervisor.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Booking } from "../../src/governance/ledger-messages.ts";
import { scopeOf } from "../../src/governance/limit.ts";
import { readSpools } from "../../src/governance/stores/spool.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { createGoverned, type GovernedWorker } from "../../src/process/governed.ts";
import type { FromWorker, Plan } from "../../src/process/messages.ts";
import { GOVERNANCE } from "../governance/ledger-bench.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";
import { deployment } from "../observability/samples.ts";
import { recordedSend } from "./recorded-send.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ringmain-governed-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const time = createVirtualEffects();

const unspooled: string[] = [];

function start(holder: string | null): GovernedWorker | null {
  const dbPath = join(folder, "ledger.db");
  const plan: Plan = {
    deployment: { ...deployment(), governance: { ...GOVERNANCE, dbPath } },
    ...{ port: 0, workers: 1, standing: null, observed: "none", holder },
  };
  const { send } = recordedSend<FromWorker>();
  return createGoverned({ plan, effects: time, send, onUnspooled: (file, lines) => unspooled.push(file, ...lines) });
}

test("without a name in the ledger there is nothing", () => {
  expect(start(null)).toBeNull();
});

test("accounts that were capped before the gateway stood are told at once, and to each gateway", () => {
  const governed = start("w-1");
  const told: string[] = [];
  governed?.receive({ type: "capped", capped: [{ account: "p/a", untilWallMs: null }] });
  governed?.onCapped((capped) => told.push(`first ${capped.length}`));
  governed?.onCapped((capped) => told.push(`second ${capped.length}`));
  governed?.receive({ type: "capped", capped: [] });
  expect(told).toEqual(["first 1", "second 1", "second 0"]);
});

test("without a supervisor and without rows nothing is spooled, and the end is not held up", async () => {
  const governed = start("w-1");
  governed?.ledger.orphaned();
  await governed?.flushed();
  expect(readSpools(join(folder, "ledger.db"))).toEqual([]);
});

test("rows that cannot be spooled are handed out as lines of the spool that they belong in", async () => {
  const dbPath = join(folder, "ledger.db");
  writeFileSync(`${dbPath}.spool`, "a file where the folder would be");
  const governed = start("w-1");
  governed?.ledger.book(BOOKING);
  governed?.ledger.orphaned();
  await governed?.flushed();
  const [file, ...lines] = unspooled.splice(0);
  expect(file).toBe(`${dbPath}.spool/w-1.1.jsonl`);
  expect(lines).toHaveLength(1);
  // As the operator would mend it.
  rmSync(`${dbPath}.spool`);
  mkdirSync(`${dbPath}.spool`);
  writeFileSync(file ?? "", `${lines.join("\n")}\n`);
  expect(readSpools(dbPath)).toEqual([{ file: file ?? "", holder: "w-1", bookings: [BOOKING] }]);
});

const BOOKING: Booking = {
  row: {
    id: "req_1",
    wallMs: 1,
    caller: "k",
    target: "pool",
    lane: "a/b/c",
    usage: UNKNOWN_USAGE,
    costNanos: 5,
    state: "ok",
  },
  scopes: [scopeOf("key", "vk_1")],
  leases: [],
  revision: "r",
};

// Which members of a configuration a running gateway cannot change.
import { expect, test } from "bun:test";
import type { Deployment, Governance } from "../../src/ir/deployment.ts";
import { restartNeeded } from "../../src/process/restart-needed.ts";
import { deployment } from "../observability/samples.ts";

function governance(over: Partial<Governance> = {}): Governance {
  return { dbPath: "a.db", budget: "expected", unpriced: "allow", keepMs: 1, groups: {}, gates: [], caps: [], ...over };
}

const IDEMPOTENCY = { ttlMs: 1_000, bytesMax: 1_000 };

test.each<[string, Partial<Deployment>, Partial<Deployment>, string[]]>([
  ["lanes, targets and times", {}, { revision: "other", lanes: {}, targets: {}, drainMs: 1 }, []],
  ["the number of workers", {}, { workers: 7 }, ["workers"]],
  ["the port", {}, { listen: { host: "127.0.0.1", port: 1 } }, ["listen"]],
  ["limits of keys", { governance: governance() }, { governance: governance({ keepMs: 2, budget: "strict" }) }, []],
  ["keys at all", {}, { governance: governance() }, ["governance", "governance.db_path"]],
  ["no keys any more", { governance: governance() }, {}, ["governance", "governance.db_path"]],
  [
    "another ledger",
    { governance: governance() },
    { governance: governance({ dbPath: "b.db" }) },
    ["governance.db_path"],
  ],
  ["answers given again", {}, { idempotency: IDEMPOTENCY }, ["idempotency"]],
  ["their time", { idempotency: IDEMPOTENCY }, { idempotency: { ...IDEMPOTENCY, ttlMs: 5 } }, []],
])("%s", (_what, before, after, needed) => {
  const base = { ...deployment(), listen: { host: "127.0.0.1", port: 8080 } };
  expect(restartNeeded({ ...base, ...before }, { ...base, ...after })).toEqual(needed);
});

// The long proof of the ledger: the gateway is killed again and again under load, 200 times unless a number is given.
// Usage: bun scripts/kill-ledger.ts [KILLS] [WORKERS] [worker|supervisor|both]. Exit code 1 when a row was lost beyond one batch a kill of a worker.
import { faultsOf, killLoop } from "../test/harness/kill-loop.ts";

const [kills = "200", workers = "1", word = "both"] = process.argv.slice(2);
const who = word === "worker" || word === "supervisor" ? word : "both";
const startedMs = performance.now();
const result = await killLoop({ kills: Number(kills), workers: Number(workers), who });
const faults = faultsOf(result, who);
console.log(
  JSON.stringify({ ...result, faults, seconds: Math.round((performance.now() - startedMs) / 1000) }, null, 2),
);
process.exitCode = faults.length === 0 ? 0 : 1;

// The long proof of the ledger: the gateway is killed again and again under load, 200 times unless a number is given.
// Usage: bun scripts/kill-ledger.ts [KILLS] [WORKERS] [worker|supervisor|both]. Exit code 1 when a row was lost beyond one batch a kill of a worker.
import { ANSWER_NANOS, killLoop } from "../test/harness/kill-loop.ts";

/** Rows a killed worker may have held: what came within the time a batch waits, with eight clients. */
const ROWS_A_KILL_MAX = 60;

const [kills = "200", workers = "1", word = "both"] = process.argv.slice(2);
const who = word === "worker" || word === "supervisor" ? word : "both";
const startedMs = performance.now();
const result = await killLoop({ kills: Number(kills), workers: Number(workers), who });
console.log(JSON.stringify({ ...result, seconds: Math.round((performance.now() - startedMs) / 1000) }, null, 2));
const workerKills = who === "supervisor" ? 0 : who === "worker" ? result.kills : Math.ceil(result.kills / 2);
const isSound =
  result.integrity === "ok" &&
  result.rowNanos === result.sumNanos &&
  result.rowNanos === result.rows * ANSWER_NANOS &&
  result.lost <= workerKills * ROWS_A_KILL_MAX;
process.exitCode = isSound ? 0 : 1;

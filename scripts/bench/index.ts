// Measures what docs/benchmarks.md promises, contenders in turns in one run, and prints a table. Options:
//   --rows a,b        only rows whose names begin so
//   --quick           fewer rounds, for a first look
//   --gate            exit code 1 when a budget is exceeded by more than the noise of the rounds
//   --json            the figures as JSON on the output, progress beside it
//   --program FILE    another executable than dist/ringmain; --before FILE: an earlier one, measured beside it
//   --peer name=url   another gateway of this machine, http://key@127.0.0.1:port, told to ask the port of --vendor-port
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { OURS } from "./budgets.ts";
import { type Bench, createCast } from "./cast.ts";
import { executable } from "./gateway.ts";
import { findNginx } from "./nginx.ts";
import { createStage } from "./processes.ts";
import { formatReport, gateFailures, judgeRow, type Line } from "./report.ts";
import { type Measurement, selectRows } from "./rows.ts";
import { cellAnswers } from "./rows-cells.ts";
import { FULL, QUICK } from "./sizes.ts";
import { startVendor } from "./started.ts";

const root = dirname(dirname(import.meta.dir));

process.exitCode = await main();

function readOptions() {
  return parseArgs({
    options: {
      rows: { type: "string" },
      quick: { type: "boolean", default: false },
      gate: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      program: { type: "string" },
      before: { type: "string" },
      peer: { type: "string", multiple: true, default: [] },
      "vendor-port": { type: "string", default: "0" },
    },
  }).values;
}

async function main(): Promise<number> {
  const options = readOptions();
  const rows = selectRows(options.rows?.split(",").filter((word) => word !== "") ?? []);
  const program = options.program ?? executable(root);
  if (process.platform !== "linux") {
    console.error("The benchmark reads /proc and runs on Linux only.");
    return 0;
  }
  if (program === null) {
    console.error("There is no dist/ringmain to measure; run `npm run build` first.");
    return 1;
  }
  const programs = [{ name: OURS, path: resolve(program) }];
  if (options.before !== undefined) programs.push({ name: "before", path: resolve(options.before) });
  const size = options.quick ? QUICK : FULL;
  const stage = createStage();
  const folder = await mkdtemp(join(tmpdir(), "ringmain-bench-"));
  const clean = async (): Promise<void> => {
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  };
  const giveUp = (): void => void clean().finally(() => process.exit(1));
  const ending = setTimeout(() => {
    console.error(`The benchmark takes longer than ${size.runMsMax / 1000} s and is stopped.`);
    giveUp();
  }, size.runMsMax);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, giveUp);
  try {
    const answersFile = join(folder, "answers.json");
    await Bun.write(answersFile, JSON.stringify(cellAnswers()));
    const vendorPort = await startVendor(stage, { root, port: Number(options["vendor-port"]), answersFile });
    const parts = {
      place: { stage, root, folder, vendorPort },
      size,
      programs,
      peers: options.peer,
      say: (line: string) => console.error(line),
    };
    if (findNginx() === null) parts.say("nginx is not installed: what compares with it is measured and not judged");
    const { lines, failed } = await measure({ ...parts, cast: createCast(parts) }, rows);
    show(lines, { rounds: size.rounds, json: options.json });
    const over = [...failed, ...(options.gate ? gateFailures(lines) : [])];
    for (const line of over) console.error(`failed: ${line}`);
    return over.length === 0 ? 0 : 1;
  } finally {
    clearTimeout(ending);
    await clean();
  }
}

/** A row that cannot be measured fails, and the others are measured all the same. */
async function measure(bench: Bench, rows: readonly Measurement[]): Promise<{ lines: Line[]; failed: string[] }> {
  const lines: Line[] = [];
  const failed: string[] = [];
  const startedMs = performance.now();
  for (const [at, { id, measure }] of rows.entries()) {
    bench.say(`${Math.round((performance.now() - startedMs) / 1000)} s: ${id} (${at + 1} of ${rows.length})`);
    try {
      lines.push(...(await measure(bench)).flatMap((row) => judgeRow(row)));
    } catch (error) {
      failed.push(`${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  bench.say(`${Math.round((performance.now() - startedMs) / 1000)} s: done`);
  return { lines, failed };
}

function show(lines: readonly Line[], { rounds, json }: { readonly rounds: number; readonly json: boolean }): void {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`;
  if (json) {
    console.log(JSON.stringify({ machine, bun: Bun.version, rounds, lines }, null, 2));
    return;
  }
  console.log(`\n${machine}, Bun ${Bun.version}, ${rounds} rounds\n`);
  console.log(formatReport(lines));
}

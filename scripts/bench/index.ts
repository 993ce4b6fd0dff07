// Measures what docs/benchmarks.md promises, beside a reference in the same run, and prints a table. Options: --quick for
// fewer rounds, --gate to fail when a budget is exceeded by more than the noise of the rounds, --program FILE to measure
// another executable than dist/ringmain.
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { executable, startGateway, startVendor } from "./gateway.ts";
import { startNginx } from "./nginx.ts";
import { createStage, type Stage } from "./processes.ts";
import { formatReport, judgeRow, type Row } from "./report.ts";
import { buildBare, measureMemory, measureStart, type ProcessInput } from "./rows-process.ts";
import { measureTraffic } from "./rows-traffic.ts";
import { measureTranslation } from "./rows-translation.ts";

interface Size {
  readonly rounds: number;
  readonly requests: number;
  readonly streams: number;
  readonly starts: number;
  /** Between two looks at the memory of the same open streams. */
  readonly flatAfterMs: number;
  /** Hard end of the run. */
  readonly runMsMax: number;
}

const FULL: Size = { rounds: 5, requests: 20_000, streams: 120, starts: 11, flatAfterMs: 6_000, runMsMax: 240_000 };
const QUICK: Size = { rounds: 2, requests: 4_000, streams: 40, starts: 5, flatAfterMs: 2_000, runMsMax: 60_000 };
const OPEN_STREAMS = 1_000;

const root = dirname(dirname(import.meta.dir));

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { quick: { type: "boolean" }, gate: { type: "boolean" }, program: { type: "string" } },
  });
  const size = values.quick === true ? QUICK : FULL;
  const program = values.program ?? executable(root);
  if (process.platform !== "linux") {
    console.log("The benchmark reads /proc and runs on Linux only.");
    return 0;
  }
  if (program === null) {
    console.error("There is no dist/ringmain to measure; run `npm run build` first.");
    return 1;
  }
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
    const rows = await measure({ stage, folder, program, size });
    const judged = rows.map(judgeRow);
    const [cpu] = cpus();
    console.log(
      `\n${cpus().length} × ${cpu?.model ?? "unknown processor"}, Bun ${Bun.version}, ${size.rounds} rounds\n`,
    );
    console.log(formatReport(judged));
    const over = judged.filter(({ verdict }) => verdict === "over");
    if (values.gate !== true || over.length === 0) return 0;
    console.error(`Over budget beyond noise: ${over.map(({ row }) => row.what).join("; ")}`);
    return 1;
  } finally {
    clearTimeout(ending);
    await clean();
  }
}

interface MeasureInput {
  readonly stage: Stage;
  readonly folder: string;
  readonly program: string;
  readonly size: Size;
}

async function measure({ stage, folder, program, size }: MeasureInput): Promise<Row[]> {
  say("translation, in this process");
  const translation = measureTranslation(size.rounds);
  const vendorPort = await startVendor(stage, root);
  const bare = await buildBare(stage, folder);
  const common: ProcessInput = {
    stage,
    root,
    folder,
    program,
    bare,
    vendorPort,
    rounds: size.starts,
    openStreams: OPEN_STREAMS,
    flatAfterMs: size.flatAfterMs,
  };
  say("process start");
  const start = await measureStart(common);
  say(`memory, idle and with ${OPEN_STREAMS} open streams`);
  const memory = await measureMemory(common);
  const nginx = await startNginx(stage, { folder, vendorPort });
  if (nginx === null) console.log("There is no nginx here: rows that compare with it are measured and not judged.");
  const gateway = await startGateway(stage, { program, folder, vendorPort });
  say("requests and streams");
  const { rounds, requests, streams } = size;
  const traffic = await measureTraffic({ stage, root, gateway, nginx, rounds, requests, streams });
  return [...traffic, ...translation, ...start, ...memory];
}

function say(what: string): void {
  console.log(`measuring ${what} ...`);
}

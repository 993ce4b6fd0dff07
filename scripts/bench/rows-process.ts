// Rows about the process as a whole: from its start to the first served request, and the memory it takes idle and with
// many open streams. The reference is a compiled server that does nothing but answer.
import { join } from "node:path";
import { firstLine, KEY, readResult, serveCommand, startClient, startGateway, writeConfig } from "./gateway.ts";
import { answered, freePort } from "./ports.ts";
import { familyOf, residentMemoryOf, type Stage, sharedMemoryOf } from "./processes.ts";
import type { Row } from "./report.ts";
import { ratios, summarise } from "./statistics.ts";
import { PATHS, requestBody } from "./words.ts";

export interface ProcessInput {
  readonly stage: Stage;
  readonly root: string;
  readonly folder: string;
  /** The compiled gateway. */
  readonly program: string;
  /** The compiled reference server. */
  readonly bare: string;
  readonly vendorPort: number;
  readonly rounds: number;
  readonly openStreams: number;
  readonly flatAfterMs: number;
}

const SETTLE_MS = 1_500;

/** Compiles the reference: the smallest server the runtime can be. */
export async function buildBare(stage: Stage, folder: string): Promise<string> {
  const source = join(folder, "bare.ts");
  await Bun.write(
    source,
    'Bun.serve({ hostname: "127.0.0.1", port: Number(process.argv[2]), fetch: () => new Response("ok") });\n',
  );
  const path = join(folder, "bare");
  const build = stage.start(
    [process.execPath, "build", "--compile", "--minify", "--bytecode", `--outfile=${path}`, source],
    { quiet: true, cwd: folder },
  );
  if ((await build.exited) !== 0) throw new Error("the reference server could not be compiled");
  return path;
}

export async function measureStart(input: ProcessInput): Promise<Row[]> {
  const values: number[] = [];
  const references: number[] = [];
  for (let round = 0; round < input.rounds; round += 1) {
    references.push(await startBare(input));
    values.push(await startOnce(input));
  }
  return [
    {
      what: "process start to first served request",
      value: summarise(values),
      unit: "ms",
      reference: { name: "bare Bun server", value: summarise(references) },
      ratio: summarise(ratios(values, references)),
      budget: { of: "value", max: 35 },
    },
  ];
}

async function startOnce({ stage, folder, program, vendorPort }: ProcessInput): Promise<number> {
  const port = freePort();
  const config = join(folder, "start.yaml");
  await writeConfig(config, { port, vendorPort });
  const child = stage.start(serveCommand(program, config), { quiet: true, cwd: folder });
  const elapsedMs = await answered(port, firstRequest(port));
  await stage.stop(child);
  return elapsedMs;
}

async function startBare({ stage, folder, bare }: ProcessInput): Promise<number> {
  const port = freePort();
  const child = stage.start([bare, String(port)], { quiet: true, cwd: folder });
  const elapsedMs = await answered(port, firstRequest(port));
  await stage.stop(child);
  return elapsedMs;
}

function firstRequest(port: number): string {
  const body = requestBody("openai", { model: "openai-pool", stream: false });
  const head = `POST ${PATHS.openai} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${KEY}`;
  return `${head}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** A fresh gateway: idle after its first request, then with open streams, then some seconds later. */
export async function measureMemory(input: ProcessInput): Promise<Row[]> {
  const { stage, root, openStreams, flatAfterMs } = input;
  const bareMegabytes = await bareMemory(input);
  const gateway = await startGateway(stage, input);
  await answered(gateway.port, firstRequest(gateway.port));
  await Bun.sleep(SETTLE_MS);
  const family = await familyOf(gateway.child.pid);
  const [worker] = family.slice(1);
  const idle = megabytes(await sharedMemoryOf(family));
  const resident = megabytes(worker === undefined ? Number.NaN : await residentMemoryOf(worker));

  const client = startClient(stage, root, {
    kind: "open",
    dialect: "openai",
    port: gateway.port,
    model: "slow-openai-pool",
    key: KEY,
    connections: openStreams,
    requests: openStreams,
  });
  readResult(await firstLine(client));
  await Bun.sleep(SETTLE_MS);
  const open = megabytes(await sharedMemoryOf(family));
  await Bun.sleep(flatAfterMs);
  const later = megabytes(await sharedMemoryOf(family));
  await stage.stop(client);
  await stage.stop(gateway.child);

  const row = (what: string, value: number, max: number | null): Row => ({
    what,
    value: summarise([value]),
    unit: "MB",
    reference: { name: "bare Bun server", value: summarise([bareMegabytes]) },
    ratio: summarise([value / bareMegabytes]),
    budget: max === null ? null : { of: "value", max },
  });
  return [
    row("memory idle, PSS of the tree", idle, 60),
    row("memory idle, RSS of the worker", resident, 55),
    row(`memory with ${openStreams} open streams, PSS of the tree`, open, 120),
    row(`the same ${flatAfterMs / 1000} s later`, later, 120),
  ];
}

async function bareMemory({ stage, folder, bare }: ProcessInput): Promise<number> {
  const port = freePort();
  const child = stage.start([bare, String(port)], { quiet: true, cwd: folder });
  await answered(port, firstRequest(port));
  await Bun.sleep(SETTLE_MS);
  const bytes = await sharedMemoryOf([child.pid]);
  await stage.stop(child);
  return megabytes(bytes);
}

const megabytes = (bytes: number): number => bytes / 1e6;

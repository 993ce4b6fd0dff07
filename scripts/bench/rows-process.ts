// Rows about the process as a whole: from its start to the first served request, and the memory it takes idle and with
// many open streams. Beside it the runtime's smallest server, compiled the same way, which does nothing but answer.
import { join } from "node:path";
import type { Bench } from "./cast.ts";
import { planOf, readResult, startClient } from "./contender.ts";
import { KEY, launchGateway, startGateway } from "./gateway.ts";
import { findNginx, launchNginx } from "./nginx.ts";
import { answered, freePort } from "./ports.ts";
import { type Child, familyOf, firstLine, sharedMemoryOf } from "./processes.ts";
import type { Row, Series } from "./report.ts";
import { turnsThereAndBack } from "./statistics.ts";
import { firstRequest, PATHS, requestBody } from "./words.ts";

const SETTLE_MS = 1_500;
const OPEN_STREAMS = 1_000;
const SMALLEST = "smallest Bun server";

export interface Starter {
  readonly name: string;
  /** Starts the process, which may not listen yet. */
  readonly launch: () => Promise<{ readonly child: Child; readonly port: number }>;
}

async function starters({ place, programs }: Bench): Promise<Starter[]> {
  const nginx = findNginx();
  const smallest = await buildSmallest(place);
  return [
    ...(nginx === null ? [] : [{ name: "nginx", launch: () => launchNginx(place, nginx) }]),
    {
      name: SMALLEST,
      launch: async () => {
        const port = freePort();
        return { port, child: place.stage.start([smallest, String(port)], { output: "hidden", cwd: place.folder }) };
      },
    },
    ...programs.map(({ name, path }) => ({ name, launch: () => launchGateway(place, path, {}) })),
  ];
}

const built = new Map<string, Promise<string>>();

/** Compiled once a run. */
function buildSmallest(place: Bench["place"]): Promise<string> {
  const path = built.get(place.folder) ?? compileSmallest(place);
  built.set(place.folder, path);
  return path;
}

async function compileSmallest({ stage, folder }: Bench["place"]): Promise<string> {
  const source = join(folder, "smallest.ts");
  await Bun.write(
    source,
    'Bun.serve({ hostname: "127.0.0.1", port: Number(process.argv[2]), fetch: () => new Response("ok") });\n',
  );
  const path = join(folder, "smallest");
  const build = stage.start(
    [process.execPath, "build", "--compile", "--minify", "--bytecode", `--outfile=${path}`, source],
    { output: "hidden", cwd: folder },
  );
  if ((await build.exited) !== 0) throw new Error("the smallest server could not be compiled");
  return path;
}

export async function measureStart(bench: Bench): Promise<Row> {
  const contenders = await starters(bench);
  const series = contenders.map(({ name }): Series => ({ name, values: [] }));
  for (let round = 0; round < bench.size.starts; round += 1) {
    const times = contenders.map(() => 0);
    for (const at of turnsThereAndBack(contenders.length)) {
      const { launch } = contenders[at] ?? {};
      if (launch === undefined) continue;
      const startedMs = performance.now();
      const { child, port } = await launch();
      await answered(port, firstRequest(port, KEY));
      times[at] = (times[at] ?? 0) + (performance.now() - startedMs) / 2;
      await bench.place.stage.stop(child);
    }
    for (const [at, time] of times.entries()) series[at]?.values.push(time);
  }
  return { id: "start", what: "process start to first served request", unit: "ms", series, reference: "nginx" };
}

/** Proportional memory of the whole tree, after its first request. */
export async function measureIdleMemory(bench: Bench): Promise<Row> {
  const series: Series[] = [];
  for (const { name, launch } of await starters(bench)) {
    const { child, port } = await launch();
    await answered(port, firstRequest(port, KEY));
    await Bun.sleep(SETTLE_MS);
    series.push({ name, values: [megabytes(await sharedMemoryOf(await familyOf(child.pid)))] });
    await bench.place.stage.stop(child);
  }
  return { id: "memory-idle", what: "memory of the idle tree (PSS)", unit: "MB", series, reference: SMALLEST };
}

/** All streams open, and again some seconds later, when it must not have grown; then what each of them takes. */
export async function measureStreamMemory(bench: Bench): Promise<Row[]> {
  const { place, programs, size } = bench;
  const total: Series[] = [];
  const each: Series[] = [];
  for (const { name, path } of programs) {
    const gateway = await startGateway(place, { name, program: path });
    await Bun.sleep(SETTLE_MS);
    const idle = megabytes(await sharedMemoryOf(await familyOf(gateway.pid)));
    const body = requestBody("openai", { model: "slow-openai-pool", stream: true });
    const load = { kind: "open", path: PATHS.openai, body, connections: OPEN_STREAMS, requests: OPEN_STREAMS } as const;
    const client = startClient(place, await planOf(place, gateway, load));
    readResult(await firstLine(client));
    await Bun.sleep(SETTLE_MS);
    const open = megabytes(await sharedMemoryOf(await familyOf(gateway.pid)));
    await Bun.sleep(size.flatAfterMs);
    const later = megabytes(await sharedMemoryOf(await familyOf(gateway.pid)));
    await place.stage.stop(client);
    await place.stage.stop(gateway.child);
    total.push({ name, values: [open] }, { name: `${name}, ${size.flatAfterMs / 1_000} s later`, values: [later] });
    each.push({ name, values: [((later - idle) * 1_000) / OPEN_STREAMS] });
  }
  const what = `memory with ${OPEN_STREAMS.toLocaleString("en-US")} open streams`;
  return [
    { id: "memory-streams", what: `${what} (PSS)`, unit: "MB", series: total, reference: null },
    { id: "memory-stream", what: `${what}, beyond idle, each`, unit: "KB", series: each, reference: null },
  ];
}

const megabytes = (bytes: number): number => bytes / 1e6;

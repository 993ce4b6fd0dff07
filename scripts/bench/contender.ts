// What is measured beside what: a server that was started here, or another gateway of this machine. And the load that is sent to it.
import { join } from "node:path";
import type { LoadPlan, LoadResult } from "./load-plan.ts";
import { cpuMicrosOf, familyOf, firstLine, type Stage } from "./processes.ts";

export interface Contender {
  readonly name: string;
  /** Its processor time is that of this process and of all it started. */
  readonly pid: number;
  readonly port: number;
  /** Where pieces of an answer are passed on as they come. */
  readonly streamPort: number;
  readonly key: string;
  /** So many times the requests of a turn: what is cheap needs more, because the kernel counts in steps of 10 ms. */
  readonly share: number;
}

/** Where everything of one run stands. */
export interface Place {
  readonly stage: Stage;
  /** Of the project. */
  readonly root: string;
  /** Of this run: configurations, bodies, ledgers; it goes when the run ends. */
  readonly folder: string;
  readonly vendorPort: number;
}

export interface Load {
  readonly kind: LoadPlan["kind"];
  readonly path: string;
  readonly body: string;
  readonly connections: number;
  readonly requests: number;
}

let bodies = 0;

/** Runs a client to its end; the processor time is of the contender's whole family, in microseconds. */
export async function measureLoad(
  place: Place,
  contender: Contender,
  load: Load,
): Promise<LoadResult & { cpuMicros: number }> {
  const plan = await planOf(place, contender, load);
  const before = await cpuMicrosOf(await familyOf(contender.pid));
  const client = startClient(place, plan);
  const result = readResult(await firstLine(client));
  const cpuMicros = (await cpuMicrosOf(await familyOf(contender.pid))) - before;
  await place.stage.stop(client);
  return { ...result, cpuMicros };
}

export async function planOf({ folder }: Place, contender: Contender, load: Load): Promise<LoadPlan> {
  const bodyFile = join(folder, `body-${bodies++}`);
  await Bun.write(bodyFile, load.body);
  const { kind, path, connections, requests } = load;
  const port = kind === "buffered" ? contender.port : contender.streamPort;
  return { kind, path, port, key: contender.key, bodyFile, connections, requests };
}

export function startClient({ stage, root }: Place, plan: LoadPlan) {
  const command = [process.execPath, join(root, "scripts", "bench", "load.ts"), JSON.stringify(plan)];
  return stage.start(command, { output: "piped" });
}

export function readResult(line: string): LoadResult {
  const result: LoadResult = JSON.parse(line);
  return result;
}

// The gateway under the benchmark: the compiled executable with a configuration of its own, supervisor and worker, client
// token, prices and metrics on, log lines off. And the load that is sent to it, or to the reference beside it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LoadPlan, LoadResult } from "./load-plan.ts";
import { accepted, freePort } from "./ports.ts";
import { type Child, cpuMicrosOf, familyOf, type Stage } from "./processes.ts";
import { SLOW_PREFIX } from "./words.ts";

export const KEY = "bench-key";

export interface Gateway {
  readonly child: Child;
  readonly port: number;
}

/** The executable that `npm run build` makes; null: it has not been made. */
export function executable(root: string): string | null {
  const path = join(root, "dist", process.platform === "win32" ? "ringmain.exe" : "ringmain");
  return existsSync(path) ? path : null;
}

export async function writeConfig(path: string, { port, vendorPort }: { port: number; vendorPort: number }) {
  await Bun.write(path, configText({ port, vendorPort }));
}

export async function startGateway(
  stage: Stage,
  { program, folder, vendorPort }: { program: string; folder: string; vendorPort: number },
): Promise<Gateway> {
  const port = freePort();
  const config = join(folder, "config.yaml");
  await writeConfig(config, { port, vendorPort });
  const child = stage.start(serveCommand(program, config), { quiet: true, cwd: folder });
  await accepted(port);
  return { child, port };
}

export const serveCommand = (program: string, config: string): string[] => [program, "serve", "--config", config];

/** Each protocol as a pool over one model, fast and slow. */
function configText({ port, vendorPort }: { port: number; vendorPort: number }): string {
  const vendors = [
    { name: "openai", protocol: "openai", prefix: "" },
    { name: "anthropic", protocol: "anthropic", prefix: "" },
    { name: "slow-openai", protocol: "openai", prefix: SLOW_PREFIX },
  ];
  const prices = "{ input_per_million_usd: 2, output_per_million_usd: 10 }";
  return [
    `listen: "127.0.0.1:${port}"`,
    "drain_secs: 1",
    "log: { level: error }",
    `auth: { mode: token, client_tokens: [${KEY}] }`,
    "providers:",
    ...vendors.map(
      ({ name, protocol, prefix }) =>
        `  bench-${name}: { protocol: ${protocol}, base_url: "http://127.0.0.1:${vendorPort}${prefix}", allow_private: true, accounts: [ { id: main, api_key: bench-vendor-key, max_concurrent: 100000 } ] }`,
    ),
    "models:",
    ...vendors.map(
      ({ name }) =>
        `  ${name}-model: { provider: bench-${name}, upstream_model: bench-model, max_concurrent: 100000, prices: ${prices} }`,
    ),
    "pools:",
    ...vendors.map(({ name }) => `  ${name}-pool: { members: [ { target: ${name}-model, weight: 1 } ] }`),
    "",
  ].join("\n");
}

export async function startVendor(stage: Stage, root: string): Promise<number> {
  const child = stage.start([process.execPath, join(root, "scripts", "bench", "vendor.ts")], { piped: true });
  return Number(await firstLine(child));
}

/** Runs a client to its end. Costs are of the server's whole family, in microseconds of processor time. */
export async function measureLoad(
  stage: Stage,
  { root, server, plan }: { root: string; server: Child; plan: LoadPlan },
): Promise<LoadResult & { cpuMicros: number }> {
  const family = await familyOf(server.pid);
  const before = await cpuMicrosOf(family);
  const client = startClient(stage, root, plan);
  const result = readResult(await firstLine(client));
  const cpuMicros = (await cpuMicrosOf(family)) - before;
  await stage.stop(client);
  return { ...result, cpuMicros };
}

export function startClient(stage: Stage, root: string, plan: LoadPlan): Child {
  const command = [process.execPath, join(root, "scripts", "bench", "load.ts"), JSON.stringify(plan)];
  return stage.start(command, { piped: true });
}

export function readResult(line: string): LoadResult {
  const result: LoadResult = JSON.parse(line);
  return result;
}

const LINE_MS_MAX = 60_000;

/** The first line a process prints; an error when it ends without one or takes too long. */
export async function firstLine(child: Child): Promise<string> {
  const { stdout } = child;
  if (!(stdout instanceof ReadableStream)) throw new Error("the output of this process is not kept");
  const late = setTimeout(() => child.kill("SIGKILL"), LINE_MS_MAX);
  const reader = stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error("a process of the benchmark ended before it said anything");
    text += decoder.decode(value, { stream: true });
  }
  clearTimeout(late);
  reader.releaseLock();
  return text.slice(0, text.indexOf("\n"));
}

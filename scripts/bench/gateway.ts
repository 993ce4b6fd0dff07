// The gateway under the benchmark: the compiled executable with a configuration of its own, supervisor and worker, prices
// and metrics on, log lines off; clients come with a token, or with a virtual key that has a budget.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Contender, Place } from "./contender.ts";
import { accepted, answered, freePort } from "./ports.ts";
import type { Child } from "./processes.ts";
import { firstRequest, SLOW_PREFIX } from "./words.ts";

export const KEY = "bench-key";
const ADMIN_TOKEN = "bench-admin-token";

export interface Shape {
  /** Accounts of each vendor, each a lane of the pool that is asked. Absent: 1. */
  readonly lanes?: number;
  /** Pools beside the one that is asked. Absent: none. */
  readonly otherPools?: number;
  /** Virtual keys that are made, the last of which asks. Absent: clients come with a token. */
  readonly keys?: number;
  /** Protocols whose vendor stands under a path of its own; each gets a pool of its name. */
  readonly protocols?: readonly string[];
  /** Have the runtime tell of every collection. */
  readonly tellsCollections?: boolean;
}

export interface Gateway extends Contender {
  readonly child: Child;
}

/** The executable that `npm run build` makes; null: it has not been made. */
export function executable(root: string): string | null {
  const path = join(root, "dist", process.platform === "win32" ? "ringmain.exe" : "ringmain");
  return existsSync(path) ? path : null;
}

/** Serving, and with its keys made. */
export async function startGateway(
  place: Place,
  { name, program, ...shape }: Shape & { readonly name: string; readonly program: string },
): Promise<Gateway> {
  const { child, port } = await launchGateway(place, program, shape);
  await accepted(port);
  const key = shape.keys === undefined ? KEY : await makeKeys(port, shape.keys);
  await answered(port, firstRequest(port, key));
  return { name, child, pid: child.pid, port, streamPort: port, key, share: 1 };
}

/** The process alone, which may not listen yet. */
export async function launchGateway({ stage, folder, vendorPort }: Place, program: string, shape: Shape) {
  const port = freePort();
  const own = join(folder, `gateway-${port}`);
  await mkdir(own);
  const config = join(own, "config.yaml");
  await Bun.write(config, configText({ port, vendorPort, shape }));
  const tells = shape.tellsCollections === true;
  const child = stage.start([program, "serve", "--config", config], {
    output: tells ? "complaints-piped" : "hidden",
    cwd: own,
    env: tells ? { ...process.env, BUN_JSC_logGC: "1" } : process.env,
  });
  return { child, port };
}

const KEYS_AT_ONCE = 16;

/** The secret of the last one. */
async function makeKeys(port: number, keys: number): Promise<string> {
  let last = "";
  for (let made = 0; made < keys; made += KEYS_AT_ONCE) {
    const few = Array.from({ length: Math.min(KEYS_AT_ONCE, keys - made) }, (_, at) => makeKey(port, `k${made + at}`));
    last = (await Promise.all(few)).at(-1) ?? last;
  }
  return last;
}

async function makeKey(port: number, name: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/admin/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ name, budgets: [{ window: "monthly", limit_usd: 1_000_000 }] }),
  });
  const made: unknown = await answer.json();
  const secret = typeof made === "object" && made !== null && "secret" in made ? made.secret : null;
  if (typeof secret !== "string") throw new Error(`no key was made: ${JSON.stringify(made).slice(0, 300)}`);
  return secret;
}

interface Vendor {
  readonly name: string;
  readonly protocol: string;
  readonly prefix: string;
}

const VENDORS: readonly Vendor[] = [
  { name: "openai", protocol: "openai", prefix: "" },
  { name: "anthropic", protocol: "anthropic", prefix: "" },
  { name: "slow-openai", protocol: "openai", prefix: SLOW_PREFIX },
];

/** Each vendor as a pool over one model. */
function configText({ port, vendorPort, shape }: { port: number; vendorPort: number; shape: Shape }): string {
  const more = (shape.protocols ?? []).map((id) => ({ name: `cell-${id}`, protocol: id, prefix: `/${id}` }));
  const vendors = [...VENDORS, ...more];
  const prices = "{ input_per_million_usd: 2, output_per_million_usd: 10 }";
  const accounts = Array.from(
    { length: shape.lanes ?? 1 },
    (_, at) => `{ id: account-${at}, api_key: bench-vendor-key, max_concurrent: 100000 }`,
  ).join(", ");
  return [
    `listen: "127.0.0.1:${port}"`,
    "drain_secs: 1",
    "log: { level: error }",
    `auth: { mode: token, client_tokens: [${KEY}] }`,
    ...(shape.keys === undefined
      ? []
      : [`admin: { token: ${ADMIN_TOKEN} }`, "governance: { enabled: true, db_path: ledger.db }"]),
    "providers:",
    ...vendors.map(
      ({ name, protocol, prefix }) =>
        `  bench-${name}: { protocol: ${protocol}, base_url: "http://127.0.0.1:${vendorPort}${prefix}", allow_private: true, accounts: [ ${accounts} ] }`,
    ),
    "models:",
    ...vendors.map(
      ({ name }) =>
        `  ${name}-model: { provider: bench-${name}, upstream_model: bench-model, max_concurrent: 100000, prices: ${prices} }`,
    ),
    "pools:",
    ...vendors.map(({ name }) => poolText(`${name}-pool`, name)),
    ...Array.from({ length: shape.otherPools ?? 0 }, (_, at) => poolText(`other-${at}-pool`, "openai")),
    "",
  ].join("\n");
}

const poolText = (pool: string, vendor: string): string =>
  `  ${pool}: { members: [ { target: ${vendor}-model, weight: 1 } ] }`;

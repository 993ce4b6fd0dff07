/** `ringmain serve`: reads the configuration while a worker boots, serves it, and tells the operator what is served where. */
import { relative } from "node:path";
import { fileExists, readFileOrNull } from "../config/files.ts";
import { type Found, findConfig } from "../config/find.ts";
import { readListen } from "../config/values.ts";
import type { Deployment, Target } from "../ir/deployment.ts";
import { type Listening, runGateway } from "../process/index.ts";
import type { CliIo } from "./io.ts";
import { EXIT, formatTable, readOptions } from "./text.ts";

export const SERVE_USAGE = `Usage: ringmain serve [--config FILE] [--providers FILE] [--listen HOST:PORT]

Serves the configuration until it is told to stop: SIGTERM or Ctrl-C lets answers under way end, a second one does not.
--listen opens another address than the one in the configuration; port 0 takes any that is free.
Exit code: 0 stopped, 1 it could not be started, 2 wrong usage.
`;

export async function serve(args: readonly string[], io: CliIo): Promise<number> {
  const options = readOptions(args, { flags: ["--help", "-h"], values: ["--config", "--providers", "--listen"] });
  if (options.kind === "usage") {
    io.err(`${options.message}\n\n${SERVE_USAGE}`);
    return EXIT.usage;
  }
  if (options.flags.size > 0) {
    io.out(SERVE_USAGE);
    return EXIT.fine;
  }
  const listen = options.values.get("--listen") ?? null;
  if (listen !== null && readListen(listen) === null) {
    io.err("--listen must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080.\n");
    return EXIT.usage;
  }
  const found = findConfig({ argv: args, env: io.env, exists: fileExists, cwd: io.cwd });
  const configPath = usableConfig(found, io);
  if (configPath === null) return EXIT.failed;
  return runGateway({
    load: () => load({ configPath, providersPath: found.providers, listen }, io),
    env: io.env,
    onListening(listening) {
      if (listening.deployment.auth.mode === "none" && !isLocal(listening.host)) io.err(OPEN_RELAY);
      io.out(greeting(listening));
    },
    say: (level, line) => io.err(`[${level === "warning" ? "warn" : level}] ${line}\n`),
  });
}

/** Null: there is none, and it was said what to do. */
function usableConfig(found: Found, io: CliIo): string | null {
  const missing = found.explicitMissing.map((path) => nameFor(path, io)).join(" and ");
  if (missing !== "") {
    io.err(`[error] ${missing} does not exist; correct the path, or leave it out to search the usual places.\n`);
    return null;
  }
  if (found.config === null) io.err(noConfig(found));
  return found.config;
}

function noConfig(found: Found): string {
  return `[error] No config.yaml was found. What you can do:
  ringmain init             write one for the vendors whose keys are in the environment
  ringmain demo             try it first, with simulated vendors and no key
  ringmain serve --config   name one that stands somewhere else
Looked for:
${found.tried.map((path) => `  ${path}\n`).join("")}`;
}

interface LoadInput {
  readonly configPath: string;
  readonly providersPath: string;
  /** Overrides the address in the file; null: does not. */
  readonly listen: string | null;
}

/** Null: something is wrong, and it was said what. */
async function load({ configPath, providersPath, listen }: LoadInput, io: CliIo): Promise<Deployment | null> {
  // zod and yaml are heavy; a worker boots meanwhile.
  const { formatProblem, loadDeployment } = await import("../config/index.ts");
  const { deployment, problems } = loadDeployment({ configPath, providersPath, env: io.env, readFile: readFileOrNull });
  for (const problem of problems) {
    const level = problem.severity === "error" ? "error" : "warn";
    io.err(`[${level}] ${formatProblem({ ...problem, file: nameFor(problem.file, io) })}\n`);
  }
  if (deployment === null || listen === null) return deployment;
  return withListen(deployment, listen, io);
}

/** What the checks say about the address in the file holds for this one too. */
function withListen(deployment: Deployment, listen: string, io: CliIo): Deployment | null {
  const address = readListen(listen);
  if (address === null) return null;
  const wasLocal = isLocal(deployment.listen.host);
  const { host, port, loopback } = address;
  if (!loopback && wasLocal && deployment.auth.mode === "none") {
    io.err(
      `[error] --listen ${listen} is open to the network while auth.mode is none; set auth.mode: token with client_tokens.\n`,
    );
    return null;
  }
  // Names of lanes and accounts are for the operator; on a public address the client is somebody else.
  const errorDetail = !loopback && wasLocal ? "minimal" : deployment.errorDetail;
  return { ...deployment, listen: { host, port }, errorDetail };
}

function isLocal(host: string): boolean {
  return readListen(host.includes(":") ? `[${host}]:0` : `${host}:0`)?.loopback ?? false;
}

// ---------------------------------------------------------------- what the operator reads

/** The address, then what may be asked for there, one line each. */
function greeting({ deployment, url }: Listening): string {
  const targets = Object.values(deployment.targets);
  const rows = targets.map((target) => [target.kind, target.name, membersOf(target)]);
  const workers = deployment.workers === 1 ? "" : `, ${deployment.workers} workers`;
  return `Ringmain serves ${url} (auth ${deployment.auth.mode}${workers}, configuration ${deployment.revision})
${formatTable(rows)}`;
}

const OPEN_RELAY = `[error] *** OPEN RELAY: auth.mode is none and this address is not local. Anyone who reaches it spends your keys. ***
`;

function membersOf(target: Target): string {
  const members = target.members.map(({ model, weight, lanes }) => {
    const share = target.kind === "pool" && target.select === "weighted" ? ` ×${weight}` : "";
    return target.kind === "pool" ? `${model}${share} (${lanes.join(", ")})` : lanes.join(", ");
  });
  const substitutes = target.substitutes.length === 0 ? "" : `, then ${target.substitutes.join(", ")}`;
  return members.length === 0 ? "no lanes" : `${members.join(", ")}${substitutes}`;
}

/** As the operator would type it: relative where that is shorter. */
function nameFor(path: string, io: CliIo): string {
  const near = relative(io.cwd, path);
  return near === "" || near.startsWith("..") || path.startsWith("providers.yaml (") ? path : near;
}

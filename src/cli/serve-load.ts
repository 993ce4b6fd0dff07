/** What `ringmain serve` does while its first worker boots: finds the configuration, reads it, and says what is wrong with it. */
import { createReader, fileExists } from "../config/files.ts";
import { type ConfigLocation, findConfig } from "../config/find.ts";
import type { Loaded } from "../config/finish-load.ts";
import { formatProblem } from "../config/problem.ts";
import { loadQuick } from "../config/quick.ts";
import { readListen } from "../config/values.ts";
import type { Deployment } from "../ir/deployment.ts";
import { isLoopback } from "../std/address.ts";
import type { CliIo } from "./io.ts";
import { createOperator, type Operator } from "./operator.ts";
import { nameFor } from "./text.ts";

export interface ServeOptions {
  /** Words of the command line; `--config` and `--providers` are looked for among them. */
  readonly args: readonly string[];
  /** Overrides the address in the file; null: does not. */
  readonly listen: string | null;
}

/** Null: something is wrong, and it was said what. */
export async function loadForServing(
  { args, listen }: ServeOptions,
  io: CliIo,
  operator: Operator = createOperator(io),
): Promise<Deployment | null> {
  const found = findConfig({ argv: args, env: io.env, exists: fileExists, cwd: io.cwd });
  const configPath = usableConfig(found, io);
  if (configPath === null) return null;
  const { deployment, problems } = await load(configPath, found.providers, io);
  if (deployment !== null) await operator.speakAs(deployment);
  for (const problem of problems)
    operator.say(problem.severity, formatProblem({ ...problem, file: nameFor(problem.file, io) }));
  if (deployment === null || listen === null) return deployment;
  return withListen(deployment, listen, operator);
}

async function load(configPath: string, providersPath: string, io: CliIo): Promise<Loaded> {
  const input = { configPath, providersPath, env: io.env, readFile: createReader([configPath, providersPath]) };
  const quick = loadQuick(input);
  if (quick !== null) return quick;
  const { loadDeployment } = await import("../config/load.ts"); // zod and yaml, which a file without mistakes can do without
  return loadDeployment(input);
}

/** What the checks say about the address in the file holds for this one too. */
function withListen(deployment: Deployment, listen: string, operator: Operator): Deployment | null {
  const address = readListen(listen);
  if (address === null) return null;
  const wasLocal = isLoopback(deployment.listen.host);
  const { host, port, loopback } = address;
  if (!loopback && wasLocal && deployment.auth.mode === "none" && deployment.governance === null) {
    const line = `--listen ${listen} is open to the network while auth.mode is none; set auth.mode: token with client_tokens.`;
    operator.say("error", line);
    return null;
  }
  // Names of lanes and accounts are for the operator; on a public address the client is another person.
  const errorDetail = !loopback && wasLocal ? "minimal" : deployment.errorDetail;
  return { ...deployment, listen: { host, port }, errorDetail };
}

/** Null: there is none, and it was said what to do. */
function usableConfig(found: ConfigLocation, io: CliIo): string | null {
  const missing = found.explicitMissing.map((path) => nameFor(path, io)).join(" and ");
  if (missing !== "") {
    io.err(`[error] ${missing} does not exist; correct the path, or leave it out to search the usual places.\n`);
    return null;
  }
  if (found.config === null) io.err(noConfig(found));
  return found.config;
}

function noConfig(found: ConfigLocation): string {
  return `[error] No config.yaml was found. What you can do:
  ringmain init             write one for the vendors whose keys are in the environment
  ringmain demo             try it first, with simulated vendors and no key
  ringmain serve --config   name one that stands somewhere else
Looked for:
${found.tried.map((path) => `  ${path}\n`).join("")}`;
}

/** The configuration for commands that can do without one: found and read as `serve` would, or a sentence why not. */
import { createReader, fileExists } from "../config/files.ts";
import { findConfig } from "../config/find.ts";
import { formatProblem } from "../config/problem.ts";
import type { Deployment } from "../ir/deployment.ts";
import type { CliIo } from "./io.ts";

export async function loadConfig(args: readonly string[], io: CliIo): Promise<Deployment | string> {
  const { loadDeployment } = await import("../config/load.ts");
  const found = findConfig({ argv: args, env: io.env, exists: fileExists, cwd: io.cwd });
  const [missing] = found.explicitMissing;
  if (missing !== undefined) return `${missing} does not exist.`;
  if (found.config === null)
    return "No config.yaml was found; name one with --config, or a running gateway with --url.";
  const { deployment, problems } = loadDeployment({
    configPath: found.config,
    providersPath: found.providers,
    env: io.env,
    readFile: createReader([found.config, found.providers]),
  });
  if (deployment !== null) return deployment;
  return `${problems.map((problem) => `${formatProblem(problem)}\n`).join("")}The configuration has mistakes.`;
}

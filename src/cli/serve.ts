/**
 * `ringmain serve`: starts a worker before anything else, has the configuration read while it boots (serve-load.ts), serves
 * it, and tells the operator what is served where.
 */
import { buildInfo } from "../build-info.ts";
import { readListen } from "../config/values.ts";
import type { Deployment, Target } from "../ir/deployment.ts";
import { runGateway } from "../process/run.ts";
import type { Listening } from "../process/supervisor-options.ts";
import { isLoopback } from "../std/address.ts";
import { codeOf } from "../std/describe-error.ts";
import type { CliIo } from "./io.ts";
import { createOperator, type Operator } from "./operator.ts";
import { EXIT, formatTable, readOptions } from "./text.ts";

export const SERVE_USAGE = `Usage: ringmain serve [--config FILE] [--providers FILE] [--listen HOST:PORT]

Serves the configuration until it is told to stop: SIGTERM or Ctrl-C lets answers under way end, a second one does not.
--listen opens another address than the one in the configuration; port 0 takes any that is free.
Exit code: 0 stopped, 1 it could not be started, 2 wrong usage, 3 stopped, but the ledger could not be written: what is not
in it waits in the folder beside it, or stands in the log, as the last lines say.
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
  const operator = createOperator(io);
  return runGateway({
    // Everything this file imports is time before the worker is started; that one is loaded while it boots.
    load: async () => (await import("./serve-load.ts")).loadForServing({ args, listen }, io, operator),
    env: io.env,
    onListening(listening) {
      const { auth, governance } = listening.deployment;
      if (auth.mode === "none" && governance === null && !isLoopback(listening.host)) operator.say("error", OPEN_RELAY);
      greet(listening, operator);
    },
    version: buildInfo.version,
    say: operator.say,
  });
}

// ---------------------------------------------------------------- what the operator reads

/** It serves all the same where the greeting finds no room. */
function greet(listening: Listening, operator: Operator): void {
  const { deployment, url } = listening;
  const auth = deployment.governance === null ? deployment.auth.mode : "keys";
  const { workers } = deployment;
  try {
    operator.greet(greeting(listening, auth), { url, auth, workers }, targetTable(deployment));
  } catch (error) {
    const why = codeOf(error) ?? "unknown";
    operator.say("warning", `What is served cannot be written to the standard output (${why}).`);
  }
}

function greeting({ deployment, url }: Listening, auth: string): string {
  const workers = deployment.workers === 1 ? "" : `, ${deployment.workers} workers`;
  return `Ringmain serves ${url} (auth ${auth}${workers}, configuration ${deployment.revision})`;
}

/** What may be asked for there, one line each. */
function targetTable({ targets }: Deployment): string {
  return formatTable(Object.values(targets).map((target) => [target.kind, target.name, membersOf(target)]));
}

const OPEN_RELAY =
  "*** OPEN RELAY: auth.mode is none and this address is not local. Anyone who reaches it spends your keys. ***";

function membersOf(target: Target): string {
  const members = target.members.map(({ model, weight, lanes }) => {
    const share = target.kind === "pool" && target.select === "weighted" ? ` ×${weight}` : "";
    return target.kind === "pool" ? `${model}${share} (${lanes.join(", ")})` : lanes.join(", ");
  });
  const substitutes = target.substitutes.length === 0 ? "" : `, then ${target.substitutes.join(", ")}`;
  return members.length === 0 ? "no lanes" : `${members.join(", ")}${substitutes}`;
}

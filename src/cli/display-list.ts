/** `ringmain display list`: the displays of the configuration, and what the running gateway says of them. */
import { createSecretResolver, systemSecretSources } from "../config/secret-refs.ts";
import type { Deployment } from "../ir/deployment.ts";
import type { DisplayConfig } from "../ir/display.ts";
import { formatAddress } from "../std/address.ts";
import type { CliIo } from "./io.ts";
import { loadForServing } from "./serve-load.ts";
import { EXIT, formatTable, readOptions } from "./text.ts";

const ANSWER_MS = 3_000;

export async function displayList(args: readonly string[], io: CliIo): Promise<number> {
  const options = readOptions(args, { flags: [], values: ["--config", "--providers", "--url"] });
  if (options.kind === "usage") {
    io.err(`${options.message}\n`);
    return EXIT.usage;
  }
  const deployment = await loadForServing({ args, listen: null }, io);
  if (deployment === null) return EXIT.failed;
  if (deployment.displays.length === 0) {
    io.out("The configuration has no displays.\n");
    return EXIT.fine;
  }
  const url = options.values.get("--url") ?? urlOf(deployment);
  const states = url === null ? NO_PORT : await askGateway(url, deployment, io);
  const rows = deployment.displays.map((display) => [
    display.name,
    display.type,
    whereOf(display),
    showsOf(display),
    typeof states === "string" ? "-" : (states.get(display.name) ?? "not known to the running gateway"),
  ]);
  io.out(formatTable([["NAME", "TYPE", "WHERE", "SHOWS", "STATE"], ...rows]));
  if (typeof states === "string") io.out(`\n${states}\n`);
  return EXIT.fine;
}

const NO_PORT = "The configuration takes any free port; name the gateway with --url to see how its displays are.";

function whereOf(display: DisplayConfig): string {
  if (display.type === "home_assistant") return `${display.url} ${display.discoveryPrefix}`;
  return display.transport === "http" ? display.url : `${display.url} ${display.prefix}`;
}

function showsOf(display: DisplayConfig): string {
  if (display.type === "home_assistant") return "entities";
  return `${display.layouts.join(", ")} in ${display.palette}`;
}

/** Null: the port is not known before the start. */
function urlOf({ listen }: Deployment): string | null {
  if (listen.port === 0) return null;
  // Every address of this machine is also this one.
  const host = listen.host === "0.0.0.0" ? "127.0.0.1" : listen.host === "::" ? "::1" : listen.host;
  return `http://${formatAddress(host, listen.port)}`;
}

/** By name; or a sentence why nothing is known. */
async function askGateway(
  url: string,
  deployment: Deployment,
  io: CliIo,
): Promise<ReadonlyMap<string, string> | string> {
  const secrets = createSecretResolver(
    systemSecretSources({ readEnv: (name) => io.env[name], nowMs: () => performance.now() }),
  );
  const ref = deployment.adminToken ?? deployment.auth.clientTokens[0] ?? null;
  const token = ref === null ? null : secrets.resolve(ref);
  try {
    const answer = await fetch(`${url.replace(/\/+$/, "")}/stats`, {
      headers: token === null ? {} : { authorization: `Bearer ${token.reveal()}` },
      signal: AbortSignal.timeout(ANSWER_MS),
      redirect: "error",
    });
    if (!answer.ok) return `The gateway at ${url} answered ${answer.status}, so the state is not known.`;
    return statesIn(await answer.json());
  } catch {
    return `No gateway answers at ${url}, so there is no state to show.`;
  }
}

function statesIn(stats: unknown): ReadonlyMap<string, string> {
  const states = new Map<string, string>();
  const displays = typeof stats === "object" && stats !== null && "displays" in stats ? stats.displays : [];
  for (const each of Array.isArray(displays) ? displays : []) {
    if (typeof each !== "object" || each === null) continue;
    const { name, state, detail, shown_at: shownAt }: Record<string, unknown> = { ...each };
    if (typeof name !== "string") continue;
    const parts = [state, detail, typeof shownAt === "string" ? `last picture ${shownAt}` : null];
    states.set(name, parts.filter((part) => typeof part === "string").join(", "));
  }
  return states;
}

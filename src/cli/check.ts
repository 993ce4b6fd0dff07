/** `ringmain check`: everything that is wrong with the configuration, with places; or what it comes to, if nothing is. */
import { EMBEDDED_FILE } from "../config/catalog.ts";
import type { ModelFacts } from "../config/fact-sources.ts";
import { createReader, fileExists } from "../config/files.ts";
import { type ConfigLocation, findConfig } from "../config/find.ts";
import { formatProblem, type Problem } from "../config/problem.ts";
import type { Deployment, Lane, SecretRef, Target } from "../ir/deployment.ts";
import { redactKeys } from "../std/redact.ts";
import { askRealVendors, isLiveFine, type LiveLane, liveText } from "./check-live.ts";
import { askLocals, type LocalState, localText } from "./check-local.ts";
import type { CliIo } from "./io.ts";
import { EXIT, formatTable, nameFor, readOptions } from "./text.ts";

export const CHECK_USAGE = `Usage: ringmain check [--config FILE] [--providers FILE] [--verbose] [--live] [--json]

Reads the configuration as a start would and says everything that is wrong with it.
--verbose also says of each model what is known of it and of its server, and where that stands.
--live also asks each vendor about each key, by its list of models (10 seconds, four at once); no model is asked.
Exit code: 0 nothing is (warnings aside), 1 something is, 2 wrong usage.
`;

export async function check(args: readonly string[], terminal: CliIo): Promise<number> {
  // Names of providers, models and pools are shown as well: a key may have been pasted into one.
  const io: CliIo = { ...terminal, out: (text) => terminal.out(redactKeys(text)) };
  const options = readOptions(args, {
    flags: ["--json", "--verbose", "--live", "--help", "-h"],
    values: ["--config", "--providers"],
  });
  if (options.kind === "usage") {
    io.err(`${options.message}\n\n${CHECK_USAGE}`);
    return EXIT.usage;
  }
  if (options.flags.has("--help") || options.flags.has("-h")) {
    io.out(CHECK_USAGE);
    return EXIT.fine;
  }
  const json = options.flags.has("--json");
  // zod and yaml are heavy, and most commands do without them.
  const { loadDeployment } = await import("../config/load.ts");
  const found = findConfig({ argv: args, env: io.env, exists: fileExists, cwd: io.cwd });
  const missing = missingFile(found, io);
  if (found.config === null || missing !== null) {
    const message = missing ?? "";
    if (json) io.out(toJson(found, null, [], message));
    else io.err(`${message}\n`);
    return EXIT.failed;
  }
  const loaded = loadDeployment({
    configPath: found.config,
    providersPath: found.providers,
    env: io.env,
    readFile: createReader([found.config, found.providers]),
    wantsFacts: options.flags.has("--verbose"),
  });
  const problems = loaded.problems.map((problem) => ({ ...problem, file: nameFor(problem.file, io) }));
  const locals = loaded.deployment === null ? [] : await askLocals(loaded.deployment, io);
  const wantsLive = options.flags.has("--live") && loaded.deployment !== null;
  const live = wantsLive ? await askRealVendors(loaded.deployment, io) : null;
  if (json) io.out(toJson(found, loaded.deployment, problems, null, { locals, live }));
  else {
    io.out(problems.map((problem) => `${formatProblem(problem)}\n`).join(""));
    io.out(loaded.deployment === null ? verdict(problems) : summary(loaded.deployment, nameFor(found.config, io)));
    io.out(loaded.facts === undefined || loaded.facts.length === 0 ? "" : `\n${factsTable(loaded.facts, io)}`);
    io.out(locals.length === 0 ? "" : `\n${localText(locals)}`);
    io.out(live === null ? "" : `\n${liveText(live)}`);
  }
  return loaded.deployment === null || (live !== null && !isLiveFine(live)) ? EXIT.failed : EXIT.fine;
}

/** A sentence that says what to do; null: all that is needed is there. */
function missingFile(found: ConfigLocation, io: CliIo): string | null {
  const names = found.explicitMissing.map((path) => nameFor(path, io)).join(" and ");
  if (names !== "") return `${names} does not exist; correct the path, or leave it out to search the usual places.`;
  if (found.config !== null) return null;
  return `No config.yaml was found; "ringmain init" writes one. Looked for:\n${found.tried.map((path) => `  ${path}`).join("\n")}`;
}

function verdict(problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === "error").length;
  const warnings = problems.length - errors;
  return `${counted(errors, "error")}, ${counted(warnings, "warning")}
`;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function summary(deployment: Deployment, file: string): string {
  const { listen, auth } = deployment;
  const targets = Object.values(deployment.targets);
  const pools = targets.filter((target) => target.kind === "pool");
  const lanes = Object.values(deployment.lanes);
  const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
  const head = `${file} is fine: ${counted(lanes.length, "lane")}, ${counted(targets.length - pools.length, "model")}, ${counted(pools.length, "pool")}; listens on ${host}:${listen.port}, auth ${deployment.governance === null ? auth.mode : "keys"}.\n`;
  const laneTable = formatTable([
    ["LANE", "PROTOCOL", "UPSTREAM MODEL", "IDENTITY", "SLOTS", "KEY"],
    ...lanes.map(laneRow),
  ]);
  const poolTable = formatTable([["POOL", "SELECT", "MEMBERS", "KEEP", "WHEN EXHAUSTED"], ...pools.map(poolRow)]);
  const aliasTable = formatTable([["ALIAS", "TARGET"], ...aliasRows(deployment)]);
  return `${head}${lanes.length > 0 ? `\n${laneTable}` : ""}${pools.length > 0 ? `\n${poolTable}` : ""}${aliasRows(deployment).length > 0 ? `\n${aliasTable}` : ""}`;
}

/** `200000 built in`: what is known and where it stands; `-` is not known. */
function factsTable(models: readonly ModelFacts[], io: CliIo): string {
  const [first] = models;
  const head = ["FACTS OF", ...(first?.facts ?? []).map(({ fact }) => fact.toUpperCase())];
  const rows = models.map(({ model, facts }) => [
    model,
    ...facts.map(({ value, from }) => (value === "-" ? "-" : `${value} (${fromText(from, io)})`)),
  ]);
  return `${formatTable([head, ...rows])}\n${abilitiesTable(models, io)}\n${dialectTable(models, io)}`;
}

/** What each model can and cannot do, by the place that says so. */
function abilitiesTable(models: readonly ModelFacts[], io: CliIo): string {
  const rows = models.flatMap(({ model, abilities }) =>
    abilities.map(({ facts, from }, at) => [at === 0 ? model : "", facts.join(", "), fromText(from, io)]),
  );
  return formatTable([["CAN", "FACTS", "FROM"], ...rows]);
}

/** What each model's server takes, by the place that says so; what no place says is as with an unknown server. */
function dialectTable(models: readonly ModelFacts[], io: CliIo): string {
  const rows = models.flatMap(({ model, dialect }) => [
    ...dialect.map(({ facts, file, row, read }, at) => [
      at === 0 ? model : "",
      facts.join(", "),
      `${fromText(file, io)}: ${row}${read === null ? "" : `, read ${read}`}`,
    ]),
    [dialect.length === 0 ? model : "", dialect.length === 0 ? "all" : "all else", "as an unknown server"],
  ]);
  return formatTable([["DIALECT OF", "FACTS", "FROM"], ...rows]);
}

function fromText(from: string, io: CliIo): string {
  return from === EMBEDDED_FILE ? "built in" : nameFor(from, io);
}

/** Those the configuration writes. */
function aliasRows({ aliases }: Deployment): string[][] {
  const exact = Object.values(aliases?.exact ?? {}).filter(({ by }) => by === "written");
  return [
    ...exact.map(({ name, target }) => [name, target]),
    ...(aliases?.patterns ?? []).map(({ pattern, target }) => [pattern, target]),
  ];
}

function laneRow(lane: Lane): string[] {
  const identity = lane.canonical.proven ? lane.canonical.id : `${lane.canonical.id} (unproven)`;
  return [
    lane.id,
    lane.doors.map(({ protocol }) => protocol).join(", "),
    lane.upstreamModel,
    identity,
    String(lane.slots.max),
    showRef(lane.credential),
  ];
}

function poolRow(pool: Target): string[] {
  const members = pool.members.map((member) => `${member.model} ×${member.weight}`).join(", ");
  const { onExhausted: policy } = pool;
  const exhausted =
    policy.action === "wait"
      ? `wait ${policy.maxMs} ms`
      : policy.action === "fallback-pool"
        ? `pool ${policy.pool}`
        : policy.action;
  return [pool.name, pool.select, members === "" ? "none" : members, pool.failover.keep.join(", ") || "-", exhausted];
}

/** Where a key comes from, never what it is. */
function showRef(ref: SecretRef | null): string {
  if (ref === null) return "none";
  if (ref.kind === "env") return ref.name;
  if (ref.kind === "aws") return ref.profile === null ? "AWS variables" : `AWS profile ${ref.profile}`;
  return ref.kind === "file" ? `file ${ref.path}` : "in the file";
}

function toJson(
  found: ConfigLocation,
  deployment: Deployment | null,
  problems: readonly Problem[],
  missing: string | null,
  asked: { readonly locals: readonly LocalState[]; readonly live: readonly LiveLane[] | null } = {
    locals: [],
    live: null,
  },
): string {
  const result = {
    ok: deployment !== null,
    config: found.config,
    providers: found.providers,
    missing,
    problems,
    revision: deployment?.revision ?? null,
    lanes: deployment === null ? null : Object.keys(deployment.lanes),
    targets: deployment === null ? null : Object.keys(deployment.targets),
    locals: asked.locals,
    ...(asked.live === null ? {} : { live: asked.live }),
  };
  return `${JSON.stringify(result, null, 2)}\n`;
}

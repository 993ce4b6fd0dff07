/** `ringmain explain`: what would happen to a request now, asked of the running gateway or worked out from the configuration alone. */
import { resolve } from "node:path";
import type { Explanation } from "../compose.ts";
import { readFileOrNull } from "../config/files.ts";
import type { Deployment } from "../ir/deployment.ts";
import { asObject, asText, at, type JsonObject, parseJson } from "../std/json.ts";
import { WireError } from "../std/wire-error.ts";
import type { CliIo } from "./io.ts";
import { loadConfig } from "./load-config.ts";
import { EXIT, failed, formatTable, readOptions } from "./text.ts";

export const EXPLAIN_USAGE = `Usage: ringmain explain TARGET [--protocol NAME] [--request FILE] [--key KEY] [--json]
                        [--url URL | --config FILE [--providers FILE]]

Says which lanes would be asked for TARGET, in which order and how often, which are left out and why, and what a translation
would lose. Nothing is sent to any vendor.
--request    a request's body (JSON), as a client would send it; without it the smallest one there is
--key        the id or the name of a key: lanes that its budgets do not hold are left out
--url        asks the gateway at this address, with the admin token in RINGMAIN_ADMIN_TOKEN
--config     asks no gateway: lanes as they are right after a start
Without either, the gateway of the configuration that is found is asked; if it cannot be, lanes are fresh, and it says so.
Exit code: 0 explained, 1 it could not be, 2 wrong usage.
`;

const OPTIONS = {
  flags: ["--json", "--help", "-h"],
  values: ["--protocol", "--request", "--key", "--url", "--config", "--providers"],
} as const;

export async function explain(args: readonly string[], io: CliIo): Promise<number> {
  const [first] = args;
  const named = first !== undefined && !first.startsWith("-") ? first : null;
  const options = readOptions(named === null ? args : args.slice(1), OPTIONS);
  if (options.kind === "usage") return misused(options.message, io);
  if (options.flags.has("--help") || options.flags.has("-h")) {
    io.out(EXPLAIN_USAGE);
    return EXIT.fine;
  }
  if (named === null) return misused("Name what would be asked for: a model or a pool.", io);
  const { values } = options;
  if (values.has("--url") && values.has("--config")) return misused("--url and --config are two ways; take one.", io);
  const request = await readRequest(values.get("--request") ?? null, io);
  if (typeof request === "string") return failed(request, io);
  const key = values.get("--key") ?? null;
  if (key !== null && values.has("--config"))
    return misused("Only a running gateway knows keys: leave out --config.", io);
  const asked = { target: named, protocol: values.get("--protocol") ?? null, request, key };
  const outcome = await explained(
    asked,
    { url: values.get("--url") ?? null, isFresh: values.has("--config"), args },
    io,
  );
  if (typeof outcome === "string") return failed(outcome, io);
  io.out(
    options.flags.has("--json")
      ? `${JSON.stringify({ source: outcome.source, ...outcome.explanation }, null, 2)}\n`
      : page(outcome, request !== null),
  );
  return EXIT.fine;
}

function misused(message: string, io: CliIo): number {
  io.err(`${message}\n\n${EXPLAIN_USAGE}`);
  return EXIT.usage;
}

/** A sentence: the file cannot be read. */
async function readRequest(path: string | null, io: CliIo): Promise<JsonObject | null | string> {
  if (path === null) return null;
  const text = readFileOrNull(resolve(io.cwd, path));
  if (text === null) return `${path} cannot be read.`;
  try {
    return asObject(parseJson(text)) ?? `${path} must hold a JSON object.`;
  } catch (error) {
    if (error instanceof WireError) return `${path} is not JSON.`;
    throw error;
  }
}

interface ExplainQuestion {
  readonly target: string;
  readonly protocol: string | null;
  readonly request: JsonObject | null;
  /** Id or name of the key that asks; null: none. */
  readonly key: string | null;
}

interface ExplainAnswer {
  /** Where it comes from, as a sentence. */
  readonly source: string;
  readonly explanation: Explanation;
}

interface ExplainSource {
  readonly url: string | null;
  readonly isFresh: boolean;
  readonly args: readonly string[];
}

/** A sentence: it cannot be told. */
async function explained(asked: ExplainQuestion, way: ExplainSource, io: CliIo): Promise<ExplainAnswer | string> {
  const { createAdminClient, placeIn, placeOf } = await import("./admin-client.ts");
  if (way.url !== null) {
    const place = placeOf(way.url, io);
    if (typeof place === "string") return place;
    const reply = await createAdminClient(place).call("POST", "/admin/explain", asked);
    return reply.kind === "answer" ? live(place.url, reply.body) : reply.message;
  }
  const deployment = await loadConfig(way.args, io);
  if (typeof deployment === "string") return deployment;
  if (way.isFresh) return fresh(deployment, asked, "as the configuration was given");
  const place = placeIn(deployment, io);
  if (typeof place === "string") return fresh(deployment, asked, place);
  const reply = await createAdminClient(place).call("POST", "/admin/explain", asked);
  if (reply.kind === "answer") return live(place.url, reply.body);
  return reply.kind === "refused" ? reply.message : fresh(deployment, asked, `no gateway answers at ${place.url}`);
}

/** The same program wrote it, on the other side. */
function live(url: string, body: JsonObject): ExplainAnswer | string {
  return isExplanation(body)
    ? { source: `the gateway at ${url}, as its lanes stand now`, explanation: body }
    : `The gateway at ${url} is of another version.`;
}

function isExplanation(body: object): body is Explanation {
  return (
    Array.isArray(at(body, "order")) && Array.isArray(at(body, "left_out")) && asText(at(body, "target")) !== undefined
  );
}

/** Lanes as they are right after a start. */
async function fresh(deployment: Deployment, asked: ExplainQuestion, why: string): Promise<ExplainAnswer | string> {
  const { compose } = await import("../compose.ts");
  const { realEffects } = await import("../process/real-effects.ts");
  const gateway = compose({
    // No client asks here, so no keys are needed.
    deployment: { ...deployment, governance: null },
    governed: null,
    effects: realEffects("own"),
    secrets: () => null,
    readText: readFileOrNull,
    listenIsLoopback: true,
    sinks: [],
    log: SILENT,
    processFigures: () => ({ residentBytes: 0, eventLoopLagMaxMs: 0 }),
    carried: null,
  });
  const outcome = await gateway.explain({ ...asked, headers: {}, key: null });
  gateway.stop();
  if (!outcome.ok) return outcome.failure.message;
  return { source: `fresh lanes, as right after a start (${why})`, explanation: outcome.value };
}

const nothing = (): void => undefined;
/** Nothing happens that could be told. */
const SILENT = {
  sink: { name: "log", record: nothing, transition: nothing },
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
  writeFailures: () => 0,
};

// ---------------------------------------------------------------- the page

/** A lane under pressure says of what: the limit with the least left. */
function healthText({ health, quotas }: Explanation["order"][number]): string {
  const [least] = quotas.toSorted((one, other) => one.left_share - other.left_share);
  if (health !== "pressure" || least === undefined) return health;
  return `${health} (${least.window} ${Math.floor(least.left_share * 100)}% left)`;
}

/** Why another name than its own leads to a target. */
const ALIAS_WORDS = {
  written: "by an alias",
  pattern: "by a pattern of aliases",
  catalog: "by another name of its model",
  suffix: "by its provider's ending",
  spelling: "by its name in other letters",
} as const satisfies Readonly<Record<NonNullable<Explanation["alias"]>, string>>;

/** What a word means where it says less than it does. */
const KEEPS: Readonly<Record<string, string>> = { tier: "tier (equal or higher)" };

function page({ source, explanation }: ExplainAnswer, hasRequest: boolean): string {
  const { target, kind, protocol, select, keep, order, left_out: left, refusal } = explanation;
  const kept = keep.length === 0 ? "" : `, keeps ${keep.map((each) => KEEPS[each] ?? each).join(" and ")}`;
  const alias = explanation.alias === null ? "" : ` (${ALIAS_WORDS[explanation.alias]})`;
  const head = `${kind} ${target}${alias}, asked in ${protocol}: ${select}${kept}; at most ${explanation.attempts_max} lanes within ${Math.round(explanation.deadline_ms / 1000)} s; when exhausted: ${explanation.on_exhausted}.
From ${source}.
${explanation.reason}
`;
  const rows = order.map((lane, index) => [
    String(index + 1),
    lane.lane,
    `${(lane.odds * 100).toFixed(1)}%`,
    healthText(lane),
    lane.way,
    lane.canonical,
    lane.refuses ?? lossesText(lane.losses),
  ]);
  const orderTable =
    rows.length === 0 ? "" : `\n${formatTable([["#", "LANE", "FIRST", "HEALTH", "WAY", "MODEL", "LOSES"], ...rows])}`;
  const leftTable =
    left.length === 0
      ? ""
      : `\n${formatTable([["LEFT OUT", "WHY", "HEALTH", "FOR"], ...left.map((lane) => [lane.lane, lane.since === undefined ? lane.because : `${lane.because} since ${lane.since}`, lane.health, lane.for_ms === null ? "-" : `${Math.ceil(lane.for_ms / 1000)} s`])])}`;
  const dialects = order.flatMap(({ lane, dialect }) =>
    dialect.length === 0 ? [] : [`${lane}: ${dialect.join(", ")}`],
  );
  const listed = order.flatMap(({ lane, listed: names }) =>
    names.length === 0 ? [] : [`${lane}: ${names.join(", ")}`],
  );
  const listedLines = listed.length === 0 ? "" : `\nKnown from its vendor's list\n${listed.join("\n")}\n`;
  const dialectLines = dialects.length === 0 ? "" : `\nDialect\n${dialects.join("\n")}\n`;
  const headers = order.flatMap((lane) => {
    const said = Object.entries(lane.headers).map(([name, value]) => `${name}: ${value}`);
    return said.length === 0 ? [] : [`${lane.lane}: ${said.join(", ")}`];
  });
  const headerLines = headers.length === 0 || !hasRequest ? "" : `\nVersion\n${headers.join("\n")}\n`;
  const answer = refusal === null ? "" : `\nThe client would be told ${refusal.code}: ${refusal.message}\n`;
  return `${head}${orderTable}${dialectLines}${listedLines}${headerLines}${leftTable}${answer}`;
}

function lossesText(losses: Explanation["order"][number]["losses"]): string {
  return losses.length === 0 ? "nothing" : losses.map(({ field, how }) => `${field} ${how}`).join(", ");
}

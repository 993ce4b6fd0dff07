/**
 * `ringmain matrix`: what crosses between every two protocols, found by this very program over the corpus it carries,
 * and held against the losses that were pinned when it was built.
 */
import type { CliIo } from "./io.ts";
import type { PairResult } from "./matrix/grid.ts";
import { EXIT, formatTable, readOptions } from "./text.ts";

export const MATRIX_USAGE = `Usage: ringmain matrix [--pair CLIENT>LANE] [--json]

Translates a corpus of requests, answers and streams from every protocol's clients to every protocol's lanes and back,
and shows how many cross whole and how many with declared losses. With --pair: the losses of that pair, one by one.
Exit code: 0 as pinned, 1 something is lost that was not (or in silence), 2 wrong usage.
`;

export async function matrix(args: readonly string[], io: CliIo): Promise<number> {
  const options = readOptions(args, { flags: ["--json", "--help", "-h"], values: ["--pair"] });
  if (options.kind === "usage") {
    io.err(`${options.message}\n\n${MATRIX_USAGE}`);
    return EXIT.usage;
  }
  if (options.flags.has("--help") || options.flags.has("-h")) {
    io.out(MATRIX_USAGE);
    return EXIT.fine;
  }
  // The corpus and every protocol: nothing another command needs.
  const { runMatrix, deviations } = await import("./matrix/grid.ts");
  const { PAIRS } = await import("./matrix/translate.ts");
  const wanted = options.values.get("--pair")?.replaceAll(/\s*>\s*/g, " > ");
  const pairs = wanted === undefined ? PAIRS : PAIRS.filter(({ name }) => name === wanted);
  if (pairs.length === 0) {
    io.err(`There is no pair ${JSON.stringify(wanted)}; the pairs are CLIENT>LANE of ${protocolsOf(PAIRS)}.\n`);
    return EXIT.usage;
  }
  const results = runMatrix(pairs);
  const regressions = results.flatMap((result) =>
    [...result.defects, ...deviations(result)].map((what) => `${result.kind}, ${result.pair.name}: ${what}`),
  );
  if (options.flags.has("--json")) io.out(toJson(results, regressions));
  else {
    io.out(wanted === undefined ? grids(results) : lossesOf(results));
    io.out(`\n${verdict(results, regressions)}`);
  }
  return regressions.length === 0 ? EXIT.fine : EXIT.failed;
}

const protocolsOf = (pairs: readonly { readonly client: { readonly id: string } }[]): string =>
  [...new Set(pairs.map(({ client }) => client.id))].join(", ");

/** Two grids, clients down and lanes across: `190` crosses whole, `160+30` thirty of them with losses. */
function grids(results: readonly PairResult[]): string {
  const buffered = results.filter(({ kind }) => kind !== "streams");
  const streamed = results.filter(({ kind }) => kind === "streams");
  return [
    "Buffered: requests and answers that cross whole + those with declared losses.",
    "",
    grid(buffered),
    "Streaming: the same of streams.",
    "",
    grid(streamed),
  ].join("\n");
}

function grid(results: readonly PairResult[]): string {
  const ids = [...new Set(results.map(({ pair }) => pair.client.id))];
  const cell = (client: string, lane: string): string => {
    const own = results.filter(({ pair }) => pair.client.id === client && pair.lane.id === lane);
    const whole = own.reduce((sum, each) => sum + each.whole, 0);
    const lossy = own.reduce((sum, each) => sum + each.lossy, 0);
    return lossy === 0 ? String(whole) : `${whole}+${lossy}`;
  };
  return formatTable([
    ["CLIENT \\ LANE", ...ids],
    ...ids.map((client) => [client, ...ids.map((lane) => cell(client, lane))]),
  ]);
}

function lossesOf(results: readonly PairResult[]): string {
  const rows = results.flatMap(({ kind, losses }) =>
    Object.entries(losses).map(([loss, names]) => {
      const field = loss.slice(0, loss.indexOf(" "));
      return [kind, field, loss.slice(field.length + 1), shortened(names)];
    }),
  );
  return rows.length === 0
    ? "Nothing is lost.\n"
    : formatTable([["WHAT", "MEMBER", "WHAT HAPPENS", "SEEN IN"], ...rows]);
}

const NAMES_MAX = 3;

function shortened(names: readonly string[]): string {
  const rest = names.length - NAMES_MAX;
  return `${names.slice(0, NAMES_MAX).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function verdict(results: readonly PairResult[], regressions: readonly string[]): string {
  const whole = results.reduce((sum, each) => sum + each.whole, 0);
  const lossy = results.reduce((sum, each) => sum + each.lossy, 0);
  const head = `${whole + lossy} translations: ${whole} whole, ${lossy} with declared losses. `;
  if (regressions.length === 0) return `${head}All of it as pinned.\n`;
  return `${head}Not as pinned:\n${regressions.map((line) => `  ${line}\n`).join("")}`;
}

function toJson(results: readonly PairResult[], regressions: readonly string[]): string {
  const pairs = results.map(({ kind, pair, whole, lossy, losses }) => ({
    kind,
    client: pair.client.id,
    lane: pair.lane.id,
    whole,
    lossy,
    losses,
  }));
  return `${JSON.stringify({ ok: regressions.length === 0, pairs, regressions }, null, 2)}\n`;
}

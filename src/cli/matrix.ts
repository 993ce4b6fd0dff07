/**
 * `ringmain matrix`: what crosses between every two protocols, as it was pinned when this program was built. The tests
 * translate the same corpus anew and fail where the table differs.
 */
import type { CliIo } from "./io.ts";
import { type Crossing, embeddedTable } from "./matrix-table.ts";
import { EXIT, formatTable, readOptions } from "./text.ts";

export const MATRIX_USAGE = `Usage: ringmain matrix [--pair CLIENT>LANE] [--json]

Shows how many of a corpus of requests, answers and streams cross whole from every protocol's clients to every
protocol's lanes and back, and how many with declared losses. With --pair: the losses of that pair, one by one.
The table was found and pinned when this program was built. Exit code: 0 shown, 2 wrong usage.
`;

export async function matrix(
  args: readonly string[],
  io: CliIo,
  table: readonly Crossing[] = embeddedTable(),
): Promise<number> {
  const options = readOptions(args, { flags: ["--json", "--help", "-h"], values: ["--pair"] });
  if (options.kind === "usage") {
    io.err(`${options.message}\n\n${MATRIX_USAGE}`);
    return EXIT.usage;
  }
  if (options.flags.has("--help") || options.flags.has("-h")) {
    io.out(MATRIX_USAGE);
    return EXIT.fine;
  }
  const wanted = options.values.get("--pair");
  const shown = wanted === undefined ? table : table.filter((each) => isPair(each, wanted));
  if (shown.length === 0) {
    io.err(
      `There is no pair ${JSON.stringify(wanted)}; the pairs are CLIENT>LANE of ${protocolsOf(table).join(", ")}.\n`,
    );
    return EXIT.usage;
  }
  if (options.flags.has("--json")) io.out(toJson(shown));
  else io.out(`${wanted === undefined ? grids(shown) : lossesOf(shown)}\n${verdict(shown)}`);
  return EXIT.fine;
}

const isPair = ({ client, lane }: Crossing, wanted: string): boolean =>
  wanted.replaceAll(/\s*>\s*/g, ">") === `${client}>${lane}`;

const protocolsOf = (table: readonly Crossing[]): string[] => [...new Set(table.map(({ client }) => client))];

/** Two grids, clients down and lanes across: `190` crosses whole, `160+30` thirty of them with losses. */
function grids(table: readonly Crossing[]): string {
  const buffered = table.filter(({ kind }) => kind !== "streams");
  const streamed = table.filter(({ kind }) => kind === "streams");
  return [
    "Buffered: requests and answers that cross whole + those with declared losses.",
    "",
    grid(buffered),
    "Streaming: the same of streams.",
    "",
    grid(streamed),
  ].join("\n");
}

function grid(table: readonly Crossing[]): string {
  const ids = protocolsOf(table);
  const cell = (client: string, lane: string): string => {
    const own = table.filter((each) => each.client === client && each.lane === lane);
    const whole = own.reduce((sum, each) => sum + each.whole, 0);
    const lossy = own.reduce((sum, each) => sum + each.lossy, 0);
    return lossy === 0 ? String(whole) : `${whole}+${lossy}`;
  };
  return formatTable([
    ["CLIENT \\ LANE", ...ids],
    ...ids.map((client) => [client, ...ids.map((lane) => cell(client, lane))]),
  ]);
}

function lossesOf(table: readonly Crossing[]): string {
  const rows = table.flatMap(({ kind, losses }) =>
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

function verdict(table: readonly Crossing[]): string {
  const whole = table.reduce((sum, each) => sum + each.whole, 0);
  const lossy = table.reduce((sum, each) => sum + each.lossy, 0);
  const head = `${whole + lossy} translations: ${whole} whole, ${lossy} with declared losses. `;
  return `${head}All of it as pinned.\n`;
}

/** `ok` and `regressions` are what programs knew when the matrix was found anew by each run. */
function toJson(table: readonly Crossing[]): string {
  return `${JSON.stringify({ ok: true, pairs: table, regressions: [] }, null, 2)}\n`;
}

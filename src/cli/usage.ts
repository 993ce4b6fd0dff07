/** `ringmain usage`: what was asked, and what it cost, as a table with bars, as JSON or as CSV. */
import { asArray, asNumber, asText, at } from "../std/json.ts";
import type { CliIo } from "./io.ts";
import { openAccess } from "./ledger-access.ts";
import { EXIT, failed, formatTable, readOptions } from "./text.ts";

export const USAGE_USAGE = `Usage: ringmain usage [--by day|hour|key|target|lane|state] [--from TIME] [--to TIME] [--key ID]
                      [--json | --csv] [--url URL | --config FILE]

Sums of requests, tokens and cost from the ledger; the last week by the day, unless told. Requests whose price is not known
are counted beside the cost and are not in it.
Exit code: 0 shown, 1 it could not be, 2 wrong usage.
`;

export async function usage(args: readonly string[], io: CliIo): Promise<number> {
  const options = readOptions(args, {
    flags: ["--json", "--csv", "--help", "-h"],
    values: ["--by", "--from", "--to", "--key", "--url", "--config", "--providers"],
  });
  if (options.kind === "usage") return misused(options.message, io);
  const { flags, values } = options;
  if (flags.has("--help") || flags.has("-h")) {
    io.out(USAGE_USAGE);
    return EXIT.fine;
  }
  if (flags.has("--json") && flags.has("--csv")) return misused("--json and --csv are two ways; take one.", io);
  const query: Record<string, string> = {};
  for (const name of ["by", "from", "to", "key"]) {
    const value = values.get(`--${name}`);
    if (value !== undefined) query[name] = value;
  }
  const access = await openAccess(args, values.get("--url") ?? null, io);
  if (typeof access === "string") return failed(access, io);
  try {
    const reply = await access.ask("usage", null, query);
    if (typeof reply === "string") return failed(reply, io);
    io.out(flags.has("--json") ? `${JSON.stringify(reply, null, 2)}\n` : flags.has("--csv") ? csv(reply) : page(reply));
    return EXIT.fine;
  } finally {
    await access.close();
  }
}

interface Row {
  readonly group: string;
  /** Of a key that is still there. */
  readonly name: string;
  readonly requests: number;
  readonly tokens: number;
  readonly cost: string;
  readonly unpriced: number;
}

function rowsOf(reply: object): { readonly by: string; readonly rows: readonly Row[] } {
  const by = asText(at(reply, "by")) ?? "day";
  const rows = (asArray(at(reply, "rows")) ?? []).map((row) => ({
    group: (asText(at(row, by)) ?? "").replace(/^key:/, ""),
    name: asText(at(row, "name")) ?? "",
    requests: asNumber(at(row, "requests")) ?? 0,
    tokens: asNumber(at(row, "tokens")) ?? 0,
    cost: asText(at(row, "cost_usd")) ?? "0",
    unpriced: asNumber(at(row, "unpriced_requests")) ?? 0,
  }));
  return { by, rows };
}

/** Characters of the longest bar. */
const BAR_CHARS = 24;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"] as const;

function page(reply: object): string {
  const { by, rows } = rowsOf(reply);
  if (rows.length === 0) return "Nothing was asked in that time.\n";
  const most = Math.max(...rows.map((row) => Number(row.cost)));
  // Where nothing has a price, tokens are what there is to see.
  const measure = most > 0 ? (row: Row) => Number(row.cost) : (row: Row) => row.tokens;
  const longest = Math.max(...rows.map(measure), Number.MIN_VALUE);
  const lines = rows.map((row) => [
    row.group,
    ...(by === "key" ? [row.name] : []),
    String(row.requests),
    String(row.tokens),
    `$${row.cost}`,
    row.unpriced === 0 ? "" : `+${row.unpriced} unpriced`,
    bar(measure(row) / longest),
  ]);
  return formatTable([[by, ...(by === "key" ? ["name"] : []), "requests", "tokens", "cost", "", ""], ...lines]);
}

/** A share of the longest bar, to the eighth of a character. */
function bar(share: number): string {
  const eighths = Math.round(share * BAR_CHARS * 8);
  return `${"█".repeat(Math.floor(eighths / 8))}${EIGHTHS[eighths % 8] ?? ""}`;
}

function csv(reply: object): string {
  const { by, rows } = rowsOf(reply);
  // The name comes last, so that the columns before it stand where they always did.
  const names = by === "key";
  const lines = rows.map(({ group, name, requests, tokens, cost, unpriced }) =>
    [group, requests, tokens, cost, unpriced, ...(names ? [name] : [])].map(cell).join(","),
  );
  return `${[`${by},requests,tokens,cost_usd,unpriced_requests${names ? ",name" : ""}`, ...lines].join("\n")}\n`;
}

/** RFC 4180; a leading sign that a spreadsheet would read as a formula is made text. */
function cell(value: string | number): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function misused(message: string, io: CliIo): number {
  io.err(`${message}\n\n${USAGE_USAGE}`);
  return EXIT.usage;
}

/** `ringmain keys`: makes, shows and ends virtual keys, through the running gateway or in its ledger while it does not run. */
import { resolve } from "node:path";
import type { ManageAction } from "../governance/ledger-messages.ts";
import { asArray, asObject, asText, at } from "../std/json.ts";
import type { CliIo } from "./io.ts";
import { KEY_VALUES, keyInput } from "./keys-input.ts";
import { type LedgerAccess, openAccess } from "./ledger-access.ts";
import { EXIT, failed, formatTable, type Options, readOptions } from "./text.ts";

export const KEYS_USAGE = `Usage: ringmain keys create --name NAME [OPTIONS]      prints the secret, once
       ringmain keys list | show ID | update ID [OPTIONS]
       ringmain keys disable ID | enable ID | revoke ID | delete ID
       ringmain keys rotate ID [--overlap SECS]         another secret; the old one works that long (a day)
       ringmain keys import OLD NEW                     keys of a Busbar 1.0.0-rc.3 database into a new ledger

  --allow a,b        pools and models it may ask for; all, none
  --group NAME       of governance.groups; none
  --aliases on|off   whether it may use the configuration's aliases; none: as its group says
  --debug on|off     whether its requests may be told what was decided for them; none: as its group says
  --project NAME     whose gate it goes through; none
  --label k=v,k=v    whatever helps to find it
  --expires TIME     2030-01-31T00:00:00Z; none
  --rpm N --tpm N --max-concurrent N               requests and tokens a minute, requests at once; none
  --budget monthly=100,daily=10:soft               dollars a minute, hourly, daily, weekly, monthly or total; none
  --json             the answer as it came
  --url URL          asks the gateway at this address, with the admin token in RINGMAIN_ADMIN_TOKEN
  --config FILE      the configuration whose ledger it is; otherwise the one that is found
Exit code: 0 done, 1 it could not be done, 2 wrong usage.
`;

const WITH_ID: ReadonlySet<string> = new Set(["show", "update", "disable", "enable", "revoke", "delete", "rotate"]);
const WITHOUT_ID: ReadonlySet<string> = new Set(["create", "list"]);

export async function keys(args: readonly string[], io: CliIo): Promise<number> {
  const [word, ...rest] = args;
  if (word === undefined || word === "--help" || word === "-h") {
    io.out(KEYS_USAGE);
    return word === undefined ? EXIT.usage : EXIT.fine;
  }
  if (word === "import") return await importKeys(rest, io);
  if (!WITH_ID.has(word) && !WITHOUT_ID.has(word)) return misused(`There is no "keys ${word}".`, io);
  const [first] = rest;
  const id = WITH_ID.has(word) && first !== undefined && !first.startsWith("-") ? first : null;
  if (WITH_ID.has(word) && id === null) return misused(`Name the key: ringmain keys ${word} ID.`, io);
  const options = readOptions(id === null ? rest : rest.slice(1), {
    flags: ["--json", "--help", "-h"],
    values: [...KEY_VALUES, "--overlap", "--url", "--config", "--providers"],
  });
  if (options.kind === "usage") return misused(options.message, io);
  if (options.flags.has("--help") || options.flags.has("-h")) {
    io.out(KEYS_USAGE);
    return EXIT.fine;
  }
  const input = inputOf(word, options);
  if (typeof input === "string") return misused(input, io);
  const access = await openAccess(args, options.values.get("--url") ?? null, io);
  if (typeof access === "string") return failed(access, io);
  try {
    const reply = word === "list" ? await listAll(access) : await access.ask(actionOf(word), id, input);
    if (typeof reply === "string") return failed(reply, io);
    io.out(options.flags.has("--json") ? `${JSON.stringify(reply, null, 2)}\n` : page(word, reply));
    return EXIT.fine;
  } finally {
    await access.close();
  }
}

function actionOf(word: string): ManageAction {
  switch (word) {
    case "create":
    case "update":
    case "disable":
    case "enable":
    case "revoke":
    case "delete":
    case "rotate":
      return word;
    default:
      return "show";
  }
}

function inputOf(word: string, { values }: Extract<Options, { kind: "options" }>): object | string {
  if (word === "create" || word === "update") {
    const input = keyInput(values);
    if (typeof input === "string") return input;
    if (word === "create" && input["name"] === undefined) return "Give the key a name: --name NAME.";
    return word === "update" && Object.keys(input).length === 0 ? "Say what is to change." : input;
  }
  const overlap = values.get("--overlap");
  if (word !== "rotate" || overlap === undefined) return {};
  return /^\d{1,9}$/.test(overlap) ? { overlap_secs: Number(overlap) } : "--overlap must be a number of seconds.";
}

/** Pages of a thousand; the bound is the keys a ledger may have. */
const PAGES_MAX = 101;

async function listAll(access: LedgerAccess): Promise<object | string> {
  const all: unknown[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const reply: object | string = await access.ask("list", null, after === null ? {} : { after });
    if (typeof reply === "string") return reply;
    all.push(...(asArray(at(reply, "keys")) ?? []));
    after = asText(at(reply, "next")) ?? null;
    if (after === null) break;
  }
  return { keys: all };
}

function page(word: string, reply: object): string {
  if (word === "list") {
    const rows = (asArray(at(reply, "keys")) ?? []).map((key) => [
      textOf(key, "id"),
      textOf(key, "name"),
      standing(key),
      textOf(key, "group") || "-",
      budgets(key),
    ]);
    return rows.length === 0
      ? "There are no keys yet.\n"
      : formatTable([["id", "name", "", "group", "budgets"], ...rows]);
  }
  if (word === "delete") return `Deleted ${textOf(reply, "deleted")}.\n`;
  const secret = asText(at(reply, "secret"));
  const shown = Object.entries(reply).filter(([name]) => name !== "secret");
  const table = formatTable(
    shown.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
  return secret === undefined ? table : `${table}\nThe secret, shown this once:\n${secret}\n`;
}

function textOf(value: unknown, name: string): string {
  return asText(at(value, name)) ?? "";
}

function standing(key: unknown): string {
  const fields = asObject(key) ?? {};
  if (fields["revoked_at"] !== null) return "revoked";
  if (fields["enabled"] !== true) return "disabled";
  const expires = asText(fields["expires_at"]);
  return expires === undefined ? "" : `until ${expires.slice(0, 10)}`;
}

function budgets(key: unknown): string {
  const all = asArray(at(key, "budgets")) ?? [];
  const words = all.map((each) => `$${String(at(each, "limit_usd"))} ${textOf(each, "window")}`);
  return words.length === 0 ? "-" : words.join(", ");
}

async function importKeys(args: readonly string[], io: CliIo): Promise<number> {
  const [from, to, ...rest] = args;
  if (from === undefined || to === undefined || rest.length > 0 || from.startsWith("-") || to.startsWith("-")) {
    return misused("Name the old database and the new ledger: ringmain keys import OLD NEW.", io);
  }
  const { importRc3 } = await import("../process/manage-offline.ts");
  const imported = await importRc3(resolve(io.cwd, from), resolve(io.cwd, to));
  if (typeof imported === "string") return failed(imported, io);
  const { keys: count, balances, skipped } = imported;
  io.out(
    `${count} keys and ${balances} balances are in ${to} now; their secrets work as before. Set governance.db_path to it.\n`,
  );
  if (skipped.length > 0) io.err(`Left out, because they are there already or cannot be read: ${skipped.join(", ")}\n`);
  return EXIT.fine;
}

function misused(message: string, io: CliIo): number {
  io.err(`${message}\n\n${KEYS_USAGE}`);
  return EXIT.usage;
}

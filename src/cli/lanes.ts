/** `ringmain lanes`: how the lanes of a running gateway stand, and orders to it: out of service, first, in what order, anew. */
import { asArray, asText, at, type JsonObject } from "../std/json.ts";
import { type AdminPlace, createAdminClient, placeIn, placeOf } from "./admin-client.ts";
import type { CliIo } from "./io.ts";
import { loadConfig } from "./load-config.ts";
import { EXIT, failed, formatTable, readOptions } from "./text.ts";

export const LANES_USAGE = `Usage: ringmain lanes [list] [OPTIONS]                  how each lane stands
       ringmain lanes accounts                          how each account stands
       ringmain lanes park ID | unpark ID               out of service until it is put back, over restarts too
       ringmain lanes reset ID                          ends breakers, waits and outages that stand against it
       ringmain lanes pin ID on|off|default             first while it can serve, in ranked pools and models
       ringmain lanes order ID N|default                its place among others of the same model; the least first

ID is a lane (provider/account/model), or an account (provider/account) with all its lanes.

  --json             the answer as it came
  --url URL          asks the gateway at this address, with the admin token in RINGMAIN_ADMIN_TOKEN
  --config FILE      the configuration of the gateway; otherwise the one that is found
Exit code: 0 done, 1 it could not be done, 2 wrong usage.
`;

interface Order {
  readonly action: "park" | "unpark" | "reset" | "pin" | "order";
  readonly id: string;
  readonly body: object;
}

type Asked =
  | { readonly kind: "list"; readonly of: "lanes" | "accounts" }
  | { readonly kind: "order"; readonly order: Order }
  | { readonly kind: "wrong"; readonly why: string };

export async function lanes(args: readonly string[], io: CliIo): Promise<number> {
  const firstOption = args.findIndex((word) => word.startsWith("--") || word === "-h");
  const words = firstOption === -1 ? args : args.slice(0, firstOption);
  const options = readOptions(args.slice(words.length), {
    flags: ["--json", "--help", "-h"],
    values: ["--url", "--config", "--providers"],
  });
  if (options.kind === "usage") return misused(options.message, io);
  if (options.flags.has("--help") || options.flags.has("-h")) {
    io.out(LANES_USAGE);
    return EXIT.fine;
  }
  const asked = readWords(words);
  if (asked.kind === "wrong") return misused(asked.why, io);
  const place = await placeFor(args, options.values.get("--url") ?? null, io);
  if (typeof place === "string") return failed(place, io);
  const client = createAdminClient(place);
  const reply =
    asked.kind === "list"
      ? await client.call("GET", `/admin/${asked.of}`)
      : await client.call("POST", pathOf(asked.order), asked.order.body);
  if (reply.kind !== "answer") return failed(reply.message, io);
  if (options.flags.has("--json")) io.out(`${JSON.stringify(reply.body, null, 2)}\n`);
  else io.out(asked.kind === "list" ? tableOf(asked.of, reply.body) : tableOf(kindOf(asked.order.id), one(reply.body)));
  return EXIT.fine;
}

function readWords(words: readonly string[]): Asked {
  const [word = "list", id, value, ...rest] = words;
  if (word === "list" || word === "accounts") {
    if (id !== undefined) return wrong(`"lanes ${word}" takes no ID.`);
    return { kind: "list", of: word === "list" ? "lanes" : "accounts" };
  }
  if (word !== "park" && word !== "unpark" && word !== "reset" && word !== "pin" && word !== "order") {
    return wrong(`There is no "lanes ${word}".`);
  }
  if (id === undefined || !id.includes("/")) return wrong(`Name the lane or account: ringmain lanes ${word} ID.`);
  if (rest.length > 0) return wrong(`"lanes ${word}" takes no ${JSON.stringify(rest[0])}.`);
  const body = bodyOf(word, value);
  if (typeof body === "string") return wrong(body);
  return { kind: "order", order: { action: word, id, body } };
}

const wrong = (why: string): Asked => ({ kind: "wrong", why });

function bodyOf(action: Order["action"], value: string | undefined): object | string {
  switch (action) {
    case "park":
    case "unpark":
    case "reset":
      return value === undefined ? {} : `"lanes ${action}" takes no ${JSON.stringify(value)}.`;
    case "pin":
      if (value === "on" || value === "off") return { pinned: value === "on" };
      return value === "default" ? { pinned: null } : "Say on, off or default.";
    case "order":
      if (value !== undefined && /^-?\d{1,9}$/.test(value)) return { sort_key: Number(value) };
      return value === "default" ? { sort_key: null } : "Say a whole number, or default.";
  }
}

function kindOf(id: string): "lanes" | "accounts" {
  return id.split("/").length === 2 ? "accounts" : "lanes";
}

function pathOf({ action, id }: Order): string {
  return `/admin/${kindOf(id)}/${id.split("/").map(encodeURIComponent).join("/")}/${action}`;
}

/** A sentence: no gateway can be asked. */
async function placeFor(args: readonly string[], url: string | null, io: CliIo): Promise<AdminPlace | string> {
  if (url !== null) return placeOf(url, io);
  const deployment = await loadConfig(args, io);
  if (typeof deployment === "string") return deployment;
  const place = placeIn(deployment, io);
  return typeof place === "string" ? `The running gateway cannot be asked: ${place}.` : place;
}

function one(row: JsonObject): JsonObject {
  return { lanes: [row], accounts: [row] };
}

function tableOf(of: "lanes" | "accounts", body: JsonObject): string {
  const rows = asArray(body[of]) ?? [];
  if (rows.length === 0) return `There are no ${of}.\n`;
  return of === "lanes"
    ? formatTable([["LANE", "HEALTH", "FOR", "UNDER WAY", "ORDERED"], ...rows.map(laneRow)])
    : formatTable([["ACCOUNT", "LANES", "USABLE", "UNDER WAY", "ORDERED"], ...rows.map(accountRow)]);
}

function laneRow(row: unknown): string[] {
  const health = at(row, "parked") === true ? "parked" : (asText(at(row, "dead_reason")) ?? textAt(row, "label"));
  const waits = Number(at(row, "cooldown_remaining_s") ?? 0);
  return [textAt(row, "id"), health, waits > 0 ? `${waits} s` : "-", textAt(row, "inflight"), orderedOf(row)];
}

function accountRow(row: unknown): string[] {
  return [
    textAt(row, "id"),
    textAt(row, "lanes"),
    textAt(row, "usable_lanes"),
    textAt(row, "inflight"),
    orderedOf(row),
  ];
}

function orderedOf(row: unknown): string {
  const said = [
    at(row, "ordered", "parked") === true ? "parked" : null,
    pinnedWord(at(row, "ordered", "pinned")),
    typeof at(row, "ordered", "sort_key") === "number" ? `order ${textAt(row, "ordered", "sort_key")}` : null,
  ].filter((each) => each !== null);
  return said.length === 0 ? "-" : said.join(", ");
}

function pinnedWord(pinned: unknown): string | null {
  if (pinned === true) return "pinned";
  return pinned === false ? "not pinned" : null;
}

function textAt(row: unknown, ...path: readonly string[]): string {
  const value = at(row, ...path);
  return typeof value === "number" ? String(value) : (asText(value) ?? "-");
}

function misused(message: string, io: CliIo): number {
  io.err(`${message} "ringmain lanes --help" tells the rest.\n`);
  return EXIT.usage;
}

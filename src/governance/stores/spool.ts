/**
 * Rows whose writer went away. A worker that outlives its supervisor puts them into files beside the ledger. The next
 * supervisor books them and removes the files. A row that was booked already is known by its id.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { encodeUtf8 } from "../../std/bytes.ts";
import { parseJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import type { Booking } from "../ledger-messages.ts";
import { readLimitId, readScopeId } from "../limit.ts";

export interface Spooled {
  readonly file: string;
  /** Whose leases the rows used. */
  readonly holder: string;
  readonly bookings: readonly Booking[];
}

export interface SpoolName {
  readonly holder: string;
  readonly part: number;
}

export function spoolPath(dbPath: string, { holder, part }: SpoolName): string {
  return join(folderOf(dbPath), `${holder}.${part}.jsonl`);
}

/** One a row, without a line end. */
export function spoolLines(bookings: readonly Booking[]): string[] {
  return bookings.map((booking) => JSON.stringify(toLine(booking)));
}

/** Larger files are no spool of ours: a worker writes at most its backlog at once. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;

/** On disk when it returns. Throws where the disk refuses. */
export function writeSpool(dbPath: string, name: SpoolName, bookings: readonly Booking[]): void {
  mkdirSync(folderOf(dbPath), { recursive: true, mode: 0o700 });
  const file = spoolPath(dbPath, name);
  const descriptor = openSync(`${file}.new`, "w", 0o600);
  try {
    // As often as it takes: a disk that fills takes a part without a word, and refuses only the rest.
    const bytes = encodeUtf8(`${spoolLines(bookings).join("\n")}\n`);
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  // Under its own name only when it is whole.
  renameSync(`${file}.new`, file);
}

/** Files that are whole, oldest name first. */
export function readSpools(dbPath: string): Spooled[] {
  const folder = folderOf(dbPath);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => NAME.test(name))
    .toSorted()
    .flatMap((name) => {
      const file = join(folder, name);
      const text = readFileSync(file, "utf8");
      if (text.length > FILE_BYTES_MAX) return [];
      return [{ file, holder: NAME.exec(name)?.[1] ?? "", bookings: text.split("\n").flatMap(readLine) }];
    });
}

export function removeSpool({ file }: Spooled): void {
  rmSync(file, { force: true });
}

function folderOf(dbPath: string): string {
  return `${dbPath}.spool`;
}

const NAME = /^([A-Za-z0-9-]{1,64})\.\d{1,9}\.jsonl$/;

/** As it stands in the file: a spool of an older version is read by this one. */
interface SpoolLine {
  readonly row: Booking["row"];
  readonly scopes: readonly string[];
  readonly holds: readonly { readonly amount: string; readonly period: string }[];
  readonly revision: string;
}

function toLine({ row, scopes, leases, revision }: Booking): SpoolLine {
  const holds = leases.map(({ limit, period }) => ({ amount: limit.id, period }));
  return { row, scopes: scopes.map(({ id }) => id), holds, revision };
}

function readLine(line: string): Booking[] {
  if (line === "") return [];
  try {
    const read = parseJson(line);
    return isSpoolLine(read) ? [toBooking(read)] : [];
  } catch (error) {
    // Half a line of a disk that was full.
    if (error instanceof WireError) return [];
    throw error;
  }
}

function toBooking({ row, scopes, holds, revision }: SpoolLine): Booking {
  return {
    row,
    scopes: scopes.flatMap((id) => readScopeId(id) ?? []),
    leases: holds.flatMap(({ amount, period }) => {
      const limit = readLimitId(amount);
      return limit !== null && limit.kind === "usd" ? [{ limit, period }] : [];
    }),
    revision,
  };
}

/** This program wrote it: only that it is a row is looked at, not every count inside. */
function isSpoolLine(value: unknown): value is SpoolLine {
  if (typeof value !== "object" || value === null || !("row" in value) || !("scopes" in value) || !("holds" in value))
    return false;
  const { row, scopes, holds } = value;
  return (
    Array.isArray(scopes) &&
    Array.isArray(holds) &&
    typeof row === "object" &&
    row !== null &&
    "id" in row &&
    typeof row.id === "string" &&
    "wallMs" in row &&
    Number.isSafeInteger(row.wallMs)
  );
}

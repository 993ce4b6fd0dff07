/**
 * Rows whose writer went away: a worker that outlives its supervisor puts them into files beside the ledger, and the next
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
import type { Entry } from "../store.ts";

export interface Spooled {
  readonly file: string;
  /** Whose leases stood for the rows. */
  readonly holder: string;
  readonly entries: readonly Entry[];
}

/** Larger files are no spool of ours: a worker writes at most its backlog at once. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;

/** On disk when it returns. Throws where the disk refuses. */
export function writeSpool(
  dbPath: string,
  name: { readonly holder: string; readonly part: number },
  entries: readonly Entry[],
): void {
  const folder = folderOf(dbPath);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${name.holder}.${name.part}.jsonl`);
  const descriptor = openSync(`${file}.new`, "w", 0o600);
  try {
    // As often as it takes: a disk that fills takes a part without a word, and refuses only the rest.
    const bytes = encodeUtf8(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
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
      return [{ file, holder: NAME.exec(name)?.[1] ?? "", entries: text.split("\n").flatMap(readLine) }];
    });
}

export function removeSpool({ file }: Spooled): void {
  rmSync(file, { force: true });
}

function folderOf(dbPath: string): string {
  return `${dbPath}.spool`;
}

const NAME = /^([A-Za-z0-9-]{1,64})\.\d{1,9}\.jsonl$/;

function readLine(line: string): Entry[] {
  if (line === "") return [];
  try {
    const entry = parseJson(line);
    return isEntry(entry) ? [entry] : [];
  } catch (error) {
    // Half a line of a disk that was full.
    if (error instanceof WireError) return [];
    throw error;
  }
}

/** This program wrote it: only that it is a row is looked at, not every count inside. */
function isEntry(value: unknown): value is Entry {
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

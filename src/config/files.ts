/** The file system as configuration needs it: text or nothing. Whoever asked knows which key a missing file belongs to. */
import { readFileSync, statSync } from "node:fs";

/** Null when it is not there, not readable or not a file. */
export function readFileOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // absence is an answer here
  }
}

export function fileExists(path: string): boolean {
  return statFile(path) !== null;
}

/** What changes when the file does; null: not there, or not a file. */
export function statFile(path: string): FileStamp | null {
  try {
    const found = statSync(path);
    return found.isFile() ? { modifiedMs: found.mtimeMs, bytes: found.size } : null;
  } catch {
    return null; // absence is an answer here
  }
}

export interface FileStamp {
  readonly modifiedMs: number;
  readonly bytes: number;
}

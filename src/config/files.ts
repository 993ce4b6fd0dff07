/** The file system as configuration needs it: text or nothing. The caller knows which key a missing file belongs to. */

/** Null when it is not there, not readable or not a file. */
export function readFileOrNull(path: string): string | null {
  try {
    return fs().readFileSync(path, "utf8");
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
    const found = fs().statSync(path);
    return found.isFile() ? { modifiedMs: found.mtimeMs, bytes: found.size } : null;
  } catch {
    return null; // absence is an answer here
  }
}

export interface FileStamp {
  readonly modifiedMs: number;
  readonly bytes: number;
}

/** Loaded when the first file is asked for: it takes 2.5 ms, and a worker whose keys are variables never asks. */
function fs(): typeof import("node:fs") {
  return require("node:fs");
}

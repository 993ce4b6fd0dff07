/** The file system as configuration needs it: text or nothing. The caller knows which key a missing file belongs to. */

/** Null: the file is missing or cannot be read, or is a pipe or a device, whose reading may never end. */
export function readFileOrNull(path: string): string | null {
  return statFile(path) === null ? null : read(path);
}

/** As above, and reads the pipes among those that an operator has named, each once: what was read is gone from it. */
export function createReader(named: readonly string[]): (path: string) => string | null {
  const texts = new Map<string, string | null>();
  return (path) => {
    if (!named.includes(path) || !isPipe(path)) return texts.get(path) ?? readFileOrNull(path);
    const text = texts.get(path) ?? read(path);
    texts.set(path, text);
    return text;
  };
}

/** A file, or a pipe. */
export function fileExists(path: string): boolean {
  return statFile(path) !== null || isPipe(path);
}

function read(path: string): string | null {
  try {
    return fs().readFileSync(path, "utf8");
  } catch {
    return null; // absence is an answer here
  }
}

function isPipe(path: string): boolean {
  try {
    return fs().statSync(path).isFIFO();
  } catch {
    return false; // absence is an answer here
  }
}

/** A stamp that changes with the file; null: the file is missing or is no file. */
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

/** A whole copy of a ledger whose file is gone: what it held lives as long as it is open, and not longer. */
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "../../std/describe-error.ts";
import { GONE, trouble } from "./trouble.ts";

/** Copies of a file that was removed again and again. */
const RESCUED_MAX = 9;
const OWNER_ONLY = 0o600;

/** Makes the copy when it is first called. What it returns says what is wrong, and what to do. `copyInto` throws where it cannot. */
export function createRescue(path: string, copyInto: (file: string) => void): () => Error {
  let words: string | null = null;
  return () => {
    words ??= `${path} was removed or replaced while it was in use; ${rescue(path, copyInto)}`;
    return trouble(GONE, words);
  };
}

function rescue(path: string, copyInto: (file: string) => void): string {
  const names = [`${path}.rescued`, ...Array.from({ length: RESCUED_MAX - 1 }, (_, at) => `${path}.rescued-${at + 2}`)];
  const copy = names.find((name) => !existsSync(name));
  if (copy === undefined) return `put one of the copies ${path}.rescued in its place, and start again`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    copyInto(copy);
    chmodSync(copy, OWNER_ONLY);
    return `all it held is in ${copy}: stop the gateway, put that in its place, and start again`;
  } catch (error) {
    const why = codeOf(error) ?? "unknown";
    return `no copy of what it held could be made (${why}): put ${path}.backup in its place, and start again`;
  }
}

/** What a ledger's file suffers, in words that say which file and what to do. */
import { codeOf } from "../../std/describe-error.ts";

/** The code of what is wrong with a file that is no longer in its place. */
export const GONE = "LEDGER_GONE";

/** By the beginning of a code; the first that fits. */
const WORDS: readonly (readonly [code: RegExp, words: (path: string) => string])[] = [
  [/^(?:SQLITE_FULL|ENOSPC|EDQUOT)/, (path) => `no room is left for ${path}; make room on its disk`],
  [
    /^(?:SQLITE_CORRUPT|SQLITE_NOTADB)/,
    (path) => `${path} is damaged; stop the gateway, put its copy ${path}.backup in its place, and start again`,
  ],
  [
    /^(?:SQLITE_READONLY|SQLITE_PERM|EACCES|EROFS)/,
    (path) => `${path} may not be written; mend its rights or its disk`,
  ],
  [
    /^(?:SQLITE_IOERR|EIO|EFBIG)/,
    (path) => `${path} cannot be read or written; look at its disk and at limits of file sizes`,
  ],
];

/** The error as a store rejects with it: its code, and a message for the operator. */
export function troubleOf(error: unknown, path: string): Error {
  const code = codeOf(error) ?? "unknown";
  if (code === GONE && error instanceof Error) return error;
  const words = WORDS.find(([shape]) => shape.test(code))?.[1](path) ?? path;
  return trouble(code, words);
}

export function trouble(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

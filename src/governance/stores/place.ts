/**
 * Tells whether the files of a ledger are still those that were opened. A file that was removed, replaced, cut or
 * overwritten still accepts writes, and loses them. Looked at before each commit: two calls of `stat`.
 */
import { realpathSync, statSync } from "node:fs";

interface FileWatch {
  /**
   * `gone`: another file stands there, or none. `cut`: it is shorter. `touched`: another program wrote to it, or changed its
   * times. Files are held open, so that their numbers are not given away.
   */
  look(): "same" | "touched" | "cut" | "gone";
  /** It is as we left it. */
  left(): void;
}

/** The name is the system's own of the file, which no commit of ours changes; the rest may change with one. */
interface FileStamp {
  readonly name: string;
  readonly size: bigint;
  readonly modifiedNs: bigint;
}

/** Call it while the files are open. */
export function watchPlace(path: string): FileWatch {
  // The log stands beside the file itself, wherever a link to it does.
  const log = `${realpathSync(path)}-wal`;
  let logName = see(log)?.name ?? null;
  let last = see(path);
  return {
    look() {
      const seen = see(path);
      if (seen === null || last === null || seen.name !== last.name) return "gone";
      if (logName !== null && see(log)?.name !== logName) return "gone";
      if (seen.size < last.size) return "cut";
      return seen.size === last.size && seen.modifiedNs === last.modifiedNs ? "same" : "touched";
    },
    left() {
      last = see(path);
      // Made with the first commit.
      logName ??= see(log)?.name ?? null;
    },
  };
}

/** null: nothing stands there, or it may not be looked at. */
function see(path: string): FileStamp | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return null;
  return { name: `${found.dev}:${found.ino}`, size: found.size, modifiedNs: found.mtimeNs };
}

/** Where the rules put what they find: each finding knows its place in the file. */

import { nearest } from "../std/nearest.ts";
import type { Catalog } from "./catalog.ts";
import type { ReadEnv } from "./interpolate.ts";
import { type Path, type Problem, showPath } from "./problem.ts";
import type { ConfigFile } from "./schema.ts";
import type { Source } from "./source.ts";

export interface CheckInput {
  /** What is left of the file without the parts the schema refused. */
  readonly config: ConfigFile;
  readonly source: Source;
  readonly catalog: Catalog;
  readonly readEnv: ReadEnv;
  /** Null: not there or not readable. */
  readonly readFile: (path: string) => string | null;
  readonly resolvePath: (path: string) => string;
  readonly names: Names;
}

/** Names as they stand in the file, those included whose entries were refused: an entry with a mistake is still there. */
interface Names {
  readonly providers: ReadonlySet<string>;
  readonly models: ReadonlySet<string>;
  readonly pools: ReadonlySet<string>;
}

export interface Findings {
  /** About the value at `path`. */
  error(path: Path, message: string): void;
  warn(path: Path, message: string): void;
  /** About the name at the end of `path`. */
  badName(path: Path, message: string): void;
  /** A word that names nothing: adds the known one that was probably meant. */
  unknown(path: Path, message: string, word: string, known: Iterable<string>): void;
  /** Left out: what is said of a thing inside which the schema refused something, for that may be all that is missing. */
  list(refused: readonly Problem[]): readonly Problem[];
}

export function createFindings(source: Source): Findings {
  const problems: Problem[] = [];
  const names: Problem[] = [];
  const add = (path: Path, message: string, rest: Pick<Problem, "severity" | "suggestion" | "line" | "column">) => {
    problems.push({ file: source.file, path: showPath(path), message, ...rest });
  };
  return {
    error: (path, message) => add(path, message, { ...source.valueAt(path), severity: "error", suggestion: null }),
    warn: (path, message) => add(path, message, { ...source.valueAt(path), severity: "warning", suggestion: null }),
    badName(path, message) {
      names.push({
        file: source.file,
        ...source.keyAt(path),
        path: showPath(path),
        message,
        severity: "error",
        suggestion: null,
      });
    },
    unknown(path, message, word, known) {
      // A word out of a variable may be anybody's secret, so it is neither shown nor compared.
      const suggestion = source.templateAt(path) === null ? nearest(word, [...known]) : null;
      const hint = suggestion === null ? "" : `; did you mean "${suggestion}"?`;
      add(path, `${message}${hint}`, { ...source.valueAt(path), severity: "error", suggestion });
    },
    list: (refused) => [...names, ...problems.filter((problem) => !holdsRefused(problem.path, refused))],
  };
}

function holdsRefused(path: string, refused: readonly Problem[]): boolean {
  return refused.some(
    (problem) => problem.path === path || problem.path.startsWith(`${path}.`) || problem.path.startsWith(`${path}[`),
  );
}

export function namesIn(source: Source): Names {
  return { providers: keysAt(source, "providers"), models: keysAt(source, "models"), pools: keysAt(source, "pools") };
}

function keysAt(source: Source, key: keyof Names): ReadonlySet<string> {
  const { root } = source;
  if (typeof root !== "object" || root === null || Array.isArray(root) || !Object.hasOwn(root, key)) return new Set();
  const entries: unknown = Reflect.get(root, key);
  return new Set(
    typeof entries === "object" && entries !== null && !Array.isArray(entries) ? Object.keys(entries) : [],
  );
}

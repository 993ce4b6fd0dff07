/** What a file was read into: plain values that remember where they stood. Any reader of YAML makes one. */
import type { Path, Position, Problem } from "./problem.ts";

/** Mappings have no prototype, so a key of any name is only a key. */
export type Tree = string | number | boolean | null | readonly Tree[] | { readonly [key: string]: Tree };

export interface Source {
  readonly file: string;
  /** Null: nothing that could be read. */
  readonly root: Tree;
  readonly problems: readonly Problem[];
  /** Where the value at a path begins, or the nearest thing around it. */
  valueAt(path: Path): Position;
  /** Where the key at a path begins, or the nearest thing around it. */
  keyAt(path: Path): Position;
  /** The text at a path before references were replaced; null: it held none. */
  templateAt(path: Path): string | null;
}

/** A path as one word, to find things by. */
export function keyOf(path: Path): string {
  return path.join("\0");
}

/** What stands at a path, or the nearest thing around it. */
export function locate(positions: ReadonlyMap<string, Position>, path: Path): Position {
  for (let length = path.length; length >= 0; length -= 1) {
    const found = positions.get(keyOf(path.slice(0, length)));
    if (found !== undefined) return found;
  }
  return { line: 1, column: 1 };
}

/** For what was not read from text, or could not be: everything stands at its beginning. */
export function noSource(file: string, problems: readonly Problem[] = []): Source {
  const start: Position = { line: 1, column: 1 };
  return {
    file,
    root: null,
    problems,
    valueAt: () => start,
    keyAt: () => start,
    templateAt: () => null,
  };
}

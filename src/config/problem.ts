/**
 * What is wrong with a configuration, as a value: where it stands, in which key, and a sentence that says what to do.
 * A problem never quotes a value that came out of a variable or stands in a secret field.
 */

import { redactKeys } from "../std/redact.ts";

/** Where something stands in a file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Position {
  /** The file as the operator named it. */
  readonly file: string;
  /** `models.sonnet.max_concurrent`; empty: the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** The word that was probably meant; null: none is near enough. */
  readonly suggestion: string | null;
  readonly severity: "error" | "warning";
}

/** Keys and list indexes from the top of the document. */
export type Path = readonly (string | number)[];

/** `pools.fast.members[0].target`; a key that would not read well bare is quoted. */
export function showPath(path: Path): string {
  return path.reduce<string>((shown, part) => {
    if (typeof part === "number") return `${shown}[${part}]`;
    const key = PLAIN_KEY.test(part) ? part : JSON.stringify(part);
    return shown === "" ? key : `${shown}.${key}`;
  }, "");
}

/** In the order of reading: by file, then from top to bottom. Equal problems are kept once. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const sorted = problems.toSorted(
    (left, right) =>
      compareText(left.file, right.file) ||
      left.line - right.line ||
      left.column - right.column ||
      compareText(left.path, right.path) ||
      compareText(left.message, right.message),
  );
  return sorted.filter((problem, at) => {
    const before = sorted[at - 1];
    return (
      before === undefined ||
      before.file !== problem.file ||
      before.line !== problem.line ||
      before.path !== problem.path ||
      before.message !== problem.message
    );
  });
}

/** `config.yaml:12:5 error models.sonnet.provder: unknown key; did you mean "provider"?` */
export function formatProblem(problem: Problem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  const about = problem.path === "" ? "" : ` ${problem.path}:`;
  // A key pasted where a name belongs, which the sentence is about.
  return redactKeys(`${where} ${problem.severity}${about} ${problem.message}`);
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

const PLAIN_KEY = /^[\p{L}\p{N}_*<>:@/+-][\p{L}\p{N}_.*<>:@/+-]*$/u;

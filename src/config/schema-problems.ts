/** What the schema objects to, said in sentences of ours, with the place in the file and the word that was meant. */
import type { z } from "zod";
import { nearest } from "../std/nearest.ts";
import { type Path, type Problem, showPath } from "./problem.ts";
import { allowedWords, knownKeys } from "./schema-walk.ts";
import type { Source } from "./source.ts";

type Issue = z.core.$ZodIssue;

/** Problems already found by the YAML reader at or above a path are not said again in other words. */
export function problemsOf(issues: readonly Issue[], schema: z.core.$ZodType, source: Source): Problem[] {
  const said = new Set(source.problems.map((problem) => problem.path));
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
    if (isSaid(said, path)) return [];
    if (issue.code !== "unrecognized_keys") return [valueProblem(issue, path, schema, source)];
    return issue.keys
      .filter((key) => !said.has(showPath([...path, key])))
      .map((key) => unknownKey(key, path, schema, source));
  });
}

function isSaid(said: ReadonlySet<string>, path: Path): boolean {
  return path.some((_, at) => said.has(showPath(path.slice(0, at + 1))));
}

function unknownKey(key: string, path: Path, schema: z.core.$ZodType, source: Source): Problem {
  const known = knownKeys(schema, path);
  const suggestion = nearest(key, known);
  const message =
    suggestion === null
      ? `unknown key; remove it, or use one of ${known.join(", ")}`
      : `unknown key; did you mean "${suggestion}"?`;
  const here = [...path, key];
  return { file: source.file, ...source.keyAt(here), path: showPath(here), message, suggestion, severity: "error" };
}

function valueProblem(issue: Issue, path: Path, schema: z.core.$ZodType, source: Source): Problem {
  const written = valueIn(source, path);
  const words = issue.code === "invalid_value" ? allowedWords(schema, path) : [];
  // A word that came out of a variable may be anybody's secret, so it is not even compared.
  const comparable = typeof written === "string" && source.templateAt(path) === null ? written : null;
  const suggestion = comparable === null ? null : nearest(comparable, words);
  const hint = suggestion === null ? "" : `; did you mean "${suggestion}"?`;
  return {
    file: source.file,
    ...source.valueAt(path),
    path: showPath(path),
    message: `${messageOf(issue, written === undefined, words)}${hint}`,
    suggestion,
    severity: "error",
  };
}

function messageOf(issue: Issue, missing: boolean, words: readonly string[]): string {
  switch (issue.code) {
    case "invalid_type":
      return missing
        ? `is required and must be ${typeName(issue.expected)}`
        : `must be ${typeName(issue.expected)}${issue.expected === "string" ? "; quote it" : ""}`;
    case "too_small":
      return `must ${issue.origin === "string" || issue.origin === "array" ? "not be empty" : `be at least ${issue.minimum}`}`;
    case "too_big":
      return `must be at most ${issue.maximum}${issue.origin === "string" ? " characters" : issue.origin === "array" ? " items" : ""}`;
    case "invalid_value":
      return `${missing ? "is required and " : ""}must be one of ${(words.length > 0 ? words : issue.values.map(String)).join(", ")}`;
    default:
      return issue.message;
  }
}

function typeName(expected: string): string {
  return Object.hasOwn(TYPE_NAMES, expected) ? (TYPE_NAMES[expected] ?? expected) : expected;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping of keys to values",
  record: "a mapping of names to values",
};

/** Undefined: nothing stands there. */
function valueIn(source: Source, path: Path): unknown {
  let at: unknown = source.root;
  for (const part of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
    at = Reflect.get(at, part);
  }
  return at ?? undefined;
}

/**
 * A file with mistakes in it, reduced to the part without them, so that the rules about that part can still be checked and
 * everything is reported at once. What comes out is for finding problems and never for running.
 */
import type { z } from "zod";
import type { Path } from "./problem.ts";
import type { Tree } from "./yaml-tree.ts";

/** Removing one thing may uncover that what held it is now incomplete; each level of nesting needs a round at most. */
const ROUNDS_MAX = 12;

/** `shell` holds what the file cannot do without. Null when not even that satisfies the schema. */
export function salvage<T>(tree: Tree, schema: z.ZodType<T>, shell: { readonly [key: string]: Tree }): T | null {
  let current = tree;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const whole = isMapping(current) ? { ...shell, ...current } : shell;
    const parsed = schema.safeParse(whole);
    if (parsed.success) return parsed.data;
    for (const path of wrongPaths(parsed.error.issues)) current = without(current, path);
  }
  return null;
}

function wrongPaths(issues: readonly z.core.$ZodIssue[]): Path[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [...path, key]);
    return [path];
  });
}

/**
 * A list goes as a whole, because without one of its items the others would be reported in the wrong places. A path that
 * leads nowhere names something missing: then what should have held it goes.
 */
function without(tree: Tree, path: Path): Tree {
  const [part, ...rest] = path;
  if (part === undefined || !isMapping(tree) || !Object.hasOwn(tree, part)) return tree;
  const kept: Record<string, Tree> = Object.assign(Object.create(null), tree);
  const inner = kept[part];
  if (inner === undefined || rest.length === 0 || !isMapping(inner) || isMissing(inner, rest)) delete kept[part];
  else kept[part] = without(inner, rest);
  return kept;
}

/** True when the last step of `rest` is the first thing that is not there. */
function isMissing(tree: { readonly [key: string]: Tree }, rest: Path): boolean {
  const [part, ...more] = rest;
  return part !== undefined && more.length === 0 && !Object.hasOwn(tree, part);
}

function isMapping(tree: Tree): tree is { readonly [key: string]: Tree } {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree);
}

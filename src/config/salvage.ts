/**
 * A file with mistakes in it, reduced to the part without them, so that the rules about that part can still be checked and
 * everything is reported at once. What comes out is for finding problems and never for running.
 */
import type { z } from "zod";
import type { Path } from "./problem.ts";
import type { Tree } from "./source.ts";

/** Removing one thing may uncover that what held it is now incomplete; each level of nesting needs a round at most. */
const ROUNDS_MAX = 12;

/** `shell` holds what the file cannot do without. Null when not even that satisfies the schema. */
export function salvage<T>(tree: Tree, schema: z.ZodType<T>, shell: { readonly [key: string]: Tree }): T | null {
  const current = copy({ ...shell, ...(isMapping(tree) ? tree : {}) });
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const parsed = schema.safeParse(current);
    if (parsed.success) return parsed.data;
    for (const path of wrongPaths(parsed.error.issues)) remove(current, path);
    for (const [key, value] of Object.entries(shell)) current[key] ??= copyTree(value);
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
function remove(tree: Mapping, path: Path): void {
  let holder = tree;
  for (const [at, part] of path.entries()) {
    const inner = holder[part];
    const next = path[at + 1];
    if (isMutable(inner) && next !== undefined && (at + 2 < path.length || Object.hasOwn(inner, next))) holder = inner;
    else {
      delete holder[part];
      return;
    }
  }
}

interface Mapping {
  [key: string]: Tree | Mapping;
}

/** Mappings are copied, because things are removed from them; lists are not, because they go as a whole. */
function copyTree(tree: Tree): Tree | Mapping {
  return isMapping(tree) ? copy(tree) : tree;
}

function copy(mapping: { readonly [key: string]: Tree }): Mapping {
  const copied: Mapping = Object.create(null);
  for (const [key, value] of Object.entries(mapping)) copied[key] = copyTree(value);
  return copied;
}

function isMapping(tree: Tree): tree is { readonly [key: string]: Tree } {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree);
}

function isMutable(value: Tree | Mapping | undefined): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

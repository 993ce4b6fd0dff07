/**
 * A schema as a plain table, and the quick question whether a file fits it. The table is made of the schema while the program
 * is built (shape-of.ts), so the program can read a file without mistakes before it has loaded what explains mistakes.
 */
import type { Tree } from "./source.ts";

export type FieldShape =
  /** Bounds are counts of characters. */
  | { readonly kind: "text"; readonly min: number; readonly max: number }
  | { readonly kind: "number"; readonly whole: boolean; readonly min: number; readonly max: number }
  | { readonly kind: "boolean" }
  | { readonly kind: "word"; readonly words: readonly string[] }
  | { readonly kind: "list"; readonly of: FieldShape; readonly min: number; readonly max: number }
  /** Any names. */
  | { readonly kind: "map"; readonly of: FieldShape }
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, Field>> }
  /** The first that fits. */
  | { readonly kind: "either"; readonly of: readonly FieldShape[] };

export interface Field {
  readonly shape: FieldShape;
  /** Nothing after its colon is then the same as no such key. */
  readonly optional: boolean;
}

/** What a tree is as the schema reads it. Undefined: it does not fit, or only after a closer look. */
export function fit(tree: Tree, shape: FieldShape): unknown {
  switch (shape.kind) {
    case "text":
      return typeof tree === "string" && isWithin(tree.length, shape) ? tree : undefined;
    case "number":
      return typeof tree === "number" && isWithin(tree, shape) && (!shape.whole || Number.isSafeInteger(tree))
        ? tree
        : undefined;
    case "boolean":
      return typeof tree === "boolean" ? tree : undefined;
    case "word":
      return typeof tree === "string" && shape.words.includes(tree) ? tree : undefined;
    case "list":
      return isList(tree) && isWithin(tree.length, shape) ? fitItems(tree, shape.of) : undefined;
    case "map":
      return isMapping(tree) ? fitMap(tree, shape.of) : undefined;
    case "object":
      return isMapping(tree) ? fitObject(tree, shape.fields) : undefined;
    case "either":
      return fitEither(tree, shape.of);
  }
}

function fitItems(items: readonly Tree[], of: FieldShape): unknown[] | undefined {
  const fitted: unknown[] = [];
  for (const item of items) {
    const one = fit(item, of);
    if (one === undefined) return undefined;
    fitted.push(one);
  }
  return fitted;
}

function fitMap(tree: Mapping, of: FieldShape): object | undefined {
  const fitted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(tree)) {
    const one = fit(value, of);
    if (one === undefined) return undefined;
    fitted[name] = one;
  }
  return fitted;
}

/** In the order of the schema, as it does it. */
function fitObject(tree: Mapping, fields: Readonly<Record<string, Field>>): object | undefined {
  const fitted: Record<string, unknown> = {};
  let known = 0;
  for (const [key, field] of Object.entries(fields)) {
    const value = tree[key];
    if (value !== undefined) known += 1;
    if (value === undefined || value === null) {
      if (field.optional) continue;
      return undefined;
    }
    const one = fit(value, field.shape);
    if (one === undefined) return undefined;
    fitted[key] = one;
  }
  return known === Object.keys(tree).length ? fitted : undefined;
}

function fitEither(tree: Tree, options: readonly FieldShape[]): unknown {
  for (const option of options) {
    const one = fit(tree, option);
    if (one !== undefined) return one;
  }
  return undefined;
}

function isWithin(size: number, { min, max }: { readonly min: number; readonly max: number }): boolean {
  return size >= min && size <= max;
}

type Mapping = { readonly [key: string]: Tree };

function isList(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}

function isMapping(tree: Tree): tree is Mapping {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree);
}

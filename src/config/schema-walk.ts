/**
 * The schema read as a table: which keys there are, which word was meant, and what text with references was meant to be.
 * Parsing, error messages, the reference page and the example are all checked against this one description.
 */
import { z } from "zod";
import type { Path } from "./problem.ts";
import type { Source, Tree } from "./source.ts";

type Schema = z.core.$ZodType;

/**
 * The tree as the schema will read it. `key:` with nothing after it is left out where the key may be left out, and text that
 * came out of references becomes a number or a boolean where one is wanted: `max_concurrent: ${SLOTS}` works as it reads.
 */
export function prepare(tree: Tree, schema: Schema, source: Source, path: Path = []): Tree {
  const inner = unwrap(schema);
  if (typeof tree === "string") return source.templateAt(path) === null ? tree : readScalar(tree, inner);
  if (tree === null || typeof tree !== "object") return tree;
  if (isList(tree)) {
    const element = inner instanceof z.ZodArray ? inner.element : listOption(inner);
    return element === null ? tree : tree.map((item, at) => prepare(item, element, source, [...path, at]));
  }
  const prepared: Record<string, Tree> = Object.create(null);
  for (const [key, value] of Object.entries(tree)) {
    const child = childOf(inner, key);
    if (value === null && child instanceof z.ZodOptional) continue;
    prepared[key] = child === null ? value : prepare(value, child, source, [...path, key]);
  }
  return prepared;
}

/** The keys an object at this path may have; empty where any name goes. */
export function knownKeys(schema: Schema, path: Path): string[] {
  const at = unwrap(schemaAt(schema, path) ?? z.never());
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** The words allowed at this path; empty: not a choice of words. */
export function allowedWords(schema: Schema, path: Path): string[] {
  const at = unwrap(schemaAt(schema, path) ?? z.never());
  return at instanceof z.ZodEnum ? at.options.map(String) : [];
}

/** Every key path, `models.<name>.prices.tiers[].above_tokens`, parents before children. */
export function listKeyPaths(schema: Schema, prefix = ""): string[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) return listKeyPaths(inner.valueType, `${prefix}.<name>`);
  if (inner instanceof z.ZodArray) return listKeyPaths(inner.element, `${prefix}[]`);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries<Schema>(inner.shape).flatMap(([key, child]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    return [path, ...listKeyPaths(child, path)];
  });
}

function schemaAt(schema: Schema, path: Path): Schema | null {
  let at: Schema | null = schema;
  for (const part of path) {
    if (at === null) return null;
    const inner: Schema = unwrap(at);
    if (typeof part === "number") at = inner instanceof z.ZodArray ? inner.element : listOption(inner);
    else at = childOf(inner, part);
  }
  return at;
}

function childOf(inner: Schema, key: string): Schema | null {
  if (inner instanceof z.ZodRecord) return inner.valueType;
  if (!(inner instanceof z.ZodObject)) return null;
  const child: unknown = Object.hasOwn(inner.shape, key) ? inner.shape[key] : inner.def.catchall;
  return child instanceof z.core.$ZodType && !(child instanceof z.ZodNever) ? child : null;
}

/** What the items of a list are where a union allows one; null: it allows none. */
function listOption(inner: Schema): Schema | null {
  if (!(inner instanceof z.ZodUnion)) return null;
  for (const option of inner.options) if (option instanceof z.ZodArray) return option.element;
  return null;
}

function unwrap(schema: Schema): Schema {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) inner = inner.unwrap();
  return inner;
}

function readScalar(written: string, inner: Schema): Tree {
  if (inner instanceof z.ZodUnion) {
    for (const option of inner.options) {
      const read = readScalar(written, option);
      if (read !== written) return read;
    }
    return written;
  }
  if (inner instanceof z.ZodNumber && NUMBER.test(written)) return Number(written);
  if (inner instanceof z.ZodBoolean && (written === "true" || written === "false")) return written === "true";
  return written;
}

function isList(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}

const NUMBER = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?$/;

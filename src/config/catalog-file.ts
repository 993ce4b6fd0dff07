/** A catalog of the operator's own, read as any file is. */
import { type Catalog, catalogOf, claimedTwice } from "./catalog.ts";
import type { ReadEnv } from "./interpolate.ts";
import { catalogSchema } from "./schema.ts";
import { problemsOf } from "./schema-problems.ts";
import { prepare } from "./schema-walk.ts";
import { readYaml } from "./yaml-tree.ts";

export function readCatalog(input: {
  readonly file: string;
  readonly text: string;
  readonly readEnv: ReadEnv;
}): Catalog {
  const source = readYaml(input);
  const parsed = catalogSchema.safeParse(prepare(source.root ?? {}, catalogSchema, source));
  const problems = parsed.success ? [] : problemsOf(parsed.error.issues, catalogSchema, source);
  const file = parsed.data ?? {};
  return catalogOf(source, file, [...source.problems, ...problems, ...claimedTwice(file, source)]);
}

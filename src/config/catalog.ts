/**
 * The catalog: vendors and facts about models. The copy inside the program, unless a file is named that replaces it
 * (catalog-file.ts). The copy was parsed when the program was built (reading its 80 KB of YAML with places takes 200 ms, half
 * a start); a test reads it the long way, so it is as checked as any file.
 */
import type { z } from "zod";
import builtIn from "../../providers.yaml";
import type { Problem } from "./problem.ts";
import type { CatalogFamily, CatalogModel, CatalogProvider, catalogSchema } from "./schema.ts";
import { noSource, type Source } from "./source.ts";

export interface Catalog {
  readonly source: Source;
  readonly providers: ReadonlyMap<string, CatalogProvider>;
  /** The model that has this exact id or declares this alias, in any case; null: not known, or claimed by two. */
  findModel(id: string): { readonly id: string; readonly model: CatalogModel } | null;
  /** Models that share facts of dialect, in the order of the file. */
  readonly families: readonly CatalogFamily[];
  readonly problems: readonly Problem[];
}

/** Shown in front of its problems; the file is part of the program. */
export const EMBEDDED_FILE = "providers.yaml (built in)";

const MODELS_KEY = "models";

export type CatalogFile = z.infer<typeof catalogSchema>;

/** The one inside the program. */
export function embeddedCatalog(): Catalog {
  const file: CatalogFile = builtIn; // loosely typed by the import; a test holds it to the schema
  return catalogOf(noSource(EMBEDDED_FILE), file, []);
}

/** `problems`: what the reader and the schema had to say of it. */
export function catalogOf(source: Source, file: CatalogFile, problems: readonly Problem[]): Catalog {
  const { models: facts = {}, families = [], ...providers } = file;
  let index: ReadonlyMap<string, readonly string[]> | null = null; // hundreds of words, which not every caller asks for
  const ids = () => {
    index ??= indexModels(facts);
    return index;
  };
  return {
    source,
    providers: new Map(Object.entries(providers)),
    families,
    problems,
    findModel(id) {
      const found = ids().get(normal(id));
      const only = found?.length === 1 ? found[0] : undefined;
      const model = only === undefined ? undefined : facts[only];
      return only === undefined || model === undefined ? null : { id: normal(only), model };
    },
  };
}

/** Ids are compared as the vendors' own servers mostly do: without regard to case or surrounding space. */
export function normal(id: string): string {
  return id.trim().toLowerCase();
}

/** Every word, and who claims it: an id, or an alias of one. */
function indexModels(models: Readonly<Record<string, CatalogModel>>): Map<string, string[]> {
  const index = new Map<string, string[]>();
  const claim = (word: string, id: string) => {
    const claims = index.get(word) ?? [];
    if (!claims.includes(id)) claims.push(id);
    index.set(word, claims);
  };
  for (const id of Object.keys(models)) claim(normal(id), id);
  for (const [id, model] of Object.entries(models)) for (const alias of model.aliases ?? []) claim(normal(alias), id);
  return index;
}

/** What an operator's own file may get wrong; that no word of the copy inside stands for two is held by a test. */
export function claimedTwice(file: CatalogFile, source: Source): Problem[] {
  return [...indexModels(file.models ?? {})].flatMap(([word, ids]) =>
    ids.length < 2
      ? []
      : [
          {
            file: source.file,
            ...source.keyAt([MODELS_KEY, ids[1] ?? ""]),
            path: `${MODELS_KEY}.${ids[1]}`,
            message: `${JSON.stringify(word)} stands for both ${ids.join(" and ")}; leave it to one of them`,
            suggestion: null,
            severity: "error" as const,
          },
        ],
  );
}

/**
 * The catalog: vendors and facts about models. The copy inside the program, and a file over it (catalog-extend.ts) or in
 * its place. The copy was parsed when the program was built (reading its 80 KB of YAML with places takes 200 ms, half
 * a start); a test reads it the long way, so it is as checked as any file.
 */
import type { z } from "zod";
import builtIn from "../../providers.yaml";
import { normal } from "../ir/canonical.ts";
import type { Problem } from "./problem.ts";
import type { CatalogFamily, CatalogModel, CatalogProvider, catalogSchema } from "./schema.ts";
import { noSource, type Source } from "./source.ts";

export interface Catalog {
  readonly source: Source;
  readonly providers: ReadonlyMap<string, CatalogProvider>;
  /** The model that has this exact id or declares this alias, in any case; null: not known, or claimed by two. */
  findModel(id: string): KnownModel | null;
  /** Every word that stands for the model of this id, and for no other, in lower case. */
  wordsFor(id: string): readonly string[];
  /** Models that share facts of dialect, in the order of the file. */
  readonly families: readonly CatalogFamily[];
  readonly problems: readonly Problem[];
  /** What it is made of, the first that knows a fact counts; absent: it is one file. */
  readonly layers?: readonly Catalog[];
}

export function layersOf(catalog: Catalog): readonly Catalog[] {
  return catalog.layers ?? [catalog];
}

export interface KnownModel {
  readonly id: string;
  readonly model: CatalogModel;
}

/** Of a model that a wrapper names and that has no entry: nothing is known of it. */
export const WRAPPED: CatalogModel = {};

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
  let index: ModelIndex | null = null; // hundreds of words, which not every caller asks for
  const indexed = () => {
    index ??= indexModels(facts);
    return index;
  };
  return {
    source,
    providers: new Map(Object.entries(providers)),
    families,
    problems,
    findModel(id) {
      const { claims, wrappers, wrapped } = indexed();
      const word = wrappers.get(normal(id)) ?? normal(id);
      const only = onlyClaim(claims, word);
      if (only === undefined) return wrapped.has(word) && !claims.has(word) ? { id: word, model: WRAPPED } : null;
      const model = facts[only];
      return model === undefined ? null : { id: normal(only), model };
    },
    wordsFor(id) {
      const { claims, wrappers } = indexed();
      const entry = onlyClaim(claims, id);
      const own = entry === undefined ? [] : [entry, ...(facts[entry]?.aliases ?? [])].map(normal);
      const words = new Set([id, ...own].filter((word) => onlyClaim(claims, word) === entry));
      for (const [wrapper, word] of wrappers) if (words.has(word)) words.add(wrapper);
      return [...words];
    },
  };
}

interface ModelIndex {
  /** Every word, and the ids of the models it stands for. */
  readonly claims: ReadonlyMap<string, readonly string[]>;
  /** Entries that wrap exactly one model, by their id. */
  readonly wrappers: ReadonlyMap<string, string>;
  /** What they wrap. */
  readonly wrapped: ReadonlySet<string>;
}

/** Ends the id of an entry that stands for what a reseller calls a family: its alias is what it is, if it has only one. */
const WRAPPER_END = "-family";

function indexModels(models: Readonly<Record<string, CatalogModel>>): ModelIndex {
  const claims = new Map<string, string[]>();
  const wrappers = new Map<string, string>();
  const claim = (word: string, id: string) => {
    const ids = claims.get(word) ?? [];
    if (!ids.includes(id)) ids.push(id);
    claims.set(word, ids);
  };
  const isWrapper = (id: string): boolean => normal(id).endsWith(WRAPPER_END);
  for (const id of Object.keys(models)) if (!isWrapper(id)) claim(normal(id), id);
  for (const [id, { aliases = [] }] of Object.entries(models)) {
    if (!isWrapper(id)) for (const alias of aliases) claim(normal(alias), id);
    else {
      const [only, ...others] = new Set(aliases.map(normal));
      if (only !== undefined && others.length === 0) wrappers.set(normal(id), only);
    }
  }
  return { claims, wrappers, wrapped: new Set(wrappers.values()) };
}

function onlyClaim(claims: ModelIndex["claims"], word: string): string | undefined {
  const ids = claims.get(word);
  return ids?.length === 1 ? ids[0] : undefined;
}

/** What an operator's own file may get wrong; that no word of the copy inside stands for two is held by a test. */
export function claimedTwice(file: CatalogFile, source: Source): Problem[] {
  return [...indexModels(file.models ?? {}).claims].flatMap(([word, ids]) =>
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

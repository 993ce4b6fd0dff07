/** Where the facts of a model's dialect come from: rows of a catalog with the day they were read, or the configuration. */
import { factWords } from "../ir/dialect.ts";
import { fitsPattern } from "../std/wildcard.ts";
import { layersOf } from "./catalog.ts";
import { catalogRowsOf, type DialectInput } from "./dialect.ts";
import type { CatalogProvider, ConfigFile, DialectFacts } from "./schema.ts";

/** Facts that hold and stand in one place. Facts that no place says are those of an unknown server. */
export interface DialectSource {
  readonly facts: readonly string[];
  /** Of a catalog or the configuration. */
  readonly file: string;
  /** The row: a provider, a model, or the patterns of a family that fit. */
  readonly row: string;
  /** The day its page was read; null: the operator's word. */
  readonly read: string | null;
}

interface Said extends Omit<DialectSource, "facts"> {
  readonly dialect: DialectFacts | undefined;
}

const CONFIG = "config.yaml";

/** The strongest last, as in the catalog. */
export function dialectSources(input: DialectInput, config: ConfigFile): DialectSource[] {
  const said = placesOf(input, config);
  const winners = new Map<string, number>();
  for (const [at, { dialect }] of said.entries()) for (const fact of Object.keys(dialect ?? {})) winners.set(fact, at);
  return said.flatMap(({ dialect, ...place }, at) => {
    const held = Object.entries(dialect ?? {}).filter(([fact]) => winners.get(fact) === at);
    return held.length === 0 ? [] : [{ ...place, facts: held.map(([fact, value]) => factWords(fact, value)) }];
  });
}

function placesOf(input: DialectInput, config: ConfigFile): Said[] {
  const { catalog, model } = input;
  const { families, known, names } = catalogRowsOf(input);
  const layers = layersOf(catalog).toReversed();
  const own = Object.hasOwn(config.providers, model.provider) ? config.providers[model.provider] : undefined;
  return [
    ...families.map((family) => ({
      file: layers.find((layer) => layer.families.includes(family))?.source.file ?? CONFIG,
      row: family.models.filter((pattern) => names.some((name) => fitsPattern(pattern, name))).join(" "),
      read: family.read ?? null,
      dialect: family.dialect,
    })),
    ...layers.flatMap(({ source: { file }, findModel }) => {
      const entry = known === null ? null : findModel(known.id);
      return entry === null
        ? []
        : [{ file, row: entry.id, read: entry.model.read ?? null, dialect: entry.model.dialect }];
    }),
    ...layers.flatMap(({ source: { file }, providers }) => {
      const entry = providers.get(model.provider);
      return entry === undefined ? [] : [{ file, row: model.provider, read: dayOf(entry), dialect: entry.dialect }];
    }),
    { file: CONFIG, row: `providers.${model.provider}`, read: null, dialect: own?.dialect },
    { file: CONFIG, row: "the model", read: null, dialect: model.dialect },
  ];
}

/** Facts of dialect have a page of their own. */
function dayOf({ dialect_read: own, read }: CatalogProvider): string | null {
  return own ?? read ?? null;
}

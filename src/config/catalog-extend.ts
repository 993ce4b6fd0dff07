/**
 * A catalog of the operator's own over the one inside the program: it adds providers and models and changes single facts, and
 * says nothing of what it does not mention. How a provider is reached is whole in one of the two; what is known of it is in both.
 */
import { type Catalog, type KnownModel, layersOf, WRAPPED } from "./catalog.ts";
import { mergeProvider } from "./merge.ts";
import { hasErrors } from "./problem.ts";
import type { CatalogProvider } from "./schema.ts";

export function extendCatalog(own: Catalog, base: Catalog): Catalog {
  // A file that could not be read at all says nothing that could stand beside the other.
  if (own.providers.size === 0 && hasErrors(own.problems)) return own;
  const providers = new Map(base.providers);
  for (const [name, entry] of own.providers) providers.set(name, overEntry(entry, base.providers.get(name)));
  const findModel = (id: string): KnownModel | null => {
    const mine = own.findModel(id);
    if (mine !== null) return overModel(mine, base.findModel(mine.id));
    const listed = base.findModel(id);
    const renewed = listed === null ? null : own.findModel(listed.id);
    return renewed === null ? listed : overModel(renewed, listed);
  };
  return {
    source: own.source,
    problems: own.problems,
    providers,
    families: [...base.families, ...own.families],
    layers: [...layersOf(own), ...layersOf(base)],
    findModel,
    wordsFor: (id) =>
      [...new Set([...own.wordsFor(id), ...base.wordsFor(id)])].filter((word) => findModel(word)?.id === id),
  };
}

/** Facts of a name hold for its vendor, wherever it is reached; a path or a header belongs to one address. */
function overEntry(own: CatalogProvider, listed: CatalogProvider | undefined): CatalogProvider {
  if (listed === undefined) return own;
  const { seals, model_suffixes, proves_models, models_path, key_path, key_env, error_map, dialect } = listed;
  const facts = Object.entries({ seals, model_suffixes, proves_models, models_path, key_path, key_env }).filter(
    ([, fact]) => fact !== undefined,
  );
  const { error_map: errors, dialect: taken } = mergeProvider(own, { base_url: listed.base_url, error_map, dialect });
  return { ...Object.fromEntries(facts), ...own, error_map: errors, dialect: taken };
}

/** A wrapper alone says nothing but which model it is. */
function overModel(own: KnownModel, listed: KnownModel | null): KnownModel {
  if (listed === null) return own;
  if (own.model === WRAPPED) return listed;
  if (own.id !== listed.id) return own;
  return {
    id: own.id,
    model: {
      ...listed.model,
      ...own.model,
      capabilities: { ...listed.model.capabilities, ...own.model.capabilities },
      dialect: { ...listed.model.dialect, ...own.model.dialect },
    },
  };
}

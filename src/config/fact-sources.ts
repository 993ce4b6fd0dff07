/** Where each fact about a configured model comes from: the configuration, a catalog, the list of prices, or nowhere. */
import { ABILITIES } from "../ir/capability.ts";
import type { Deployment, Lane } from "../ir/deployment.ts";
import { factWords } from "../ir/dialect.ts";
import { type Catalog, layersOf, WRAPPED } from "./catalog.ts";
import { type DialectSource, dialectSources } from "./dialect-sources.ts";
import { pricesSource } from "./list-prices.ts";
import { providerOf } from "./merge.ts";
import type { CatalogModel, ConfigFile, ConfigModel } from "./schema.ts";

/** Of one model; `from` is a file, "price list", "its name" or "nothing". */
export interface ModelFacts {
  readonly model: string;
  readonly facts: readonly { readonly fact: string; readonly value: string; readonly from: string }[];
  /** What it can and cannot do, and what its vendor keeps, by the place that says so. */
  readonly abilities: readonly { readonly facts: readonly string[]; readonly from: string }[];
  /** What its server takes that an unknown one would not, or the other way round. */
  readonly dialect: readonly DialectSource[];
}

interface Sources {
  readonly config: ConfigFile;
  readonly catalog: Catalog;
  readonly deployment: Deployment;
}

const NOWHERE = "nothing";

export function modelFacts({ config, catalog, deployment }: Sources): ModelFacts[] {
  return Object.entries(config.models).flatMap(([name, model]) => {
    const lane = Object.values(deployment.lanes).find((each) => each.model === name);
    const provider = providerOf(model.provider, config, catalog);
    if (lane === undefined || provider === undefined) return [];
    const dialect = dialectSources({ provider, model, upstreamModel: lane.upstreamModel, catalog }, config);
    const facts = factsOf(model, lane, { config, catalog });
    return [{ model: name, facts, abilities: abilitiesBySource(name, lane, { config, catalog }), dialect }];
  });
}

const WORDS = [
  ["max_input_tokens", "max_input_tokens"],
  ["input", "reads"],
  ["output", "writes"],
  ["structured_output", "structured_output"],
  ["reasoning", "reasoning"],
  ...ABILITIES.map((ability) => [ability, ability] as const),
] as const;

/** Grouped by place, the configuration first. */
function abilitiesBySource(
  name: string,
  lane: Lane,
  { config, catalog }: Omit<Sources, "deployment">,
): ModelFacts["abilities"] {
  const model = Object.hasOwn(config.models, name) ? config.models[name] : undefined;
  const provider = Object.hasOwn(config.providers, lane.provider) ? config.providers[lane.provider] : undefined;
  const vendor = catalog.providers.get(lane.provider);
  const layers = [
    { from: CONFIG, says: model?.capabilities, policy: { ...provider, ...model } },
    ...layersOf(catalog).map((layer) => ({
      from: layer.source.file,
      says: (layer.findModel(lane.upstreamModel) ?? layer.findModel(lane.canonical.id))?.model.capabilities,
      policy: vendor,
    })),
  ];
  const left = new Set<string>([...WORDS.map(([key]) => key), ...POLICY]);
  const take = (key: string): boolean => left.delete(key);
  const groups = layers.map(({ from, says, policy }) => ({
    from,
    facts: [
      ...WORDS.flatMap(([key, word]) => {
        const value = says?.[key];
        return value === undefined || !take(key) ? [] : [factWords(word, value)];
      }),
      ...POLICY.flatMap((key) => {
        const value = policy?.[key];
        return value === undefined || !take(key) ? [] : [`${key} ${value}`];
      }),
    ],
  }));
  const known = groups.filter(({ facts }) => facts.length > 0);
  return left.size === 0 ? known : [...known, { facts: [known.length === 0 ? "all" : "all else"], from: "not known" }];
}

const POLICY = ["region", "retention"] as const;

function factsOf(
  model: ConfigModel,
  lane: Lane,
  { config, catalog }: Omit<Sources, "deployment">,
): ModelFacts["facts"] {
  const { canonical, capabilities, prices } = lane;
  const found = (has: (entry: CatalogModel) => boolean): string =>
    layersOf(catalog).find((layer) => {
      const known = layer.findModel(lane.upstreamModel) ?? layer.findModel(canonical.id);
      return known !== null && has(known.model);
    })?.source.file ?? NOWHERE;
  const identity =
    model.canonical !== undefined ? CONFIG : canonical.proven ? found((entry) => entry !== WRAPPED) : "its name";
  const rows = CAPABILITIES.map(([fact, key, member]) => {
    const value = capabilities[member];
    const from =
      model.capabilities?.[key] !== undefined ? CONFIG : found((entry) => entry.capabilities?.[key] !== undefined);
    return { fact, value: value === null ? "-" : String(value), from };
  });
  const price = prices === null ? "-" : `${usdText(prices.input)}/${usdText(prices.output)}`;
  return [
    { fact: "model", value: canonical.proven ? canonical.id : `${canonical.id}?`, from: identity },
    ...rows,
    { fact: "prices", value: price, from: prices === null ? NOWHERE : priceFrom(model, lane, { config, catalog }) },
  ];
}

const CONFIG = "config.yaml";

const CAPABILITIES = [
  ["window", "context_window", "contextWindow"],
  ["output", "max_output_tokens", "maxOutputTokens"],
  ["tools", "tools", "tools"],
  ["tier", "tier", "tier"],
] as const;

function priceFrom(model: ConfigModel, { provider }: Lane, { config, catalog }: Omit<Sources, "deployment">): string {
  if (model.prices !== undefined) return CONFIG;
  const { price_per_request_cents: request, price_per_1k_tokens_cents: tokens } = config.governance ?? {};
  if (config.governance?.enabled === true && (request !== undefined || tokens !== undefined)) return CONFIG;
  return pricesSource(providerOf(provider, config, catalog)?.base_url);
}

const NANOS_PER_USD = 1_000_000_000;

function usdText(nanos: number): string {
  return `$${nanos / NANOS_PER_USD}`;
}

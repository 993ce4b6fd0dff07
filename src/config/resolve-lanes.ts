/** Models × accounts: the lanes, with everything known about each of them. */
import { normal } from "../ir/canonical.ts";
import { ABILITIES, type Ability, type Capabilities, UNKNOWN_CAPABILITIES } from "../ir/capability.ts";
import type { Lane, Prices } from "../ir/deployment.ts";
import { CARRIER_IDS, LIMIT_PROTOCOLS } from "../known.ts";
import { sha256Hex } from "../std/digest.ts";
import { type Nanos, usdToNanos } from "../std/money.ts";
import { regionOfHost } from "./aws.ts";
import { type Catalog, EMBEDDED_FILE, layersOf } from "./catalog.ts";
import { DEFAULTS } from "./defaults.ts";
import { dialectOf } from "./dialect.ts";
import { doorsOf } from "./doors.ts";
import { isListed, listPrices } from "./list-prices.ts";
import { accountsOf, mergeTimeouts, providerOf } from "./merge.ts";
import { upstreamModelOf } from "./model-suffixes.ts";
import type { ConfigFile, ConfigModel, ConfigProvider } from "./schema.ts";
import type { Source } from "./source.ts";
import { secretRefOf } from "./values.ts";

export interface ResolveInput {
  /** Without errors. */
  readonly config: ConfigFile;
  readonly source: Source;
  readonly catalog: Catalog;
  /** Makes a path of the configuration absolute. */
  readonly resolvePath: (path: string) => string;
}

/** By id, in the order of the file: models first, accounts inside. */
export function resolveLanes(input: ResolveInput): Record<string, Lane> {
  const lanes: Record<string, Lane> = {};
  for (const [name, model] of Object.entries(input.config.models)) {
    for (const lane of lanesOfModel(name, model, input)) lanes[lane.id] = lane;
  }
  return lanes;
}

function lanesOfModel(
  name: string,
  model: ConfigModel,
  { config, source, catalog, resolvePath }: ResolveInput,
): Lane[] {
  const provider = providerOf(model.provider, config, catalog);
  const doors = provider === undefined ? null : doorsOf(provider);
  if (provider === undefined || doors === null) throw new Error("a model without a provider passed the checks");
  const upstreamModel = upstreamModelOf(name, model, provider);
  const capabilities = capabilitiesOf(model, upstreamModel, catalog);
  const modelSlots = { group: `model:${name}`, max: model.max_concurrent ?? DEFAULTS.maxConcurrent };
  const common = {
    provider: model.provider,
    model: name,
    doors,
    upstreamModel,
    canonical: canonicalOf(model, upstreamModel, { catalog, provider }),
    queue: { max: model.queue?.max ?? DEFAULTS.queueMax, maxWaitMs: model.queue?.max_wait_ms ?? DEFAULTS.queueWaitMs },
    maxRequests: model.max_requests === undefined || model.max_requests < 0 ? null : model.max_requests,
    defaultMaxOutputTokens: model.default_max_tokens ?? defaultLimit(doors, capabilities),
    capabilities,
    ...(model.unknown === undefined ? {} : { unknown: model.unknown }),
    ...dataPolicyOf(model, provider),
    ...(model.watch === true ? { watch: true as const } : {}),
    dialect: dialectOf({ provider, model, upstreamModel, catalog }),
    ...hostMembersOf({ ...provider.openrouter, ...model.openrouter }),
    timers: mergeTimeouts(
      config.timeouts,
      catalog.providers.get(model.provider)?.timeouts,
      config.providers[model.provider]?.timeouts,
      model.timeouts,
    ),
    prices:
      pricesOf(model.prices) ??
      flatPrices(config) ??
      // A catalog that takes the built-in one's place gives up its prices too.
      (config.catalog === "replace" && catalog.source.file !== EMBEDDED_FILE
        ? null
        : listedPrices(addressesOf(model.provider, provider, catalog), upstreamModel, catalog)),
  };
  // Reports disagree whether a seal is bound to the account or to the model, so that it goes back to the same of both.
  const sealModel = sha256Hex(common.canonical.id).slice(0, SEAL_DIGEST_CHARS);
  return accountsOf(model.provider, provider).map((account) => ({
    ...common,
    id: `${model.provider}/${account.id}/${name}`,
    account: account.id,
    sealIssuer: `${provider.seals ?? ownSeals(model.provider, account.id)}-${sealModel}`,
    credential: secretRefOf(account.forms, source, resolvePath),
    slots:
      account.maxConcurrent === null
        ? modelSlots
        : { group: `account:${model.provider}/${account.id}`, max: account.maxConcurrent },
    pinned: account.pinned,
    sortKey: account.sortKey,
    routing: account.routing,
    cooldownMs: account.cooldownSecs === null ? null : account.cooldownSecs * 1_000,
    pressureBelow: account.pressureBelow,
  }));
}

/** An agent's answer is seldom longer, and what a key may spend is set aside for so many tokens. */
const DEFAULT_LIMIT_MAX = 32_000;
/** A vendor refuses more than its model can give; so many every model of these protocols can. */
const DEFAULT_LIMIT_UNKNOWN = 4096;

/** Tokens an answer may have where the client names no limit; null: no door needs one. */
function defaultLimit(doors: Lane["doors"], { maxOutputTokens }: Capabilities): number | null {
  const held: Readonly<Record<string, string>> = CARRIER_IDS;
  if (!doors.some(({ protocol }) => LIMIT_PROTOCOLS.has(held[protocol] ?? protocol))) return null;
  return maxOutputTokens === null ? DEFAULT_LIMIT_UNKNOWN : Math.min(maxOutputTokens, DEFAULT_LIMIT_MAX);
}

/** An empty list asks for nothing. */
function hostMembersOf({ provider, models = [] }: NonNullable<ConfigModel["openrouter"]>): Pick<Lane, "hostMembers"> {
  const members = { ...(provider === undefined ? {} : { provider }), ...(models.length === 0 ? {} : { models }) };
  return Object.keys(members).length === 0 ? {} : { hostMembers: members };
}

/** Unless the file says otherwise, only the account itself can open its signed reasoning. */
function ownSeals(provider: string, account: string): string {
  return `a-${sha256Hex(`${provider}/${account}`).slice(0, SEAL_DIGEST_CHARS)}`;
}

const SEAL_DIGEST_CHARS = 12;

/**
 * Which model it really is. The operator's word and the catalog's hold everywhere; the bare upstream name, as a label, only
 * between accounts of one provider, because two providers may mean two things by it.
 */
function canonicalOf(
  model: ConfigModel,
  upstreamModel: string,
  { catalog, provider }: { readonly catalog: Catalog; readonly provider: ConfigProvider },
): Lane["canonical"] {
  const stated = model.canonical;
  if (stated !== undefined) return { id: catalog.findModel(stated)?.id ?? normal(stated), proven: true };
  // Weights that were made smaller are not the model whose name they carry.
  const found = provider.proves_models === false ? null : catalog.findModel(upstreamModel);
  return found === null ? { id: normal(upstreamModel), proven: false } : { id: found.id, proven: true };
}

/** The configuration over the catalog's facts, each by itself. */
function capabilitiesOf(model: ConfigModel, upstreamModel: string, catalog: Catalog): Capabilities {
  const found = catalog.findModel(upstreamModel) ?? catalog.findModel(model.canonical ?? "");
  const facts = { ...found?.model.capabilities, ...model.capabilities };
  return {
    ...UNKNOWN_CAPABILITIES,
    contextWindow: facts.context_window ?? null,
    maxOutputTokens: facts.max_output_tokens ?? null,
    input: facts.input ?? null,
    output: facts.output ?? null,
    tools: facts.tools ?? null,
    structuredOutput: facts.structured_output ?? null,
    reasoning: facts.reasoning ?? null,
    tier: facts.tier ?? null,
    ...(facts.max_input_tokens === undefined ? {} : { maxInputTokens: facts.max_input_tokens }),
    ...abilitiesOf(facts),
  };
}

function abilitiesOf(facts: { readonly [A in Ability]?: boolean | undefined }): Pick<Capabilities, "abilities"> {
  const known = ABILITIES.flatMap((ability) => (facts[ability] === undefined ? [] : [[ability, facts[ability]]]));
  return known.length === 0 ? {} : { abilities: Object.fromEntries(known) };
}

/** The model's own word over its provider's. */
export function dataPolicyOf(model: ConfigModel, provider: ConfigProvider): Pick<Lane, "region" | "retention"> {
  const region = model.region ?? provider.region ?? regionOfHost(provider.base_url ?? "");
  const retention = model.retention ?? provider.retention;
  return { ...(region === null ? {} : { region }), ...(retention === undefined ? {} : { retention }) };
}

/** The model's own prices; null: it has none. */
function pricesOf(prices: ConfigModel["prices"]): Prices | null {
  if (prices === undefined) return null;
  const optional = (usd: number | undefined): Nanos | null => (usd === undefined ? null : usdToNanos(usd));
  return {
    request: 0,
    input: usdToNanos(prices.input_per_million_usd),
    output: usdToNanos(prices.output_per_million_usd),
    cacheRead: optional(prices.cache_read_per_million_usd),
    cacheWrite: optional(prices.cache_write_per_million_usd),
    cacheWrite1h: optional(prices.cache_write_1h_per_million_usd),
    reasoning: optional(prices.reasoning_per_million_usd),
    audioInput: optional(prices.audio_input_per_million_usd),
    audioOutput: optional(prices.audio_output_per_million_usd),
    tiers: (prices.tiers ?? [])
      .map((tier) => ({
        aboveTokens: tier.above_tokens,
        input: optional(tier.input_per_million_usd),
        output: optional(tier.output_per_million_usd),
        cacheRead: optional(tier.cache_read_per_million_usd),
        cacheWrite: optional(tier.cache_write_per_million_usd),
        cacheWrite1h: optional(tier.cache_write_1h_per_million_usd),
      }))
      .toSorted((left, right) => left.aboveTokens - right.aboveTokens),
  };
}

const NANOS_PER_CENT = 10_000_000;
const THOUSANDS_PER_MILLION = 1_000;

/** The two prices of an rc.3 file with keys, for every model and every token; null: it sets neither. Below zero is zero. */
function flatPrices({ governance }: ConfigFile): Prices | null {
  if (governance?.enabled !== true) return null;
  const request = governance.price_per_request_cents;
  const thousand = governance.price_per_1k_tokens_cents;
  if (request === undefined && thousand === undefined) return null;
  const toNanos = (cents: number | undefined): number => Math.round(Math.max(0, cents ?? 0) * NANOS_PER_CENT);
  const perMillion = toNanos(thousand) * THOUSANDS_PER_MILLION;
  return {
    request: toNanos(request),
    input: perMillion,
    output: perMillion,
    cacheRead: null,
    cacheWrite: null,
    cacheWrite1h: null,
    reasoning: null,
    audioInput: null,
    audioOutput: null,
    tiers: [],
  };
}

/**
 * The vendor's public ones, by the exact id or, where the catalog declares the name another one for a model, by that model's.
 * The first address that the list knows says which vendor it is.
 */
function listedPrices(addresses: readonly string[], upstreamModel: string, catalog: Catalog): Prices | null {
  const address = addresses.find(isListed);
  if (address === undefined) return null;
  const declared = catalog.findModel(upstreamModel)?.id;
  return listPrices(address, upstreamModel) ?? (declared === undefined ? null : listPrices(address, declared));
}

/** Its own, then the catalog's for its name: what stands in front of a vendor does not change the vendor's prices. */
function addressesOf(name: string, { base_url: own }: ConfigProvider, catalog: Catalog): string[] {
  return [own, ...layersOf(catalog).map((layer) => layer.providers.get(name)?.base_url)].filter(
    (url) => url !== undefined,
  );
}

/**
 * What `ringmain init` finds around it: vendors' keys in variables, the region and the resource they belong to, and models
 * on this machine. Names of variables are taken along and never a key; values only where they have the form of a place.
 */
import type { KnownModel } from "../config/catalog.ts";
import { PROTOCOL_IDS } from "../known.ts";
import { GEOGRAPHIES, GEOGRAPHY, STARTERS } from "./init-models.ts";
import type { CliIo } from "./io.ts";
import { isLoopback, LIST_PATHS, readTags } from "./local-server.ts";

interface CatalogEntry {
  readonly protocol?: string | undefined;
  readonly protocols?: readonly (string | { readonly protocol: string })[] | undefined;
  readonly key_env?: readonly string[] | undefined;
  readonly base_url: string;
  readonly model_suffixes?: readonly string[] | undefined;
}

interface Catalogue {
  readonly providers: ReadonlyMap<string, CatalogEntry>;
  findModel(id: string): KnownModel | null;
}

/** Of a pool; `null`: a name for clients and no member. */
type Kind = "smart" | "fast" | null;

export interface FoundProvider {
  readonly provider: string;
  /** What it was found by, for people. */
  readonly by: string;
  /** Inside the braces of its entry. */
  readonly settings: string;
  readonly models: readonly { readonly id: string; readonly kind: Kind; readonly isLocal: boolean }[];
}

export interface Surroundings {
  /** The best first. */
  readonly used: readonly FoundProvider[];
  /** Comments on the other keys that were found. */
  readonly notes: readonly string[];
}

type Env = CliIo["env"];

export async function lookAround(catalog: Catalogue, io: Pick<CliIo, "env" | "getLocal">): Promise<Surroundings> {
  const { env } = io;
  const used: FoundProvider[] = [];
  const taken = new Set<string>();
  const notes: string[] = [];
  for (const provider of Object.keys(STARTERS)) {
    const variable = variableOf(catalog.providers.get(provider), env);
    if (variable === undefined || taken.has(variable)) continue;
    taken.add(variable);
    used.push(startersOf({ provider, variable, catalog, env }));
  }
  const azure = azureOf(catalog, env);
  if (typeof azure === "string") notes.push(azure);
  else if (azure !== null) used.push(azure);
  const local = await localOf(catalog, io);
  if (local !== null) used.push(local);
  for (const [provider, entry] of catalog.providers) {
    const variable = variableOf(entry, env);
    if (variable === undefined || taken.has(variable) || used.some((each) => each.provider === provider)) continue;
    notes.push(noteOf(provider, variable, entry));
  }
  return { used, notes };
}

function variableOf(entry: CatalogEntry | undefined, env: Env): string | undefined {
  return entry?.key_env?.find((name) => isSet(env, name));
}

function isSet(env: Env, name: string): boolean {
  return (env[name] ?? "").trim() !== "";
}

function noteOf(provider: string, variable: string, entry: CatalogEntry): string {
  const spoken: readonly string[] = PROTOCOL_IDS;
  const protocols = protocolsOf(entry);
  return protocols.some((protocol) => spoken.includes(protocol))
    ? `${provider} (${variable}) is known; add it to providers and a model of its to models.`
    : `${provider} (${variable}) speaks the protocol ${protocols.join(", ")}, which is not available in this version.`;
}

function protocolsOf({ protocol, protocols }: CatalogEntry): readonly string[] {
  if (protocols === undefined) return protocol === undefined ? [] : [protocol];
  return protocols.map((each) => (typeof each === "string" ? each : each.protocol));
}

// ---------------------------------------------------------------- vendors

interface StarterInput {
  readonly provider: string;
  readonly variable: string;
  readonly catalog: Catalogue;
  readonly env: Env;
}

function startersOf({ provider, variable, catalog, env }: StarterInput): FoundProvider {
  const isAws = variable.startsWith("AWS_");
  const region = isAws ? regionOf(env) : null;
  const geography = GEOGRAPHIES.find(([start]) => (region ?? AWS_REGION_DEFAULT).startsWith(start))?.[1] ?? "";
  const starter = STARTERS[provider] ?? { smart: [], fast: [] };
  const models = (["smart", "fast"] as const).flatMap((kind) => {
    const ids = starter[kind].map((id) => id.replace(GEOGRAPHY, geography));
    const id = ids.find((each) => catalog.findModel(each) !== null);
    return id === undefined ? [] : [{ id, kind, isLocal: false }];
  });
  // AWS's keys come in several variables, which belong together.
  const key = isAws ? "aws: env" : `api_key_env: ${variable}`;
  const elsewhere =
    region === null || region === AWS_REGION_DEFAULT ? "" : `, base_url: "${hostIn(catalog, provider, region)}"`;
  return { provider, by: variable, settings: `${key}${elsewhere}`, models };
}

/** The catalog's own host is there. */
const AWS_REGION_DEFAULT = "us-east-1";

function regionOf(env: Env): string | null {
  const region = ["AWS_REGION", "AWS_DEFAULT_REGION"]
    .map((name) => (env[name] ?? "").trim())
    .find((each) => each !== "");
  return region !== undefined && /^[a-z]{2}(?:-[a-z]+){1,3}-\d$/.test(region) ? region : null;
}

function hostIn(catalog: Catalogue, provider: string, region: string): string {
  return (catalog.providers.get(provider)?.base_url ?? "").replace(AWS_REGION_DEFAULT, region);
}

// ---------------------------------------------------------------- Azure

const AZURE_KEYS = ["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"];
const AZURE_RESOURCES = ["AZURE_OPENAI_RESOURCE_NAME", "AZURE_RESOURCE_NAME"];
const AZURE_DEPLOYMENTS = ["AZURE_OPENAI_DEPLOYMENT_NAME", "AZURE_OPENAI_DEPLOYMENT", "AZURE_DEPLOYMENT_NAME"];

/** A resource is a host of one's own, so that the catalog cannot know it. A sentence: something is missing. */
function azureOf(catalog: Catalogue, env: Env): FoundProvider | string | null {
  const key = AZURE_KEYS.find((name) => isSet(env, name));
  if (key === undefined) return null;
  const host = azureHost(env);
  if (host === null)
    return `azure (${key}) needs the address of its resource; set AZURE_OPENAI_ENDPOINT, or add it to providers as docs/configuration.md shows.`;
  const deployment = AZURE_DEPLOYMENTS.map((name) => (env[name] ?? "").trim()).find((each) =>
    /^[\w.-]{1,100}$/.test(each),
  );
  const settings = `protocols: [responses, openai], base_url: "${host}/openai", auth: api-key, api_key_env: ${key}, dialect: { developer_role: true, custom_tools: true, compaction: true, prompt_cache_key: true }`;
  const models =
    deployment === undefined ? [] : [{ id: deployment, kind: kindOf(catalog, deployment), isLocal: false }];
  return { provider: "azure", by: key, settings, models };
}

function azureHost(env: Env): string | null {
  const endpoint = (env["AZURE_OPENAI_ENDPOINT"] ?? "").trim();
  const host = /^(https:\/\/[a-z0-9][a-z0-9.-]*)(?:\/openai(?:\/v1)?)?\/?$/i.exec(endpoint)?.[1];
  if (host !== undefined) return host.toLowerCase();
  const resource = AZURE_RESOURCES.map((name) => (env[name] ?? "").trim()).find((each) =>
    /^[a-z0-9][a-z0-9-]*$/i.test(each),
  );
  return resource === undefined ? null : `https://${resource.toLowerCase()}.openai.azure.com`;
}

function kindOf(catalog: Catalogue, id: string): Kind {
  const tier = catalog.findModel(id)?.model.capabilities?.tier;
  if (tier === "frontier") return "smart";
  return tier === "fast" ? "fast" : null;
}

// ---------------------------------------------------------------- this machine

const LOCAL = "ollama";
/** Of the models on this machine; the others are named in a comment. */
const LOCAL_MODELS_MAX = 8;

/** What a local Ollama has pulled. What it only passes on to its cloud is left to the provider of that. */
async function localOf(
  catalog: Catalogue,
  { env, getLocal }: Pick<CliIo, "env" | "getLocal">,
): Promise<FoundProvider | null> {
  const known = catalog.providers.get(LOCAL);
  if (getLocal === undefined || known === undefined) return null;
  const url = localUrl(env["OLLAMA_HOST"], known.base_url);
  const text = url === null ? null : await getLocal(`${url}${LIST_PATHS.get(LOCAL)}`);
  const names = text === null ? null : readTags(text);
  if (url === null || names === null) return null;
  const clouds = catalog.providers.get(`${LOCAL}-cloud`)?.model_suffixes ?? [];
  const pulled = names.filter((name) => !clouds.some((suffix) => name.toLowerCase().endsWith(suffix)));
  const settings = url === known.base_url ? "" : `base_url: "${url}"`;
  const models = pulled.slice(0, LOCAL_MODELS_MAX).map((id) => ({ id, kind: null, isLocal: true }));
  return { provider: LOCAL, by: `running at ${url.slice("http://".length)}`, settings, models };
}

/** `OLLAMA_HOST` as Ollama reads it; null: it is no address of this machine. */
function localUrl(host: string | undefined, fallback: string): string | null {
  const said = (host ?? "").trim().replace(/\/+$/, "");
  if (said === "") return fallback;
  const [, name = "", port = "11434"] = /^(?:http:\/\/)?([\w.-]+|\[[\da-f:]+\])?(?::(\d{1,5}))?$/i.exec(said) ?? [
    said,
    said,
  ];
  const here = name === "" || name === "0.0.0.0" || name === "localhost" ? "127.0.0.1" : name;
  const url = `http://${here}:${port}`;
  return isLoopback(url) ? url : null;
}

/** The configuration that `ringmain init` writes: what one would write by hand for what was found. */
import type { FoundProvider, Surroundings } from "./init-look.ts";
import { AGENT_NAMES, STARTERS } from "./init-models.ts";

export function renderConfig(found: Surroundings, token: string, isKnown: (id: string) => boolean): string {
  const parts = [HEAD, access(token)];
  const models = startingModels(found.used, isKnown);
  if (models.length === 0) return [...parts, nothingFound(found)].join("\n");
  const pools = poolsOf(models);
  return [...parts, providersPart(found), modelsPart(models), poolsPart(pools), aliasesPart(pools)].join("\n");
}

interface StartingModel extends Pick<FoundProvider["models"][number], "kind" | "isLocal"> {
  readonly name: string;
  readonly provider: string;
  readonly upstreamModel: string;
}

/** A friendly name without the vendor's folder; two providers of one model need two names, and a local one never takes a vendor's. */
function startingModels(used: Surroundings["used"], isKnown: (id: string) => boolean): StartingModel[] {
  const taken = new Set<string>();
  return used.flatMap(({ provider, models }) =>
    models.map(({ id, kind, isLocal }) => {
      const short = id.slice(id.lastIndexOf("/") + 1).replace(/:latest$/, "");
      const isOwned = isLocal && isKnown(short);
      const wanted = isOwned ? `local-${short}` : short;
      const name = taken.has(wanted) ? `${wanted}-${provider}` : wanted;
      taken.add(name);
      return { name, provider, upstreamModel: id, kind, isLocal };
    }),
  );
}

interface StartingPool {
  readonly name: "smart" | "fast";
  readonly members: readonly string[];
  /** The class of each is known. */
  readonly keepsTier: boolean;
}

/** Where no vendor was found, the first model there is stands for both. */
function poolsOf(models: readonly StartingModel[]): StartingPool[] {
  const pools = (["smart", "fast"] as const).flatMap((name): StartingPool[] => {
    const members = models.filter(({ kind }) => kind === name).map((model) => model.name);
    return members.length === 0 ? [] : [{ name, members, keepsTier: true }];
  });
  const spare = models.find(({ name }) => !/embed|bge-|minilm/i.test(name));
  if (pools.length > 0 || spare === undefined) return pools;
  return [{ name: "smart", members: [spare.name], keepsTier: false }];
}

const HEAD = `# Ringmain: one URL for every model. Check this file with "ringmain check", start with "ringmain serve".
# Every key is explained in docs/configuration.md and shown in config.example.yaml.

# This machine only. Another machine needs "0.0.0.0:8080", and then the token below is what protects your keys.
listen: "127.0.0.1:8080"
`;

function access(token: string): string {
  return `# Clients send this token where they would send a vendor's key. The variable RINGMAIN_TOKEN, if set, takes its place.
auth:
  mode: token
  client_tokens: ["\${RINGMAIN_TOKEN:-${token}}"]
`;
}

function providersPart({ used, notes }: Surroundings): string {
  const lines = used.map(({ provider, settings, models }) => {
    const entry = `  ${provider}: ${settings === "" ? "{}" : `{ ${settings} }`}`;
    return models.length > 0 ? entry : `${entry}\n  # ${provider} has no model here yet; add one to models.`;
  });
  const comments = notes.map((note) => `  # ${note}`);
  return `# Where models run. Keys stay in the environment; this file only names the variables.\nproviders:\n${[...lines, ...comments].join("\n")}\n`;
}

function modelsPart(models: readonly StartingModel[]): string {
  const lines = models.map(({ name, provider, upstreamModel }) => {
    const upstream = upstreamModel === name ? "" : `, upstream_model: ${JSON.stringify(upstreamModel)}`;
    return `  ${keyText(name)}: { provider: ${provider}${upstream} }`;
  });
  return `# Names clients may ask for. What is known of each model comes from the built-in catalog.\nmodels:\n${lines.join("\n")}\n`;
}

function poolsPart(pools: readonly StartingPool[]): string {
  const lines = pools.map(({ name, members, keepsTier }) => {
    const targets = members.map((member) => `{ target: ${valueText(member)} }`).join(", ");
    const keep = keepsTier ? "\n    failover: { keep: [tier] }" : "";
    return `  ${name}:\n    select: ordered\n    members: [${targets}]${keep}\n    affinity: { prefix: true }`;
  });
  return `# A pool is asked for like a model. The first member serves, and when it fails the next one, but by keep: [tier] never a weaker
# one. When the first is back, it serves again. A session stays where it was served last, also of agents that name none.
pools:
${lines.join("\n")}
`;
}

/** Agents ask for models of their maker's, beside the one they are given. */
function aliasesPart(pools: readonly StartingPool[]): string {
  const nameOf = (wanted: string): string => (pools.find(({ name }) => name === wanted) ?? pools[0])?.name ?? wanted;
  if (pools.length === 0) return "";
  const lines = AGENT_NAMES.map(({ pattern, pool }) => `  ${JSON.stringify(pattern)}: ${nameOf(pool)}`);
  return `# Names that agents ask for on their own, for helpers above all. Answers to them say so in x-ringmain-alias; a model above is never meant.
aliases:
${lines.join("\n")}
`;
}

/** Plain where YAML reads it as the same text. */
function keyText(name: string): string {
  return /^[a-z_](?:[\w.@-]|:(?=[\w.]))*$/i.test(name) && !/^(?:true|false|null|y|n|yes|no|on|off|nan|inf)$/i.test(name)
    ? name
    : JSON.stringify(name);
}

function valueText(name: string): string {
  return /^[a-z][\w.-]*$/i.test(name) ? keyText(name) : JSON.stringify(name);
}

function nothingFound({ used, notes }: Surroundings): string {
  const comments = notes.map((note) => `# ${note}\n`).join("");
  const [model = ""] = STARTERS["anthropic"]?.smart ?? [];
  const providers = used.length === 0 ? "providers: {}" : providersPart({ used, notes: [] }).trimEnd();
  return `# No vendor's key that a starting model is known for was found in the environment. Export one, such as
# ANTHROPIC_API_KEY or OPENAI_API_KEY, and run "ringmain init --force"; or fill in by this pattern:
#
#   providers:
#     anthropic: { api_key_env: ANTHROPIC_API_KEY }
#   models:
#     ${model}: { provider: anthropic }
#   pools:
#     smart: { members: [{ target: ${model} }] }
#
# A model on this machine needs no key:
#
#   providers:
#     ollama: {}
#   models:
#     local: { provider: ollama, upstream_model: llama3.2 }
${comments}${providers}
models: {}
`;
}

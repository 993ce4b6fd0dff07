/**
 * `ringmain init`: looks which vendors' keys are in the environment and writes a configuration that uses them. It listens on
 * this machine only and still asks for a token: a page in a browser can reach 127.0.0.1, and keys spend money.
 */
import { randomBytes } from "node:crypto";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { PROTOCOL_IDS } from "../known.ts";
import { STARTERS } from "./init-models.ts";
import type { CliIo } from "./io.ts";
import { EXIT, readOptions } from "./text.ts";

export const INIT_USAGE = `Usage: ringmain init [--config FILE] [--force]

Writes config.yaml (or FILE) for the vendors whose keys are in the environment.
--force overwrites a file that is there.
`;

/** 160 bits: too many to guess. */
const TOKEN_BYTES = 20;

export async function init(args: readonly string[], io: CliIo): Promise<number> {
  const options = readOptions(args, { flags: ["--force", "--help", "-h"], values: ["--config"] });
  if (options.kind === "usage") {
    io.err(`${options.message}\n\n${INIT_USAGE}`);
    return EXIT.usage;
  }
  if (options.flags.has("--help") || options.flags.has("-h")) {
    io.out(INIT_USAGE);
    return EXIT.fine;
  }
  const path = resolve(io.cwd, options.values.get("--config") ?? "config.yaml");
  const name = relative(io.cwd, path) || path;
  const force = options.flags.has("--force");
  if (!force && existsSync(path)) {
    io.err(`${name} is there already; --force overwrites it.\n`);
    return EXIT.failed;
  }
  const { embeddedCatalog } = await import("../config/catalog.ts");
  const found = lookAround(embeddedCatalog().providers, io.env);
  const token = `rm-${randomBytes(TOKEN_BYTES).toString("hex")}`;
  const reason = write(path, renderConfig(found, token), force);
  if (reason !== null) {
    io.err(`${name} could not be written: ${reason}\n`);
    return EXIT.failed;
  }
  io.out(report(name, found, token));
  return EXIT.fine;
}

interface CatalogEntry {
  readonly protocol?: string | undefined;
  readonly protocols?: readonly (string | { readonly protocol: string })[] | undefined;
  readonly key_env?: readonly string[] | undefined;
}

export interface Surroundings {
  /** Providers with a key and models to begin with. */
  readonly used: readonly { readonly provider: string; readonly variable: string }[];
  /** Comments on the other keys that were found. */
  readonly notes: readonly string[];
}

/** Only names of variables are taken along, never their values. */
export function lookAround(catalog: ReadonlyMap<string, CatalogEntry>, env: CliIo["env"]): Surroundings {
  const spoken: readonly string[] = PROTOCOL_IDS;
  const used: { provider: string; variable: string }[] = [];
  const notes: string[] = [];
  const variableOf = (entry: CatalogEntry | undefined) =>
    entry?.key_env?.find((name) => (env[name] ?? "").trim() !== "");
  for (const provider of Object.keys(STARTERS)) {
    const variable = variableOf(catalog.get(provider));
    if (variable !== undefined && !used.some((each) => each.variable === variable)) used.push({ provider, variable });
  }
  for (const [provider, entry] of catalog) {
    const variable = variableOf(entry);
    if (variable === undefined || used.some((each) => each.provider === provider)) continue;
    const protocols = protocolsOf(entry);
    if (!protocols.some((protocol) => spoken.includes(protocol))) {
      const names = protocols.join(", ");
      notes.push(`${provider} (${variable}) speaks the protocol ${names}, which is not available in this version.`);
    } else if (!used.some((each) => each.variable === variable)) {
      notes.push(`${provider} (${variable}) is known; add it to providers and a model of its to models.`);
    }
  }
  return { used, notes };
}

function protocolsOf({ protocol, protocols }: CatalogEntry): readonly string[] {
  if (protocols === undefined) return protocol === undefined ? [] : [protocol];
  return protocols.map((each) => (typeof each === "string" ? each : each.protocol));
}

export function renderConfig(found: Surroundings, token: string): string {
  const parts = [HEAD, access(token)];
  if (found.used.length === 0) parts.push(noKeys(found.notes));
  else {
    const models = startingModels(found);
    parts.push(providersPart(found), modelsPart(models), poolsPart(models));
  }
  return `${parts.join("\n")}`;
}

interface StartingModel {
  readonly name: string;
  readonly provider: string;
  readonly upstreamModel: string;
  readonly pool: "smart" | "fast";
}

function startingModels(found: Surroundings): StartingModel[] {
  const taken = new Set<string>();
  return found.used.flatMap(({ provider }) =>
    (["smart", "fast"] as const).flatMap((pool) => {
      const upstreamModel = STARTERS[provider]?.[pool] ?? null;
      if (upstreamModel === null) return [];
      // A friendly name without the vendor's folder; two providers of one model need two names.
      const short = upstreamModel.slice(upstreamModel.lastIndexOf("/") + 1);
      const name = taken.has(short) ? `${short}-${provider}` : short;
      taken.add(name);
      return [{ name, provider, upstreamModel, pool }];
    }),
  );
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
  // AWS's keys come in several variables, which belong together.
  const keyOf = (variable: string): string => (variable.startsWith("AWS_") ? "aws: env" : `api_key_env: ${variable}`);
  const lines = used.map(({ provider, variable }) => `  ${provider}: { ${keyOf(variable)} }`);
  const comments = notes.map((note) => `  # ${note}`);
  return `# Where models run. Keys stay in the environment; this file only names the variables.\nproviders:\n${[...lines, ...comments].join("\n")}\n`;
}

function modelsPart(models: readonly StartingModel[]): string {
  const lines = models.map(({ name, provider, upstreamModel }) => {
    const upstream = upstreamModel === name ? "" : `, upstream_model: ${JSON.stringify(upstreamModel)}`;
    return `  ${name}: { provider: ${provider}${upstream} }`;
  });
  return `# Names clients may ask for. What is known of each model comes from the built-in catalog.\nmodels:\n${lines.join("\n")}\n`;
}

function poolsPart(models: readonly StartingModel[]): string {
  const pools = (["smart", "fast"] as const).flatMap((pool) => {
    const members = models.filter((model) => model.pool === pool).map((model) => `{ target: ${model.name} }`);
    if (members.length === 0) return [];
    return [`  ${pool}:\n    members: [${members.join(", ")}]\n    failover: { keep: [tier] }`];
  });
  return `# A pool is asked for like a model. When one member fails the next one answers, but by keep: [tier] never a weaker one.\npools:\n${pools.join("\n")}\n`;
}

function noKeys(notes: readonly string[]): string {
  const comments = notes.map((note) => `# ${note}\n`).join("");
  return `# No vendor's key that a starting model is known for was found in the environment. Export one, such as
# ANTHROPIC_API_KEY or OPENAI_API_KEY, and run "ringmain init --force"; or fill in by this pattern:
#
#   providers:
#     anthropic: { api_key_env: ANTHROPIC_API_KEY }
#   models:
#     ${STARTERS["anthropic"]?.smart ?? ""}: { provider: anthropic }
#   pools:
#     smart: { members: [{ target: ${STARTERS["anthropic"]?.smart ?? ""} }] }
#
# A model on this machine needs no key:
#
#   providers:
#     ollama: {}
#   models:
#     local: { provider: ollama, upstream_model: llama3.2 }
${comments}providers: {}
models: {}
`;
}

/** Readable by its owner only, for it holds a token. Null: written; else a sentence part. */
function write(path: string, text: string, force: boolean): string | null {
  try {
    if (!force) writeFileSync(path, text, { flag: "wx", mode: 0o600 });
    else {
      // Written beside it first: a full disk must not cost the old file.
      const draft = `${path}.new`;
      writeFileSync(draft, text, { mode: 0o600 });
      renameSync(draft, path);
    }
    return null;
  } catch (trouble) {
    return trouble instanceof Error ? trouble.message : String(trouble);
  }
}

function report(name: string, { used, notes }: Surroundings, token: string): string {
  const lines = [`Wrote ${name}.`];
  if (used.length > 0) lines.push(`Uses ${used.map((each) => `${each.provider} (${each.variable})`).join(", ")}.`);
  else
    lines.push(
      "No vendor's key that a starting model is known for was found in the environment; the file explains how to add one.",
    );
  lines.push(...notes);
  lines.push(
    "Clients authenticate with this token; it stands in the file, and the variable, where set, takes its place:",
  );
  lines.push(`  export RINGMAIN_TOKEN=${token}`);
  lines.push(
    used.length > 0
      ? 'Next: "ringmain check", then "ringmain serve".'
      : "Next: export a key and run this again with --force, or fill in the file.",
  );
  return `${lines.join("\n")}\n`;
}

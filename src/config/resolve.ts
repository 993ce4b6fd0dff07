/** Two files without errors become the deployment that every other room reads. Nothing is refused here any more. */

import type { Deployment, Provider } from "../ir/deployment.ts";
import { PROTOCOL_IDS } from "../known.ts";
import { sha256Hex } from "../std/digest.ts";
import { regionOfHost } from "./aws.ts";
import { DEFAULTS } from "./defaults.ts";
import { resolveDisplays } from "./displays.ts";
import { listedDoors } from "./doors.ts";
import { adminTokenForms, awsKeyForms, clientTokensOf, providerOf } from "./merge.ts";
import { resolveAliases } from "./resolve-aliases.ts";
import { governanceOf, idempotencyOf } from "./resolve-governance.ts";
import { type ResolveInput, resolveLanes } from "./resolve-lanes.ts";
import { resolveTargets } from "./resolve-targets.ts";
import type { ConfigFile, ConfigProvider } from "./schema.ts";
import { readAuthMode, readListen, secretRefOf } from "./values.ts";

/** Of a hash: enough to tell two configurations apart, too little to guess what they hold. */
const REVISION_CHARS = 12;
const MEGABYTE = 1_048_576;

export function resolve(input: ResolveInput, warnings: readonly string[]): Deployment {
  const { config, source, resolvePath } = input;
  const address = readListen(config.listen ?? DEFAULTS.listen);
  const mode = readAuthMode(config.auth?.mode);
  if (address === null || mode === null)
    throw new Error("a listen address or auth mode that cannot be read passed the checks");
  const lanes = resolveLanes(input);
  const aliases = resolveAliases(input, lanes);
  const deployment: Omit<Deployment, "revision"> = {
    listen: { host: address.host, port: address.port },
    workers: config.workers === "auto" ? 0 : (config.workers ?? 1),
    drainMs: (config.drain_secs ?? DEFAULTS.drainSecs) * 1_000,
    auth: { mode, clientTokens: clientTokensOf(config, source, resolvePath), ...awsKeysOf(input) },
    corsOrigins: config.cors?.origins ?? [],
    limits: limitsOf(config.limits),
    adminToken: secretRefOf(adminTokenForms(config), source, resolvePath),
    metering: config.metering ?? "exact",
    // Names of lanes and accounts are for the operator; on a public address the client is another person.
    errorDetail: config.errors?.detail ?? (address.loopback ? "full" : "minimal"),
    responseHeaders: config.response_headers ?? "full",
    streamOpenAfterMs: config.stream_open_after_ms ?? DEFAULTS.streamOpenAfterMs,
    log: { level: config.log?.level ?? "info", format: config.log?.format ?? "text" },
    decisionsRing: config.observability?.decisions?.ring ?? DEFAULTS.decisionsRing,
    governance: governanceOf(config, resolvePath),
    idempotency: idempotencyOf(config),
    decisionsStore: decisionsStoreOf(input),
    stateStore: stateStoreOf(input),
    providers: resolveProviders(input),
    lanes,
    targets: resolveTargets(config, lanes),
    ...(aliases === undefined ? {} : { aliases }),
    displays: resolveDisplays(input),
    warnings,
  };
  return { revision: revisionOf(deployment), ...deployment };
}

/** The second is part of the first, also where only that one is said. */
function limitsOf({ bodies_mb, bodies_unknown_mb }: NonNullable<ConfigFile["limits"]> = {}): Deployment["limits"] {
  const all = bodies_mb ?? DEFAULTS.bodiesMb;
  return {
    bodiesBytes: all * MEGABYTE,
    unknownBodiesBytes: Math.min(all, bodies_unknown_mb ?? DEFAULTS.bodiesUnknownMb) * MEGABYTE,
  };
}

/** Nothing where there are none. */
function awsKeysOf({ config, source, resolvePath }: ResolveInput): Pick<Deployment["auth"], "awsKeys"> {
  const awsKeys = awsKeyForms(config).flatMap(({ accessKeyId, label, forms }) => {
    const secret = secretRefOf(forms, source, resolvePath);
    return secret === null ? [] : [{ accessKeyId, label, secret }];
  });
  return awsKeys.length === 0 ? {} : { awsKeys };
}

/** Zero days keep nothing. */
function decisionsStoreOf({ config, resolvePath }: ResolveInput): Deployment["decisionsStore"] {
  const { keep_days: keepDays = 0, db_path: path = DEFAULTS.decisionsPath } = config.observability?.decisions ?? {};
  return keepDays === 0 ? null : { path: resolvePath(path), keepDays };
}

function stateStoreOf({ config, resolvePath }: ResolveInput): Deployment["stateStore"] {
  const { keep = true, path = DEFAULTS.statePath } = config.health ?? {};
  return keep ? { path: resolvePath(path) } : null;
}

function revisionOf(deployment: Omit<Deployment, "revision">): string {
  return sha256Hex(JSON.stringify(deployment)).slice(0, REVISION_CHARS);
}

/** Those whose protocol this version speaks; the checks have seen to it that no model uses another. */
function resolveProviders({ config, catalog, resolvePath }: ResolveInput): Record<string, Provider> {
  const spoken: readonly string[] = PROTOCOL_IDS;
  const providers: Record<string, Provider> = {};
  for (const name of Object.keys(config.providers)) {
    const merged = providerOf(name, config, catalog);
    if (merged?.base_url === undefined || !listedDoors(merged).some(({ protocol }) => spoken.includes(protocol)))
      continue;
    providers[name] = resolveProvider(name, merged, { baseUrl: merged.base_url, resolvePath });
  }
  return providers;
}

/** By which Messages clients say whose rules they speak by. */
const VERSION_HEADER = "anthropic-version";

interface Resolved {
  readonly baseUrl: string;
  readonly resolvePath: (path: string) => string;
}

function resolveProvider(name: string, merged: ConfigProvider, { baseUrl, resolvePath }: Resolved): Provider {
  const { health } = merged;
  const { anthropic_version: version } = merged;
  const pinned = version === undefined || version === null ? [] : [[VERSION_HEADER, version]];
  const headers = Object.entries(merged.headers ?? {}).map(([header, value]) => [header.toLowerCase(), value]);
  return {
    name,
    baseUrl: baseUrl.replace(/\/+$/, ""),
    region: merged.region ?? regionOfHost(baseUrl),
    allowPrivate: merged.allow_private ?? false,
    proxy: merged.proxy ?? null,
    caFile: merged.ca_file === undefined || merged.ca_file === null ? null : resolvePath(merged.ca_file),
    upstreamClient: merged.upstream_client ?? DEFAULTS.upstreamClient,
    ...(merged.models_path === undefined ? {} : { modelsPath: merged.models_path }),
    ...(merged.key_path === undefined ? {} : { keyPath: merged.key_path }),
    headers: Object.fromEntries([...headers, ...pinned]),
    forwardHeaders: (merged.forward_headers ?? []).map((each) => each.toLowerCase()),
    health: {
      mode: health?.mode ?? "none",
      intervalMs: Math.max(1, health?.interval_secs ?? DEFAULTS.healthIntervalSecs) * 1_000,
      timeoutMs: Math.max(1, health?.timeout_secs ?? DEFAULTS.healthTimeoutSecs) * 1_000,
    },
  };
}

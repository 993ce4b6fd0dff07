/** What the two files together say: a provider of the catalog as this deployment changes it, its accounts, and time limits. */
import type { SecretRef, TimerPair, Timers } from "../ir/deployment.ts";
import type { Catalog } from "./catalog.ts";
import { DEFAULT_TIMERS, DEFAULTS } from "./defaults.ts";
import type { Path } from "./problem.ts";
import type { CatalogProvider, ConfigFile, ConfigProvider, ConfigTimeouts } from "./schema.ts";
import type { Source } from "./source.ts";
import { type SecretForms, secretRefOf } from "./values.ts";

/** The deployment's word wins field by field; error maps and facts of dialect are laid over each other, and a health block replaces the other. */
export function mergeProvider(own: ConfigProvider, catalog: CatalogProvider | undefined): ConfigProvider {
  return {
    ...catalog,
    ...own,
    ...doorsSaid(own, catalog),
    error_map: { ...catalog?.error_map, ...own.error_map },
    headers: { ...catalog?.headers, ...own.headers },
    dialect: { ...catalog?.dialect, ...own.dialect },
  };
}

/** One protocol of its own wins over the catalog's list, and a list over the catalog's one. */
function doorsSaid(
  own: ConfigProvider,
  catalog: CatalogProvider | undefined,
): Pick<ConfigProvider, "protocol" | "protocols"> {
  const said = own.protocol === undefined && own.protocols === undefined ? catalog : own;
  return { protocol: said?.protocol, protocols: said?.protocols };
}

/** Undefined where no provider has the name. */
export function providerOf(name: string, config: ConfigFile, catalog: Catalog): ConfigProvider | undefined {
  const own = Object.hasOwn(config.providers, name) ? config.providers[name] : undefined;
  return own === undefined ? undefined : mergeProvider(own, catalog.providers.get(name));
}

interface Account {
  readonly id: string;
  readonly path: Path;
  readonly forms: SecretForms;
  readonly pinned: boolean;
  readonly sortKey: number;
  readonly routing: boolean;
  /** null: the model's limit holds. */
  readonly maxConcurrent: number | null;
  /** null: the breaker counts. */
  readonly cooldownSecs: number | null;
  readonly pressureBelow: number;
}

/** A key at provider level is one account; a provider without any key still has one, without a credential. */
export function accountsOf(name: string, provider: ConfigProvider): Account[] {
  const path = ["providers", name];
  const common = {
    cooldownSecs: provider.cooldown_secs ?? null,
    pressureBelow: provider.pressure_below ?? DEFAULTS.pressureBelow,
  };
  if (provider.accounts === undefined) {
    const forms = {
      value: null,
      env: provider.api_key_env ?? null,
      file: provider.api_key_file ?? null,
      aws: awsForm(provider.aws),
    };
    const alone = { pinned: false, sortKey: 0, routing: true, maxConcurrent: null };
    return [{ id: DEFAULTS.accountId, path, forms, ...alone, ...common }];
  }
  return provider.accounts.map((account, at) => {
    const here = [...path, "accounts", at];
    const value = account.api_key === undefined ? null : { text: account.api_key, path: [...here, "api_key"] };
    return {
      id: account.id,
      path: here,
      forms: {
        value,
        env: account.api_key_env ?? null,
        file: account.api_key_file ?? null,
        aws: awsForm(account.aws),
      },
      pinned: account.pinned ?? false,
      sortKey: account.sort_key ?? 0,
      routing: account.routing ?? true,
      maxConcurrent: account.max_concurrent ?? null,
      cooldownSecs: account.cooldown_secs ?? common.cooldownSecs,
      pressureBelow: account.pressure_below ?? common.pressureBelow,
    };
  });
}

function awsForm(aws: ConfigProvider["aws"]): { readonly profile: string | null } | null {
  if (aws === undefined) return null;
  return { profile: aws === "env" ? null : aws.profile };
}

/** Key pairs clients sign with, each with the forms its secret is given in. */
export function awsKeyForms(
  config: ConfigFile,
): { accessKeyId: string; label: string; path: Path; forms: SecretForms }[] {
  return (config.auth?.aws_keys ?? []).map((key, at) => {
    const path = ["auth", "aws_keys", at];
    const value =
      key.secret_access_key === undefined
        ? null
        : { text: key.secret_access_key, path: [...path, "secret_access_key"] };
    const forms = { value, env: key.secret_access_key_env ?? null, file: key.secret_access_key_file ?? null };
    return { accessKeyId: key.access_key_id, label: key.key ?? `aws-${at + 1}`, path, forms };
  });
}

/** What lets clients in, one reference per token. The old single `token` counts only where no list is given. */
export function clientTokensOf(config: ConfigFile, source: Source, resolvePath: (path: string) => string): SecretRef[] {
  return clientTokenForms(config).flatMap((forms) => secretRefOf(forms, source, resolvePath) ?? []);
}

export function clientTokenForms(config: ConfigFile): (SecretForms & { readonly path: Path })[] {
  const auth = config.auth ?? {};
  const nothing = { value: null, env: null, file: null };
  const listed = (auth.client_tokens ?? []).map((text, at) => {
    const path = ["auth", "client_tokens", at];
    return { ...nothing, value: { text, path }, path };
  });
  const spread = (key: "client_tokens_env" | "client_tokens_file", form: "env" | "file") => {
    const given = auth[key];
    if (given === undefined) return [];
    if (typeof given === "string") return [{ ...nothing, [form]: given, path: ["auth", key] }];
    return given.map((each, at) => ({ ...nothing, [form]: each, path: ["auth", key, at] }));
  };
  const all = [...listed, ...spread("client_tokens_env", "env"), ...spread("client_tokens_file", "file")];
  if (all.length > 0) return all;
  if (auth.token !== undefined)
    return [{ ...nothing, value: { text: auth.token, path: ["auth", "token"] }, path: ["auth", "token"] }];
  if (auth.token_env !== undefined) return [{ ...nothing, env: auth.token_env, path: ["auth", "token_env"] }];
  if (auth.token_file !== undefined) return [{ ...nothing, file: auth.token_file, path: ["auth", "token_file"] }];
  return [];
}

/** Under `admin`, or under rc.3's name for the same thing. An empty rc.3 token is none. */
export function adminTokenForms(config: ConfigFile): SecretForms & { readonly path: Path } {
  const { admin, governance } = config;
  const own = admin?.token ?? admin?.token_env ?? admin?.token_file;
  if (own !== undefined) {
    const path = [
      "admin",
      admin?.token !== undefined ? "token" : admin?.token_env !== undefined ? "token_env" : "token_file",
    ];
    const value = admin?.token === undefined ? null : { text: admin.token, path };
    return { value, env: admin?.token_env ?? null, file: admin?.token_file ?? null, path };
  }
  const old = governance?.admin_token;
  const path = [
    "governance",
    governance?.admin_token_env !== undefined
      ? "admin_token_env"
      : governance?.admin_token_file !== undefined
        ? "admin_token_file"
        : "admin_token",
  ];
  const value = old === undefined || old === "" ? null : { text: old, path };
  return { value, env: governance?.admin_token_env ?? null, file: governance?.admin_token_file ?? null, path };
}

/** Later ones win, field by field. Limits of streams are their own: those for whole answers say nothing about them. */
export function mergeTimeouts(...levels: readonly (ConfigTimeouts | undefined)[]): TimerPair {
  let { buffered, streamed } = DEFAULT_TIMERS;
  for (const level of levels) {
    if (level === undefined) continue;
    const connectMs = level.connect_ms ?? buffered.connectMs;
    buffered = { ...mergeTimers(buffered, level), connectMs };
    streamed = { ...mergeTimers(streamed, level.stream), connectMs };
  }
  return { buffered, streamed };
}

function mergeTimers(timers: Timers, level: ConfigTimeouts["stream"]): Timers {
  return {
    connectMs: timers.connectMs,
    firstByteMs: level?.first_byte_ms ?? timers.firstByteMs,
    idleMs: level?.idle_ms ?? timers.idleMs,
    totalMs: level?.total_ms ?? timers.totalMs,
  };
}

/**
 * AWS's own places for credentials and regions: variables, the shared credentials file, and the names of its hosts. Only key
 * pairs can be used: whatever must be fetched or renewed is refused with the reason. Imports neither zod nor yaml, because
 * every worker loads it.
 */
import type { ReadEnv } from "./interpolate.ts";

interface AwsSources {
  readonly readEnv: ReadEnv;
  /** The whole text; null: not there or not readable. */
  readonly readFile: (path: string) => string | null;
}

/** `text`: `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]`, or a Bedrock API key. `reason` is a sentence part. */
export type AwsKeys =
  | { readonly kind: "keys"; readonly text: string }
  | { readonly kind: "absent"; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string };

/** `profile` null: the environment's own. */
export function readAwsKeys(profile: string | null, sources: AwsSources): AwsKeys {
  return profile === null ? readVariables(sources.readEnv) : readProfile(profile, sources);
}

function readVariables(readEnv: ReadEnv): AwsKeys {
  const bearer = trimmed(readEnv("AWS_BEARER_TOKEN_BEDROCK"));
  if (bearer !== null) return { kind: "keys", text: bearer };
  const missing = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].find((name) => trimmed(readEnv(name)) === null);
  if (missing !== undefined) return { kind: "absent", reason: `needs the variable ${missing}, which is not set` };
  return keysOf({
    id: readEnv("AWS_ACCESS_KEY_ID"),
    secret: readEnv("AWS_SECRET_ACCESS_KEY"),
    token: readEnv("AWS_SESSION_TOKEN"),
  });
}

/** The credentials file first, then the config file, as AWS's own clients look. */
function readProfile(profile: string, sources: AwsSources): AwsKeys {
  const found: Record<string, string> = {};
  let read = 0;
  for (const { path, section } of placesOf(profile, sources.readEnv)) {
    const text = sources.readFile(path);
    if (text === null) continue;
    read++;
    for (const [name, value] of Object.entries(readSection(text, section))) found[name] ??= value;
  }
  if (read === 0) return { kind: "absent", reason: "needs ~/.aws/credentials, which cannot be read; create it" };
  if (Object.keys(found).length === 0) {
    return { kind: "absent", reason: `names the profile ${profile}, which is in none of AWS's files` };
  }
  const keys = keysOf({
    id: found["aws_access_key_id"],
    secret: found["aws_secret_access_key"],
    token: found["aws_session_token"],
  });
  if (keys.kind === "keys") return keys;
  const kind = RENEWED.find(({ setting }) => found[setting] !== undefined);
  return kind === undefined
    ? { kind: "absent", reason: `names the profile ${profile}, which holds no key pair` }
    : {
        kind: "refused",
        reason: `names the profile ${profile}, which ${kind.what}; that must be renewed, which is not supported: use a profile with a key pair, or a Bedrock API key`,
      };
}

const RENEWED = [
  { setting: "sso_session", what: "signs in by SSO" },
  { setting: "sso_start_url", what: "signs in by SSO" },
  { setting: "role_arn", what: "assumes a role" },
  { setting: "credential_process", what: "asks a program for its keys" },
  { setting: "web_identity_token_file", what: "trades a web identity for its keys" },
  { setting: "login_session", what: "signs in by a browser" },
] as const;

/** Files whose change changes the keys. */
export function awsFilesOf(readEnv: ReadEnv): readonly string[] {
  return placesOf("default", readEnv).map(({ path }) => path);
}

function placesOf(profile: string, readEnv: ReadEnv): { readonly path: string; readonly section: string }[] {
  const home = trimmed(readEnv("HOME")) ?? trimmed(readEnv("USERPROFILE"));
  const place = (variable: string, name: string): string | null =>
    trimmed(readEnv(variable)) ?? (home === null ? null : `${home}/.aws/${name}`);
  const credentials = place("AWS_SHARED_CREDENTIALS_FILE", "credentials");
  const config = place("AWS_CONFIG_FILE", "config");
  return [
    ...(credentials === null ? [] : [{ path: credentials, section: profile }]),
    ...(config === null ? [] : [{ path: config, section: profile === "default" ? profile : `profile ${profile}` }]),
  ];
}

/** Settings of one section of an INI file; an indented line belongs to the setting above it and is none of its own. */
function readSection(text: string, section: string): Readonly<Record<string, string>> {
  const settings: Record<string, string> = Object.create(null);
  let inside = false;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\[\s*(.*?)\s*\]/.exec(line)?.[1];
    if (heading !== undefined) inside = heading.replaceAll(/\s+/g, " ") === section;
    else if (inside) {
      const setting = /^([A-Za-z0-9_]+)\s*=\s*(.*?)\s*$/.exec(line);
      if (setting?.[1] !== undefined && setting[2] !== undefined) settings[setting[1].toLowerCase()] = setting[2];
    }
  }
  return settings;
}

function keysOf(parts: { id: string | undefined; secret: string | undefined; token: string | undefined }): AwsKeys {
  const [id, secret, token] = [trimmed(parts.id), trimmed(parts.secret), trimmed(parts.token)];
  if (id === null || secret === null) return { kind: "absent", reason: "holds no key pair" };
  return { kind: "keys", text: token === null ? `${id}:${secret}` : `${id}:${secret}:${token}` };
}

function trimmed(text: string | undefined): string | null {
  const value = text?.trim() ?? "";
  return value === "" ? null : value;
}

/** A key pair, and no Bedrock API key: requests are signed for a region. */
export function isKeyPair(text: string): boolean {
  return text.includes(":") && !text.startsWith("ABSK") && !text.startsWith("bedrock-api-key-");
}

/**
 * The region in a host of the service: `bedrock-runtime.us-east-1.amazonaws.com`, its FIPS, dual-stack and VPC endpoints.
 * Null: the host says none.
 */
export function regionOfHost(baseUrl: string): string | null {
  const host = URL.parse(baseUrl)?.hostname ?? "";
  return REGIONAL.exec(host)?.[1] ?? null;
}

const REGIONAL = /(?:^|\.)bedrock(?:-runtime)?(?:-fips)?\.([a-z]{2,4}(?:-[a-z]+)+-\d)\./;

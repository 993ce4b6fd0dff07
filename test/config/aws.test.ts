// AWS's own places for keys, the region in its hosts, and what `check` says of them.
import { describe, expect, test } from "bun:test";
import { type AwsKeys, isKeyPair, readAwsKeys, regionOfHost } from "../../src/config/aws.ts";
import { loadFromText } from "../../src/config/load.ts";
import { createSecretResolver, FILE_CHECK_MS } from "../../src/config/secret-refs.ts";

const HOME = { HOME: "/home/ada" };
const CREDENTIALS = "/home/ada/.aws/credentials";
const CONFIG = "/home/ada/.aws/config";

function read(profile: string | null, env: Record<string, string>, files: Record<string, string> = {}): AwsKeys {
  return readAwsKeys(profile, { readEnv: (name) => env[name], readFile: (path) => files[path] ?? null });
}

describe("variables", () => {
  test.each<[Record<string, string>, AwsKeys["kind"], string]>([
    [{ AWS_ACCESS_KEY_ID: "A", AWS_SECRET_ACCESS_KEY: "s" }, "keys", "A:s"],
    [{ AWS_ACCESS_KEY_ID: " A ", AWS_SECRET_ACCESS_KEY: "s\n", AWS_SESSION_TOKEN: "t" }, "keys", "A:s:t"],
    [{ AWS_BEARER_TOKEN_BEDROCK: "ABSKx", AWS_ACCESS_KEY_ID: "A", AWS_SECRET_ACCESS_KEY: "s" }, "keys", "ABSKx"],
    [{ AWS_ACCESS_KEY_ID: "A" }, "absent", "AWS_SECRET_ACCESS_KEY"],
    [{}, "absent", "AWS_ACCESS_KEY_ID"],
  ])("%p", (env, kind, said) => {
    const keys = read(null, env);
    expect(keys.kind).toBe(kind);
    expect(keys.kind === "keys" ? keys.text : keys.reason).toContain(said);
  });
});

describe("profiles", () => {
  const file = `# my keys
[default]
aws_access_key_id=D
aws_secret_access_key=d

[ work ]
aws_access_key_id = W
aws_secret_access_key = w/+=
aws_session_token = t=
s3 =
  aws_access_key_id = not-this
[half]
aws_access_key_id = H
`;
  const config = `[default]
region = eu-central-1
[profile sso]
sso_session = corp
[profile role]
role_arn = arn:aws:iam::1:role/x
source_profile = default
[profile program]
credential_process = /bin/true
[profile web]
web_identity_token_file = /x
[profile inconfig]
aws_access_key_id = C
aws_secret_access_key = c
[inconfig2]
aws_access_key_id = X
`;
  const files = { [CREDENTIALS]: file, [CONFIG]: config };

  test.each([
    ["default", "D:d"],
    ["work", "W:w/+=:t="],
    ["inconfig", "C:c"],
  ])("%s", (name, text) => expect(read(name, HOME, files)).toEqual({ kind: "keys", text }));

  test.each([
    ["sso", "refused", "signs in by SSO"],
    ["role", "refused", "assumes a role"],
    ["program", "refused", "asks a program"],
    ["web", "refused", "trades a web identity"],
    ["half", "absent", "holds no key pair"],
    ["nobody", "absent", "in none of AWS's files"],
    ["inconfig2", "absent", "in none of AWS's files"],
    ["__proto__", "absent", "in none of AWS's files"],
  ])("%s: %s, because it %s", (name, kind, said) => {
    const keys = read(name, HOME, files);
    expect(keys.kind).toBe(kind as AwsKeys["kind"]);
    expect(keys.kind === "keys" ? "" : keys.reason).toContain(said);
  });

  test("the variables that move the files are followed", () => {
    const env = { AWS_SHARED_CREDENTIALS_FILE: "/run/aws" };
    expect(read("default", env, { "/run/aws": file })).toEqual({ kind: "keys", text: "D:d" });
    expect(read("default", HOME).kind).toBe("absent");
    expect(read("default", {}).kind).toBe("absent");
  });

  test("a file that changes is read again, and not more often than it must be", () => {
    let text = file;
    let modifiedMs = 1;
    let nowMs = 0;
    let reads = 0;
    const { resolve } = createSecretResolver({
      readEnv: (name) => HOME[name as "HOME"],
      readFile: (path) => {
        reads++;
        return path === CREDENTIALS ? text : null;
      },
      statFile: (path) => (path === CREDENTIALS ? { modifiedMs, bytes: text.length } : null),
      nowMs: () => nowMs,
    });
    const now = () => resolve({ kind: "aws", profile: "work" })?.reveal();
    expect(now()).toBe("W:w/+=:t=");
    const first = reads;
    text = file.replace("= W", "= V");
    modifiedMs = 2;
    expect(now()).toBe("W:w/+=:t=");
    nowMs += FILE_CHECK_MS;
    expect(now()).toBe("V:w/+=:t=");
    nowMs += FILE_CHECK_MS;
    expect(now()).toBe("V:w/+=:t=");
    expect(reads).toBe(2 * first);
  });
});

describe("regions", () => {
  test.each([
    ["https://bedrock-runtime.us-east-1.amazonaws.com", "us-east-1"],
    ["https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"],
    ["https://bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1"],
    ["https://bedrock-runtime.eu-central-1.api.aws", "eu-central-1"],
    ["https://vpce-0a1b-2c3d.bedrock-runtime.ap-southeast-2.vpce.amazonaws.com", "ap-southeast-2"],
    ["https://bedrock.us-west-2.amazonaws.com:8443/x", "us-west-2"],
    ["https://bedrock.example", null],
    ["https://bedrock-runtime.internal.corp.example", null],
    ["not a url", null],
  ])("%s: %p", (url, region) => expect(regionOfHost(url)).toBe(region));

  test.each([
    ["A:s", true],
    ["A:s:t", true],
    ["ABSKabc:x", false],
    ["bedrock-api-key-x:y", false],
    ["token", false],
  ])("%s is a key pair: %p", (text, pair) => expect(isKeyPair(text)).toBe(pair));
});

describe("what check says", () => {
  const problems = (providers: string, env: Record<string, string> = {}, more = "") =>
    loadFromText({ config: `${more}providers: { ${providers} }\nmodels: { m: { provider: p } }\n`, env })
      .problems.filter(({ path }) => !path.startsWith("models"))
      .map(({ severity, path, message }) => `${severity} ${path}: ${message}`);
  const AWS = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE0000000", AWS_SECRET_ACCESS_KEY: "s" };
  const HOST = 'base_url: "https://bedrock-runtime.us-east-1.amazonaws.com"';

  test.each<[string, string, Record<string, string>, string]>([
    ["nothing of keys in the environment", `p: { protocol: bedrock, ${HOST}, aws: env }`, AWS, ""],
    [
      "keys that are not there yet",
      `p: { protocol: bedrock, ${HOST}, aws: env }`,
      {},
      "warning providers.p.aws: needs the variable AWS_ACCESS_KEY_ID",
    ],
    [
      "a profile without files",
      `p: { protocol: bedrock, ${HOST}, aws: { profile: x } }`,
      {},
      "warning providers.p.aws: needs ~/.aws/credentials",
    ],
    [
      "two forms of one key",
      `p: { protocol: bedrock, ${HOST}, aws: env, api_key_env: K }`,
      AWS,
      "error providers.p: has more than one of",
    ],
    [
      "keys of AWS for somebody else",
      'p: { protocol: openai, base_url: "https://x.invalid", aws: env }',
      AWS,
      "error providers.p.aws: is for providers of protocol bedrock",
    ],
    [
      "a host that names no region",
      'p: { protocol: bedrock, base_url: "https://x.invalid", aws: env }',
      AWS,
      "error providers.p: needs region",
    ],
    [
      "a region that is none",
      `p: { protocol: bedrock, ${HOST}, region: Frankfurt, aws: env }`,
      AWS,
      "error providers.p.region: must be the name of an AWS region",
    ],
    [
      "a carrier of other bodies",
      `p: { protocol: openai, carrier: vertex, ${HOST}, api_key_env: K }`,
      { K: "x" },
      "error providers.p.carrier: carries anthropic bodies",
    ],
    [
      "an API key needs no region",
      'p: { protocol: bedrock, base_url: "https://x.invalid", api_key_env: K }',
      { K: "ABSKx" },
      "",
    ],
    [
      "a key pair in a variable does",
      'p: { protocol: bedrock, base_url: "https://x.invalid", api_key_env: K }',
      { K: "A:s" },
      "error providers.p: needs region",
    ],
    [
      "accounts have their own",
      `p: { protocol: anthropic, carrier: bedrock-invoke, ${HOST}, accounts: [{ id: a, aws: env }] }`,
      AWS,
      "",
    ],
  ])("%s", (_name, providers, env, said) => {
    const found = problems(providers, env);
    expect(said === "" ? found : found.filter((each) => each.startsWith(said))).toHaveLength(said === "" ? 0 : 1);
  });

  test.each<[string, string, Record<string, string>, string]>([
    ["a pair", "aws_keys: [{ access_key_id: AKIDCLIENT0000000, secret_access_key_env: S }]", { S: "s" }, ""],
    [
      "a secret that is not there",
      "aws_keys: [{ access_key_id: AKIDCLIENT0000000, secret_access_key_env: S }]",
      {},
      "error auth.aws_keys[0].secret_access_key_env: the variable S is not set",
    ],
    [
      "a pair without a secret",
      "aws_keys: [{ access_key_id: AKIDCLIENT0000000 }]",
      {},
      "error auth.aws_keys[0]: needs secret_access_key_env",
    ],
    [
      "an id no client could send",
      "aws_keys: [{ access_key_id: short, secret_access_key_env: S }]",
      { S: "s" },
      "error auth.aws_keys[0].access_key_id: must be 16 to 128",
    ],
    [
      "one id twice",
      "aws_keys: [{ access_key_id: AKIDCLIENT0000000, secret_access_key_env: S }, { access_key_id: AKIDCLIENT0000000, secret_access_key_env: S }]",
      { S: "s" },
      "error auth.aws_keys[1].access_key_id: is the id of two keys",
    ],
  ])("of clients that sign: %s", (_name, keys, env, said) => {
    const found = problems(
      `p: { protocol: bedrock, ${HOST}, aws: env }`,
      { ...AWS, ...env },
      `auth: { mode: token, ${keys} }\n`,
    );
    expect(said === "" ? found : found.filter((each) => each.startsWith(said))).toHaveLength(said === "" ? 0 : 1);
  });

  test("a signature cannot be passed on", () => {
    const keys = "aws_keys: [{ access_key_id: AKIDCLIENT0000000, secret_access_key_env: S }]";
    const found = problems(
      `p: { protocol: bedrock, ${HOST}, aws: env }`,
      { ...AWS, S: "s" },
      `auth: { mode: passthrough, ${keys} }\n`,
    );
    expect(found.some((each) => each.startsWith("error auth.aws_keys: cannot be combined"))).toBe(true);
  });

  test("a lane speaks by its carrier, signs for its region, and its keys are a reference", () => {
    const { deployment } = loadFromText({
      config: `providers: { bedrock-anthropic: { aws: { profile: work } }, bedrock: { aws: env } }
models: { c: { provider: bedrock-anthropic }, d: { provider: bedrock } }
`,
      env: AWS,
    });
    const lanes = deployment?.lanes ?? {};
    expect(lanes["bedrock-anthropic/default/c"]).toMatchObject({
      doors: [{ protocol: "bedrock-invoke" }],
      credential: { kind: "aws", profile: "work" },
    });
    expect(lanes["bedrock-anthropic/default/c"]?.sealIssuer).toStartWith("anthropic-");
    expect(lanes["bedrock/default/d"]).toMatchObject({
      doors: [{ protocol: "bedrock" }],
      credential: { kind: "aws", profile: null },
    });
    expect(deployment?.providers["bedrock"]?.region).toBe("us-east-1");
  });
});

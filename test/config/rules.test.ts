/**
 * Every rule of the configuration, one row each: what is written, which key is blamed, on which line, in which words. Long because it
 * is one table.
 */
import { describe, expect, test } from "bun:test";
import { BASE, brief, type LoadOptions, load } from "./harness.ts";

interface Row {
  readonly name: string;
  readonly config: string;
  readonly path: string;
  readonly says: string;
  readonly line: number;
  readonly severity?: "warning";
  readonly suggestion?: string;
  readonly options?: LoadOptions;
}

/** After the seven lines of the base file, so a snippet begins on line 8. */
const after = (snippet: string) => `${BASE}${snippet}`;

/** With other providers or models than the base file's; begins on line 1. */
const whole = (providers: string, models: string, rest = "") => `providers: ${providers}\nmodels: ${models}\n${rest}`;

const HOSTS: Row[] = [
  {
    name: "wishes for hosts at a provider that is no router",
    config: whole("{ acme: { api_key_env: ACME_KEY, openrouter: { models: [x] } } }", "{ m: { provider: acme } }"),
    path: "providers.acme.openrouter",
    says: "is not known to be",
    line: 1,
  },
  {
    name: "wishes for hosts at a model of such a provider",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { provider: acme, openrouter: { models: [x] } } }"),
    path: "models.m.openrouter",
    says: "host_routing: members",
    line: 2,
  },
  {
    name: "other models under a promise of one",
    config: whole(
      "{ acme: { api_key_env: ACME_KEY, dialect: { host_routing: members }, openrouter: { models: [x] } } }",
      "{ m: { provider: acme, identity: strict } }",
    ),
    path: "models.m",
    says: "such answers are refused",
    line: 2,
    severity: "warning",
  },
];

const PATHS: Row[] = ["models_path", "key_path"].map((key) => ({
  name: `${key} without a slash`,
  config: whole(`{ acme: { api_key_env: ACME_KEY, ${key}: models } }`, "{ m: { provider: acme } }"),
  path: `providers.acme.${key}`,
  says: "begins with a slash",
  line: 1,
}));

const MODELS: Row[] = [
  {
    name: "unknown provider (rule 1)",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { provider: acmee } }"),
    path: "models.m.provider",
    says: "is not under providers",
    line: 2,
    suggestion: "acme",
  },
  {
    name: "provider only in the catalog",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { provider: beta } }"),
    path: "models.m.provider",
    says: "in the catalog but not under providers",
    line: 2,
  },
  {
    name: "default_max_tokens 0 (rule 2)",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { provider: acme, default_max_tokens: 0 } }"),
    path: "models.m.default_max_tokens",
    says: "at least 1",
    line: 2,
  },
  {
    name: "max_concurrent 0 (rule 3)",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { provider: acme, max_concurrent: 0 } }"),
    path: "models.m.max_concurrent",
    says: "at least 1",
    line: 2,
  },
  {
    name: "max_requests 0 (rule 4)",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { provider: acme, max_requests: 0 } }"),
    path: "models.m.max_requests",
    says: "must not be 0",
    line: 2,
  },
  {
    name: "no provider",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { max_concurrent: 1 } }"),
    path: "models.m.provider",
    says: "is required",
    line: 2,
  },
  {
    name: "no models",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{}"),
    path: "models",
    says: "is empty",
    line: 2,
    severity: "warning",
  },
  {
    name: "price finer than a nano-dollar",
    config: whole(
      "{ acme: { api_key_env: ACME_KEY } }",
      "{ m: { provider: acme, prices: { input_per_million_usd: 0.0000000001, output_per_million_usd: 1 } } }",
    ),
    path: "models.m.prices.input_per_million_usd",
    says: "nine decimals",
    line: 2,
  },
  {
    name: "price missing its other half",
    config: whole(
      "{ acme: { api_key_env: ACME_KEY } }",
      "{ m: { provider: acme, prices: { input_per_million_usd: 1 } } }",
    ),
    path: "models.m.prices.output_per_million_usd",
    says: "is required",
    line: 2,
  },
  {
    name: "negative price",
    config: whole(
      "{ acme: { api_key_env: ACME_KEY } }",
      "{ m: { provider: acme, prices: { input_per_million_usd: -1, output_per_million_usd: 1 } } }",
    ),
    path: "models.m.prices.input_per_million_usd",
    says: "at least 0",
    line: 2,
  },
  {
    name: "two price tiers at one size",
    config: whole(
      "{ acme: { api_key_env: ACME_KEY } }",
      "{ m: { provider: acme, prices: { input_per_million_usd: 1, output_per_million_usd: 1, tiers: [{ above_tokens: 5 }, { above_tokens: 5 }] } } }",
    ),
    path: "models.m.prices.tiers[1].above_tokens",
    says: "two tiers",
    line: 2,
  },
  {
    name: "blank upstream model",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", '{ m: { provider: acme, upstream_model: "  " } }'),
    path: "models.m.upstream_model",
    says: "must not be blank",
    line: 2,
  },
  {
    name: "exclusion of nothing",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { provider: acme, failover: { exclusions: [x] } } }"),
    path: "models.m.failover.exclusions[0]",
    says: "not there",
    line: 2,
    severity: "warning",
  },
  {
    name: "wrong tier",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { provider: acme, capabilities: { tier: fsat } } }"),
    path: "models.m.capabilities.tier",
    says: "must be one of tiny, fast, strong, frontier",
    line: 2,
    suggestion: "fast",
  },
];

const NAMES: Row[] = [
  {
    name: "model admin (rule 5)",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ admin: { provider: acme } }"),
    path: "models.admin",
    says: "admin pages",
    line: 2,
  },
  {
    name: "model admin/x (rule 5)",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ admin/x: { provider: acme } }"),
    path: "models.admin/x",
    says: "admin pages",
    line: 2,
  },
  {
    name: "pool admin (rule 5)",
    config: after("pools:\n  admin: { members: [{ target: big }] }\n"),
    path: "pools.admin",
    says: "admin pages",
    line: 9,
  },
  {
    name: "provider admin (rule 5)",
    config: whole('{ admin: { protocol: openai, base_url: "https://x.invalid", api_key_env: ACME_KEY } }', "{}"),
    path: "providers.admin",
    says: "admin pages",
    line: 1,
  },
  {
    name: "pool like a provider (rule 6)",
    config: after("pools: { acme: { members: [{ target: big }] } }\n"),
    path: "pools.acme",
    says: "name of a provider",
    line: 8,
  },
  {
    name: "pool like a model (rule 7)",
    config: after("pools: { big: { members: [{ target: big }] } }\n"),
    path: "pools.big",
    says: "name of a model",
    line: 8,
  },
  {
    name: "slash in a provider's name",
    config: whole('{ a/b: { protocol: openai, base_url: "https://x.invalid", api_key_env: ACME_KEY } }', "{}"),
    path: "providers.a/b",
    says: "slash",
    line: 1,
  },
  {
    name: "white space around a name",
    config: after('pools: { "x ": { members: [{ target: big }] } }\n'),
    path: 'pools."x "',
    says: "white space",
    line: 8,
  },
  {
    name: "empty name",
    config: after('pools: { "": { members: [{ target: big }] } }\n'),
    path: 'pools.""',
    says: "empty name",
    line: 8,
  },
  {
    name: "endless name",
    config: after(`pools: { ${"x".repeat(201)}: { members: [{ target: big }] } }\n`),
    path: `pools.${"x".repeat(201)}`,
    says: "more than 200 characters",
    line: 8,
  },
];

const providers = (body: string) => whole(`{ acme: { api_key_env: ACME_KEY, ${body} } }`, "{ m: { provider: acme } }");

const PROVIDERS: Row[] = [
  {
    name: "one protocol beside several",
    config: providers("protocol: openai, protocols: [responses, openai]"),
    path: "providers.acme.protocols",
    says: "stands beside protocol",
    line: 1,
  },
  {
    name: "one protocol twice",
    config: providers("protocols: [openai, { protocol: openai, path: /x }]"),
    path: "providers.acme.protocols",
    says: "names openai twice",
    line: 1,
  },
  {
    name: "a protocol nobody speaks among several",
    config: providers("protocols: [responses, opneai]"),
    path: "providers.acme.protocols",
    says: "must be one of",
    line: 1,
    suggestion: "openai",
  },
  {
    name: "one path for two protocols",
    config: providers("protocols: [responses, openai], path: /ask"),
    path: "providers.acme.path",
    says: "is one path",
    line: 1,
  },
  {
    name: "a path of one protocol without its slash",
    config: providers("protocols: [responses, { protocol: openai, path: ask }]"),
    path: "providers.acme.protocols[1].path",
    says: "must begin with a single /",
    line: 1,
  },
  {
    name: "the catalog's protocols at a host of one's own",
    config: whole("{ openai: { api_key_env: K, base_url: 'https://own.example' } }", "{ m: { provider: openai } }"),
    path: "providers.openai.base_url",
    says: "is not the vendor's own",
    line: 1,
    severity: "warning",
    options: {
      catalog: 'openai: { protocols: [responses, openai], base_url: "https://a.invalid" }\n',
      env: { K: "k" },
    },
  },
  {
    name: "a model whose only door refuses tools",
    config: whole(
      "{ beta: { api_key_env: ACME_KEY, protocol: openai } }",
      "{ m: { provider: beta, dialect: { chat_tools: effort_none } } }",
    ),
    path: "models.m.provider",
    says: "unless the effort to reason is none",
    line: 2,
    severity: "warning",
    options: { catalog: 'beta: { protocols: [responses, openai], base_url: "https://a.invalid" }\n' },
  },
  {
    name: "not in the catalog",
    config: whole("{ acmee: { api_key_env: ACME_KEY } }", "{ m: { provider: acmee } }"),
    path: "providers.acmee",
    says: "is not in providers.yaml",
    line: 1,
    suggestion: "acme",
  },
  {
    name: "unknown protocol",
    config: providers("protocol: opnai"),
    path: "providers.acme.protocol",
    says: "must be one of",
    line: 1,
    suggestion: "openai",
  },
  {
    name: "wrong error class (rule 8)",
    config: providers("error_map: { x: biling }"),
    path: "providers.acme.error_map.x",
    says: "context_length",
    line: 1,
    suggestion: "billing",
  },
  {
    name: "auth style (rule 9)",
    config: providers("auth: basic"),
    path: "providers.acme.auth",
    says: "bearer, api-key",
    line: 1,
  },
  {
    name: "plain http (rule 10)",
    config: providers('base_url: "http://api.acme.invalid"'),
    path: "providers.acme.base_url",
    says: "https://",
    line: 1,
  },
  ...["/v1", "/v1/", "/v1/chat/completions"].map(
    (end): Row => ({
      name: `a version that the protocol's path brings: ${end}`,
      config: whole(
        `{ own: { protocol: openai, base_url: "https://own.invalid${end}", api_key_env: ACME_KEY } }`,
        "{ m: { provider: own } }",
      ),
      path: "providers.own.base_url",
      says: `ends with ${end.replace(/\/$/, "")}, and requests go to what stands here followed by /v1/...`,
      line: 1,
      severity: "warning",
    }),
  ),
  {
    name: "blocked host (rule 11)",
    config: providers('base_url: "https://127.0.0.1"'),
    path: "providers.acme.base_url",
    says: "allow_private: true",
    line: 1,
  },
  {
    name: "path without a slash",
    config: providers("path: chat"),
    path: "providers.acme.path",
    says: "begin with a single /",
    line: 1,
  },
  {
    name: "path that is another host",
    config: providers("path: //evil.invalid/x"),
    path: "providers.acme.path",
    says: "begin with a single /",
    line: 1,
  },
  {
    name: "health mode",
    config: providers("health: { mode: activ }"),
    path: "providers.acme.health.mode",
    says: "none, dead, active",
    line: 1,
    suggestion: "active",
  },
  {
    name: "proxy that is no URL",
    config: providers("proxy: proxy.invalid"),
    path: "providers.acme.proxy",
    says: "must be a URL",
    line: 1,
  },
  {
    name: "certificate file not there",
    config: providers("ca_file: ca.pem"),
    path: "providers.acme.ca_file",
    says: "cannot be read",
    line: 1,
  },
  {
    name: "certificate file without one",
    config: providers("ca_file: ca.pem"),
    path: "providers.acme.ca_file",
    says: "PEM",
    line: 1,
    options: { files: { "/etc/ringmain/ca.pem": "hello" } },
  },
  {
    name: "header name",
    config: providers('headers: { "a b": c }'),
    path: 'providers.acme.headers."a b"',
    says: "no legal name",
    line: 1,
  },
  {
    name: "credential header",
    config: providers("headers: { Authorization: x }"),
    path: "providers.acme.headers.Authorization",
    says: "credential",
    line: 1,
  },
  {
    name: "header of the gateway's own",
    config: providers("headers: { Host: x }"),
    path: "providers.acme.headers.Host",
    says: "gateway itself",
    line: 1,
  },
  {
    name: "header value",
    config: providers('headers: { x-title: "a\\nb" }'),
    path: "providers.acme.headers.x-title",
    says: "cannot be sent",
    line: 1,
  },
  {
    name: "forwarding credentials",
    config: providers("forward_headers: [cookie]"),
    path: "providers.acme.forward_headers[0]",
    says: "credential",
    line: 1,
  },
  {
    name: "forwarding credentials by prefix",
    config: providers('forward_headers: [x-ok, "auth*"]'),
    path: "providers.acme.forward_headers[1]",
    says: "credential",
    line: 1,
  },
  {
    name: "a word that fits no tag",
    config: providers("seals: 'Our:Own'"),
    path: "providers.acme.seals",
    says: "a word of 1 to 32",
    line: 1,
  },
  {
    name: "forwarding everything",
    config: providers('forward_headers: ["*"]'),
    path: "providers.acme.forward_headers[0]",
    says: "beginning and a *",
    line: 1,
  },
  {
    name: "inline key",
    config: providers("api_key: test-key-9"),
    path: "providers.acme.api_key",
    says: "is ignored",
    line: 1,
    severity: "warning",
  },
  {
    name: "no key",
    config: whole("{ acme: {} }", "{ m: { provider: acme } }"),
    path: "providers.acme",
    says: "has no key",
    line: 1,
  },
  {
    name: "two forms of a key",
    config: providers("api_key_file: k"),
    path: "providers.acme",
    says: "more than one of api_key",
    line: 1,
  },
  {
    name: "accounts and a key",
    config: providers("accounts: [{ id: a, api_key_env: ACME_KEY }]"),
    path: "providers.acme",
    says: "accounts and a key",
    line: 1,
  },
  {
    name: "two accounts of one id",
    config: whole("{ acme: { accounts: [{ id: a, api_key_env: ACME_KEY }, { id: a, api_key_env: BETA_KEY }] } }", "{}"),
    path: "providers.acme.accounts[1].id",
    says: "two accounts",
    line: 1,
  },
  {
    name: "account id with a slash",
    config: whole("{ acme: { accounts: [{ id: a/b, api_key_env: ACME_KEY }] } }", "{}"),
    path: "providers.acme.accounts[0].id",
    says: "letters, digits",
    line: 1,
  },
  {
    name: "no accounts in the list",
    config: whole("{ acme: { accounts: [] } }", "{}"),
    path: "providers.acme.accounts",
    says: "must not be empty",
    line: 1,
  },
  {
    name: "unset key",
    config: whole("{ acme: { api_key_env: NO_SUCH } }", "{}"),
    path: "providers.acme.api_key_env",
    says: "the variable NO_SUCH is not set",
    line: 1,
    severity: "warning",
  },
  {
    name: "empty key",
    config: whole("{ acme: { api_key_env: EMPTY } }", "{}"),
    path: "providers.acme.api_key_env",
    says: "the variable EMPTY is empty",
    line: 1,
    severity: "warning",
  },
  {
    name: "key with a line break",
    config: whole("{ acme: { api_key_env: BROKEN } }", "{}"),
    path: "providers.acme.api_key_env",
    says: "control characters",
    line: 1,
  },
  {
    name: "key file not there",
    config: whole("{ acme: { api_key_file: k } }", "{}"),
    path: "providers.acme.api_key_file",
    says: "cannot be read",
    line: 1,
    severity: "warning",
  },
  {
    name: "a key where a name belongs",
    config: whole("{ acme: { api_key_env: sk-test-1234567890 } }", "{}"),
    path: "providers.acme.api_key_env",
    says: "not the secret itself",
    line: 1,
  },
  {
    name: "a service account",
    config: whole("{ acme: { api_key_env: SA } }", "{}"),
    path: "providers.acme.api_key_env",
    says: "service account",
    line: 1,
    options: { env: { SA: '{"type":"service_account"}' } },
  },
  {
    name: "an access token of an hour",
    config: whole("{ acme: { api_key_env: SA } }", "{}"),
    path: "providers.acme.api_key_env",
    says: "within the hour",
    line: 1,
    options: { env: { SA: "ya29.test" } },
  },
];

const pool = (body: string, rest = "") => after(`pools:\n  p:\n    members: [{ target: big }]\n    ${body}\n${rest}`);

const gate = (written: string) => after(`pools:\n  p:\n    members: [{ target: big }]\n    quality: ${written}\n`);
const QUALITY: Row[] = [
  {
    name: "a threshold no answer can reach",
    config: gate("{ threshold: 0.72, evaluators: [{ kind: structural }, { kind: heuristic, version: 1 }] }"),
    path: "pools.p.quality.threshold",
    says: "at most 0.7",
    line: 11,
  },
  {
    name: "the default threshold, which no answer can reach",
    config: gate("{ evaluators: [{ kind: heuristic, version: 1 }] }"),
    path: "pools.p.quality",
    says: "at most 0.7",
    line: 11,
  },
  {
    name: "a threshold above 1",
    config: gate("{ threshold: 1.5 }"),
    path: "pools.p.quality.threshold",
    says: "at most 1",
    line: 11,
  },
  {
    name: "more graded answers than lanes that may answer",
    config: gate("{ attempts: 5 }"),
    path: "pools.p.quality.attempts",
    says: "failover.cap lets at most 4",
    line: 11,
  },
  {
    name: "a key of another evaluator",
    config: gate("{ evaluators: [{ kind: structural, version: 2 }] }"),
    path: "pools.p.quality.evaluators[0].version",
    says: "is not a key of the evaluator structural",
    line: 11,
  },
  {
    name: "no evaluator that exists",
    config: gate("{ evaluators: [{ kind: heuristics }] }"),
    path: "pools.p.quality.evaluators[0].kind",
    says: "structural, heuristic, judge",
    line: 11,
    suggestion: "heuristic",
  },
];

const judging = (judge: string, keep = "") => gate(`{ evaluators: [{ kind: judge${judge} }] }${keep}`);
const KEEPS_PROVIDER = "\n    failover: { keep: [provider] }";
const JUDGES: Row[] = [
  {
    name: "a judge without a model",
    config: judging(""),
    path: "pools.p.quality.evaluators[0]",
    says: "names no model",
    line: 11,
  },
  {
    name: "a judge that is nothing here",
    config: judging(", model: smal"),
    path: "pools.p.quality.evaluators[0].model",
    says: "under models and pools neither",
    line: 11,
    suggestion: "small",
  },
  {
    name: "a judge of its own answers",
    config: judging(", model: big"),
    path: "pools.p.quality.evaluators[0].model",
    says: "would grade answers of its own",
    line: 11,
  },
  {
    name: "a pool of judges with one that judges itself",
    config: `${judging(", model: q")}  q: { members: [{ target: small }, { target: big }] }\n`,
    path: "pools.p.quality.evaluators[0].model",
    says: "big is in this pool",
    line: 11,
  },
  {
    name: "a judge at another provider",
    config: judging(", model: small"),
    path: "pools.p.quality.evaluators[0].model",
    says: "sends prompts and answers of this pool to beta as well",
    line: 11,
    severity: "warning",
  },
  {
    name: "a judge at another provider, against a promise",
    config: judging(", model: small", KEEPS_PROVIDER),
    path: "pools.p.quality.evaluators[0].model",
    says: "promises that no other provider sees a prompt",
    line: 11,
  },
];

const POOLS: Row[] = [
  {
    name: "a weight below 0 (rule 12)",
    config: after("pools:\n  p:\n    members:\n      - { target: big, weight: -1 }\n"),
    path: "pools.p.members[0].weight",
    says: "at least 0",
    line: 11,
  },
  {
    name: "unknown target (rule 13)",
    config: after("pools:\n  p:\n    members: [{ target: bgi }]\n"),
    path: "pools.p.members[0].target",
    says: "is not under models",
    line: 10,
    suggestion: "big",
  },
  {
    name: "a pool as a member",
    config: pool("", "  q: { members: [{ target: p }] }\n"),
    path: "pools.q.members[0].target",
    says: "is a pool",
    line: 12,
  },
  {
    name: "max below base (rule 14)",
    config: pool("breaker: { base_cooldown_secs: 10, max_cooldown_secs: 5 }"),
    path: "pools.p.breaker.max_cooldown_secs",
    says: "must not be less",
    line: 11,
  },
  {
    name: "base above the default max (rule 14)",
    config: pool("breaker: { base_cooldown_secs: 121 }"),
    path: "pools.p.breaker.max_cooldown_secs",
    says: "is 120",
    line: 11,
  },
  {
    name: "min_requests 0 (rule 15)",
    config: pool("breaker: { trip: { min_requests: 0 } }"),
    path: "pools.p.breaker.trip.min_requests",
    says: "at least 1",
    line: 11,
  },
  {
    name: "window 0 (rule 16)",
    config: pool("breaker: { trip: { mode: consecutive, window_s: 0 } }"),
    path: "pools.p.breaker.trip.window_s",
    says: "at least 1",
    line: 11,
  },
  {
    name: "threshold 0 (rule 17)",
    config: pool("breaker: { trip: { threshold: 0 } }"),
    path: "pools.p.breaker.trip.threshold",
    says: "above 0 and at most 1",
    line: 11,
  },
  {
    name: "threshold above 1 (rule 17)",
    config: pool("breaker: { trip: { threshold: 1.01 } }"),
    path: "pools.p.breaker.trip.threshold",
    says: "above 0 and at most 1",
    line: 11,
  },
  {
    name: "threshold negative (rule 17)",
    config: pool("breaker: { trip: { threshold: -0.1 } }"),
    path: "pools.p.breaker.trip.threshold",
    says: "above 0 and at most 1",
    line: 11,
  },
  {
    name: "threshold no number (rule 17)",
    config: pool("breaker: { trip: { threshold: .nan } }"),
    path: "pools.p.breaker.trip.threshold",
    says: "must be a number",
    line: 11,
  },
  {
    name: "n 0 (rule 18)",
    config: pool("breaker: { trip: { mode: consecutive, n: 0 } }"),
    path: "pools.p.breaker.trip.n",
    says: "at least 1",
    line: 11,
  },
  {
    name: "deadline 0 (rule 19)",
    config: pool("failover: { deadline_secs: 0 }"),
    path: "pools.p.failover.deadline_secs",
    says: "at least 1",
    line: 11,
  },
  {
    name: "unknown fallback pool (rule 20)",
    config: pool("on_exhausted: { action: fallback_pool:qq }", "  q: { members: [{ target: small }] }\n"),
    path: "pools.p.on_exhausted.action",
    says: "names a fallback pool",
    line: 11,
    suggestion: "q",
  },
  {
    name: "keeps the model and falls back to another",
    config: pool(
      "failover: { keep: [model] }\n    on_exhausted: { action: fallback_pool:q }",
      "  q: { members: [{ target: small }] }\n",
    ),
    path: "pools.p.on_exhausted.action",
    says: "leads to small, which failover.keep: [model] promises never to use",
    line: 12,
    severity: "warning",
  },
  {
    name: "a deadline shorter than the patience that was asked for",
    config: pool("failover: { deadline_secs: 30 }\n    timeouts: { stream: { first_byte_ms: 45000 } }"),
    path: "pools.p.failover.deadline_secs",
    says: "is 30, and first_byte_ms lets a lane be silent for 45000 ms",
    line: 11,
    severity: "warning",
  },
  {
    name: "more lanes in a pool than one request can try",
    config: whole(
      "{ acme: { accounts: [{ id: a }, { id: b }, { id: c, routing: false }, { id: d }] } }",
      "{ m: { provider: acme }, n: { provider: acme }, o: { provider: acme } }\npools: { p: { failover: { exclusions: [o] }, members: [{ target: m }, { target: n }, { target: o }] } }",
    ),
    path: "pools.p",
    says: "has 6 lanes that may serve, and one request tries at most 4 of them; set failover.cap to 5",
    line: 3,
    severity: "warning",
  },
  {
    name: "more accounts of a model than its cap",
    config: whole(
      "{ acme: { accounts: [{ id: a }, { id: b }, { id: c }] } }",
      "{ m: { provider: acme, failover: { cap: 1 } }, n: { provider: acme, failover: { cap: 0 } } }",
    ),
    path: "models.m.failover.cap",
    says: "has 3 accounts that may serve, and one request tries at most 2 of them",
    line: 2,
    severity: "warning",
  },
  {
    name: "patience beyond the deadline nobody wrote",
    config: pool("", "timeouts: { first_byte_ms: 300000 }\n"),
    path: "pools.p",
    says: "has a failover.deadline_secs of 120, and first_byte_ms",
    line: 10,
    severity: "warning",
  },
  {
    name: "fallback to itself",
    config: pool("on_exhausted: { action: fallback_pool:p }"),
    path: "pools.p.on_exhausted.action",
    says: "leads back",
    line: 11,
    severity: "warning",
  },
  {
    name: "affinity mode (rule 21)",
    config: pool("affinity: { mode: sesion }"),
    path: "pools.p.affinity.mode",
    says: "must be session",
    line: 11,
    suggestion: "session",
  },
  {
    name: "affinity header",
    config: pool('affinity: { header_name: "a b" }'),
    path: "pools.p.affinity.header_name",
    says: "no legal name",
    line: 11,
  },
  {
    name: "two spellings of the affinity header",
    config: pool("affinity: { header_name: a, header_names: [b] }"),
    path: "pools.p.affinity",
    says: "keep one of them",
    line: 11,
  },
  {
    name: "select",
    config: pool("select: rankd"),
    path: "pools.p.select",
    says: "weighted, ranked",
    line: 11,
    suggestion: "ranked",
  },
  {
    name: "keep",
    config: pool("failover: { keep: [modle] }"),
    path: "pools.p.failover.keep[0]",
    says: "model, provider, tier",
    line: 11,
    suggestion: "model",
  },
  {
    name: "max_ms without wait",
    config: pool("on_exhausted: { action: reject, max_ms: 5 }"),
    path: "pools.p.on_exhausted.max_ms",
    says: "only means something",
    line: 11,
    severity: "warning",
  },
  {
    name: "different windows for one model",
    config: after(
      "pools:\n  p: { members: [{ target: big, context_max: 5 }] }\n  q: { members: [{ target: big, context_max: 6 }] }\n",
    ),
    path: "pools.q.members[0].context_max",
    says: "is 6 here and 5",
    line: 10,
  },
  {
    name: "empty pool",
    config: after("pools: { p: {} }\n"),
    path: "pools.p.members",
    says: "is empty",
    line: 8,
  },
  {
    name: "member twice",
    config: after("pools: { p: { members: [{ target: big }, { target: big }] } }\n"),
    path: "pools.p.members[1].target",
    says: "twice",
    line: 8,
    severity: "warning",
  },
  {
    name: "exclusion of no model",
    config: pool("failover: { exclusions: [nobody] }"),
    path: "pools.p.failover.exclusions[0]",
    says: "not there",
    line: 11,
    severity: "warning",
  },
  {
    name: "members of two protocols",
    config: after("pools: { p: { members: [{ target: big }, { target: small }] } }\n"),
    path: "pools.p.members",
    says: "openai, anthropic",
    line: 8,
    severity: "warning",
  },
];

/** A promise that rests on a fact that is not stated. */
const duo = (rest: string) =>
  whole("{ acme: { api_key_env: ACME_KEY } }", "{ one: { provider: acme }, two: { provider: acme } }", rest);
const duoPool = (keep: string) =>
  duo(`pools:\n  p: { members: [{ target: one }, { target: two }], failover: { keep: [${keep}] } }\n`);

const FACTS: Row[] = [
  {
    name: "exact failover of models that the catalog does not know",
    config: duo("exact_model_failover: true\n"),
    path: "exact_model_failover",
    says: "finds no other lane for one, two: the catalog does not know which model that is; write canonical",
    line: 3,
    severity: "warning",
  },
  {
    name: "and of one model alone",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { provider: acme, exact_model_failover: true } }"),
    path: "models.m.exact_model_failover",
    says: "finds no other lane for m",
    line: 2,
    severity: "warning",
  },
  {
    name: "keep: [model] among models that the catalog does not know",
    config: duoPool("model"),
    path: "pools.p.failover.keep",
    says: "does not know which one one, two is: no other member may stand in there; write canonical",
    line: 4,
    severity: "warning",
  },
  {
    name: "keep: [tier] of an unknown class",
    config: duoPool("tier"),
    path: "pools.p.failover.keep",
    says: "that of one, two is not known: it stands in for no other model; write capabilities.tier",
    line: 4,
    severity: "warning",
  },
  {
    name: "keep: [provider] with members of which little is known",
    config: duoPool("provider"),
    path: "pools.p.failover.keep",
    says: "is not known of one (input, tools, structured_output), two (input, tools, structured_output); write",
    line: 4,
    severity: "warning",
  },
];

const ACCESS: Row[] = [
  {
    name: "auth mode (rule 22)",
    config: after("auth: { mode: tokens }\n"),
    path: "auth.mode",
    says: "none, token, passthrough",
    line: 8,
    suggestion: "token",
  },
  {
    name: "token mode without tokens (rule 23)",
    config: after("auth: { mode: token }\n"),
    path: "auth",
    says: "needs client_tokens",
    line: 8,
  },
  {
    name: "none mode with tokens",
    config: after("auth: { mode: none, client_tokens: [a] }\n"),
    path: "auth",
    says: "ignores the tokens",
    line: 8,
    severity: "warning",
  },
  {
    name: "old single token",
    config: after("auth: { mode: token, token: a }\n"),
    path: "auth",
    says: "old spelling",
    line: 8,
    severity: "warning",
  },
  {
    name: "old single token beside a list",
    config: after("auth: { mode: token, token: a, client_tokens: [b] }\n"),
    path: "auth",
    says: "is ignored",
    line: 8,
    severity: "warning",
  },
  {
    name: "two forms of tokens",
    config: after("auth: { mode: token, client_tokens: [b], client_tokens_env: TOKEN }\n"),
    path: "auth",
    says: "more than one of client_tokens",
    line: 8,
  },
  {
    name: "empty token",
    config: after('auth: { mode: token, client_tokens: [a, ""] }\n'),
    path: "auth.client_tokens[1]",
    says: "is empty",
    line: 8,
  },
  {
    name: "token with a comma",
    config: after('auth: { mode: token, client_tokens: ["a,b"] }\n'),
    path: "auth.client_tokens[0]",
    says: "comma",
    line: 8,
  },
  {
    name: "token variable not set",
    config: after("auth: { mode: token, client_tokens_env: [TOKEN, NO_SUCH] }\n"),
    path: "auth.client_tokens_env[1]",
    says: "NO_SUCH is not set",
    line: 8,
  },
  {
    name: "token file not there",
    config: after("auth: { mode: token, client_tokens_file: nowhere }\n"),
    path: "auth.client_tokens_file",
    says: "cannot be read",
    line: 8,
  },
  { name: "open relay", config: after("listen: 0.0.0.0:8080\n"), path: "listen", says: "open to the network", line: 8 },
  {
    name: "open relay on a name",
    config: after("listen: gateway.invalid:8080\n"),
    path: "listen",
    says: "open to the network",
    line: 8,
  },
  {
    name: "open relay, wanted",
    config: after("listen: 0.0.0.0:8080\nallow_open_relay: true\n"),
    path: "allow_open_relay",
    says: "anyone who can reach",
    line: 9,
    severity: "warning",
  },
  {
    name: "pages let in where callers need no token",
    config: after('cors: { origins: ["https://app.example"] }\n'),
    path: "cors.origins",
    says: "needs callers with a token",
    line: 8,
  },
  ...[
    "*",
    "null",
    "https://*",
    "https://*.app.example",
    "https://app.example/",
    "https://App.example",
    "app.example",
    "file://*",
  ].map((origin) => ({
    name: `pages of ${origin}, which is no origin`,
    config: after(`auth: { mode: token, client_tokens: [t0ken] }\ncors: { origins: ["${origin}"] }\n`),
    path: "cors.origins[0]",
    says: "must be an origin as browsers send it",
    line: 9,
  })),
  {
    name: "a part larger than the whole",
    config: after("limits: { bodies_mb: 4, bodies_unknown_mb: 5 }\n"),
    path: "limits",
    says: "make it smaller",
    line: 8,
  },
  { name: "listen without a port", config: after("listen: localhost\n"), path: "listen", says: "host:port", line: 8 },
  {
    name: "listen with a wrong port",
    config: after("listen: localhost:65536\n"),
    path: "listen",
    says: "host:port",
    line: 8,
  },
  { name: "admin without a token", config: after("admin: {}\n"), path: "admin", says: "needs token", line: 8 },
  {
    name: "admin token in two forms",
    config: after("admin: { token: a, token_env: TOKEN }\n"),
    path: "admin",
    says: "more than one of token, token_env",
    line: 8,
  },
  {
    name: "admin token not set",
    config: after("admin: { token_env: NO_SUCH }\n"),
    path: "admin.token_env",
    says: "NO_SUCH is not set",
    line: 8,
  },
  {
    name: "admin token in both places",
    config: after("admin: { token: a }\ngovernance: { admin_token: b }\n"),
    path: "admin",
    says: "the same thing",
    line: 8,
  },
  {
    name: "admin token that clients have",
    config: after("auth: { mode: token, client_tokens_env: TOKEN }\nadmin: { token_env: TOKEN }\n"),
    path: "admin.token_env",
    says: "every client",
    line: 9,
    severity: "warning",
  },
  {
    name: "governance without an admin token",
    config: after("governance: { enabled: true }\n"),
    path: "governance",
    says: "needs admin_token",
    line: 8,
  },
  {
    name: "governance with passthrough",
    config: after("auth: { mode: passthrough }\ngovernance: { enabled: true, admin_token: a }\n"),
    path: "governance.enabled",
    says: "passthrough",
    line: 9,
  },
  {
    name: "strict budget without prices",
    config: after("governance: { enabled: true, admin_token: a, budget: strict }\n"),
    path: "governance.budget",
    says: "unpriced: reject",
    line: 8,
  },
];

const SHAPES: Row[] = [
  {
    name: "unknown top-level key",
    config: after("pool: {}\n"),
    path: "pool",
    says: "unknown key",
    line: 8,
    suggestion: "pools",
  },
  {
    name: "unknown nested key",
    config: pool("breaker: { trip: { windows: 1 } }"),
    path: "pools.p.breaker.trip.windows",
    says: "unknown key",
    line: 11,
    suggestion: "window_s",
  },
  { name: "unknown key far from any", config: after("xyzzy: 1\n"), path: "xyzzy", says: "remove it", line: 8 },
  {
    name: "camel case",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { provider: acme, maxConcurrent: 5 } }"),
    path: "models.m.maxConcurrent",
    says: "unknown key",
    line: 2,
    suggestion: "max_concurrent",
  },
  {
    name: "swapped letters",
    config: whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { provdier: acme } }"),
    path: "models.m.provdier",
    says: 'did you mean "provider"?',
    line: 2,
    suggestion: "provider",
  },
  {
    name: "no for false",
    config: after("allow_open_relay: no\n"),
    path: "allow_open_relay",
    says: "true or false",
    line: 8,
  },
  { name: "octal or not", config: after("drain_secs: 010\n"), path: "drain_secs", says: "begins with a zero", line: 8 },
  {
    name: "a number that is not exact",
    config: after("drain_secs: 12345678901234567890\n"),
    path: "drain_secs",
    says: "too large",
    line: 8,
  },
  { name: "a fraction", config: after("drain_secs: 1.5\n"), path: "drain_secs", says: "whole number", line: 8 },
  {
    name: "longer than a timer can be",
    config: after("timeouts: { idle_ms: 2147483648 }\n"),
    path: "timeouts.idle_ms",
    says: "at most 2147483647",
    line: 8,
  },
  { name: "workers", config: after("workers: many\n"), path: "workers", says: "whole number from 1, or auto", line: 8 },
  {
    name: "text for a list",
    config: after("auth: { client_tokens: a }\n"),
    path: "auth.client_tokens",
    says: "a list",
    line: 8,
  },
  { name: "a list for a mapping", config: after("pools: []\n"), path: "pools", says: "a mapping", line: 8 },
  {
    name: "a number for text",
    config: after("auth: { mode: token, client_tokens: [123456] }\n"),
    path: "auth.client_tokens[0]",
    says: "text; quote it",
    line: 8,
  },
  { name: "no providers", config: "models: {}\n", path: "providers", says: "is required", line: 1 },
  { name: "not a mapping", config: "- a\n", path: "", says: "a mapping", line: 1 },
  {
    name: "catalog with an unknown key",
    config: BASE,
    path: "acme.base_ulr",
    says: "unknown key",
    line: 1,
    suggestion: "base_url",
    options: { catalog: 'acme: { protocol: openai, base_url: "https://a.invalid", base_ulr: x }\n' },
  },
  {
    name: "catalog without a protocol",
    config: BASE,
    path: "acme.protocol",
    says: "is required",
    line: 1,
    options: { catalog: 'acme: { base_url: "https://a.invalid" }\n' },
  },
  {
    name: "catalog with one alias twice",
    config: BASE,
    path: "models.b",
    says: "stands for both a and b",
    line: 3,
    options: { catalog: "models:\n  a: { aliases: [x] }\n  b: { aliases: [X] }\n" },
  },
];

for (const [group, rows] of Object.entries({
  HOSTS,
  PATHS,
  MODELS,
  NAMES,
  PROVIDERS,
  POOLS,
  QUALITY,
  JUDGES,
  FACTS,
  ACCESS,
  SHAPES,
})) {
  describe(`rules: ${group.toLowerCase()}`, () => {
    test.each(rows)("$name", (row) => {
      const loaded = load(row.config, row.options);
      const severity = row.severity ?? "error";
      const found = loaded.problems.find(
        (each) => each.path === row.path && each.severity === severity && each.message.includes(row.says),
      );
      expect(found ?? loaded.problems.map(brief)).toMatchObject({
        line: row.line,
        severity,
        suggestion: row.suggestion ?? null,
      });
      expect(loaded.deployment === null).toBe(loaded.problems.some((each) => each.severity === "error"));
    });
  });
}

describe("what is fine stays fine", () => {
  const FINE: readonly (readonly [name: string, config: string])[] = [
    ["the base file", BASE],
    ["cap 0", pool("failover: { cap: 0 }")],
    ["empty error map", providers("error_map: {}")],
    [
      "negative max_requests",
      whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: { provider: acme, max_requests: -1 } }"),
    ],
    [
      "names that only look like admin",
      whole("{ acme: { api_key_env: ACME_KEY } }", "{ adminx: { provider: acme }, admin_portal: { provider: acme } }"),
    ],
    ["a deadline below the default patience, for which nobody asked", pool("failover: { deadline_secs: 30 }")],
    [
      "a fallback that keeps the model, by its canonical name",
      whole(
        "{ acme: { api_key_env: ACME_KEY } }",
        "{ m: { provider: acme, canonical: x }, n: { provider: acme, canonical: x } }",
        "pools:\n  p: { members: [{ target: m }], failover: { keep: [model, provider] }, on_exhausted: { action: fallback_pool:q } }\n  q: { members: [{ target: n }] }\n",
      ),
    ],
    [
      "promises that rest on facts that are stated",
      whole(
        "{ acme: { api_key_env: ACME_KEY }, other: { protocol: openai, base_url: 'https://other.example', api_key_env: ACME_KEY } }",
        "{ m: { provider: acme, canonical: x, capabilities: { tier: strong } }, n: { provider: other, canonical: X, capabilities: { tier: strong } } }",
        "exact_model_failover: true\npools: { p: { members: [{ target: m }, { target: n }], failover: { keep: [model, tier] } } }\n",
      ),
    ],
    [
      "two models of one provider under one name upstream",
      whole(
        "{ acme: { api_key_env: ACME_KEY } }",
        "{ m: { provider: acme, upstream_model: Own }, n: { provider: acme, upstream_model: own } }",
        "exact_model_failover: true\npools: { p: { members: [{ target: m }, { target: n }], failover: { keep: [model] } } }\n",
      ),
    ],
    ["threshold is not read in consecutive mode", pool("breaker: { trip: { mode: consecutive, threshold: 7 } }")],
    ["n is not read in error_rate mode", pool("breaker: { trip: { n: 0 } }")],
    ["base_cooldown 0", pool("breaker: { base_cooldown_secs: 0 }")],
    [
      "equal windows",
      after(
        "pools:\n  p: { members: [{ target: big, context_max: 5 }] }\n  q: { members: [{ target: big, context_max: 5 }] }\n",
      ),
    ],
    [
      "a window and none",
      after("pools:\n  p: { members: [{ target: big, context_max: 5 }] }\n  q: { members: [{ target: big }] }\n"),
    ],
    ["mode in other letters", after("auth: { mode: ' Token ', client_tokens: [a] }\n")],
    [
      "governance switched off",
      after(
        "governance: { enabled: false, db_path: x.db, price_per_request_cents: 1, price_per_1k_tokens_cents: -2 }\n",
      ),
    ],
    ["a block with nothing in it", after("pools:\nobservability:\ngovernance:\n")],
    ["an alias of a whole value", whole("{ acme: { api_key_env: ACME_KEY } }", "{ m: &m { provider: acme }, n: *m }")],
    ["no key for a local backend", whole("{ local: {} }", "{ m: { provider: local } }")],
    [
      "no key where callers bring theirs",
      whole("{ acme: {} }", "{ m: { provider: acme } }", "auth: { mode: passthrough }\n"),
    ],
    [
      "a provider of one's own",
      whole(
        '{ own: { protocol: openai, base_url: "https://own.invalid", api_key_env: ACME_KEY } }',
        "{ m: { provider: own } }",
      ),
    ],
    [
      "a planned protocol that nothing uses",
      whole("{ delta: { api_key_env: ACME_KEY }, acme: { api_key_env: ACME_KEY } }", "{ m: { provider: acme } }"),
    ],
    [
      "every spelling of reject",
      ["reject", '"503"', "status_503", "status503"].reduce(
        (text, word, at) => `${text}  p${at}: { members: [{ target: big }], on_exhausted: { action: ${word} } }\n`,
        after("pools:\n"),
      ),
    ],
    [
      "every spelling of least_bad",
      ["least_bad", "least-bad", "leastbad"].reduce(
        (text, word, at) => `${text}  p${at}: { members: [{ target: big }], on_exhausted: { action: ${word} } }\n`,
        after("pools:\n"),
      ),
    ],
  ];
  test.each(FINE)("%s", (_, config) => expect(load(config).problems.map(brief)).toEqual([]));
});

describe("exhaustion that cannot be read", () => {
  test.each(["fallback_pool", "'fallback_pool:'", "fallback", "failover", "sometimes"])("%s", (action) => {
    const { problems } = load(pool(`on_exhausted: { action: ${action} }`));
    expect(problems.map(brief)).toEqual([
      expect.stringContaining(
        "error pools.p.on_exhausted.action: must be one of reject, least_bad, fallback_pool:<name>, wait",
      ),
    ]);
  });
});

describe("everything at once", () => {
  const { problems, deployment } = load(`listen: 0.0.0.0:1
modles: {}
providers:
  acme: { api_key_env: ACME_KEY, base_url: "http://x.invalid" }
  nobody: { api_key_env: ACME_KEY }
models:
  admin/m: { provider: acme, max_concurrent: 0 }
  n: { provider: acme, max_requests: 0, select: raked }
pools:
  acme: { members: [{ target: n, weight: -1 }, { target: x }] }
  p: { members: [{ target: n }], failover: { deadline_secs: 0 }, on_exhausted: { action: fallback_pool:zz } }
`);

  test("shape and meaning are reported together, from top to bottom", () => {
    expect(deployment).toBeNull();
    expect(problems.map((problem) => `${problem.line} ${problem.path}`)).toEqual([
      "1 listen",
      "2 modles",
      "4 providers.acme.base_url",
      "5 providers.nobody",
      "7 models.admin/m",
      "7 models.admin/m.max_concurrent",
      "8 models.n.max_requests",
      "8 models.n.select",
      "10 pools.acme",
      "10 pools.acme.members[0].weight",
      "11 pools.p.failover.deadline_secs",
      "11 pools.p.on_exhausted.action",
    ]);
  });
});

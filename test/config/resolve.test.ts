/** What two files come to: lanes, identities, substitutes, slots, prices and limits of the deployment. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in plain text are what is tested here
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { embeddedCatalog } from "../../src/config/catalog.ts";
import { readCatalog } from "../../src/config/catalog-file.ts";
import { loadDeployment } from "../../src/config/load.ts";
import { BASE, brief, CATALOG, deploy, ENV, load } from "./harness.ts";

const config = (
  models: string,
  rest = "",
  providers = "acme: { api_key_env: ACME_KEY }, beta: { api_key_env: BETA_KEY }, local: {}",
) => `providers: { ${providers} }\nmodels:\n${models}\n${rest}`;

describe("the limit of an answer whose client names none", () => {
  test.each<[string, string, number | null]>([
    ["anthropic", "capabilities: { max_output_tokens: 64000 }", 32_000],
    ["anthropic", "capabilities: { max_output_tokens: 8192 }", 8192],
    ["anthropic", "", 4096],
    ["anthropic", "capabilities: { max_output_tokens: 64000 }, default_max_tokens: 50000", 50_000],
    ["vertex", "capabilities: { max_output_tokens: 64000 }", 32_000],
    ["openai", "capabilities: { max_output_tokens: 64000 }", null],
    ["openai", "default_max_tokens: 100", 100],
  ])("%s with {%s}: %p", (protocol, words, limit) => {
    const carrier = protocol === "vertex" ? "protocol: anthropic, carrier: vertex" : `protocol: ${protocol}`;
    const provider = `x: { ${carrier}, base_url: "https://x.example", api_key_env: ACME_KEY }`;
    const { lanes } = deploy(config(`  m: { provider: x${words === "" ? "" : `, ${words}`} }`, "", provider));
    expect(Object.values(lanes).map(({ defaultMaxOutputTokens }) => defaultMaxOutputTokens)).toEqual([limit]);
  });
});

describe("lanes", () => {
  test("an account's cooldown and pressure win over its provider's", () => {
    const accounts =
      "acme: { cooldown_secs: 60, pressure_below: 0.3, accounts: [{ id: a, api_key_env: ACME_KEY }, { id: b, api_key_env: ACME_KEY, cooldown_secs: 5, pressure_below: 0 }, { id: c, api_key_env: ACME_KEY }] }";
    const { lanes } = deploy(config("  m: { provider: acme }", "", accounts));
    expect(Object.values(lanes).map(({ cooldownMs, pressureBelow }) => [cooldownMs, pressureBelow])).toEqual([
      [60_000, 0.3],
      [5_000, 0],
      [60_000, 0.3],
    ]);
  });

  test("model times account, with slots shared unless the account has its own", () => {
    const accounts =
      "acme: { accounts: [{ id: a, api_key_env: ACME_KEY, pinned: true, sort_key: 3 }, { id: b, api_key_file: k, max_concurrent: 2, routing: false }, { id: c, api_key: '${TOKEN}' }] }";
    const { lanes } = deploy(
      config("  m: { provider: acme, max_concurrent: 9 }\n  n: { provider: acme }", "", accounts),
      { files: { "/etc/ringmain/k": "test-key-3\n" } },
    );
    expect(
      Object.values(lanes).map(({ id, slots, credential, pinned, sortKey, routing }) => ({
        id,
        ...slots,
        credential,
        pinned,
        sortKey,
        routing,
      })),
    ).toEqual([
      {
        id: "acme/a/m",
        group: "model:m",
        max: 9,
        credential: { kind: "env", name: "ACME_KEY" },
        pinned: true,
        sortKey: 3,
        routing: true,
      },
      {
        id: "acme/b/m",
        group: "account:acme/b",
        max: 2,
        credential: { kind: "file", path: "/etc/ringmain/k" },
        pinned: false,
        sortKey: 0,
        routing: false,
      },
      {
        id: "acme/c/m",
        group: "model:m",
        max: 9,
        credential: { kind: "template", text: "${TOKEN}" },
        pinned: false,
        sortKey: 0,
        routing: true,
      },
      {
        id: "acme/a/n",
        group: "model:n",
        max: 64,
        credential: { kind: "env", name: "ACME_KEY" },
        pinned: true,
        sortKey: 3,
        routing: true,
      },
      {
        id: "acme/b/n",
        group: "account:acme/b",
        max: 2,
        credential: { kind: "file", path: "/etc/ringmain/k" },
        pinned: false,
        sortKey: 0,
        routing: false,
      },
      {
        id: "acme/c/n",
        group: "model:n",
        max: 64,
        credential: { kind: "template", text: "${TOKEN}" },
        pinned: false,
        sortKey: 0,
        routing: true,
      },
    ]);
  });

  test("a base URL loses its trailing slash", () =>
    expect(deploy(BASE).providers["acme"]?.baseUrl).toBe("https://api.acme.invalid"));

  test("a provider's own words win over the catalog's, code by code in the error map", () => {
    const own =
      "beta: { api_key_env: BETA_KEY, protocol: openai, base_url: 'https://other.invalid', path: '/x?a=1', auth: api-key, error_map: { slow: timeout }, headers: { X-Title: Hi }, forward_headers: ['X-Trace-*'] }";
    const { lanes, providers } = deploy(config("  m: { provider: beta }", "", own));
    expect(Object.values(lanes)[0]?.doors).toEqual([
      {
        protocol: "openai",
        path: "/x?a=1",
        authStyle: "api-key",
        errorMap: { "1113": "billing", slow: "timeout" },
      },
    ]);
    expect(providers["beta"]).toMatchObject({
      baseUrl: "https://other.invalid",
      headers: { "x-title": "Hi" },
      forwardHeaders: ["x-trace-*"],
    });
  });
});

describe("identity", () => {
  const identity = (model: string) =>
    Object.values(deploy(config(`  m: { provider: acme, ${model} }`)).lanes)[0]?.canonical;
  test.each([
    ["upstream_model: big-1", { id: "big-1", proven: true }],
    ["upstream_model: acme/big-1", { id: "big-1", proven: true }],
    ["upstream_model: ' BIG-ONE '", { id: "big-1", proven: true }],
    ["upstream_model: big-1-mini", { id: "big-1-mini", proven: false }],
    ["upstream_model: Other", { id: "other", proven: false }],
    ["upstream_model: Other, canonical: Some-Model", { id: "some-model", proven: true }],
    ["upstream_model: Other, canonical: acme/big-1", { id: "big-1", proven: true }],
    ["upstream_model: big-1, canonical: else", { id: "else", proven: true }],
  ])("%s", (model, wanted) => expect(identity(model)).toEqual(wanted));
});

describe("capabilities", () => {
  const facts = (model: string) =>
    Object.values(deploy(config(`  m: { provider: acme, ${model} }`)).lanes)[0]?.capabilities;
  test("are the catalog's, each overridden by the configuration, and unknown where nobody knows", () => {
    expect(facts("upstream_model: big-1, capabilities: { context_window: 5, reasoning: false }")).toEqual({
      contextWindow: 5,
      maxOutputTokens: null,
      input: null,
      output: null,
      tools: true,
      structuredOutput: null,
      reasoning: false,
      tier: "frontier",
    });
    expect(facts("upstream_model: x")).toMatchObject({ contextWindow: null, tools: null, tier: null });
    expect(facts("upstream_model: x, canonical: big-1")).toMatchObject({ contextWindow: 100_000, tier: "frontier" });
  });
});

describe("substitutes", () => {
  const same =
    "  a: { provider: acme, upstream_model: big-1 }\n  b: { provider: beta, upstream_model: Big-One }\n  c: { provider: beta, upstream_model: small-1 }\n";
  const of = (models: string, rest: string, target: string) =>
    deploy(config(models, rest)).targets[target]?.substitutes;

  test("there are none unless asked for", () => expect(of(same, "", "a")).toEqual([]));
  test("another provider's lane of the very same model", () => {
    expect(of(same, "exact_model_failover: true\n", "a")).toEqual(["beta/default/b"]);
    expect(of(same, "exact_model_failover: true\n", "c")).toEqual([]);
  });
  test("the model's own word wins over the general one", () => {
    expect(
      of(same.replace("big-1 }", "big-1, exact_model_failover: false }"), "exact_model_failover: true\n", "a"),
    ).toEqual([]);
    expect(of(same.replace("big-1 }", "big-1, exact_model_failover: true }"), "", "a")).toEqual(["beta/default/b"]);
  });
  test("an exclusion holds for them", () => {
    expect(
      of(same.replace("big-1 }", "big-1, failover: { exclusions: [b] } }"), "exact_model_failover: true\n", "a"),
    ).toEqual([]);
  });
  test("a pool has those of its members, without its members", () => {
    const pools = "pools: { p: { members: [{ target: a }] }, q: { members: [{ target: a }, { target: b }] } }\n";
    expect(of(same, `exact_model_failover: true\n${pools}`, "p")).toEqual(["beta/default/b"]);
    expect(of(same, `exact_model_failover: true\n${pools}`, "q")).toEqual([]);
  });
  test("an unproven name counts between models of one provider and not across", () => {
    const unproven =
      "  a: { provider: acme, upstream_model: Odd }\n  b: { provider: acme, upstream_model: odd }\n  c: { provider: beta, upstream_model: odd }\n";
    expect(of(unproven, "exact_model_failover: true\n", "a")).toEqual(["acme/default/b"]);
    expect(of(unproven, "exact_model_failover: true\n", "c")).toEqual([]);
  });
  test("proven against unproven is not proven", () => {
    expect(
      of(
        "  a: { provider: acme, upstream_model: odd, canonical: odd }\n  b: { provider: beta, upstream_model: odd }\n",
        "exact_model_failover: true\n",
        "a",
      ),
    ).toEqual([]);
  });
});

describe("prices", () => {
  test("are whole nano-dollars, unknown parts null, tiers ascending", () => {
    const prices =
      "prices: { input_per_million_usd: 0.1, output_per_million_usd: 3, cache_read_per_million_usd: 0.075, tiers: [{ above_tokens: 9, input_per_million_usd: 2 }, { above_tokens: 5, output_per_million_usd: 1e-9 }] }";
    expect<unknown>(Object.values(deploy(config(`  m: { provider: acme, ${prices} }`)).lanes)[0]?.prices).toEqual({
      request: 0,
      input: 100_000_000,
      output: 3_000_000_000,
      cacheRead: 75_000_000,
      cacheWrite: null,
      cacheWrite1h: null,
      reasoning: null,
      audioInput: null,
      audioOutput: null,
      tiers: [
        { aboveTokens: 5, input: null, output: 1, cacheRead: null, cacheWrite: null, cacheWrite1h: null },
        { aboveTokens: 9, input: 2_000_000_000, output: null, cacheRead: null, cacheWrite: null, cacheWrite1h: null },
      ],
    });
  });
});

describe("time limits", () => {
  test("the nearest level wins, field by field", () => {
    const text = config(
      "  m: { provider: acme, timeouts: { idle_ms: 3, stream: { total_ms: 30 } } }",
      "timeouts: { connect_ms: 1, idle_ms: 1, stream: { idle_ms: 10, total_ms: 10 } }\n",
      "acme: { api_key_env: ACME_KEY, timeouts: { idle_ms: 2, first_byte_ms: 2 } }",
    );
    expect(Object.values(deploy(text).lanes)[0]?.timers).toEqual({
      buffered: { connectMs: 1, firstByteMs: 2, idleMs: 3, totalMs: 600_000 },
      streamed: { connectMs: 1, firstByteMs: 120_000, idleMs: 10, totalMs: 30 },
    });
  });

  test("a pool takes what it leaves open from its lanes: their value, or the most patient", () => {
    const models =
      "  a: { provider: acme, timeouts: { idle_ms: 7, total_ms: 7 } }\n  b: { provider: beta, timeouts: { idle_ms: 7, total_ms: 0 } }";
    const { targets } = deploy(
      config(
        models,
        "pools: { p: { members: [{ target: a }, { target: b }], timeouts: { first_byte_ms: 5 } }, q: { members: [{ target: a }] } }\n",
      ),
    );
    expect(targets["p"]?.timers).toEqual({
      buffered: { connectMs: 10_000, firstByteMs: 5, idleMs: 7, totalMs: 0 },
      streamed: { connectMs: 10_000, firstByteMs: 120_000, idleMs: 300_000, totalMs: 0 },
    });
    expect(targets["q"]?.timers).toBeNull();
  });
});

describe("the rest", () => {
  test("what a model or pool says wins over the general word", () => {
    const { targets } = deploy(
      config(
        "  m: { provider: acme, translation: off, select: ranked, failover: { cap: 0, keep: [tier, tier] } }\n  n: { provider: acme }",
        "translation: strict\nidentity: strict\npools: { p: { members: [{ target: n }], identity: record } }\n",
      ),
    );
    expect(targets["m"]).toMatchObject({
      kind: "model",
      translation: "off",
      identity: "strict",
      select: "ranked",
      failover: { cap: 0, keep: ["tier"] },
    });
    expect(targets["n"]).toMatchObject({
      translation: "strict",
      members: [{ model: "n", weight: 1, lanes: ["acme/default/n"], contextMax: null }],
    });
    expect(targets["p"]).toMatchObject({ kind: "pool", translation: "strict", identity: "record" });
  });

  test("a member named twice has both weights", () => {
    const { targets } = deploy(`${BASE}pools: { p: { members: [{ target: big, weight: 2 }, { target: big }] } }\n`);
    expect(targets["p"]?.members.map(({ model, weight }) => [model, weight])).toEqual([["big", 3]]);
  });

  test.each([
    ["", "full"],
    ["listen: '[::1]:1'\n", "full"],
    ["listen: 0.0.0.0:1\nallow_open_relay: true\n", "minimal"],
    ["listen: 0.0.0.0:1\nallow_open_relay: true\nerrors: { detail: full }\n", "full"],
  ])("errors tell more on this machine than elsewhere: %p", (rest, detail) =>
    expect(`${deploy(BASE + rest).errorDetail}`).toBe(detail),
  );

  test.each([
    ["admin: { token_env: TOKEN }\n", { kind: "env", name: "TOKEN" }],
    ["governance: { admin_token: '${TOKEN}' }\n", { kind: "template", text: "${TOKEN}" }],
    ["governance: { admin_token: '' }\n", null],
    ["", null],
  ])("the admin token: %p", (rest, wanted) => expect<unknown>(deploy(BASE + rest).adminToken).toEqual(wanted));

  test.each([
    ["", 256, 8],
    ["limits: { bodies_mb: 4 }\n", 4, 4],
    ["limits: { bodies_mb: 64, bodies_unknown_mb: 16 }\n", 64, 16],
  ])("request bodies in memory: %p", (rest, all, unknown) =>
    expect(deploy(BASE + rest).limits).toEqual({
      bodiesBytes: all * 1_048_576,
      unknownBodiesBytes: unknown * 1_048_576,
    }),
  );

  test("pages that may call", () => {
    const origins = '["https://app.example:8443", "http://[::1]:3000", "vscode-webview://*"]';
    const { corsOrigins } = deploy(
      `${BASE}auth: { mode: token, client_tokens_env: TOKEN }\ncors: { origins: ${origins} }\n`,
    );
    expect([corsOrigins, deploy(BASE).corsOrigins]).toEqual([JSON.parse(origins), []]);
  });

  test("tokens by variable and by file", () => {
    const tokens = (forms: string) =>
      deploy(`${BASE}auth: { mode: token, ${forms} }\n`, { files: { "/etc/ringmain/t": "test-token-2\n" } }).auth
        .clientTokens;
    expect(tokens("client_tokens_env: TOKEN")).toEqual([{ kind: "env", name: "TOKEN" }]);
    expect(tokens("client_tokens_file: [t]")).toEqual([{ kind: "file", path: "/etc/ringmain/t" }]);
  });

  test("warnings go along with the deployment", () => {
    const { warnings } = deploy(`${BASE}observability: { otlp_endpoint: "http://127.0.0.1:4318" }\n`);
    expect(warnings).toEqual([expect.stringContaining("observability.otlp_endpoint: traces")]);
  });

  test.each([
    ["", 1],
    ["workers: 3\n", 3],
    ["workers: auto\n", 0],
  ])("%p: workers %p", (line, workers) => {
    expect(deploy(`${BASE}${line}`).workers).toBe(workers);
  });

  test("the revision changes with the meaning and with nothing else", () => {
    const { revision } = deploy(BASE);
    expect(revision).toMatch(/^[0-9a-f]{12}$/);
    expect(deploy(`# a comment\n${BASE}`).revision).toBe(revision);
    expect(deploy(`${BASE}drain_secs: 31\n`).revision).not.toBe(revision);
  });

  test("no secret out of the environment is in it", () => {
    const text = `${BASE}auth: { mode: token, client_tokens: ["\${TOKEN}"] }\nadmin: { token: "\${TOKEN}x" }\n`;
    const shown = JSON.stringify(deploy(text));
    expect(Object.values(ENV).filter((value) => value.startsWith("test-") && shown.includes(value))).toEqual([]);
  });

  test("it survives being sent to another process", () => {
    const deployment = deploy(BASE);
    expect(structuredClone(deployment)).toEqual(deployment);
    expect(JSON.parse(JSON.stringify(deployment))).toEqual(deployment);
  });
});

describe("the catalog", () => {
  const text = readFileSync(new URL("../../providers.yaml", import.meta.url), "utf8");
  const read = readCatalog({ file: "providers.yaml", text, readEnv: () => undefined });

  test("inside the program has no problem when it is read as a file is", () =>
    expect(read.problems.map(brief)).toEqual([]));
  test("inside the program is that file", () => {
    expect([...embeddedCatalog().providers]).toEqual([...read.providers]);
    expect(embeddedCatalog().findModel("claude-sonnet-4-5")).toEqual(read.findModel("claude-sonnet-4-5"));
    expect(embeddedCatalog().problems).toEqual([]);
  });
  test("as a file takes its place", () => {
    const readFile = (path: string) => ({ "/c.yaml": BASE, "/p.yaml": CATALOG })[path] ?? null;
    const input = { configPath: "/c.yaml", env: ENV, readFile };
    expect(loadDeployment({ ...input, providersPath: "/p.yaml" }).problems).toEqual([]);
    expect(loadDeployment({ ...input, providersPath: "embedded" }).problems.map((problem) => problem.path)).toEqual([
      "providers.acme",
      "providers.beta",
    ]);
  });
  test("files that cannot be read are named, both of them", () => {
    const loaded = loadDeployment({ configPath: "/c", providersPath: "/p", env: {}, readFile: () => null });
    expect(loaded).toMatchObject({ deployment: null, problems: [{ file: "/c" }, { file: "/p" }] });
  });
  test("that is broken is the only thing reported of providers", () => {
    expect(load(BASE, { catalog: "acme: [" }).problems.map((problem) => problem.file)).toEqual(["providers.yaml"]);
  });
});

describe("a member of weight 0 is parked", () => {
  test("and stays in the pool", () => {
    const deployment = deploy(`${BASE}pools: { p: { members: [{ target: big, weight: 0 }, { target: small }] } }\n`);
    expect(deployment.targets["p"]?.members.map(({ model, weight }) => [model, weight])).toEqual([
      ["big", 0],
      ["small", 1],
    ]);
  });

  test("and a pool of such members alone is warned of", () => {
    const { problems } = load(`${BASE}pools: { p: { members: [{ target: big, weight: 0 }] } }\n`);
    expect(problems.map(brief)).toEqual([
      "warning pools.p.members: are all parked by weight: 0, so every request to this pool is refused; raise one",
    ]);
  });
});

describe("anthropic_version", () => {
  const withVersion = (provider: string): string =>
    BASE.replace(/( {2}(?:acme|beta): \{)/g, (line) =>
      line.includes(`${provider}:`) ? `${line} anthropic_version: VERSION,` : line,
    );
  test.each([
    ["beta", "2023-06-01", []],
    ["beta", "null", []],
    ["beta", "june", ["error providers.beta.anthropic_version: must be a date such as 2023-06-01"]],
    [
      "acme",
      "2023-06-01",
      [
        "error providers.acme.anthropic_version: is a header of the protocol anthropic, which this provider is not asked in; remove it",
      ],
    ],
  ])("of %s: %s", (provider, version, problems) => {
    const loaded = load(withVersion(provider).replace("VERSION", version));
    expect(loaded.problems.map(brief)).toEqual(problems);
    const pinned = loaded.deployment?.providers[provider]?.headers;
    if (problems.length === 0) expect(pinned).toEqual(version === "null" ? {} : { "anthropic-version": version });
  });
});

/** docs/deviations.md: every row is a tested case here and every case here is a row there. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in plain text are what is tested here
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { findConfig } from "../../src/config/find.ts";
import { NOT_YET } from "../../src/config/not-yet.ts";
import { BASE, brief, deploy, load } from "./harness.ts";

const page = readFileSync(new URL("../../docs/deviations.md", import.meta.url), "utf8");
const documented = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1] ?? "");

/** After the seven lines of the base file. */
const after = (snippet: string) => `${BASE}${snippet}`;
const pool = (body: string) => after(`pools:\n  p: { members: [{ target: big }], ${body} }\n`);
const provider = (body: string) => `providers: { acme: { ${body} } }\nmodels: { m: { provider: acme } }\n`;
const keyed = (body: string) => provider(`api_key_env: ACME_KEY, ${body}`);

/** What is refused or announced, and the beginning of what is said of it. */
const SAID: Readonly<Record<string, readonly (readonly [config: string, said: string])[]>> = {
  "open-relay": [[after("listen: 0.0.0.0:8080\n"), "error listen: is open to the network"]],
  "unknown-keys": [
    [after("lissten: x\n"), "error lissten: unknown key"],
    [
      after("pools: { p: { members: [{ target: big, wieght: 2 }] } }\n"),
      "error pools.p.members[0].wieght: unknown key",
    ],
  ],
  interpolation: [
    [after('pools: { "${TOKEN}": {} }\n'), 'error pools."${TOKEN}": references are replaced in values only'],
  ],
  "interpolation-quotes": [
    [after("auth: { mode: token, client_tokens: [${TOKEN}] }\n"), "error : needs quotes around its reference"],
  ],
  names: [
    [after('pools: { " p": { members: [{ target: big }] } }\n'), 'error pools." p": has a name with white space'],
    [
      after("pools: { __proto__: { members: [{ target: big }] } }\n"),
      "error pools.__proto__: cannot be used as a name",
    ],
    [
      'providers: { a/b: { protocol: openai, base_url: "https://x.invalid", api_key_env: ACME_KEY } }\nmodels: {}\n',
      "error providers.a/b: has a slash",
    ],
  ],
  "unknown-protocol": [
    [
      'providers: { own: { protocol: soap, base_url: "https://x.invalid", api_key_env: ACME_KEY } }\nmodels: {}\n',
      "error providers.own.protocol: must be one of",
    ],
  ],
  "base-url-plain": [
    [keyed('base_url: "https://me@x.invalid"'), "error providers.acme.base_url: holds a user name"],
    [keyed('base_url: "https://x.invalid?a=b"'), "error providers.acme.base_url: holds a query"],
  ],
  "blocked-hosts": [
    [keyed('base_url: "https://255.255.255.255"'), "error providers.acme.base_url: is an address of this machine"],
    [keyed('base_url: "https://[64:ff9b::7f00:1]"'), "error providers.acme.base_url: is an address of this machine"],
  ],
  "empty-pool": [
    [after("pools: { p: { members: [] } }\n"), "error pools.p.members: is empty"],
    [after("pools: { p: {} }\n"), "error pools.p.members: is empty"],
  ],
  "path-slash": [[keyed("path: .evil.invalid/x"), "error providers.acme.path: must begin with a single /"]],
  "affinity-header": [
    [pool('affinity: { header_name: "x session" }'), "error pools.p.affinity.header_name: is no legal name"],
  ],
  "client-tokens": [
    [after('auth: { mode: token, client_tokens: [""] }\n'), "error auth.client_tokens[0]: is a value that is empty"],
    [
      after('auth: { mode: token, client_tokens: ["a b"] }\n'),
      "error auth.client_tokens[0]: has white space or a comma",
    ],
  ],
  "unfit-keys": [
    [
      provider("api_key_env: BROKEN"),
      "error providers.acme.api_key_env: the variable BROKEN has a value with control characters",
    ],
  ],
  "variable-names": [
    [provider("api_key_env: my-key"), "error providers.acme.api_key_env: must be the name of an environment variable"],
  ],
  "number-bounds": [
    [pool("failover: { cap: 1001 }"), "error pools.p.failover.cap: must be at most 1000"],
    [pool("failover: { deadline_secs: 2147484 }"), "error pools.p.failover.deadline_secs: must be at most 2147483"],
  ],
  "yaml-tricks": [
    [after("models: {}\n"), "error models: stands here twice"],
    [after("pools: { p: { <<: {} } }\n"), "error pools.p.<<: merge keys"],
    [pool("failover: { cap: 03 }"), "error pools.p.failover.cap: begins with a zero"],
  ],

  otlp: [
    [
      after('observability: { otlp_endpoint: "http://127.0.0.1:4318" }\n'),
      "warning observability.otlp_endpoint: traces",
    ],
  ],
  webhook: [
    [
      after('observability: { request_log_webhook_url: "https://x.invalid" }\n'),
      "warning observability.request_log_webhook_url: the request webhook",
    ],
  ],
};

/** What loads, and means something else than it did. */
const MEANS: Readonly<Record<string, () => void>> = {
  "file-locations": () => {
    const exists = (path: string) => path.startsWith("/etc/busbar/");
    expect(findConfig({ argv: [], env: {}, cwd: "/srv", exists })).toMatchObject({
      config: null,
      providers: "embedded",
    });
    const env = { BUSBAR_CONFIG: "/etc/busbar/config.yaml", BUSBAR_PROVIDERS: "/etc/busbar/providers.yaml" };
    expect(findConfig({ argv: [], env, cwd: "/srv", exists })).toMatchObject({
      config: env.BUSBAR_CONFIG,
      providers: env.BUSBAR_PROVIDERS,
    });
  },
  "catalog-extends": () => {
    const config = "providers: { openai: { api_key_env: ACME_KEY } }\nmodels: { gpt-5.4: { provider: openai } }\n";
    expect(deploy(config).lanes["openai/default/gpt-5.4"]?.capabilities.tier).toBe("frontier");
    expect(load(`catalog: replace\n${config}`).problems.map(brief)).toEqual([
      "error providers.openai: is not in providers.yaml; add it there, or give it protocol and base_url here",
    ]);
  },
  "log-level": () =>
    expect(deploy(BASE, { env: { ACME_KEY: "k", BETA_KEY: "k", RUST_LOG: "debug" } }).log.level).toBe("info"),
  "listen-loopback": () => expect(deploy(BASE).listen).toEqual({ host: "127.0.0.1", port: 8080 }),
  "interpolation-escape": () => {
    expect(
      deploy(after('log: { level: info }\nauth: { mode: token, client_tokens: ["$${TOKEN}"] }\n')).auth.clientTokens,
    ).toEqual([{ kind: "template", text: "$${TOKEN}" }]);
    const config =
      'providers: { acme: { api_key_env: ACME_KEY, headers: { x-note: "$${TOKEN}" } } }\nmodels: { m: { provider: acme } }\n';
    expect(deploy(config).providers["acme"]?.headers).toEqual({ "x-note": "${TOKEN}" });
  },
  "affinity-key": () => {
    const two =
      "providers: { a: { protocol: openai, base_url: 'https://a.invalid', accounts: [{ id: x, api_key_env: ACME_KEY }, { id: y, api_key_env: BETA_KEY }] } }\nmodels: { m: { provider: a } }\npools:\n  p:\n    members: [{ target: m }]\n";
    const said = (written: string) => deploy(`${two}    ${written}`).targets["p"]?.affinity;
    const auto = { headerNames: [], body: true, prefix: false, ttlMs: 3_600_000 };
    expect(said("select: weighted")).toEqual(auto);
    expect(said("affinity: { header_name: X-Mine }")).toEqual({ ...auto, headerNames: ["x-mine"] });
    expect(said("affinity: { mode: session, ttl_secs: 60 }")).toEqual({ ...auto, body: false, ttlMs: 60_000 });
    expect(said("affinity: { prefix: true }")).toEqual({ ...auto, prefix: true });
    expect(said("affinity: { mode: off }")).toBeNull();
    expect(deploy(two).targets["m"]?.affinity).toEqual(auto);
    // One lane, nothing to keep a session from.
    expect(deploy(pool("select: weighted")).targets["p"]?.affinity).toBeNull();
  },
  "default-fee": () => {
    const prices = Object.values(
      deploy(after("governance: { enabled: false, price_per_request_cents: 1 }\n")).lanes,
    ).map((lane) => lane.prices);
    expect(prices).toEqual([null, null]);
  },
  "separate-timers": () => {
    expect(deploy(BASE).lanes["acme/default/big"]?.timers).toEqual({
      buffered: { connectMs: 10_000, firstByteMs: 120_000, idleMs: 120_000, totalMs: 600_000 },
      streamed: { connectMs: 10_000, firstByteMs: 120_000, idleMs: 300_000, totalMs: 0 },
    });
  },
  "queue-bounds": () => {
    expect(deploy(BASE).lanes["acme/default/big"]?.queue).toEqual({ max: 1_000, maxWaitMs: 30_000 });
    const queued = "providers: { local: {} }\nmodels: { m: { provider: local, queue: { max: 3, max_wait_ms: 50 } } }\n";
    expect(deploy(queued).lanes["local/default/m"]?.queue).toEqual({ max: 3, maxWaitMs: 50 });
  },
  "max-concurrent-optional": () =>
    expect(deploy(BASE).lanes["acme/default/big"]?.slots).toEqual({ group: "model:big", max: 64 }),
  "api-key-optional": () => {
    const lane = deploy("providers: { local: {} }\nmodels: { m: { provider: local } }\n").lanes["local/default/m"];
    expect(lane).toMatchObject({ credential: null });
  },
};

describe("refused or announced", () => {
  for (const [id, cases] of Object.entries(SAID)) {
    test.each(cases.map(([config, said]) => ({ id, config, said })))("$id: $said", ({ config, said }) => {
      const { problems, deployment } = load(config);
      expect(problems.map(brief).filter((each) => each.startsWith(said))).toHaveLength(1);
      expect(deployment === null).toBe(said.startsWith("error"));
    });
  }
});

describe("loads with another meaning", () => {
  test.each(Object.keys(MEANS))("%s", (id) => MEANS[id]?.());
});

describe("the page", () => {
  test("has each id once", () => expect(documented.length).toBe(new Set(documented).size));
  test("has a row for every case and a case for every row", () => {
    expect(documented.toSorted()).toEqual([...Object.keys(SAID), ...Object.keys(MEANS)].toSorted());
  });
  test("has every part that is not in this version", () => {
    const missing = NOT_YET.map((row) => row.id).filter((id) => !documented.includes(id));
    expect(missing).toEqual([]);
  });
  test("has a fix in every row", () => {
    const rows = page.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows.filter((row) => row.split("|").length !== 6 || /\|\s*\|/.test(row))).toEqual([]);
  });
});

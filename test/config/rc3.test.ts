/** A configuration as people wrote it for Busbar 1.0.0-rc.3: it loads as it stands, and means what it meant there. */
import { describe, expect, test } from "bun:test";
import { loadFromText } from "../../src/config/load.ts";
import { brief, deploy } from "./harness.ts";

/** Text of our own in the shape of rc.3: every section and most fields, none of ours. */
const RC3 = `
listen: "0.0.0.0:8080"

auth:
  mode: token
  client_tokens:
    - "\${BUSBAR_TOKEN}"

providers:
  anthropic:
    api_key_env: ANTHROPIC_KEY
  openai:
    api_key_env: OPENAI_KEY
    error_map:
      insufficient_quota: rate_limit
      made_up: overloaded
    health: { mode: active, interval_secs: 0, timeout_secs: 2 }
  z.ai:
    api_key_env: ZAI_KEY

models:
  claude-sonnet-4-5:
    provider: anthropic
    max_concurrent: 20
    max_requests: -1
    default_max_tokens: 8192
  gpt-5.4:
    provider: openai
    max_concurrent: 50
  glm-5.2:
    provider: z.ai
    max_concurrent: 10
    max_requests: 1000

pools:
  alias:
    members:
      - target: claude-sonnet-4-5
  weighted:
    members:
      - { target: claude-sonnet-4-5, weight: 8, context_max: 200000 }
      - { target: glm-5.2, weight: 2 }
    failover:
      deadline_secs: 30
      cap: 3
      exclusions: [glm-5.2]
    on_exhausted:
      action: "fallback_pool:overflow"
  overflow:
    members:
      - target: gpt-5.4
    on_exhausted: { action: least_bad }
    affinity: { mode: session, header_name: X-Session-Id }
    breaker:
      base_cooldown_secs: 5
      max_cooldown_secs: 60
      trip: { mode: consecutive, n: 2 }
  plain:
    members:
      - target: gpt-5.4
    on_exhausted: {}

observability:
# otlp_endpoint: "http://127.0.0.1:4317"

governance:
  enabled: false
  db_path: busbar-governance.db
  price_per_request_cents: 1
  price_per_1k_tokens_cents: 0
`;

const env = {
  BUSBAR_TOKEN: "test-token-1",
  ANTHROPIC_KEY: "test-key-1",
  OPENAI_KEY: "test-key-2",
  ZAI_KEY: "test-key-3",
};

describe("a whole file", () => {
  const { deployment, problems } = loadFromText({ config: RC3, env });

  test("loads without a word", () => {
    expect(problems.map(brief)).toEqual([]);
  });

  test("models are lanes of one account, under their own names", () => {
    expect(
      Object.values(deployment?.lanes ?? {}).map(({ id, upstreamModel, maxRequests, slots }) => ({
        id,
        upstreamModel,
        maxRequests,
        max: slots.max,
      })),
    ).toEqual([
      { id: "anthropic/default/claude-sonnet-4-5", upstreamModel: "claude-sonnet-4-5", maxRequests: null, max: 20 },
      { id: "openai/default/gpt-5.4", upstreamModel: "gpt-5.4", maxRequests: null, max: 50 },
      { id: "z.ai/default/glm-5.2", upstreamModel: "glm-5.2", maxRequests: 1000, max: 10 },
    ]);
  });

  test("the catalog's error map is laid under, health replaces", () => {
    for (const { errorMap } of deployment?.lanes["openai/default/gpt-5.4"]?.doors ?? []) {
      expect(errorMap).toEqual({
        insufficient_quota: "rate_limit",
        made_up: "overloaded",
        rate_limit_exceeded: "rate_limit",
      });
    }
    expect(deployment?.providers["openai"]).toMatchObject({
      health: { mode: "active", intervalMs: 1_000, timeoutMs: 2_000 },
    });
  });

  test("pools keep their weights, windows and policies", () => {
    expect(deployment?.targets["weighted"]).toMatchObject({
      kind: "pool",
      select: "weighted",
      members: [
        { model: "claude-sonnet-4-5", weight: 8, contextMax: 200_000, lanes: ["anthropic/default/claude-sonnet-4-5"] },
        { model: "glm-5.2", weight: 2, contextMax: null, lanes: ["z.ai/default/glm-5.2"] },
      ],
      failover: { deadlineMs: 30_000, cap: 3, exclusions: ["glm-5.2"], keep: [], prefer: "same-model" },
      onExhausted: { action: "fallback-pool", pool: "overflow" },
      breaker: {
        baseCooldownMs: 15_000,
        maxCooldownMs: 120_000,
        trip: { mode: "error_rate", windowMs: 30_000, threshold: 0.5, minRequests: 5 },
      },
      affinity: { headerNames: [], body: true, prefix: false, ttlMs: 3_600_000 },
    });
    expect(deployment?.targets["overflow"]).toMatchObject({
      onExhausted: { action: "least-bad" },
      // One lane.
      affinity: null,
      breaker: { baseCooldownMs: 5_000, maxCooldownMs: 60_000, trip: { mode: "consecutive", failures: 2 } },
    });
    expect(deployment?.targets["plain"]).toMatchObject({ onExhausted: { action: "reject" } });
  });

  test("a window stated in one pool holds in the others", () => {
    expect(deployment?.targets["alias"]?.members[0]?.contextMax).toBe(200_000);
  });

  test("a failover block left out has the defaults", () => {
    expect(deployment?.targets["alias"]?.failover).toEqual({
      deadlineMs: 120_000,
      cap: 3,
      exclusions: [],
      keep: [],
      prefer: "same-model",
    });
  });
});

describe("the token", () => {
  const tokens = (auth: string) =>
    deploy(`auth: ${auth}\nproviders: { local: {} }\nmodels: { m: { provider: local } }\n`).auth.clientTokens;

  test("the old single one counts where there is no list", () => {
    expect(tokens("{ mode: token, token: a }")).toEqual([{ kind: "template", text: "a" }]);
    expect(tokens("{ mode: token, token: a, client_tokens: [] }")).toEqual([{ kind: "template", text: "a" }]);
    expect(tokens("{ mode: token, token: a, client_tokens: [b] }")).toEqual([{ kind: "template", text: "b" }]);
  });
});

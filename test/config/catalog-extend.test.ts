// A catalog of one's own over the one inside the program: what each of them is believed, and where a fact is said to stand.
import { describe, expect, test } from "bun:test";
import { loadFromText } from "../../src/config/load.ts";
import type { Lane } from "../../src/ir/deployment.ts";
import { brief } from "./harness.ts";

const OWN = `
openai: { protocol: openai, base_url: "https://relay.invalid", path: /own/chat }
house: { protocol: openai, base_url: "https://house.invalid" }
families:
  - { models: ["house-*"], dialect: { reasoning_back: required } }
models:
  gpt-5.4: { capabilities: { context_window: 12345 } }
  house-1: { aliases: [claude-haiku-4-5-20251001], capabilities: { tier: tiny } }
  claude-sonnet-4-5-20250929: {}
  house-opus-family: { aliases: [claude-opus-5-5] }
`;

const CONFIG = `
providers:
  openai: { api_key_env: K }
  anthropic: { api_key_env: K, base_url: "https://proxy.invalid" }
  house: { api_key_env: K }
models:
  gpt-5.4: { provider: openai }
  claude-opus-5-5: { provider: anthropic }
  house: { provider: house, upstream_model: house-1 }
  wrapped: { provider: house, upstream_model: house-opus-family }
  apart: { provider: anthropic, upstream_model: claude-sonnet-4-5-20250929 }
  dated: { provider: anthropic, upstream_model: claude-haiku-4-5-20251001 }
  stranger: { provider: house, capabilities: { tier: fast } }
`;

function loaded(config = CONFIG, providers: string | null = OWN) {
  return loadFromText({ config, providers, env: { K: "test-key" }, wantsFacts: true });
}

function laneOf(model: string, config = CONFIG, providers: string | null = OWN): Lane {
  const { deployment, problems } = loaded(config, providers);
  const lane = Object.values(deployment?.lanes ?? {}).find((each) => each.model === model);
  if (lane === undefined) throw new Error(problems.map(brief).join());
  return lane;
}

describe("a file beside the built-in one", () => {
  test("adds providers and keeps the others", () => {
    expect(loaded().problems.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(laneOf("claude-opus-5-5").doors[0].protocol).toBe("anthropic");
  });

  test("says how a provider of the same name is reached, and keeps what is known of it", () => {
    const { doors, dialect } = laneOf("gpt-5.4");
    expect(doors).toMatchObject([{ protocol: "openai", path: "/own/chat" }]);
    expect(doors[0].errorMap).toMatchObject({ insufficient_quota: "billing" });
    expect(dialect.developerRole).toBe(true);
  });

  test("changes single facts of a model", () => {
    const { capabilities, canonical } = laneOf("gpt-5.4");
    expect([capabilities.contextWindow, capabilities.tier, canonical]).toEqual([
      12_345,
      "frontier",
      { id: "gpt-5.4", proven: true },
    ]);
  });

  test("is believed about a word before the other", () => {
    expect(laneOf("apart").canonical).toEqual({ id: "claude-sonnet-4-5-20250929", proven: true });
    expect(laneOf("dated").canonical).toEqual({ id: "house-1", proven: true });
    expect(laneOf("house").capabilities.tier).toBe("tiny");
    expect(laneOf("house").dialect.reasoningBack).toBe("required");
  });

  test("wraps a model of the other", () => {
    const { canonical, capabilities } = laneOf("wrapped");
    expect([canonical, capabilities.tier]).toEqual([{ id: "claude-opus-5-5", proven: true }, "frontier"]);
  });

  test("leads the words of both to a configured model, and none to two", () => {
    const { deployment } = loaded();
    const leads = (word: string) => deployment?.aliases?.exact[word]?.target;
    expect([leads("openai/gpt-5.4"), leads("house-opus-family"), leads("claude-haiku-4-5-20251001")]).toEqual([
      "gpt-5.4",
      "claude-opus-5-5",
      "house",
    ]);
  });

  test("keeps list prices, for a vendor behind another address too", () => {
    expect(laneOf("claude-opus-5-5").prices?.input).toBe(4_000_000_000);
    expect(laneOf("gpt-5.4").prices).not.toBeNull();
    expect(laneOf("stranger").prices).toBeNull();
  });
});

describe("catalog: replace", () => {
  const config = `catalog: replace
providers: { openai: { api_key_env: K } }
models: { gpt-5.4: { provider: openai } }
`;

  test("knows nothing but the file", () => {
    const lane = laneOf("gpt-5.4", config);
    expect([lane.capabilities.tier, lane.capabilities.contextWindow, lane.prices, lane.dialect.developerRole]).toEqual([
      null,
      12_345,
      null,
      false,
    ]);
    const { problems } = loaded(`catalog: replace\n${CONFIG}`);
    expect(problems.map(brief)).toContain(
      "error providers.anthropic: is not in providers.yaml; add it there, or give it protocol and base_url here",
    );
  });

  test("without such a file changes nothing, and is warned of", () => {
    expect(loaded(config, null).problems.map(brief)).toEqual([
      "warning catalog: has no providers.yaml to put in the built-in one's place; remove it, or name one with --providers",
    ]);
    expect(laneOf("gpt-5.4", config, null)).toEqual(laneOf("gpt-5.4", config.replace("catalog: replace", ""), null));
  });
});

test("a catalog's provider at another address has its list prices, unless the list knows that address", () => {
  const at = (address: string) =>
    laneOf(
      "m",
      `providers: { openai: { api_key_env: K, base_url: "${address}", allow_private: true } }\nmodels: { m: { provider: openai, upstream_model: gpt-5.4 } }\n`,
      null,
    ).prices;
  const listed = at("https://api.openai.com");
  expect(listed).not.toBeNull();
  expect([at("https://proxy.invalid/v9"), at("http://127.0.0.1:4000")]).toEqual([listed, listed]);
  expect(at("https://api.anthropic.com")).toBeNull();
});

test("each fact is said to stand where it was read", () => {
  const { facts = [] } = loaded();
  const of = (model: string) =>
    Object.fromEntries(
      (facts.find((each) => each.model === model)?.facts ?? []).map(({ fact, value, from }) => [
        fact,
        `${value} (${from})`,
      ]),
    );
  const builtIn = "providers.yaml (built in)";
  expect(of("gpt-5.4")).toMatchObject({
    model: "gpt-5.4 (providers.yaml)",
    window: "12345 (providers.yaml)",
    tier: `frontier (${builtIn})`,
    prices: "$2.5/$15 (price list, by provider)",
  });
  expect(of("claude-opus-5-5")).toMatchObject({ model: `claude-opus-5-5 (${builtIn})`, tier: `frontier (${builtIn})` });
  expect(of("stranger")).toEqual({
    model: "stranger? (its name)",
    window: "- (nothing)",
    output: "- (nothing)",
    tools: "- (nothing)",
    tier: "fast (config.yaml)",
    prices: "- (nothing)",
  });
  expect(loadFromText({ config: CONFIG, providers: OWN, env: { K: "test-key" } }).facts).toBeUndefined();
});

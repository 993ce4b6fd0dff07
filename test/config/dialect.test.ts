// Facts of dialect: who wins where several say something, and what holds for a server that no catalog knows.
import { describe, expect, test } from "bun:test";
import { embeddedCatalog } from "../../src/config/catalog.ts";
import { dialectOf } from "../../src/config/dialect.ts";
import { providerOf } from "../../src/config/merge.ts";
import type { ConfigFile, DialectFacts } from "../../src/config/schema.ts";
import { type Dialect, UNKNOWN_SERVER } from "../../src/ir/dialect.ts";

interface Said {
  readonly provider?: string;
  readonly upstreamModel?: string;
  readonly ofProvider?: DialectFacts;
  readonly ofModel?: DialectFacts;
  readonly cacheMarks?: "auto" | "off";
  readonly canonical?: string;
}

function dialectFor({ provider = "workshop", upstreamModel = "some-model", ...said }: Said) {
  const { ofProvider, ofModel, cacheMarks, canonical } = said;
  const catalog = embeddedCatalog();
  const own = { protocol: "openai", base_url: "http://127.0.0.1:1", ...(ofProvider && { dialect: ofProvider }) };
  const config: ConfigFile = { providers: { [provider]: own }, models: {} };
  const model = {
    provider,
    ...(ofModel && { dialect: ofModel }),
    ...(cacheMarks && { cache_marks: cacheMarks }),
    ...(canonical && { canonical }),
  };
  const merged = providerOf(provider, config, catalog);
  if (merged === undefined) throw new Error("the provider is configured");
  return dialectOf({ provider: merged, model, upstreamModel, catalog });
}

describe("what a lane's server takes", () => {
  test("a server in no catalog takes what every compatible one takes", () => {
    expect(dialectFor({})).toEqual(UNKNOWN_SERVER);
  });

  const sampling = ["temperature", "top_p"];
  test.each<[string, Said, Partial<typeof UNKNOWN_SERVER>]>([
    ["the catalog's provider", { provider: "openai" }, { developerRole: true, customTools: true }],
    [
      "a configured provider over the catalog",
      { provider: "openai", ofProvider: { custom_tools: false } },
      { developerRole: true, customTools: false },
    ],
    [
      "a configured model over its provider",
      { ofProvider: { developer_role: true }, ofModel: { developer_role: false } },
      { developerRole: false },
    ],
    [
      "a provider over a family",
      { upstreamModel: "o3", ofProvider: { refused_settings: ["seed"] } },
      { refusedSettings: ["seed"] },
    ],
    ["a model that nothing is said of", { upstreamModel: "foo3" }, { refusedSettings: [] }],
  ])("%s", (_, said, facts) => expect(dialectFor(said)).toMatchObject(facts));

  test.each<[string, Dialect["outputLimit"]]>([
    ["gpt-5", "max_completion_tokens"],
    ["openai/gpt-5.1", "max_completion_tokens"],
    ["o3-mini", "max_completion_tokens"],
    ["gpt-4o", "max_tokens"],
    ["gpt-oss-120b", "max_tokens"],
    ["llama-4", "max_tokens"],
  ])("an answer of %s is limited by %s", (upstreamModel, limit) => {
    expect(dialectFor({ upstreamModel }).outputLimit).toBe(limit);
  });

  test.each(["o3", "O3-mini", "openai/o3", "o4-mini-2025-04-16"])("a family holds for %s", (upstreamModel) => {
    expect(dialectFor({ upstreamModel }).refusedSettings).toEqual(expect.arrayContaining(sampling));
  });

  test.each<[string, string, Partial<typeof UNKNOWN_SERVER>]>([
    ["deepseek", "deepseek-v4-pro", { reasoningBack: "required", developerRole: false, customTools: false }],
    ["openrouter", "moonshotai/kimi-k2.5", { reasoningBack: "required" }],
    ["moonshot", "kimi-k2.6", { reasoningBack: "required" }],
    ["zai-api", "glm-4.7", { reasoningBack: "required" }],
    ["xiaomi-anthropic", "mimo-v2.5-pro", { reasoningBack: "required" }],
    ["groq", "moonshotai/kimi-k2.5", { reasoningBack: "refused" }],
    ["cerebras", "zai-glm-4.7", { reasoningBack: "refused" }],
    ["mistral", "mistral-large-latest", { reasoningBack: "refused", streamUsage: false }],
    ["bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", { cacheMarks: true, reasoningBack: "refused" }],
    ["responses", "gpt-5.6-sol", { promptCacheKey: true, customTools: true, developerRole: true }],
    ["xai", "grok-4.20-0309-non-reasoning", { refusedSettings: ["presence_penalty", "frequency_penalty"] }],
    ["xai", "grok-4.7", { refusedSettings: ["presence_penalty", "frequency_penalty", "stop"] }],
    ["openai", "gpt-5-chat-latest", { refusedSettings: [] }],
  ])("%s, %s", (provider, upstreamModel, facts) => {
    expect(catalogDialect(provider, upstreamModel)).toMatchObject(facts);
  });

  test.each([
    "gpt-5",
    "gpt-5-mini",
    "gpt-5.2-codex",
    "gpt-5.1",
    "gpt-5.6-luna",
    "openai/gpt-5-nano",
    "gpt-5-2025-08-07",
  ])("%s refuses sampling", (upstreamModel) => {
    expect(catalogDialect("openai", upstreamModel).refusedSettings).toEqual(
      expect.arrayContaining(["stop", ...sampling]),
    );
  });

  test.each<[string, string, Partial<typeof UNKNOWN_SERVER>]>([
    ["openai", "gpt-5", { outputLimit: "max_completion_tokens", efforts: ["minimal", "low", "medium", "high"] }],
    ["openai", "gpt-5.1-codex-max", { efforts: ["none", "low", "medium", "high", "xhigh"] }],
    ["openai", "gpt-5.3-chat-latest", { efforts: [] }],
    ["openai", "gpt-4o", { outputLimit: "max_tokens", efforts: [] }],
    ["groq", "openai/gpt-oss-120b", { outputLimit: "max_tokens", efforts: ["low", "medium", "high"] }],
    ["deepseek", "deepseek-v4-pro", { outputLimit: "max_tokens", efforts: null }],
    // Facts of OpenAI's own protocols are not for another.
    ["vercel-ai-gateway-anthropic", "openai/gpt-5", { outputLimit: "max_tokens", efforts: null }],
  ])("what %s, %s takes of limits and efforts", (provider, upstreamModel, facts) => {
    expect(catalogDialect(provider, upstreamModel)).toMatchObject(facts);
  });

  test.each<[string, string, Partial<typeof UNKNOWN_SERVER>]>([
    ["anthropic", "claude-opus-4-8", { thinking: ["adaptive"], sampling: "none", systemTurns: true }],
    ["anthropic", "claude-opus-4-6", { thinking: ["adaptive", "budget"], sampling: "one", systemTurns: false }],
    ["anthropic", "claude-sonnet-4-20250514", { thinking: ["budget"], sampling: "all", structuredOutput: false }],
    ["anthropic", "claude-3-5-haiku-latest", { thinking: [], efforts: [], structuredOutput: false }],
    ["anthropic", "claude-fable-5", { alwaysThinks: true }],
    ["bedrock", "us.anthropic.claude-fable-5", { alwaysThinks: true, oneCall: true, audio: false }],
    ["bedrock", "us.amazon.nova-2-lite-v1:0", { thinking: ["effort"], reasoningMember: "reasoningConfig" }],
    ["bedrock", "mistral.voxtral-small-24b-2507", { audio: true, toolChoice: true, structuredOutput: false }],
    ["bedrock", "arn:aws:bedrock:us-east-1:1:application-inference-profile/ab", UNKNOWN_SERVER],
    [
      "gemini",
      "gemini-3.1-pro-preview",
      { thinking: ["effort"], efforts: ["low", "medium", "high"], signedCalls: true },
    ],
    ["gemini", "gemini-2.5-pro", { thinkingBudget: { min: 128, max: 32_768 }, alwaysThinks: true }],
    ["gemini", "tunedModels/one", UNKNOWN_SERVER],
    ["cohere", "command-r-plus-08-2024", { thinking: [], toolChoice: false }],
    // What holds in the maker's own protocol says nothing of the member for an effort in another.
    ["openrouter", "anthropic/claude-opus-4.8", { thinking: null, efforts: null, sampling: "all" }],
    ["moonshot-anthropic", "kimi-k2.6", { thinking: null, toolChoice: true, structuredOutput: true }],
  ])("what %s, %s takes of thinking and the like", (provider, upstreamModel, facts) => {
    expect(catalogDialect(provider, upstreamModel)).toMatchObject(facts);
  });

  test("a deployment of the operator's own name is asked as its model is", () => {
    const said = { upstreamModel: "my-deployment", canonical: "gpt-5-pro" };
    expect(dialectFor(said)).toMatchObject({ outputLimit: "max_completion_tokens", efforts: ["high"] });
    expect(dialectFor({ ...said, ofModel: { efforts: ["low"], output_limit: "max_tokens" } })).toMatchObject({
      outputLimit: "max_tokens",
      efforts: ["low"],
    });
  });

  test("a model of the configuration may have its marks off", () => {
    const said = { provider: "anthropic", upstreamModel: "claude-sonnet-4-5" };
    expect(dialectFor({ ...said, cacheMarks: "auto" }).cacheMarks).toBe(true);
    expect(dialectFor({ ...said, cacheMarks: "off" }).cacheMarks).toBe(false);
  });
});

function catalogDialect(provider: string, upstreamModel: string) {
  const catalog = embeddedCatalog();
  const known = catalog.providers.get(provider);
  if (known === undefined) throw new Error(`no provider ${provider}`);
  return dialectOf({ provider: known, model: { provider }, upstreamModel, catalog });
}

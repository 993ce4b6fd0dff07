/**
 * What a new configuration begins with: for each provider that sells its own models, one of the frontier and one that is
 * fast; and the names agents ask for unless told. Data, read on 2026-11-21 and 2026-12-01; a test holds every id
 * against the catalog and its tier.
 */
interface Starter {
  /** Ids as the provider spells them, the first that the catalog knows; empty: it has none of that kind. */
  readonly smart: readonly string[];
  readonly fast: readonly string[];
}

/** Stands in an id for where a region's prompts stay, as Bedrock's inference profiles begin. */
export const GEOGRAPHY = "{geography}";

/** By provider, the best first: it is the order of the pools. Of two providers that take the same key, the first is used. */
export const STARTERS: Readonly<Record<string, Starter>> = {
  anthropic: { smart: ["claude-opus-5-5"], fast: ["claude-haiku-5-5"] },
  openai: { smart: ["gpt-6-sol"], fast: ["gpt-6-luna"] },
  gemini: { smart: ["gemini-3.1-pro-preview"], fast: ["gemini-3.1-flash-lite"] },
  cohere: { smart: ["command-a-plus-05-2026"], fast: [] },
  xai: { smart: ["grok-4.7"], fast: [] },
  mistral: { smart: ["mistral-large-2512"], fast: ["mistral-small-2603"] },
  deepseek: { smart: ["deepseek-v4-pro"], fast: [] },
  moonshot: { smart: ["kimi-k3"], fast: [] },
  "z.ai": { smart: ["glm-5.3"], fast: ["glm-5.3-flash"] },
  minimax: { smart: ["MiniMax-M3"], fast: [] },
  dashscope: { smart: ["qwen3.8-max"], fast: ["qwen3.6-flash"] },
  groq: { smart: [], fast: ["openai/gpt-oss-20b"] },
  bedrock: {
    smart: [`${GEOGRAPHY}.anthropic.claude-opus-4-8`, "global.anthropic.claude-opus-4-8"],
    fast: [
      `${GEOGRAPHY}.anthropic.claude-haiku-5-5`,
      `${GEOGRAPHY}.anthropic.claude-haiku-4-5-20251001-v1:0`,
      "global.anthropic.claude-haiku-4-5-20251001-v1:0",
    ],
  },
  openrouter: { smart: ["openai/gpt-5.5"], fast: ["openai/gpt-5.4-mini"] },
};

/** Regions begin with the first word; what they have in common is the second. The first that fits counts. */
export const GEOGRAPHIES: readonly (readonly [string, string])[] = [
  ["us-", "us"],
  ["ca-", "us"],
  ["eu-", "eu"],
  ["ap-northeast-1", "jp"],
  ["ap-northeast-3", "jp"],
  ["ap-southeast-2", "au"],
  ["ap-southeast-4", "au"],
  ["", "global"],
];

/**
 * Names that agents ask for when nothing else is configured in them: helpers for titles and summaries, and their default
 * models (Claude Code 2.1, Gemini CLI 0.61, Codex 0.171, OpenCode 1.18, aider 0.86). Bedrock's and Vertex's spellings fit too.
 */
export const AGENT_NAMES: readonly { readonly pattern: string; readonly pool: "smart" | "fast" }[] = [
  { pattern: "*claude-haiku-*", pool: "fast" },
  { pattern: "*claude-sonnet-*", pool: "smart" },
  { pattern: "*claude-opus-*", pool: "smart" },
  { pattern: "gemini-*-flash*", pool: "fast" },
  { pattern: "gemini-*-pro*", pool: "smart" },
  { pattern: "gpt-*-mini*", pool: "fast" },
  { pattern: "gpt-*-nano*", pool: "fast" },
  { pattern: "gpt-*-codex*", pool: "smart" },
];

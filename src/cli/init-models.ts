/**
 * The models a new configuration begins with: for each provider that sells its own, one of the frontier and one that is
 * fast. Data, read on 2026-11-21; a test holds every id against the catalog and its tier.
 */
interface Starter {
  /** Ids as the provider spells them; null: it has none of that kind. */
  readonly smart: string | null;
  readonly fast: string | null;
}

/** By provider, in the order they are offered. Of two providers that take the same key, the first is used. */
export const STARTERS: Readonly<Record<string, Starter>> = {
  anthropic: { smart: "claude-opus-5-5", fast: "claude-haiku-5-5" },
  openai: { smart: "gpt-6-sol", fast: "gpt-6-luna" },
  gemini: { smart: "gemini-3.1-pro-preview", fast: "gemini-3.1-flash-lite" },
  cohere: { smart: "command-a-plus-05-2026", fast: null },
  xai: { smart: "grok-4.7", fast: null },
  mistral: { smart: "mistral-large-2512", fast: "mistral-small-2603" },
  deepseek: { smart: "deepseek-v4-pro", fast: null },
  moonshot: { smart: "kimi-k3", fast: null },
  "z.ai": { smart: "glm-5.3", fast: "glm-5.3-flash" },
  minimax: { smart: "MiniMax-M3", fast: null },
  dashscope: { smart: "qwen3.8-max", fast: "qwen3.6-flash" },
  groq: { smart: null, fast: "openai/gpt-oss-20b" },
  bedrock: { smart: "us.anthropic.claude-opus-4-8", fast: "us.anthropic.claude-haiku-5-5" },
  openrouter: { smart: "openai/gpt-5.5", fast: "openai/gpt-5.4-mini" },
};

/**
 * What vendors charge, in dollars per million tokens: written by scripts/prices.ts, never by hand, which is its length in lines.
 * Source: @pydantic/genai-prices 0.1.8 (MIT), prices of 2026-11-27. A line: exact model id, then input, output, cache_read, cache_write, cache_write_1h, output_reasoning, input_audio, output_audio;
 * then, for prompts above a number of tokens, that number and the first five again. "-": the list has no such price.
 */

export const PRICE_LIST = "@pydantic/genai-prices 0.1.8, 2026-11-27";

/** `api` is a pattern for the vendor's addresses. */
export const VENDOR_PRICES: readonly { readonly id: string; readonly api: string; readonly models: string }[] = [
  {
    id: "anthropic",
    api: "https://api\\.anthropic\\.com",
    models: `
claude-2 8 24 - - - - - -
claude-3-5-haiku-latest 0.8 4 0.08 1 1.6 - - -
claude-3-5-sonnet 3 15 0.3 3.75 6 - - -
claude-3-7-sonnet-latest 3 15 0.3 3.75 6 - - -
claude-3-haiku 0.25 1.25 0.03 0.3 0.5 - - -
claude-3-opus-latest 15 75 1.5 18.75 30 - - -
claude-3-sonnet 3 15 0.3 3.75 6 - - -
claude-fable-5 10 50 1 12.5 20 - - -
claude-fable-5-1 10 50 0.25 12.5 20 - - -
claude-haiku-4-5 1 5 0.1 1.25 2 - - -
claude-opus-4 15 75 1.5 18.75 30 - - -
claude-opus-4-0 15 75 1.5 18.75 30 - - -
claude-opus-4-1 15 75 1.5 18.75 30 - - -
claude-opus-4-20250514 15 75 1.5 18.75 30 - - -
claude-opus-4-5 5 25 0.5 6.25 10 - - -
claude-opus-4-6 5 25 0.5 6.25 10 - - -
claude-opus-4-7 5 25 0.5 6.25 10 - - -
claude-opus-4-8 5 25 0.5 6.25 10 - - -
claude-opus-5 5 25 0.5 6.25 10 - - -
claude-opus-5-5 4 20 0.2 5 8 - - -
claude-sonnet-4 3 15 0.3 3.75 6 - - -
claude-sonnet-4-0 3 15 0.3 3.75 6 - - -
claude-sonnet-4-5 3 15 0.3 3.75 6 - - - >200000 6 22.5 0.6 7.5 12
claude-sonnet-4-6 3 15 0.3 3.75 6 - - -
claude-sonnet-5 2 10 0.2 2.5 4 - - -
claude-v1 8 24 - - - - - -
`,
  },
  {
    id: "aws",
    api: "https://bedrock-runtime\\.[a-z0-9-]+\\.amazonaws\\.com(/|$)",
    models: `
amazon.nova-2-sonic-v1:0 0.33 2.75 - - - - 3 12
amazon.nova-lite-v1:0 0.06 0.24 0.015 - - - - -
amazon.nova-micro-v1:0 0.035 0.14 0.00875 - - - - -
amazon.nova-premier-v1:0 2.5 12.5 0.625 - - - - -
amazon.nova-pro-v1:0 0.8 3.2 0.2 - - - - -
amazon.nova-sonic-v1:0 0.06 0.24 - - - - 3.4 13.6
amazon.titan-embed-text-v1 0.1 0 - - - - - -
amazon.titan-text-express-v1 0.2 0.6 - - - - - -
amazon.titan-text-lite-v1 0.15 0.2 - - - - - -
anthropic.claude-fable-5 11 55 1.1 13.75 - - - -
anthropic.claude-fable-5-1 11 55 0.275 13.75 - - - -
anthropic.claude-opus-5 5.5 27.5 0.55 6.875 - - - -
anthropic.claude-opus-5-5 4.4 22 0.22 5.5 8.8 - - -
au.anthropic.claude-opus-5 5.5 27.5 0.55 6.875 - - - -
au.anthropic.claude-opus-5-5 4.4 22 0.22 5.5 8.8 - - -
claude-fable-5 11 55 1.1 13.75 - - - -
claude-fable-5-1 11 55 0.275 13.75 - - - -
claude-opus-5 5.5 27.5 0.55 6.875 - - - -
claude-opus-5-5 4.4 22 0.22 5.5 8.8 - - -
deepseek.r1-v1:0 1.35 5.4 - - - - - -
eu.anthropic.claude-opus-5 5.5 27.5 0.55 6.875 - - - -
eu.anthropic.claude-opus-5-5 4.4 22 0.22 5.5 8.8 - - -
global.amazon.nova-2-lite-v1:0 0.3 2.5 0.075 - - - - -
global.anthropic.claude-fable-5-1-v1:0 10 50 0.25 12.5 - - - -
global.anthropic.claude-fable-5-v1:0 10 50 1 12.5 - - - -
global.anthropic.claude-haiku-4-5-20251001-v1:0 1 5 0.1 1.25 - - - -
global.anthropic.claude-opus-4-5-v1:0 5 25 0.5 6.25 - - - -
global.anthropic.claude-opus-4-6-v1:0 5 25 0.5 6.25 - - - -
global.anthropic.claude-opus-4-7-v1:0 5 25 0.5 6.25 - - - -
global.anthropic.claude-opus-4-8-v1:0 5 25 0.5 6.25 - - - -
global.anthropic.claude-opus-5 5 25 0.5 6.25 - - - -
global.anthropic.claude-opus-5-5 4 20 0.2 5 8 - - -
global.anthropic.claude-sonnet-4-20250514-v1:0 3 15 0.3 3.75 - - - -
global.anthropic.claude-sonnet-4-5-20250929-v1:0 3 15 0.3 3.75 - - - -
global.anthropic.claude-sonnet-4-6-v1:0 3 15 0.3 3.75 - - - -
global.anthropic.claude-sonnet-5-v1:0 2 10 0.2 2.5 - - - -
global.openai.gpt-5.6-luna 0.2 1.2 0.02 0.25 - - - - >271999 0.4 1.8 0.04 0.5 -
global.openai.gpt-5.6-sol 4 20 0.4 5 - - - - >271999 8 30 0.8 10 -
global.openai.gpt-5.6-terra 2 12 0.2 2.5 - - - - >271999 4 18 0.4 5 -
google.gemma-3-12b-it 0.09 0.29 - - - - - -
google.gemma-3-27b-it 0.23 0.38 - - - - - -
google.gemma-3-4b-it 0.04 0.08 - - - - - -
jp.anthropic.claude-opus-5 5.5 27.5 0.55 6.875 - - - -
jp.anthropic.claude-opus-5-5 4.4 22 0.22 5.5 8.8 - - -
meta.llama3-1-70b-instruct-v1:0 0.72 0.72 - - - - - -
meta.llama3-1-8b-instruct-v1:0 0.22 0.22 - - - - - -
meta.llama3-2-11b-instruct-v1:0 0.16 0.16 - - - - - -
meta.llama3-2-1b-instruct-v1:0 0.1 0.1 - - - - - -
meta.llama3-2-3b-instruct-v1:0 0.15 0.15 - - - - - -
meta.llama3-2-90b-instruct-v1:0 0.72 0.72 - - - - - -
meta.llama3-3-70b-instruct-v1:0 0.72 0.72 - - - - - -
meta.llama3-70b-instruct-v1:0 2.65 3.5 - - - - - -
meta.llama3-8b-instruct-v1:0 0.3 0.6 - - - - - -
meta.llama4-maverick-17b-instruct-v1:0 0.24 0.97 - - - - - -
meta.llama4-scout-17b-instruct-v1:0 0.17 0.66 - - - - - -
mistral.devstral-2-123b 0.4 2 - - - - - -
mistral.magistral-small-2509 0.5 1.5 - - - - - -
mistral.ministral-3-14b-instruct 0.2 0.2 - - - - - -
mistral.ministral-3-3b-instruct 0.1 0.1 - - - - - -
mistral.ministral-3-8b-instruct 0.15 0.15 - - - - - -
mistral.mistral-7b-instruct-v0:2 0.15 0.2 - - - - - -
mistral.mistral-large-2402-v1:0 4 12 - - - - - -
mistral.mistral-large-3-675b-instruct 0.5 1.5 - - - - - -
mistral.mistral-small-2402-v1:0 1 3 - - - - - -
mistral.mixtral-8x7b-instruct-v0:1 0.45 0.7 - - - - - -
mistral.pixtral-large-2502-v1:0 2 6 - - - - - -
mistral.voxtral-mini-3b-2507 0.04 0.04 - - - - - -
mistral.voxtral-small-24b-2507 0.1 0.3 - - - - - -
nvidia.nemotron-nano-3-30b:0 0.06 0.24 - - - - - -
nvidia.nemotron-nano-9b-v2:0 0.06 0.23 - - - - - -
nvidia.nemotron-super-3-120b:0 0.15 0.65 - - - - - -
openai.gpt-5.4 2.75 16.5 0.275 - - - - -
openai.gpt-5.5 5.5 33 0.55 - - - - -
openai.gpt-oss-120b-1:0 0.15 0.6 - - - - - -
openai.gpt-oss-20b-1:0 0.07 0.3 - - - - - -
qwen.qwen3-32b-v1:0 0.15 0.6 - - - - - -
qwen.qwen3-coder-30b-a3b-v1:0 0.15 0.6 - - - - - -
qwen.qwen3-coder-480b-a35b-v1:0 0.45 1.8 - - - - - -
qwen.qwen3-vl-235b-a22b-v1:0 0.53 2.66 - - - - - -
regional.anthropic.claude-3-5-haiku-20241022-v1:0 0.8 4 0.08 1 - - - -
regional.anthropic.claude-3-5-sonnet-20240620-v1:0 3 15 0.3 3.75 - - - -
regional.anthropic.claude-3-5-sonnet-20241022-v2:0 3 15 0.3 3.75 - - - -
regional.anthropic.claude-3-7-sonnet-20250219-v1:0 3 15 0.3 3.75 - - - -
regional.anthropic.claude-3-haiku-20240307-v1:0 0.25 1.25 - - - - - -
regional.anthropic.claude-3-opus-20240229-v1:0 15 75 - - - - - -
regional.anthropic.claude-3-sonnet-20240229-v1:0 3 15 0.3 3.75 - - - -
us.anthropic.claude-opus-5 5.5 27.5 0.55 6.875 - - - -
us.anthropic.claude-opus-5-5 4.4 22 0.22 5.5 8.8 - - -
writer.palmyra-x4-v1:0 2.5 10 - - - - - -
writer.palmyra-x5-v1:0 0.6 6 - - - - - -
`,
  },
  {
    id: "azure",
    api: "(https?://)?([^.]*\\.)?(?:openai\\.azure\\.com|azure-api\\.net|cognitiveservices\\.azure\\.com|services\\.ai\\.azure\\.com)",
    models: `
o1 15 60 7.5 - - - - -
o1-2024-12-17 15 60 7.5 - - - - -
o1-mini 1.1 4.4 0.55 - - - - -
o1-mini-2024-09-12 1.1 4.4 0.55 - - - - -
o1-preview 15 60 7.5 - - - - -
o1-preview-2024-09-12 15 60 7.5 - - - - -
o3 2 8 0.5 - - - - -
o3-2025-04-16 2 8 0.5 - - - - -
o3-mini 1.1 4.4 0.55 - - - - -
o3-mini-2025-01-31 1.1 4.4 0.55 - - - - -
o4-mini 1.1 4.4 0.28 - - - - -
phi-3-medium-128k-instruct 1 1 - - - - - -
phi-3-mini-128k-instruct 0.1 0.1 - - - - - -
phi-3.5-mini-128k-instruct 0.1 0.1 - - - - - -
phi-4 0.07 0.14 - - - - - -
phi-4-mini-instruct 0.08 0.35 - - - - - -
phi-4-multimodal-instruct 0.05 0.1 - - - - - -
phi-4-reasoning-plus 0.07 0.35 - - - - - -
text-embedding-3-large 0.13 0 - - - - - -
text-embedding-3-small 0.02 0 - - - - - -
wizardlm-2-8x22b 0.48 0.48 - - - - - -
`,
  },
  {
    id: "baseten",
    api: "https://inference\\.baseten\\.co(?:/|$)",
    models: `
deepseek-ai/DeepSeek-V4-Flash-0731 0.13 0.26 0.028 - - - - -
deepseek-ai/DeepSeek-V4-Pro 1.74 3.48 0.145 - - - - -
deepseek-ai/DeepSeek-V4-Pro-0813 1.32 3.96 0.132 - - - - -
moonshotai/Kimi-K2.6 0.95 4 0.16 - - - - -
moonshotai/Kimi-K2.7-Code 0.95 4 0.16 - - - - -
moonshotai/Kimi-K3 3 15 0.3 - - - - -
nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B 0.6 2.4 0.12 - - - - -
openai/gpt-oss-120b 0.1 0.5 - - - - - -
thinkingmachines/inkling 1 4.05 0.17 - - - - -
thinkingmachines/inkling-small 0.5 1.2 0.1 - - - - -
zai-org/GLM-4.7 0.6 2.2 0.12 - - - - -
zai-org/GLM-5.2 1.4 4.4 0.14 - - - - -
zai-org/GLM-5.2-Fast 2.1 6.6 0.21 - - - - -
zai-org/GLM-5.3 1.4 4.4 0.14 - - - - -
zai-org/GLM-5.3-Flash 0.15 0.5 0.03 - - - - -
`,
  },
  {
    id: "cerebras",
    api: "https://api\\.cerebras\\.ai",
    models: `
gemma-4-31b 0.99 1.49 - - - - - -
gpt-oss-120b 0.35 0.75 - - - - - -
llama-3.3-70b 0.85 1.2 - - - - - -
llama3.1-8b 0.1 0.1 - - - - - -
qwen-3-32b 0.4 0.8 - - - - - -
zai-glm-4.7 2.25 2.75 - - - - - -
`,
  },
  {
    id: "cohere",
    api: "https://api\\.cohere\\.(?:ai|com)",
    models: `
c4ai-aya-expanse-32b 0.5 1.5 - - - - - -
c4ai-aya-expanse-8b 0.5 1.5 - - - - - -
command 1 2 - - - - - -
command-a 2.5 10 - - - - - -
command-a-03-2025 2.5 10 - - - - - -
command-light 0.3 0.6 - - - - - -
command-r 0.15 0.6 - - - - - -
command-r-08-2024 0.15 0.6 - - - - - -
command-r-plus 2.5 10 - - - - - -
command-r-plus-08-2024 2.5 10 - - - - - -
command-r7b 0.0375 0.15 - - - - - -
command-r7b-12-2024 0.0375 0.15 - - - - - -
embed-v4.0 0.12 0 - - - - - -
`,
  },
  {
    id: "deepseek",
    api: "https://api\\.deepseek\\.com",
    models: `
deepseek-v3.1-terminus 0.27 0.95 0.13 - - - - -
deepseek-v3.2 0.2288 0.3432 - - - - - -
deepseek-v3.2-exp 0.27 0.41 - - - - - -
`,
  },
  {
    id: "fireworks",
    api: "https://api\\.fireworks\\.ai",
    models: `
accounts/fireworks/models/deepseek-r1-0528 3 8 - - - - - -
accounts/fireworks/models/deepseek-v3-0324 0.9 0.9 - - - - - -
accounts/fireworks/models/deepseek-v3p2 0.56 1.68 0.28 - - - - -
accounts/fireworks/models/deepseek-v4-flash 0.14 0.28 0.028 - - - - -
accounts/fireworks/models/deepseek-v4-flash-0731 0.14 0.28 0.028 - - - - -
accounts/fireworks/models/deepseek-v4-pro 1.74 3.48 0.145 - - - - -
accounts/fireworks/models/gemma-3-27b-it 0.1 0.1 - - - - - -
accounts/fireworks/models/glm-4p7 0.6 2.2 - - - - - -
accounts/fireworks/models/glm-5p1 1.4 4.4 0.26 - - - - -
accounts/fireworks/models/glm-5p2 1.4 4.4 0.14 - - - - -
accounts/fireworks/models/gpt-oss-120b 0.15 0.6 0.014 - - - - -
accounts/fireworks/models/gpt-oss-20b 0.07 0.3 0.035 - - - - -
accounts/fireworks/models/inkling 1 4.05 0.17 - - - - -
accounts/fireworks/models/kimi-k2p5 0.6 3 0.1 - - - - -
accounts/fireworks/models/kimi-k2p6 0.95 4 0.16 - - - - -
accounts/fireworks/models/kimi-k2p7-code 0.95 4 0.19 - - - - -
accounts/fireworks/models/kimi-k3 3 15 0.3 - - - - -
accounts/fireworks/models/llama-v3p1-8b-instruct 0.2 0.2 - - - - - -
accounts/fireworks/models/llama4-maverick-instruct-basic 0.22 0.88 - - - - - -
accounts/fireworks/models/minimax-m2p1 0.3 1.2 - - - - - -
accounts/fireworks/models/minimax-m2p7 0.3 1.2 0.06 - - - - -
accounts/fireworks/models/minimax-m3 0.3 1.2 0.06 - - - - -
accounts/fireworks/models/nemotron-3-ultra-nvfp4 0.6 2.4 0.12 - - - - -
accounts/fireworks/models/qwen2p5-vl-72b-instruct 0.9 0.9 - - - - - -
accounts/fireworks/models/qwen3-235b-a22b 0.22 0.88 - - - - - -
accounts/fireworks/models/qwen3p6-plus 0.5 3 0.1 - - - - -
accounts/fireworks/models/qwen3p7-plus 0.4 1.6 0.08 - - - - -
accounts/fireworks/routers/glm-5p1-fast 2.8 8.8 0.52 - - - - -
accounts/fireworks/routers/glm-5p2-fast 2.1 6.6 0.21 - - - - -
accounts/fireworks/routers/glm-5p2-fast-us 2.1 6.6 0.21 - - - - -
accounts/fireworks/routers/kimi-k2p6-fast 2 8 0.3 - - - - -
accounts/fireworks/routers/kimi-k2p7-code-fast 1.9 8 0.38 - - - - -
accounts/fireworks/routers/kimi-k3-fast 4.5 22.5 0.45 - - - - -
accounts/fireworks/routers/kimi-k3-us 3.3 16.5 0.33 - - - - -
`,
  },
  {
    id: "google",
    api: "https://(.*\\.)?googleapis\\.com",
    models: `
anthropic/claude-sonnet-4 3 15 0.3 3.75 - - - -
claude-3-5-haiku 0.8 4 0.08 1 - - - -
claude-3-5-sonnet 3 15 0.3 3.75 - - - -
claude-3-7-sonnet 3 15 0.3 3.75 - - - -
claude-3-haiku 0.25 1.25 0.03 0.3 - - - -
claude-3-opus 15 75 1.5 18.75 - - - -
claude-4-opus 15 75 1.5 18.75 - - - -
claude-4-sonnet 3 15 0.3 3.75 - - - -
claude-fable-5 10 50 1 12.5 - - - -
claude-fable-5-1 10 50 0.25 12.5 - - - -
claude-opus-4 15 75 1.5 18.75 - - - -
claude-opus-4-6 5 25 0.5 6.25 - - - - >200000 10 37.5 1 12.5 -
claude-opus-4-7 5 25 0.5 6.25 - - - -
claude-opus-4-8 5 25 0.5 6.25 - - - -
claude-opus-5 5 25 0.5 6.25 - - - -
claude-opus-5-5 4 20 0.2 5 - - - -
claude-sonnet-4 3 15 0.3 3.75 - - - -
claude-sonnet-4-5 3 15 0.3 3.75 - - - - >200000 6 22.5 0.6 7.5 -
claude-sonnet-4-6 3 15 0.3 3.75 - - - -
gemini-1.0-pro 0.125 0.375 - - - - - -
gemini-1.0-pro-vision-001 0.125 0.375 - - - - - -
gemini-1.5-flash 0.075 0.3 0.01875 - - - - - >128000 0.15 0.6 0.0375 - -
gemini-1.5-pro 1.25 5 - - - - - - >128000 2.5 10 - - -
gemini-2.0-flash 0.1 0.4 0.025 - - - 0.7 -
gemini-2.0-flash-lite 0.075 0.3 - - - - - -
gemini-2.5-flash 0.3 2.5 0.03 - - - 1 -
gemini-2.5-flash-latest 0.3 2.5 0.03 - - - 1 -
gemini-2.5-flash-lite 0.1 0.4 0.01 - - - 0.3 -
gemini-2.5-flash-lite-preview-tts 0.5 10 - - - - - -
gemini-2.5-flash-native-audio-latest 0.5 2 - - - - 3 12
gemini-2.5-flash-preview 0.15 0.6 - - - - - -
gemini-2.5-flash-preview-05-20:thinking 0.15 0.6 - - - - - -
gemini-2.5-flash-preview-09-2025 0.3 2.5 0.03 - - - 1 -
gemini-2.5-flash-preview-tts 0.5 10 - - - - - -
gemini-2.5-flash-preview:thinking 0.15 0.6 - - - - - -
gemini-2.5-flash-tts 0.5 10 - - - - - -
gemini-2.5-pro 1.25 10 0.125 - - - - - >200000 2.5 15 0.25 - -
gemini-2.5-pro-preview-tts 1 20 - - - - - -
gemini-2.5-pro-tts 1 20 - - - - - -
gemini-3-flash-preview 0.5 3 0.05 - - - 1 -
gemini-3-pro-preview 2 12 0.2 - - - - - >200000 4 18 0.4 - -
gemini-3-pro-text-preview 2 12 0.2 - - - - - >200000 4 18 0.4 - -
gemini-3.1-flash-lite 0.25 1.5 0.025 - - - 0.5 -
gemini-3.1-pro-preview 2 12 0.2 - - - - - >200000 4 18 0.4 - -
gemini-3.5-flash 1.5 9 0.15 - - - - -
gemini-3.5-flash-lite 0.3 2.5 0.03 - - - - -
gemini-3.6-flash 0.75 3.75 0.075 - - - - -
gemini-3.7-flash 0.75 3.75 0.075 - - - - -
gemini-3.8-flash 0.75 3.75 0.075 - - - - -
gemini-embedding-001 0.15 0 - - - - - -
gemini-flash-1.5 0.075 0.3 0.01875 - - - - - >128000 0.15 0.6 0.0375 - -
gemini-flash-1.5-8b 0.0375 0.15 0.01 - - - - - >128000 0.075 0.3 0.02 - -
gemini-live-2.5-flash 0.5 2 - - - - 3 12
gemini-pro 0.125 0.375 - - - - - -
gemini-pro-1.5 1.25 5 0.3125 - - - - - >128000 2.5 10 0.625 - -
gemma-2-27b-it 0.65 0.65 - - - - - -
gemma-4-26b-a4b-it-maas 0.15 0.6 0.015 - - - - -
`,
  },
  {
    id: "groq",
    api: "https://api\\.groq\\.com",
    models: `
deepseek-r1-distill-llama-70b 0.75 0.99 - - - - - -
gemma-7b-it 0.07 0.07 - - - - - -
gemma2-9b 0.2 0.2 - - - - - -
gemma2-9b-it 0.2 0.2 - - - - - -
llama-3.1-405b-reasoning 0.59 0.79 - - - - - -
llama-3.1-70b-versatile 0.59 0.79 - - - - - -
llama-3.1-8b-instant 0.05 0.08 - - - - - -
llama-3.2-11b-text-preview 0.18 0.18 - - - - - -
llama-3.2-11b-vision-preview 0.18 0.18 - - - - - -
llama-3.2-1b-preview 0.04 0.04 - - - - - -
llama-3.2-3b-preview 0.06 0.06 - - - - - -
llama-3.2-90b-text-preview 0.9 0.9 - - - - - -
llama-3.2-90b-vision-preview 0.9 0.9 - - - - - -
llama-3.3-70b-specdec 0.59 0.99 - - - - - -
llama-3.3-70b-versatile 0.59 0.79 - - - - - -
llama-guard-3-8b 0.2 0.2 - - - - - -
llama2-70b-4096 0.7 0.8 - - - - - -
llama3-70b-8192 0.59 0.79 - - - - - -
llama3-8b-8192 0.05 0.08 - - - - - -
llama3-groq-70b-8192-tool-use-preview 0.89 0.89 - - - - - -
llama3-groq-8b-8192-tool-use-preview 0.19 0.19 - - - - - -
meta-llama/llama-4-maverick-17b-128e-instruct 0.2 0.6 - - - - - -
meta-llama/llama-4-scout-17b-16e-instruct 0.11 0.34 - - - - - -
meta-llama/llama-guard-4-12b 0.2 0.2 - - - - - -
mistral-saba-24b 0.79 0.79 - - - - - -
mixtral-8x7b-32768 0.24 0.24 - - - - - -
moonshotai/kimi-k2-instruct 1 3 0.5 - - - - -
moonshotai/kimi-k2-instruct-0905 1 3 0.5 - - - - -
openai/gpt-oss-120b 0.15 0.6 0.075 - - - - -
openai/gpt-oss-20b 0.075 0.3 0.0375 - - - - -
openai/gpt-oss-safeguard-20b 0.15 0.6 0.075 - - - - -
qwen/qwen3-32b 0.29 0.59 - - - - - -
`,
  },
  {
    id: "minimax",
    api: "https://api\\.minimax(i)?\\.(?:com|io)",
    models: `
M2-her 0.3 1.2 - - - - - -
MiniMax-M2 0.3 1.2 0.03 0.375 - - - -
MiniMax-M2.1 0.3 1.2 0.03 0.375 - - - -
MiniMax-M2.1-highspeed 0.6 2.4 0.03 0.375 - - - -
MiniMax-M2.5 0.3 1.2 0.03 0.375 - - - -
MiniMax-M2.5-highspeed 0.6 2.4 0.03 0.375 - - - -
MiniMax-M2.7 0.3 1.2 0.06 0.375 - - - -
MiniMax-M2.7-highspeed 0.6 2.4 0.06 0.375 - - - -
m2-her 0.3 1.2 - - - - - -
minimax-01 0.2 1.1 - - - - - -
minimax-m1 0.4 2.2 - - - - - -
minimax-m2 0.3 1.2 0.03 0.375 - - - -
minimax-m2.1 0.3 1.2 0.03 0.375 - - - -
minimax-m2.5 0.3 1.2 0.03 0.375 - - - -
minimax-m2.7 0.3 1.2 0.06 0.375 - - - -
minimax-m3 0.3 1.2 0.06 - - - - - >512000 0.6 2.4 0.12 - -
`,
  },
  {
    id: "mistral",
    api: "https://api\\.mistral\\.ai",
    models: `
codestral-2501 0.3 0.9 - - - - - -
codestral-2508 0.3 0.9 0.03 - - - - -
codestral-latest 0.3 0.9 - - - - - -
devstral-2512 0.4 2 0.04 - - - - -
devstral-small 0.1 0.3 - - - - - -
devstral-small-2505 0.1 0.3 - - - - - -
devstral-small-2507 0.1 0.3 - - - - - -
devstral-small-latest 0.1 0.3 - - - - - -
labs-devstral-small-2512 0.1 0.3 - - - - - -
magistral-medium 2 5 - - - - - -
ministral-14b-2512 0.2 0.2 0.02 - - - - -
ministral-3b 0.04 0.04 - - - - - -
ministral-3b-2512 0.1 0.1 0.01 - - - - -
ministral-8b 0.1 0.1 - - - - - -
ministral-8b-2410 0.1 0.1 - - - - - -
ministral-8b-2512 0.15 0.15 0.015 - - - - -
ministral-8b-latest 0.15 0.15 0.015 - - - - -
mistral-7b 0.25 0.25 - - - - - -
mistral-embed 0.1 0.1 - - - - - -
mistral-large 2 6 - - - - - -
mistral-large-2407 2 6 - - - - - -
mistral-large-2411 2 6 - - - - - -
mistral-large-2512 0.5 1.5 0.05 - - - - -
mistral-large-latest 2 6 - - - - - -
mistral-medium 0.4 2 0.04 - - - - -
mistral-medium-2312 2.7 8.1 - - - - - -
mistral-medium-2505 0.4 2 0.04 - - - - -
mistral-medium-2508 0.4 2 0.04 - - - - -
mistral-medium-3 1.5 7.5 0.15 - - - - -
mistral-medium-3-5 1.5 7.5 0.15 - - - - -
mistral-medium-3.5 1.5 7.5 0.15 - - - - -
mistral-medium-latest 1.5 7.5 0.15 - - - - -
mistral-nemo 0.15 0.15 - - - - - -
mistral-saba 0.2 0.6 - - - - - -
mistral-saba-latest 0.2 0.6 - - - - - -
mistral-small-24b-instruct-2501 0.05 0.08 - - - - - -
mistral-small-2603 0.15 0.6 0.015 - - - - -
mistral-small-3.1-24b-instruct 0.351 0.555 - - - - - -
mistral-small-3.2-24b-instruct 0.075 0.2 - - - - - -
mistral-small-latest 0.1 0.3 - - - - - -
mistral-tiny 0.25 0.25 - - - - - -
mixtral-8x22b-instruct 0.9 0.9 - - - - - -
mixtral-8x7b 0.7 0.7 - - - - - -
open-mistral-7b 0.25 0.25 - - - - - -
open-mistral-nemo 0.15 0.15 - - - - - -
open-mixtral-8x7b 0.7 0.7 - - - - - -
pixtral-12b 0.15 0.15 - - - - - -
pixtral-12b-latest 0.15 0.15 - - - - - -
pixtral-large-2411 2 6 - - - - - -
pixtral-large-latest 2 6 - - - - - -
voxtral-small-24b-2507 0.1 0.4 0.01 - - - - -
voxtral-small-2507 0.1 0.4 0.01 - - - - -
voxtral-small-latest 0.1 0.4 0.01 - - - - -
`,
  },
  {
    id: "moonshotai",
    api: "https://api\\.moonshot\\.",
    models: `
kimi-k2 0.57 2.3 - - - - - -
kimi-k2-0711-preview 0.6 2.5 0.15 - - - - -
kimi-k2-0905-preview 0.6 2.5 0.15 - - - - -
kimi-k2-thinking 0.6 2.5 0.15 - - - - -
kimi-k2-thinking-turbo 1.15 8 0.15 - - - - -
kimi-k2-turbo-preview 1.15 8 0.15 - - - - -
kimi-k2.5 0.6 3 0.1 - - - - -
kimi-k2.6 0.95 4 0.16 - - - - -
kimi-k2.7-code 0.95 4 0.19 - - - - -
kimi-k2.7-code-highspeed 1.9 8 0.38 - - - - -
kimi-k3 3 15 0.3 - - - - -
moonshot-v1-128k 2 5 - - - - - -
moonshot-v1-128k-vision-preview 2 5 - - - - - -
moonshot-v1-32k 1 3 - - - - - -
moonshot-v1-32k-vision-preview 1 3 - - - - - -
moonshot-v1-8k 0.2 2 - - - - - -
moonshot-v1-8k-vision-preview 0.2 2 - - - - - -
`,
  },
  {
    id: "novita",
    api: "https://api\\.novita\\.ai",
    models: `
Sao10K/L3-8B-Stheno-v3.2 0.05 0.05 - - - - - -
cognitivecomputations/dolphin-mixtral-8x22b 0.9 0.9 - - - - - -
deepseek/deepseek-r1 4 4 - - - - - -
deepseek/deepseek-r1-distill-llama-70b 0.8 0.8 - - - - - -
deepseek/deepseek-r1-distill-llama-8b 0.04 0.04 - - - - - -
deepseek/deepseek-r1-distill-qwen-14b 0.15 0.15 - - - - - -
deepseek/deepseek-r1-distill-qwen-32b 0.3 0.3 - - - - - -
deepseek/deepseek_v3 0.89 0.89 - - - - - -
google/gemma-2-9b-it 0.08 0.08 - - - - - -
gryphe/mythomax-l2-13b 0.09 0.09 - - - - - -
jondurbin/airoboros-l2-70b 0.5 0.5 - - - - - -
meta-llama/llama-3-70b-instruct 0.51 0.74 - - - - - -
meta-llama/llama-3-8b-instruct 0.04 0.04 - - - - - -
meta-llama/llama-3.1-70b-instruct 0.34 0.39 - - - - - -
meta-llama/llama-3.1-8b-instruct 0.05 0.05 - - - - - -
meta-llama/llama-3.1-8b-instruct-bf16 0.06 0.06 - - - - - -
meta-llama/llama-3.1-8b-instruct-max 0.05 0.05 - - - - - -
meta-llama/llama-3.2-11b-vision-instruct 0.06 0.06 - - - - - -
meta-llama/llama-3.2-1b-instruct 0.02 0.02 - - - - - -
meta-llama/llama-3.2-3b-instruct 0.03 0.05 - - - - - -
meta-llama/llama-3.3-70b-instruct 0.39 0.39 - - - - - -
microsoft/wizardlm-2-8x22b 0.62 0.62 - - - - - -
mistralai/mistral-7b-instruct 0.059 0.059 - - - - - -
mistralai/mistral-nemo 0.17 0.17 - - - - - -
nousresearch/hermes-2-pro-llama-3-8b 0.14 0.14 - - - - - -
nousresearch/nous-hermes-llama2-13b 0.17 0.17 - - - - - -
openchat/openchat-7b 0.06 0.06 - - - - - -
qwen/qwen-2-7b-instruct 0.054 0.054 - - - - - -
qwen/qwen-2-vl-72b-instruct 0.45 0.45 - - - - - -
qwen/qwen-2.5-72b-instruct 0.38 0.4 - - - - - -
sao10k/l3-70b-euryale-v2.1 1.48 1.48 - - - - - -
sao10k/l3-8b-lunaris 0.05 0.05 - - - - - -
sao10k/l31-70b-euryale-v2.2 1.48 1.48 - - - - - -
sophosympatheia/midnight-rose-70b 0.8 0.8 - - - - - -
teknium/openhermes-2.5-mistral-7b 0.17 0.17 - - - - - -
`,
  },
  {
    id: "openai",
    api: "https://api\\.openai\\.com",
    models: `
ada 0.4 0.4 - - - - - -
babbage 0.5 0.5 - - - - - -
chatgpt-4o-latest 5 15 - - - - - -
codex-mini 1.5 6 0.375 - - - - -
codex-mini-latest 1.5 6 0.375 - - - - -
computer-use 3 12 - - - - - -
curie 2 2 - - - - - -
davinci 20 20 - - - - - -
ft:gpt-3.5-turbo- 3 6 - - - - - -
gpt-3.5-0301 1.5 2 - - - - - -
gpt-3.5-turbo 0.5 1.5 - - - - - -
gpt-3.5-turbo-0125 0.5 1.5 - - - - - -
gpt-3.5-turbo-0301 1.5 2 - - - - - -
gpt-3.5-turbo-0613 1.5 2 - - - - - -
gpt-3.5-turbo-1106 1 2 - - - - - -
gpt-3.5-turbo-16k 3 4 - - - - - -
gpt-3.5-turbo-16k-0613 3 4 - - - - - -
gpt-3.5-turbo-instruct 1.5 2 - - - - - -
gpt-3.5-turbo-instruct-0914 1.5 2 - - - - - -
gpt-35-turbo 0.5 1.5 - - - - - -
gpt-35-turbo-16k 3 4 - - - - - -
gpt-35-turbo-16k-0613 3 4 - - - - - -
gpt-4 30 60 - - - - - -
gpt-4-0125-preview 10 30 - - - - - -
gpt-4-0314 30 60 - - - - - -
gpt-4-0613 30 60 - - - - - -
gpt-4-1106-preview 10 30 - - - - - -
gpt-4-1106-vision-preview 10 30 - - - - - -
gpt-4-32k 60 120 - - - - - -
gpt-4-32k-0314 60 120 - - - - - -
gpt-4-32k-0613 60 120 - - - - - -
gpt-4-turbo 10 30 - - - - - -
gpt-4-turbo-0125-preview 10 30 - - - - - -
gpt-4-turbo-2024-04-09 10 30 - - - - - -
gpt-4-turbo-preview 10 30 - - - - - -
gpt-4-vision-preview 10 30 - - - - - -
gpt-4.1 2 8 0.5 - - - - -
gpt-4.1-2025-04-14 2 8 0.5 - - - - -
gpt-4.1-mini 0.4 1.6 0.1 - - - - -
gpt-4.1-mini-2025-04-14 0.4 1.6 0.1 - - - - -
gpt-4.1-nano 0.1 0.4 0.025 - - - - -
gpt-4.1-nano-2025-04-14 0.1 0.4 0.025 - - - - -
gpt-4.5-preview 75 150 37.5 - - - - -
gpt-4o 2.5 10 1.25 - - - - -
gpt-4o-2024-05-13 5 15 - - - - - -
gpt-4o-2024-08-06 2.5 10 1.25 - - - - -
gpt-4o-2024-11-20 2.5 10 1.25 - - - - -
gpt-4o-audio-preview 2.5 10 - - - - - -
gpt-4o-mini 0.15 0.6 0.075 - - - - -
gpt-4o-mini-2024-07-18 0.15 0.6 0.075 - - - - -
gpt-4o-mini-2024-07-18.ft- 0.3 1.2 - - - - - -
gpt-4o-mini-audio-preview 0.15 0.6 - - - - - -
gpt-4o-mini-realtime-preview 0.6 2.4 0.3 - - - 10 20
gpt-4o-mini-search-preview 0.15 0.6 0.075 - - - - -
gpt-4o-mini-search-preview-2025-03-11 0.15 0.6 0.075 - - - - -
gpt-4o-mini-transcribe 1.25 5 - - - - 3 -
gpt-4o-mini-tts 0.6 12 - - - - - -
gpt-4o-realtime-preview 5 20 2.5 - - - 40 80
gpt-4o-search-preview 2.5 10 - - - - - -
gpt-4o-search-preview-2025-03-11 2.5 10 - - - - - -
gpt-4o-transcribe 2.5 10 - - - - 6 -
gpt-4o-transcribe-diarize 2.5 10 - - - - 6 -
gpt-4o:extended 6 18 - - - - - -
gpt-5 1.25 10 0.125 - - - - -
gpt-5-1 1.25 10 0.125 - - - - -
gpt-5-1-2025-11-13 1.25 10 0.125 - - - - -
gpt-5-1-chat 1.25 10 0.125 - - - - -
gpt-5-1-chat-latest 1.25 10 0.125 - - - - -
gpt-5-1-codex 1.25 10 0.125 - - - - -
gpt-5-1-codex-max 1.25 10 0.125 - - - - -
gpt-5-1-codex-mini 0.25 2 0.025 - - - - -
gpt-5-1-mini 0.25 2 0.025 - - - - -
gpt-5-2 1.75 14 0.175 - - - - -
gpt-5-2-2025-12-11 1.75 14 0.175 - - - - -
gpt-5-2-chat 1.75 14 0.175 - - - - -
gpt-5-2-chat-latest 1.75 14 0.175 - - - - -
gpt-5-2-codex 1.75 14 0.175 - - - - -
gpt-5-2-pro-2025-12-11 21 168 - - - - - -
gpt-5-2025-08-07 1.25 10 0.125 - - - - -
gpt-5-3 1.75 14 0.175 - - - - -
gpt-5-3-chat 1.75 14 0.175 - - - - -
gpt-5-3-chat-latest 1.75 14 0.175 - - - - -
gpt-5-3-codex 1.75 14 0.175 - - - - -
gpt-5-4 2.5 15 0.25 - - - - - >271999 5 22.5 0.5 - -
gpt-5-4-2026-03-05 2.5 15 0.25 - - - - - >271999 5 22.5 0.5 - -
gpt-5-4-mini 0.75 4.5 0.075 - - - - -
gpt-5-4-mini-2026-03-17 0.75 4.5 0.075 - - - - -
gpt-5-4-nano 0.2 1.25 0.02 - - - - -
gpt-5-4-nano-2026-03-17 0.2 1.25 0.02 - - - - -
gpt-5-4-pro 30 180 - - - - - - >271999 60 270 - - -
gpt-5-4-pro-2026-03-05 30 180 - - - - - - >271999 60 270 - - -
gpt-5-5 5 30 0.5 - - - - - >271999 10 45 1 - -
gpt-5-5-2026-04-23 5 30 0.5 - - - - - >271999 10 45 1 - -
gpt-5-5-2026-04-24 5 30 0.5 - - - - - >271999 10 45 1 - -
gpt-5-5-chat 5 30 0.5 - - - - - >271999 10 45 1 - -
gpt-5-5-chat-latest 5 30 0.5 - - - - - >271999 10 45 1 - -
gpt-5-5-codex 5 30 0.5 - - - - - >271999 10 45 1 - -
gpt-5-5-pro 30 180 - - - - - - >271999 60 270 - - -
gpt-5-5-pro-2026-04-23 30 180 - - - - - - >271999 60 270 - - -
gpt-5-6 4 20 0.4 5 - - - - >271999 8 30 0.8 10 -
gpt-5-6-luna 0.2 1.2 0.02 0.25 - - - - >271999 0.4 1.8 0.04 0.5 -
gpt-5-6-sol 4 20 0.4 5 - - - - >271999 8 30 0.8 10 -
gpt-5-6-terra 2 12 0.2 2.5 - - - - >271999 4 18 0.4 5 -
gpt-5-chat 1.25 10 0.125 - - - - -
gpt-5-chat-latest 1.25 10 0.125 - - - - -
gpt-5-codex 1.25 10 0.125 - - - - -
gpt-5-image 10 10 1.25 - - - - -
gpt-5-image-mini 2.5 2 0.25 - - - - -
gpt-5-mini 0.25 2 0.025 - - - - -
gpt-5-mini-2025-08-07 0.25 2 0.025 - - - - -
gpt-5-nano 0.05 0.4 0.005 - - - - -
gpt-5-pro 15 120 - - - - - -
gpt-5-pro-2025-10-06 15 120 - - - - - -
gpt-5.1 1.25 10 0.125 - - - - -
gpt-5.1-2025-11-13 1.25 10 0.125 - - - - -
gpt-5.1-chat 1.25 10 0.125 - - - - -
gpt-5.1-chat-latest 1.25 10 0.125 - - - - -
gpt-5.1-codex 1.25 10 0.125 - - - - -
gpt-5.1-codex-max 1.25 10 0.125 - - - - -
gpt-5.1-codex-mini 0.25 2 0.025 - - - - -
gpt-5.1-mini 0.25 2 0.025 - - - - -
gpt-5.2 1.75 14 0.175 - - - - -
gpt-5.2-2025-12-11 1.75 14 0.175 - - - - -
gpt-5.2-chat 1.75 14 0.175 - - - - -
gpt-5.2-chat-latest 1.75 14 0.175 - - - - -
gpt-5.2-codex 1.75 14 0.175 - - - - -
gpt-5.2-pro 21 168 - - - - - -
gpt-5.2-pro-2025-12-11 21 168 - - - - - -
gpt-5.3 1.75 14 0.175 - - - - -
gpt-5.3-chat 1.75 14 0.175 - - - - -
gpt-5.3-chat-latest 1.75 14 0.175 - - - - -
gpt-5.3-codex 1.75 14 0.175 - - - - -
gpt-5.4 2.5 15 0.25 - - - - - >271999 5 22.5 0.5 - -
gpt-5.4-2026-03-05 2.5 15 0.25 - - - - - >271999 5 22.5 0.5 - -
gpt-5.4-image-2 8 15 2 - - - - -
gpt-5.4-mini 0.75 4.5 0.075 - - - - -
gpt-5.4-mini-2026-03-17 0.75 4.5 0.075 - - - - -
gpt-5.4-nano 0.2 1.25 0.02 - - - - -
gpt-5.4-nano-2026-03-17 0.2 1.25 0.02 - - - - -
gpt-5.4-pro 30 180 - - - - - - >271999 60 270 - - -
gpt-5.4-pro-2026-03-05 30 180 - - - - - - >271999 60 270 - - -
gpt-5.5 5 30 0.5 - - - - - >271999 10 45 1 - -
gpt-5.5-2026-04-23 5 30 0.5 - - - - - >271999 10 45 1 - -
gpt-5.5-2026-04-24 5 30 0.5 - - - - - >271999 10 45 1 - -
gpt-5.5-chat 5 30 0.5 - - - - - >271999 10 45 1 - -
gpt-5.5-chat-latest 5 30 0.5 - - - - - >271999 10 45 1 - -
gpt-5.5-codex 5 30 0.5 - - - - - >271999 10 45 1 - -
gpt-5.5-pro 30 180 - - - - - - >271999 60 270 - - -
gpt-5.5-pro-2026-04-23 30 180 - - - - - - >271999 60 270 - - -
gpt-5.6 4 20 0.4 5 - - - - >271999 8 30 0.8 10 -
gpt-5.6-luna 0.2 1.2 0.02 0.25 - - - - >271999 0.4 1.8 0.04 0.5 -
gpt-5.6-sol 4 20 0.4 5 - - - - >271999 8 30 0.8 10 -
gpt-5.6-terra 2 12 0.2 2.5 - - - - >271999 4 18 0.4 5 -
gpt-6-astra 10 50 1 12.5 - - - - >271999 20 75 2 25 -
gpt-6-luna 0.1 0.5 0.01 0.125 - - - - >272000 0.2 0.75 0.02 0.25 -
gpt-6-sol 2 10 0.2 2.5 - - - - >272000 4 15 0.4 5 -
gpt-audio 2.5 10 - - - - 32 64
gpt-audio-1.5 2.5 10 - - - - 32 64
gpt-audio-2025-08-28 2.5 10 - - - - 32 64
gpt-audio-mini 0.6 2.4 - - - - 10 20
gpt-audio-mini-2025-10-06 0.6 2.4 - - - - 10 20
gpt-audio-mini-2025-12-15 0.6 2.4 - - - - 10 20
gpt-chat-latest 5 30 0.5 - - - - -
gpt-oss-120b 0.039 0.18 - - - - - -
gpt-oss-20b 0.029 0.14 - - - - - -
gpt-oss-safeguard-20b 0.075 0.3 0.037 - - - - -
o1 15 60 7.5 - - - - -
o1-2024-12-17 15 60 7.5 - - - - -
o1-mini 1.1 4.4 0.55 - - - - -
o1-mini-2024-09-12 1.1 4.4 0.55 - - - - -
o1-preview 15 60 7.5 - - - - -
o1-preview-2024-09-12 15 60 7.5 - - - - -
o1-pro 150 600 - - - - - -
o1-pro-2025-03-19 150 600 - - - - - -
o3 2 8 0.5 - - - - -
o3-2025-04-16 2 8 0.5 - - - - -
o3-deep-research 10 40 2.5 - - - - -
o3-deep-research-2025-06-26 10 40 2.5 - - - - -
o3-mini 1.1 4.4 0.55 - - - - -
o3-mini-2025-01-31 1.1 4.4 0.55 - - - - -
o3-mini-high 1.1 4.4 0.55 - - - - -
o3-pro 20 80 - - - - - -
o3-pro-2025-06-10 20 80 - - - - - -
o4-mini 1.1 4.4 0.275 - - - - -
o4-mini-2025-04-16 1.1 4.4 0.275 - - - - -
o4-mini-deep-research 2 8 0.5 - - - - -
o4-mini-deep-research-2025-06-26 2 8 0.5 - - - - -
o4-mini-high 1.1 4.4 0.275 - - - - -
text-ada-001 0.4 0.4 - - - - - -
text-curie-001 2 2 - - - - - -
text-davinci-001 20 20 - - - - - -
text-davinci-002 20 20 - - - - - -
text-davinci-003 20 20 - - - - - -
text-embedding-3-large 0.13 0 - - - - - -
text-embedding-3-small 0.02 0 - - - - - -
text-embedding-ada 0.1 0 - - - - - -
text-embedding-ada-002 0.1 0 - - - - - -
text-embedding-ada-002-v2 0.1 0 - - - - - -
`,
  },
  {
    id: "openrouter",
    api: "https://(api\\.)?openrouter\\.ai",
    models: `
01-ai/yi-large 3 3 - - - - - -
aetherwiing/mn-starcannon-12b 0.8 1.2 - - - - - -
ai21/jamba-1-5-large 2 8 - - - - - -
ai21/jamba-1-5-mini 0.2 0.4 - - - - - -
ai21/jamba-1.6-large 2 8 - - - - - -
ai21/jamba-1.6-mini 0.2 0.4 - - - - - -
ai21/jamba-instruct 0.5 0.7 - - - - - -
ai21/jamba-large-1.7 2 8 - - - - - -
aion-labs/aion-1.0 4 8 - - - - - -
aion-labs/aion-1.0-mini 0.7 1.4 - - - - - -
aion-labs/aion-2.0 0.8 1.6 0.2 - - - - -
aion-labs/aion-rp-llama-3.1-8b 0.2 0.2 - - - - - -
alfredpros/codellama-7b-instruct-solidity 0.8 1.2 - - - - - -
all-hands/openhands-lm-32b-v0.1 2.6 3.4 - - - - - -
allenai/olmo-3-32b-think 0.15 0.5 - - - - - -
alpindale/goliath-120b 6.5625 9.375 - - - - - -
alpindale/magnum-72b 1.5 2.25 - - - - - -
amazon/nova-2-lite-v1 0.3 2.5 - - - - - -
amazon/nova-lite-v1 0.06 0.24 - - - - - -
amazon/nova-micro-v1 0.035 0.14 - - - - - -
amazon/nova-premier-v1 2.5 12.5 0.625 - - - - -
amazon/nova-pro-v1 0.8 3.2 - - - - - -
anthracite-org/magnum-v2-72b 3 3 - - - - - -
anthracite-org/magnum-v4-72b 1.5 2.25 - - - - - -
anthropic/claude-2 8 24 - - - - - -
anthropic/claude-2.0 8 24 - - - - - -
anthropic/claude-2.0:beta 8 24 - - - - - -
anthropic/claude-2.1 8 24 - - - - - -
anthropic/claude-2.1:beta 8 24 - - - - - -
anthropic/claude-2:beta 8 24 - - - - - -
anthropic/claude-3-haiku 0.25 1.25 - - - - - -
anthropic/claude-3-haiku:beta 0.25 1.25 - - - - - -
anthropic/claude-3-opus 15 75 - - - - - -
anthropic/claude-3-opus:beta 15 75 - - - - - -
anthropic/claude-3-sonnet 3 15 - - - - - -
anthropic/claude-3-sonnet:beta 3 15 - - - - - -
anthropic/claude-3.5-haiku 0.8 4 - - - - - -
anthropic/claude-3.5-haiku-20241022 0.8 4 - - - - - -
anthropic/claude-3.5-haiku-20241022:beta 0.8 4 - - - - - -
anthropic/claude-3.5-haiku:beta 0.8 4 - - - - - -
anthropic/claude-3.5-sonnet 3 15 - - - - - -
anthropic/claude-3.5-sonnet-20240620 3 15 - - - - - -
anthropic/claude-3.5-sonnet-20240620:beta 3 15 - - - - - -
anthropic/claude-3.5-sonnet:beta 3 15 - - - - - -
anthropic/claude-3.7-sonnet 3 15 - - - - - -
anthropic/claude-3.7-sonnet:beta 3 15 - - - - - -
anthropic/claude-3.7-sonnet:thinking 3 15 - - - - - -
anthropic/claude-4.5-haiku-20251001 1 5 0.1 1.25 - - - -
anthropic/claude-4.5-haiku-20251001:beta 1 5 0.1 1.25 - - - -
anthropic/claude-4.5-opus-20251124 5 25 0.5 6.25 - - - -
anthropic/claude-4.5-opus-20251124:beta 5 25 0.5 6.25 - - - -
anthropic/claude-4.5-sonnet-20250929 3 15 0.3 3.75 - - - - >200000 6 22.5 0.6 7.5 -
anthropic/claude-4.5-sonnet-20250929:beta 3 15 0.3 3.75 - - - - >200000 6 22.5 0.6 7.5 -
anthropic/claude-4.6-opus-20260205 5 25 0.5 6.25 - - - -
anthropic/claude-4.6-opus-20260205:beta 5 25 0.5 6.25 - - - -
anthropic/claude-4.6-sonnet-20260217 3 15 0.3 3.75 - - - -
anthropic/claude-4.6-sonnet-20260217:beta 3 15 0.3 3.75 - - - -
anthropic/claude-fable-5 10 50 1 12.5 - - - -
anthropic/claude-fable-5.1 10 50 0.25 12.5 - - - -
anthropic/claude-fable-5.1:beta 10 50 0.25 12.5 - - - -
anthropic/claude-fable-5:beta 10 50 1 12.5 - - - -
anthropic/claude-haiku-4.5 1 5 0.1 1.25 - - - -
anthropic/claude-haiku-4.5-20251001 1 5 0.1 1.25 - - - -
anthropic/claude-haiku-4.5-20251001:beta 1 5 0.1 1.25 - - - -
anthropic/claude-haiku-4.5:beta 1 5 0.1 1.25 - - - -
anthropic/claude-opus-4 15 75 1.5 18.75 - - - -
anthropic/claude-opus-4.1 15 75 1.5 18.75 - - - -
anthropic/claude-opus-4.5 5 25 0.5 6.25 - - - -
anthropic/claude-opus-4.5-20251124 5 25 0.5 6.25 - - - -
anthropic/claude-opus-4.5-20251124:beta 5 25 0.5 6.25 - - - -
anthropic/claude-opus-4.5:beta 5 25 0.5 6.25 - - - -
anthropic/claude-opus-4.6 5 25 0.5 6.25 - - - -
anthropic/claude-opus-4.6-20260205 5 25 0.5 6.25 - - - -
anthropic/claude-opus-4.6-20260205:beta 5 25 0.5 6.25 - - - -
anthropic/claude-opus-4.6-fast 30 150 3 37.5 - - - -
anthropic/claude-opus-4.6:beta 5 25 0.5 6.25 - - - -
anthropic/claude-opus-4.7 5 25 0.5 6.25 - - - -
anthropic/claude-opus-4.7-fast 30 150 3 37.5 - - - -
anthropic/claude-opus-4.7:beta 5 25 0.5 6.25 - - - -
anthropic/claude-opus-4.8 5 25 0.5 6.25 - - - -
anthropic/claude-opus-4.8-fast 10 50 1 12.5 - - - -
anthropic/claude-opus-4.8:beta 5 25 0.5 6.25 - - - -
anthropic/claude-opus-5 5 25 0.5 6.25 - - - -
anthropic/claude-opus-5-fast 10 50 1 12.5 - - - -
anthropic/claude-opus-5.5 4 20 0.2 5 - - - -
anthropic/claude-opus-5.5:beta 4 20 0.2 5 - - - -
anthropic/claude-opus-5:beta 5 25 0.5 6.25 - - - -
anthropic/claude-sonnet-4 3 15 0.3 3.75 - - - -
anthropic/claude-sonnet-4.5 3 15 0.3 3.75 - - - - >200000 6 22.5 0.6 7.5 -
anthropic/claude-sonnet-4.5-20250929 3 15 0.3 3.75 - - - - >200000 6 22.5 0.6 7.5 -
anthropic/claude-sonnet-4.5-20250929:beta 3 15 0.3 3.75 - - - - >200000 6 22.5 0.6 7.5 -
anthropic/claude-sonnet-4.5:beta 3 15 0.3 3.75 - - - - >200000 6 22.5 0.6 7.5 -
anthropic/claude-sonnet-4.6 3 15 0.3 3.75 - - - -
anthropic/claude-sonnet-4.6-20260217 3 15 0.3 3.75 - - - -
anthropic/claude-sonnet-4.6-20260217:beta 3 15 0.3 3.75 - - - -
anthropic/claude-sonnet-4.6:beta 3 15 0.3 3.75 - - - -
anthropic/claude-sonnet-5 2 10 0.2 2.5 - - - -
anthropic/claude-sonnet-5:beta 2 10 0.2 2.5 - - - -
anubis-pro-105b-v1 0.8 1 - - - - - -
arcee-ai/coder-large 0.5 0.8 - - - - - -
arcee-ai/trinity-large-thinking 0.22 0.85 0.06 - - - - -
arcee-ai/trinity-mini 0.045 0.15 - - - - - -
arcee-ai/virtuoso-large 0.75 1.2 - - - - - -
arcee-blitz 0.45 0.75 - - - - - -
baidu/ernie-4.5-vl-424b-a47b 0.42 1.25 - - - - - -
bytedance-seed/seed-1.6 0.25 2 - - - - - -
bytedance-seed/seed-1.6-flash 0.075 0.3 - - - - - -
bytedance-seed/seed-2.0-lite 0.25 2 - - - - - -
bytedance-seed/seed-2.0-mini 0.1 0.4 - - - - - -
bytedance/ui-tars-1.5-7b 0.1 0.2 - - - - - -
caller-large 0.55 0.85 - - - - - -
chatgpt-4o-latest 5 15 - - - - - -
claude-2 8 24 - - - - - -
claude-2.0 8 24 - - - - - -
claude-2.0:beta 8 24 - - - - - -
claude-2.1 8 24 - - - - - -
claude-2.1:beta 8 24 - - - - - -
claude-2:beta 8 24 - - - - - -
claude-3-opus 15 75 1.5 18.75 - - - -
claude-3-opus:beta 15 75 1.5 18.75 - - - -
claude-3-sonnet 3 15 0.3 3.75 - - - -
claude-3-sonnet:beta 3 15 0.3 3.75 - - - -
claude-3.5-sonnet 3 15 0.3 3.75 - - - -
claude-3.5-sonnet-20240620 3 15 0.3 3.75 - - - -
claude-3.5-sonnet-20240620:beta 3 15 0.3 3.75 - - - -
claude-3.5-sonnet:beta 3 15 0.3 3.75 - - - -
claude-3.7-sonnet 3 15 0.3 3.75 - - - -
claude-3.7-sonnet:beta 3 15 0.3 3.75 - - - -
claude-3.7-sonnet:thinking 3 15 0.3 3.75 - - - -
codellama-7b-instruct-solidity 0.8 1.2 - - - - - -
codestral-2501 0.3 0.9 - - - - - -
codex-mini 1.5 6 0.375 - - - - -
cognitivecomputations/dolphin-mixtral-8x22b 0.9 0.9 - - - - - -
cognitivecomputations/dolphin-mixtral-8x7b 0.5 0.5 - - - - - -
cohere/command 1 2 - - - - - -
cohere/command-a 2.5 10 - - - - - -
cohere/command-r 0.5 1.5 - - - - - -
cohere/command-r-03-2024 0.5 1.5 - - - - - -
cohere/command-r-08-2024 0.15 0.6 - - - - - -
cohere/command-r-plus 3 15 - - - - - -
cohere/command-r-plus-04-2024 3 15 - - - - - -
cohere/command-r-plus-08-2024 2.5 10 - - - - - -
cohere/command-r7b-12-2024 0.0375 0.15 - - - - - -
command 1 2 - - - - - -
command-r 0.5 1.5 - - - - - -
command-r-03-2024 0.5 1.5 - - - - - -
command-r-plus 3 15 - - - - - -
command-r-plus-04-2024 3 15 - - - - - -
deepcogito/cogito-v2.1-671b 1.25 1.25 - - - - - -
deepseek-prover-v2 0.5 2.18 - - - - - -
deepseek-r1-0528-qwen3-8b 0.05 0.1 - - - - - -
deepseek-r1-distill-llama-8b 0.04 0.04 - - - - - -
deepseek-r1-distill-qwen-1.5b 0.18 0.18 - - - - - -
deepseek-r1-distill-qwen-14b 0.15 0.15 - - - - - -
deepseek-r1-distill-qwen-7b 0.1 0.2 - - - - - -
deepseek/deepseek-chat 0.38 0.89 - - - - - -
deepseek/deepseek-chat-v3-0324 0.3 0.88 - - - - - -
deepseek/deepseek-chat-v3.1 0.21 0.79 0.13 - - - - -
deepseek/deepseek-r1 0.45 2.15 - - - - - -
deepseek/deepseek-r1-0528 0.5 2.15 - - - - - -
deepseek/deepseek-r1-distill-llama-70b 0.1 0.4 - - - - - -
deepseek/deepseek-r1-distill-llama-8b 0.04 0.04 - - - - - -
deepseek/deepseek-r1-distill-qwen-1.5b 0.18 0.18 - - - - - -
deepseek/deepseek-r1-distill-qwen-14b 0.15 0.15 - - - - - -
deepseek/deepseek-r1-distill-qwen-32b 0.12 0.18 - - - - - -
deepseek/deepseek-v3.1-terminus 0.23 0.9 - - - - - -
deepseek/deepseek-v3.2 0.2288 0.3432 - - - - - -
deepseek/deepseek-v3.2-exp 0.27 0.41 - - - - - -
deepseek/deepseek-v4-flash 0.0983 0.1966 0.0197 - - - - -
deepseek/deepseek-v4-pro 0.435 0.87 0.003625 - - - - -
devstral-small 0.06 0.12 - - - - - -
dobby-mini-unhinged-plus-llama-3.1-8b 0.2 0.2 - - - - - -
dolphin-mixtral-8x22b 0.9 0.9 - - - - - -
eleutherai/llemma_7b 0.8 1.2 - - - - - -
essentialai/rnj-1-instruct 0.15 0.15 - - - - - -
eva-llama-3.33-70b 4 6 - - - - - -
eva-qwen-2.5-32b 2.6 3.4 - - - - - -
eva-qwen-2.5-72b 4 6 - - - - - -
eva-unit-01/eva-llama-3.33-70b 4 6 - - - - - -
eva-unit-01/eva-qwen-2.5-32b 2.6 3.4 - - - - - -
eva-unit-01/eva-qwen-2.5-72b 0.9 1.2 - - - - - -
fimbulvetr-11b-v2 0.8 1.2 - - - - - -
gemini-2.0-flash-001 0.1 0.4 0.025 0.1833 - - - -
gemini-2.0-flash-lite-001 0.075 0.3 - - - - - -
gemini-2.5-flash-lite-preview-06-17 0.1 0.4 - - - - - -
gemini-2.5-flash-preview 0.15 0.6 0.0375 0.2333 - - - -
gemini-2.5-flash-preview-05-20 0.15 0.6 0.0375 0.2333 - - - -
gemini-2.5-flash-preview-05-20:thinking 0.15 3.5 0.0375 0.2333 - - - -
gemini-2.5-flash-preview:thinking 0.15 3.5 0.0375 0.2333 - - - -
gemini-flash-1.5 0.075 0.3 0.01875 0.1583 - - - -
gemini-flash-1.5-8b 0.0375 0.15 0.01 0.0583 - - - -
gemini-pro-1.5 1.25 5 - - - - - -
gemma-2-9b-it 0.2 0.2 - - - - - -
glm-4-32b 0.24 0.24 - - - - - -
glm-5v-turbo 1.2 4 0.24 - - - - -
glm-z1-32b 0.24 0.24 - - - - - -
glm-z1-rumination-32b 0.24 0.24 - - - - - -
goliath-120b 10 12.5 - - - - - -
google/gemini-2.0-flash-001 0.1 0.4 - - - - - -
google/gemini-2.0-flash-lite-001 0.075 0.3 - - - - - -
google/gemini-2.5-flash 0.3 2.5 0.075 0.3833 - - - -
google/gemini-2.5-flash-lite-preview-09-2025 0.1 0.4 - - - - - -
google/gemini-2.5-flash-preview 0.15 0.6 - - - - - -
google/gemini-2.5-flash-preview-09-2025 0.3 2.5 0.075 0.383 - - - -
google/gemini-2.5-flash-preview:thinking 0.15 3.5 - - - - - -
google/gemini-2.5-pro 1.25 10 0.31 1.625 - - - -
google/gemini-2.5-pro-preview 1.25 10 0.31 1.625 - - - -
google/gemini-2.5-pro-preview-03-25 1.25 10 - - - - - -
google/gemini-2.5-pro-preview-05-06 1.25 10 0.31 1.625 - - - -
google/gemini-3-pro-image-preview 2 12 0.2 0.375 - - - -
google/gemini-3.1-flash-image-preview 0.5 3 - - - - - -
google/gemini-3.1-pro-preview 2 12 0.2 0.375 - - - -
google/gemini-3.1-pro-preview-customtools 2 12 0.2 0.375 - - - -
google/gemini-flash-1.5 0.075 0.3 - - - - - -
google/gemini-flash-1.5-8b 0.0375 0.15 - - - - - -
google/gemini-pro 0.5 1.5 - - - - - -
google/gemini-pro-1.5 1.25 5 - - - - - -
google/gemini-pro-vision 0.5 1.5 - - - - - -
google/gemma-2-27b-it 0.8 0.8 - - - - - -
google/gemma-2-9b-it 0.07 0.07 - - - - - -
google/gemma-3-12b-it 0.05 0.1 - - - - - -
google/gemma-3-27b-it 0.1 0.2 - - - - - -
google/gemma-3-4b-it 0.02 0.04 - - - - - -
google/gemma-3n-e4b-it 0.06 0.12 - - - - - -
google/gemma-4-26b-a4b-it 0.06 0.33 - - - - - -
google/gemma-4-31b-it 0.09 0.34 0.05 - - - - -
google/palm-2-chat-bison 1 2 - - - - - -
google/palm-2-chat-bison-32k 1 2 - - - - - -
google/palm-2-codechat-bison 1 2 - - - - - -
google/palm-2-codechat-bison-32k 1 2 - - - - - -
gpt-3.5-turbo-0125 0.5 1.5 - - - - - -
gpt-3.5-turbo-1106 1 2 - - - - - -
gpt-4-0314 30 60 - - - - - -
gpt-4-1106-preview 10 30 - - - - - -
gpt-4.5-preview 75 150 37.5 - - - - -
gpt-4o:extended 6 18 - - - - - -
grok-2-1212 2 10 - - - - - -
grok-2-vision-1212 2 10 - - - - - -
grok-3 3 15 0.75 - - - - -
grok-3-beta 3 15 0.75 - - - - -
grok-3-mini 0.3 0.5 0.075 - - - - -
grok-3-mini-beta 0.3 0.5 0.075 - - - - -
grok-beta 5 15 - - - - - -
grok-vision-beta 5 15 - - - - - -
gryphe/mythomax-l2-13b 0.065 0.065 - - - - - -
hermes-2-pro-llama-3-8b 0.025 0.04 - - - - - -
ibm-granite/granite-4.0-h-micro 0.017 0.112 - - - - - -
ibm-granite/granite-4.1-8b 0.05 0.1 - - - - - -
inception/mercury-2 0.25 0.75 0.025 - - - - -
inclusionai/ling-2.6-1t 0.075 0.625 0.015 - - - - -
inclusionai/ling-2.6-flash 0.01 0.03 0.002 - - - - -
inclusionai/ring-2.6-1t 0.075 0.625 0.015 - - - - -
infermatic/mn-inferor-12b 0.8 1.2 - - - - - -
inflection/inflection-3-pi 2.5 10 - - - - - -
inflection/inflection-3-productivity 2.5 10 - - - - - -
jamba-1.6-large 2 8 - - - - - -
jamba-1.6-mini 0.2 0.4 - - - - - -
jondurbin/airoboros-l2-70b 0.5 0.5 - - - - - -
kwaipilot/kat-coder-pro-v2 0.3 1.2 0.06 - - - - -
l3-euryale-70b 1.48 1.48 - - - - - -
latitudegames/wayfarer-large-70b-llama-3.3 0.8 0.9 - - - - - -
lfm-3b 0.02 0.02 - - - - - -
lfm-40b 0.15 0.15 - - - - - -
lfm-7b 0.01 0.01 - - - - - -
liquid/lfm-2-24b-a2b 0.03 0.12 - - - - - -
liquid/lfm-3b 0.02 0.02 - - - - - -
liquid/lfm-40b 0.15 0.15 - - - - - -
liquid/lfm-7b 0.01 0.01 - - - - - -
llama-3-lumimaid-70b 4 6 - - - - - -
llama-3-lumimaid-8b 0.2 1.25 - - - - - -
llama-3.1-405b 2 2 - - - - - -
llama-3.1-405b-instruct 0.8 0.8 - - - - - -
llama-3.1-lumimaid-70b 2.5 3 - - - - - -
llama-3.1-lumimaid-8b 0.2 1.25 - - - - - -
llama-3.1-nemotron-70b-instruct 0.12 0.3 - - - - - -
llama-3.1-nemotron-ultra-253b-v1 0.6 1.8 - - - - - -
llama-3.1-sonar-large-128k-online 1 1 - - - - - -
llama-3.1-sonar-small-128k-online 0.2 0.2 - - - - - -
llama-3.2-90b-vision-instruct 1.2 1.2 - - - - - -
llama-3.3-nemotron-super-49b-v1 0.13 0.4 - - - - - -
llama-guard-2-8b 0.2 0.2 - - - - - -
llama3.1-typhoon2-70b-instruct 0.88 0.88 - - - - - -
llemma_7b 0.8 1.2 - - - - - -
maestro-reasoning 0.9 3.3 - - - - - -
magistral-medium-2506 2 5 - - - - - -
magistral-medium-2506:thinking 2 5 - - - - - -
magistral-small-2506 0.5 1.5 - - - - - -
magnum-72b 4 6 - - - - - -
magnum-v2-72b 3 3 - - - - - -
mancer/weaver 1.125 1.125 - - - - - -
mercury-coder-small-beta 0.25 1 - - - - - -
meta-llama/llama-2-13b-chat 0.22 0.22 - - - - - -
meta-llama/llama-2-70b-chat 0.9 0.9 - - - - - -
meta-llama/llama-3-70b-instruct 0.3 0.4 - - - - - -
meta-llama/llama-3-8b-instruct 0.03 0.06 - - - - - -
meta-llama/llama-3.1-405b 2 2 - - - - - -
meta-llama/llama-3.1-405b-instruct 0.8 0.8 - - - - - -
meta-llama/llama-3.1-70b-instruct 0.1 0.28 - - - - - -
meta-llama/llama-3.1-8b-instruct 0.02 0.03 - - - - - -
meta-llama/llama-3.2-11b-vision-instruct 0.049 0.049 - - - - - -
meta-llama/llama-3.2-1b-instruct 0.005 0.01 - - - - - -
meta-llama/llama-3.2-3b-instruct 0.01 0.02 - - - - - -
meta-llama/llama-3.2-90b-vision-instruct 0.9 0.9 - - - - - -
meta-llama/llama-3.3-70b-instruct 0.05 0.24 - - - - - -
meta-llama/llama-4-maverick 0.15 0.6 - - - - - -
meta-llama/llama-4-scout 0.08 0.3 - - - - - -
meta-llama/llama-guard-2-8b 0.2 0.2 - - - - - -
meta-llama/llama-guard-3-8b 0.02 0.06 - - - - - -
meta-llama/llama-guard-4-12b 0.05 0.05 - - - - - -
microsoft/phi-3-medium-128k-instruct 1 1 - - - - - -
microsoft/phi-3-mini-128k-instruct 0.1 0.1 - - - - - -
microsoft/phi-3.5-mini-128k-instruct 0.1 0.1 - - - - - -
microsoft/phi-4 0.07 0.14 - - - - - -
microsoft/phi-4-mini-instruct 0.08 0.35 - - - - - -
microsoft/phi-4-multimodal-instruct 0.05 0.1 - - - - - -
microsoft/wizardlm-2-7b 0.07 0.07 - - - - - -
microsoft/wizardlm-2-8x22b 0.5 0.5 - - - - - -
midnight-rose-70b 0.8 0.8 - - - - - -
minimax-m1:extended 0.55 2.2 - - - - - -
minimax/minimax-01 0.2 1.1 - - - - - -
minimax/minimax-m1 0.3 1.65 - - - - - -
minimax/minimax-m2 0.255 1 0.03 - - - - -
minimax/minimax-m2-her 0.3 1.2 0.03 - - - - -
minimax/minimax-m2-her-20260123 0.3 1.2 0.03 - - - - -
minimax/minimax-m2.1 0.29 0.95 0.03 - - - - -
minimax/minimax-m2.5 0.15 0.9 0.05 - - - - -
minimax/minimax-m2.5-20260211 0.15 0.9 0.05 - - - - -
minimax/minimax-m2.7 0.27 1.08 0.054 - - - - -
minimax/minimax-m2.7-20260318 0.27 1.08 0.054 - - - - -
minimax/minimax-m3 0.3 1.2 0.06 - - - - -
minimax/minimax-m3-20260531 0.3 1.2 0.06 - - - - -
ministral-3b 0.04 0.04 - - - - - -
ministral-8b 0.1 0.1 - - - - - -
mistral-7b-instruct 0.028 0.054 - - - - - -
mistral-7b-instruct-v0.1 0.11 0.19 - - - - - -
mistral-7b-instruct-v0.2 0.2 0.2 - - - - - -
mistral-7b-instruct-v0.3 0.028 0.054 - - - - - -
mistral-large-2411 2 6 - - - - - -
mistral-medium 2.75 8.1 - - - - - -
mistral-small 0.2 0.6 - - - - - -
mistral-tiny 0.25 0.25 - - - - - -
mistral/ministral-8b 0.1 0.1 - - - - - -
mistralai/codestral-2501 0.3 0.9 - - - - - -
mistralai/codestral-2508 0.3 0.9 0.03 - - - - -
mistralai/codestral-mamba 0.25 0.25 - - - - - -
mistralai/devstral-2512 0.4 2 0.04 - - - - -
mistralai/ministral-14b-2512 0.2 0.2 0.02 - - - - -
mistralai/ministral-3b 0.04 0.04 - - - - - -
mistralai/ministral-3b-2512 0.1 0.1 0.01 - - - - -
mistralai/ministral-8b 0.1 0.1 - - - - - -
mistralai/ministral-8b-2512 0.15 0.15 0.015 - - - - -
mistralai/mistral-7b-instruct 0.029 0.059 - - - - - -
mistralai/mistral-7b-instruct-v0.1 0.2 0.2 - - - - - -
mistralai/mistral-7b-instruct-v0.2 0.2 0.2 - - - - - -
mistralai/mistral-7b-instruct-v0.3 0.029 0.059 - - - - - -
mistralai/mistral-large 2 6 - - - - - -
mistralai/mistral-large-2407 2 6 - - - - - -
mistralai/mistral-large-2512 0.5 1.5 0.05 - - - - -
mistralai/mistral-medium 2.75 8.1 - - - - - -
mistralai/mistral-medium-3 0.4 2 - - - - - -
mistralai/mistral-medium-3-5 1.5 7.5 - - - - - -
mistralai/mistral-medium-3.1 0.4 2 0.04 - - - - -
mistralai/mistral-nemo 0.01 0.019 - - - - - -
mistralai/mistral-saba 0.2 0.6 - - - - - -
mistralai/mistral-small 0.2 0.6 - - - - - -
mistralai/mistral-small-24b-instruct-2501 0.05 0.09 - - - - - -
mistralai/mistral-small-2603 0.15 0.6 0.015 - - - - -
mistralai/mistral-small-3.1-24b-instruct 0.05 0.15 - - - - - -
mistralai/mistral-small-3.2-24b-instruct 0.075 0.2 - - - - - -
mistralai/mistral-tiny 0.25 0.25 - - - - - -
mistralai/mixtral-8x22b-instruct 0.9 0.9 - - - - - -
mistralai/mixtral-8x7b-instruct 0.24 0.24 - - - - - -
mistralai/pixtral-12b 0.1 0.1 - - - - - -
mistralai/pixtral-large-2411 2 6 - - - - - -
mistralai/voxtral-small-24b-2507 0.1 0.3 0.01 - - - - -
mixtral-8x7b-instruct 0.08 0.24 - - - - - -
mn-celeste-12b 0.8 1.2 - - - - - -
mn-inferor-12b 0.8 1.2 - - - - - -
mn-starcannon-12b 0.8 1.2 - - - - - -
moonshotai/kimi-k2 0.57 2.3 - - - - - -
moonshotai/kimi-k2-0905 0.6 2.5 - - - - - -
moonshotai/kimi-k2-thinking 0.6 2.5 - - - - - -
moonshotai/kimi-k2.5 0.4 1.9 0.09 - - - - -
moonshotai/kimi-k2.6 0.68 3.41 0.34 - - - - -
moonshotai/kimi-k2.7-code 0.75 3.5 0.16 - - - - -
moonshotai/kimi-k2.7-code-20260612 0.75 3.5 0.16 - - - - -
moonshotai/kimi-k3 3 15 0.3 - - - - -
moonshotai/kimi-k3-20260715 3 15 0.3 - - - - -
morph/morph-v3-fast 0.8 1.2 - - - - - -
morph/morph-v3-large 0.9 1.9 - - - - - -
mythalion-13b 0.8 1.2 - - - - - -
neversleep/llama-3-lumimaid-70b 3.375 4.5 - - - - - -
neversleep/llama-3-lumimaid-8b 0.09375 0.75 - - - - - -
neversleep/llama-3-lumimaid-8b:extended 0.09375 0.75 - - - - - -
neversleep/llama-3.1-lumimaid-70b 1.5 2.25 - - - - - -
neversleep/llama-3.1-lumimaid-8b 0.09375 0.75 - - - - - -
neversleep/noromaid-20b 0.75 1.5 - - - - - -
noromaid-20b 1.25 2 - - - - - -
nothingiisreal/mn-celeste-12b 0.8 1.2 - - - - - -
nous-hermes-2-mixtral-8x7b-dpo 0.6 0.6 - - - - - -
nousresearch/hermes-2-pro-llama-3-8b 0.025 0.04 - - - - - -
nousresearch/hermes-3-llama-3.1-405b 0.7 0.8 - - - - - -
nousresearch/hermes-3-llama-3.1-70b 0.12 0.3 - - - - - -
nousresearch/hermes-4-405b 1 3 - - - - - -
nousresearch/hermes-4-70b 0.13 0.4 - - - - - -
nousresearch/nous-hermes-2-mixtral-8x7b-dpo 0.6 0.6 - - - - - -
nousresearch/nous-hermes-llama2-13b 0.18 0.18 - - - - - -
nvidia/llama-3.1-nemotron-70b-instruct 0.12 0.3 - - - - - -
nvidia/llama-3.3-nemotron-super-49b-v1.5 0.4 0.4 - - - - - -
nvidia/nemotron-3-nano-30b-a3b 0.05 0.2 - - - - - -
nvidia/nemotron-3-super-120b-a12b 0.09 0.45 - - - - - -
nvidia/nemotron-3-ultra-550b-a55b 0.5 2.5 0.15 - - - - -
nvidia/nemotron-nano-9b-v2 0.04 0.16 - - - - - -
o1-mini 1.1 4.4 0.55 - - - - -
o1-mini-2024-09-12 1.1 4.4 0.55 - - - - -
o1-preview 15 60 7.5 - - - - -
o1-preview-2024-09-12 15 60 7.5 - - - - -
openai/chatgpt-4o-latest 5 15 - - - - - -
openai/codex-mini 1.5 6 0.375 - - - - -
openai/gpt-3.5-turbo 0.5 1.5 - - - - - -
openai/gpt-3.5-turbo-0613 1 2 - - - - - -
openai/gpt-3.5-turbo-1106 1 2 - - - - - -
openai/gpt-3.5-turbo-16k 3 4 - - - - - -
openai/gpt-3.5-turbo-instruct 1.5 2 - - - - - -
openai/gpt-4 30 60 - - - - - -
openai/gpt-4-1106-preview 10 30 - - - - - -
openai/gpt-4-32k 60 120 - - - - - -
openai/gpt-4-32k-0314 60 120 - - - - - -
openai/gpt-4-turbo 10 30 - - - - - -
openai/gpt-4-turbo-preview 10 30 - - - - - -
openai/gpt-4.1 2 8 0.5 - - - - -
openai/gpt-4.1-mini 0.4 1.6 0.1 - - - - -
openai/gpt-4.1-mini-2025-04-14 0.4 1.6 0.1 - - - - -
openai/gpt-4.1-nano 0.1 0.4 0.025 - - - - -
openai/gpt-4.5-preview 75 150 - - - - - -
openai/gpt-4o 2.5 10 - - - - - -
openai/gpt-4o-2024-05-13 5 15 - - - - - -
openai/gpt-4o-2024-08-06 2.5 10 - - - - - -
openai/gpt-4o-2024-11-20 2.5 10 - - - - - -
openai/gpt-4o-audio-preview 2.5 10 - - - - - -
openai/gpt-4o-mini 0.15 0.6 0.075 - - - - -
openai/gpt-4o-mini-2024-07-18 0.15 0.6 0.075 - - - - -
openai/gpt-4o-mini-search-preview 0.15 0.6 - - - - - -
openai/gpt-4o-search-preview 2.5 10 - - - - - -
openai/gpt-4o:extended 6 18 - - - - - -
openai/gpt-5 1.25 10 0.125 - - - - -
openai/gpt-5-2025-08-07 1.25 10 0.125 - - - - -
openai/gpt-5-chat 1.25 10 0.125 - - - - -
openai/gpt-5-codex 1.25 10 0.125 - - - - -
openai/gpt-5-image 10 10 1.25 - - - - -
openai/gpt-5-image-mini 2.5 2 0.25 - - - - -
openai/gpt-5-mini 0.25 2 0.025 - - - - -
openai/gpt-5-mini-2025-08-07 0.25 2 0.025 - - - - -
openai/gpt-5-nano 0.05 0.4 0.01 - - - - -
openai/gpt-5-pro 15 120 - - - - - -
openai/gpt-5.1 1.25 10 0.13 - - - - -
openai/gpt-5.1-chat 1.25 10 0.13 - - - - -
openai/gpt-5.1-codex 1.25 10 0.13 - - - - -
openai/gpt-5.1-codex-max 1.25 10 0.125 - - - - -
openai/gpt-5.1-codex-mini 0.25 2 0.025 - - - - -
openai/gpt-5.1-codex-mini-20251113 0.25 2 0.025 - - - - -
openai/gpt-5.2 1.75 14 0.175 - - - - -
openai/gpt-5.2-20251211 1.75 14 0.175 - - - - -
openai/gpt-5.2-chat 1.75 14 0.175 - - - - -
openai/gpt-5.2-codex 1.75 14 0.175 - - - - -
openai/gpt-5.2-pro 21 168 - - - - - -
openai/gpt-5.2-pro-20251211 21 168 - - - - - -
openai/gpt-5.3-chat 1.75 14 0.175 - - - - -
openai/gpt-5.3-codex 1.75 14 0.175 - - - - -
openai/gpt-5.3-codex-20260224 1.75 14 0.175 - - - - -
openai/gpt-5.4 2.5 15 0.25 - - - - - >272000 5 22.5 0.5 - -
openai/gpt-5.4-20260305 2.5 15 0.25 - - - - - >272000 5 22.5 0.5 - -
openai/gpt-5.4-image-2 8 15 2 - - - - -
openai/gpt-5.4-mini 0.75 4.5 0.075 - - - - -
openai/gpt-5.4-nano 0.2 1.25 0.02 - - - - -
openai/gpt-5.4-pro 30 180 - - - - - - >272000 60 270 - - -
openai/gpt-5.5 5 30 0.5 - - - - - >272000 10 45 1 - -
openai/gpt-5.5-pro 30 180 - - - - - - >272000 60 270 - - -
openai/gpt-5.6-luna 0.2 1.2 0.02 0.25 - - - - >272000 0.4 1.8 0.04 0.5 -
openai/gpt-5.6-sol 2 10 0.2 2.5 - - - - >272000 4 15 0.4 5 -
openai/gpt-5.6-terra 2 12 0.2 2.5 - - - - >272000 4 18 0.4 5 -
openai/gpt-6-luna 0.1 0.5 0.01 0.125 - - - - >272000 0.2 0.75 0.02 0.25 -
openai/gpt-6-luna-pro 0.1 0.5 0.01 0.125 - - - - >272000 0.2 0.75 0.02 0.25 -
openai/gpt-6-luna-pro:batch 0.05 0.25 0.005 0.0625 - - - - >272000 0.1 0.375 0.01 0.125 -
openai/gpt-6-luna:batch 0.05 0.25 0.005 0.0625 - - - - >272000 0.1 0.375 0.01 0.125 -
openai/gpt-6-sol 2 10 0.2 2.5 - - - - >272000 4 15 0.4 5 -
openai/gpt-6-sol-pro 2 10 0.2 2.5 - - - - >272000 4 15 0.4 5 -
openai/gpt-6-sol-pro:batch 1 5 0.1 1.25 - - - - >272000 2 7.5 0.2 2.5 -
openai/gpt-6-sol:batch 1 5 0.1 1.25 - - - - >272000 2 7.5 0.2 2.5 -
openai/gpt-audio 2.5 10 - - - - - -
openai/gpt-audio-mini 0.6 2.4 - - - - - -
openai/gpt-chat-latest 5 30 0.5 - - - - -
openai/gpt-oss-120b 0.039 0.18 - - - - - -
openai/gpt-oss-20b 0.029 0.14 - - - - - -
openai/gpt-oss-safeguard-20b 0.075 0.3 0.037 - - - - -
openai/o1 15 60 7.5 - - - - -
openai/o1-mini 1.1 4.4 - - - - - -
openai/o1-mini-2024-09-12 1.1 4.4 - - - - - -
openai/o1-pro 150 600 - - - - - -
openai/o3 2 8 0.5 - - - - -
openai/o3-deep-research 10 40 2.5 - - - - -
openai/o3-mini 1.1 4.4 0.55 - - - - -
openai/o3-mini-high 1.1 4.4 0.55 - - - - -
openai/o3-pro 20 80 - - - - - -
openai/o4-mini 1.1 4.4 0.275 - - - - -
openai/o4-mini-deep-research 2 8 0.5 - - - - -
openai/o4-mini-high 1.1 4.4 0.275 - - - - -
openchat/openchat-7b 0.07 0.07 - - - - - -
openhands-lm-32b-v0.1 2.6 3.4 - - - - - -
perceptron/perceptron-mk1 0.15 1.5 - - - - - -
perplexity/llama-3.1-sonar-large-128k-online 1 1 - - - - - -
perplexity/llama-3.1-sonar-small-128k-online 0.2 0.2 - - - - - -
perplexity/r1-1776 2 8 - - - - - -
perplexity/sonar 1 1 - - - - - -
perplexity/sonar-deep-research 2 8 - - - 3 - -
perplexity/sonar-pro 3 15 - - - - - -
perplexity/sonar-reasoning 1 5 - - - - - -
perplexity/sonar-reasoning-pro 2 8 - - - - - -
phi-3-medium-128k-instruct 1 1 - - - - - -
phi-3-mini-128k-instruct 0.1 0.1 - - - - - -
phi-3.5-mini-128k-instruct 0.1 0.1 - - - - - -
phi-4-multimodal-instruct 0.05 0.1 - - - - - -
phi-4-reasoning-plus 0.07 0.35 - - - - - -
pixtral-12b 0.1 0.1 - - - - - -
pixtral-large-2411 2 6 - - - - - -
prime-intellect/intellect-3 0.2 1.1 - - - - - -
pygmalionai/mythalion-13b 0.5625 1.125 - - - - - -
qwen-2-72b-instruct 0.9 0.9 - - - - - -
qwen-2.5-vl-7b-instruct 0.2 0.2 - - - - - -
qwen-max 1.6 6.4 0.64 - - - - -
qwen-turbo 0.05 0.2 0.02 - - - - -
qwen-vl-max 0.8 3.2 - - - - - -
qwen-vl-plus 0.21 0.63 - - - - - -
qwen/qwen-2-72b-instruct 0.9 0.9 - - - - - -
qwen/qwen-2.5-72b-instruct 0.12 0.39 - - - - - -
qwen/qwen-2.5-7b-instruct 0.04 0.1 - - - - - -
qwen/qwen-2.5-coder-32b-instruct 0.06 0.15 - - - - - -
qwen/qwen-2.5-vl-72b-instruct 0.6 0.6 - - - - - -
qwen/qwen-2.5-vl-7b-instruct 0.2 0.2 - - - - - -
qwen/qwen-max 1.6 6.4 - - - - - -
qwen/qwen-plus 0.4 1.2 0.16 - - - - -
qwen/qwen-plus-2025-07-28 0.26 0.78 - - - - - -
qwen/qwen-plus-2025-07-28:thinking 0.26 0.78 - 0.325 - - - -
qwen/qwen-turbo 0.05 0.2 - - - - - -
qwen/qwen-vl-max 0.8 3.2 - - - - - -
qwen/qwen-vl-plus 0.21 0.63 - - - - - -
qwen/qwen2.5-coder-7b-instruct 0.2 0.2 - - - - - -
qwen/qwen2.5-vl-32b-instruct 0.9 0.9 - - - - - -
qwen/qwen2.5-vl-72b-instruct 0.7 0.7 - - - - - -
qwen/qwen3-14b 0.06 0.24 - - - - - -
qwen/qwen3-235b-a22b 0.13 0.6 - - - - - -
qwen/qwen3-235b-a22b-2507 0.09 0.1 - - - - - -
qwen/qwen3-235b-a22b-thinking-2507 0.1 0.1 - - - - - -
qwen/qwen3-30b-a3b 0.08 0.29 - - - - - -
qwen/qwen3-30b-a3b-instruct-2507 0.04815 0.19305 - - - - - -
qwen/qwen3-30b-a3b-thinking-2507 0.08 0.4 - - - - - -
qwen/qwen3-32b 0.1 0.3 - - - - - -
qwen/qwen3-8b 0.035 0.138 - - - - - -
qwen/qwen3-coder 0.22 1.8 - - - - - -
qwen/qwen3-coder-30b-a3b-instruct 0.07 0.27 - - - - - -
qwen/qwen3-coder-480b-a35b-07-25 0.22 1.8 - - - - - -
qwen/qwen3-coder-flash 0.195 0.975 0.039 0.24375 - - - -
qwen/qwen3-coder-next 0.11 0.8 0.07 - - - - -
qwen/qwen3-coder-next-2025-02-03 0.11 0.8 0.07 - - - - -
qwen/qwen3-coder-plus 0.65 3.25 0.13 0.8125 - - - -
qwen/qwen3-max 1.2 6 - - - - - -
qwen/qwen3-max-thinking 0.78 3.9 - - - - - -
qwen/qwen3-max-thinking-20260123 0.78 3.9 - - - - - -
qwen/qwen3-next-80b-a3b-instruct 0.09 1.1 - - - - - -
qwen/qwen3-next-80b-a3b-instruct-2509 0.09 1.1 - - - - - -
qwen/qwen3-next-80b-a3b-thinking 0.0975 0.78 - - - - - -
qwen/qwen3-next-80b-a3b-thinking-2509 0.0975 0.78 - - - - - -
qwen/qwen3-vl-235b-a22b-instruct 0.2 0.88 0.11 - - - - -
qwen/qwen3-vl-235b-a22b-thinking 0.26 2.6 - - - - - -
qwen/qwen3-vl-30b-a3b-instruct 0.13 0.52 - - - - - -
qwen/qwen3-vl-30b-a3b-thinking 0.13 1.56 - - - - - -
qwen/qwen3-vl-32b-instruct 0.104 0.416 - - - - - -
qwen/qwen3-vl-8b-instruct 0.08 0.5 - - - - - -
qwen/qwen3-vl-8b-thinking 0.117 1.365 - - - - - -
qwen/qwen3.5-122b-a10b 0.26 2.08 - - - - - -
qwen/qwen3.5-122b-a10b-20260224 0.26 2.08 - - - - - -
qwen/qwen3.5-27b 0.195 1.56 - - - - - -
qwen/qwen3.5-27b-20260224 0.195 1.56 - - - - - -
qwen/qwen3.5-35b-a3b 0.14 1 0.05 - - - - -
qwen/qwen3.5-35b-a3b-20260224 0.14 1 0.05 - - - - -
qwen/qwen3.5-397b-a17b 0.39 2.34 - - - - - -
qwen/qwen3.5-397b-a17b-20260216 0.39 2.34 - - - - - -
qwen/qwen3.5-9b 0.1 0.15 - - - - - -
qwen/qwen3.5-9b-20260310 0.1 0.15 - - - - - -
qwen/qwen3.5-flash-02-23 0.065 0.26 - - - - - -
qwen/qwen3.5-flash-20260224 0.065 0.26 - - - - - -
qwen/qwen3.5-plus-02-15 0.4 2.4 - - - - - -
qwen/qwen3.5-plus-20260216 0.4 2.4 - - - - - -
qwen/qwen3.5-plus-20260420 0.3 1.8 - 0.375 - - - -
qwen/qwen3.6-27b 0.289 2.4 - - - - - -
qwen/qwen3.6-27b-20260422 0.289 2.4 - - - - - -
qwen/qwen3.6-35b-a3b 0.14 1 - - - - - -
qwen/qwen3.6-35b-a3b-20260415 0.14 1 - - - - - -
qwen/qwen3.6-flash 0.1875 1.125 - 0.234375 - - - -
qwen/qwen3.6-max-preview 1.04 6.24 - 1.3 - - - -
qwen/qwen3.6-max-preview-20260420 1.04 6.24 - 1.3 - - - -
qwen/qwen3.6-plus 0.325 1.95 - 0.40625 - - - -
qwen/qwen3.6-plus-04-02 0.325 1.95 - 0.40625 - - - -
qwen/qwen3.7-max 1.25 3.75 0.25 1.5625 - - - -
qwen/qwen3.7-max-20260520 1.25 3.75 0.25 1.5625 - - - -
qwen/qwen3.7-plus 0.4 1.6 0.08 0.5 - - - -
qwen/qwen3.7-plus-20260602 0.4 1.6 0.08 0.5 - - - -
qwen/qwq-32b 0.15 0.2 - - - - - -
qwen/qwq-32b-preview 0.2 0.2 - - - - - -
qwen2.5-vl-32b-instruct 0.9 0.9 - - - - - -
qwq-32b 0.15 0.2 - - - - - -
qwq-32b-preview 0.2 0.2 - - - - - -
r1-1776 2 8 - - - - - -
raifle/sorcererlm-8x22b 4.5 4.5 - - - - - -
rekaai/reka-edge 0.1 0.1 - - - - - -
rekaai/reka-flash-3 0.1 0.2 - - - - - -
relace/relace-apply-3 0.85 1.25 - - - - - -
relace/relace-search 1 3 - - - - - -
sao10k/fimbulvetr-11b-v2 0.8 1.2 - - - - - -
sao10k/l3-euryale-70b 1.48 1.48 - - - - - -
sao10k/l3-lunaris-8b 0.02 0.05 - - - - - -
sao10k/l3.1-70b-hanami-x1 3 3 - - - - - -
sao10k/l3.1-euryale-70b 0.7 0.8 - - - - - -
sao10k/l3.3-euryale-70b 0.7 0.8 - - - - - -
scb10x/llama3.1-typhoon2-70b-instruct 0.88 0.88 - - - - - -
scb10x/llama3.1-typhoon2-8b-instruct 0.18 0.18 - - - - - -
sonar-reasoning 1 5 - - - - - -
sophosympatheia/midnight-rose-70b 0.8 0.8 - - - - - -
sorcererlm-8x22b 4.5 4.5 - - - - - -
spotlight 0.18 0.18 - - - - - -
steelskull/l3.3-electra-r1-70b 0.7 0.95 - - - - - -
stepfun/step-3.5-flash 0.09 0.3 0.02 - - - - -
stepfun/step-3.7-flash 0.2 1.15 0.04 - - - - -
switchpoint/router 0.85 3.4 - - - - - -
tencent/hunyuan-a13b-instruct 0.14 0.57 - - - - - -
tencent/hy3-preview 0.063 0.21 0.021 - - - - -
thedrummer/anubis-pro-105b-v1 0.8 1 - - - - - -
thedrummer/cydonia-24b-v4.1 0.3 0.5 0.15 - - - - -
thedrummer/rocinante-12b 0.25 0.5 - - - - - -
thedrummer/skyfall-36b-v2 0.5 0.8 - - - - - -
thedrummer/unslopnemo-12b 0.5 0.5 - - - - - -
toppy-m-7b 0.8 1.2 - - - - - -
undi95/remm-slerp-l2-13b 0.8 1.2 - - - - - -
undi95/toppy-m-7b 0.07 0.07 - - - - - -
upstage/solar-pro-3 0.15 0.6 0.015 - - - - -
valkyrie-49b-v1 0.5 0.8 - - - - - -
virtuoso-medium-v2 0.5 0.8 - - - - - -
writer/palmyra-x5 0.6 6 - - - - - -
x-ai/grok-2-1212 2 10 - - - - - -
x-ai/grok-2-vision-1212 2 10 - - - - - -
x-ai/grok-3-beta 3 15 - - - - - -
x-ai/grok-3-mini-beta 0.3 0.5 - - - - - -
x-ai/grok-4-fast 0.2 0.5 0.05 - - - - - >128000 0.4 1 - - -
x-ai/grok-4.20 1.25 2.5 0.2 - - - - -
x-ai/grok-4.20-multi-agent 2 6 0.2 - - - - -
x-ai/grok-4.3 1.25 2.5 0.2 - - - - -
x-ai/grok-beta 5 15 - - - - - -
x-ai/grok-build-0.1 1 2 0.2 - - - - -
x-ai/grok-code-fast-1 0.2 1.5 0.02 - - - - -
x-ai/grok-vision-beta 5 15 - - - - - -
xiaomi/mimo-v2-flash 0.1 0.3 0.01 - - - - -
xiaomi/mimo-v2.5 0.14 0.28 0.0028 - - - - -
xiaomi/mimo-v2.5-pro 0.435 0.87 0.0036 - - - - -
xwin-lm/xwin-lm-70b 3.75 3.75 - - - - - -
yi-large 3 3 - - - - - -
z-ai/glm-4.5 0.6 2.2 0.11 - - - - -
z-ai/glm-4.5-air 0.125 0.85 0.06 - - - - -
z-ai/glm-4.5v 0.6 1.8 0.11 - - - - -
z-ai/glm-4.6 0.43 1.74 0.08 - - - - -
z-ai/glm-4.6v 0.3 0.9 0.05 - - - - -
z-ai/glm-4.7 0.4 1.75 0.08 - - - - -
z-ai/glm-4.7-flash 0.06 0.4 0.01 - - - - -
z-ai/glm-4.7-flash-20260119 0.06 0.4 0.01 - - - - -
z-ai/glm-5 0.6 1.92 0.12 - - - - -
z-ai/glm-5-20260211 0.6 1.92 0.12 - - - - -
z-ai/glm-5-turbo 1.2 4 0.24 - - - - -
z-ai/glm-5-turbo-20260315 1.2 4 0.24 - - - - -
z-ai/glm-5.1 0.98 3.08 0.182 - - - - -
z-ai/glm-5.1-20260406 0.98 3.08 0.182 - - - - -
z-ai/glm-5.2 1.4 4.4 0.26 - - - - -
z-ai/glm-5.2-20260616 1.4 4.4 0.26 - - - - -
z-ai/glm-5.3 1.4 4.4 0.26 - - - - -
z-ai/glm-5.3-20260816 1.4 4.4 0.26 - - - - -
z-ai/glm-5.3-flash 0.075 0.25 0.015 - - - - -
~anthropic/claude-fable-latest 10 50 1 12.5 - - - -
~anthropic/claude-haiku-latest 1 5 0.1 1.25 - - - -
~anthropic/claude-opus-latest 4 20 0.2 5 - - - -
~anthropic/claude-sonnet-latest 3 15 0.3 3.75 - - - -
~google/gemini-pro-latest 2 12 0.2 0.375 - - - -
~moonshotai/kimi-latest 0.68 3.41 0.34 - - - - -
~openai/gpt-latest 5 30 0.5 - - - - -
~openai/gpt-mini-latest 0.75 4.5 0.075 - - - - -
`,
  },
  {
    id: "ovhcloud",
    api: "https://oai\\.endpoints\\.kepler\\.ai\\.cloud\\.ovh\\.net",
    models: `
DeepSeek-R1-Distill-Llama-70B 0.74 0.74 - - - - - -
Llama-3.1-8B-Instruct 0.11 0.11 - - - - - -
Meta-Llama-3_3-70B-Instruct 0.74 0.74 - - - - - -
Mistral-7B-Instruct-v0.3 0.11 0.11 - - - - - -
Mistral-Nemo-Instruct-2407 0.14 0.14 - - - - - -
Mistral-Small-3.2-24B-Instruct-2506 0.1 0.31 - - - - - -
Mixtral-8x7B-Instruct-v0.1 0.7 0.7 - - - - - -
Qwen2.5-VL-72B-Instruct 1.01 1.01 - - - - - -
Qwen3-32B 0.09 0.25 - - - - - -
Qwen3-Coder-30B-A3B-Instruct 0.07 0.26 - - - - - -
deepseek-r1-distill-llama-70b 0.74 0.74 - - - - - -
gpt-oss-120b 0.09 0.47 - - - - - -
gpt-oss-20b 0.05 0.18 - - - - - -
llama-3.1-8b-instruct 0.11 0.11 - - - - - -
meta-llama-3_3-70b-instruct 0.74 0.74 - - - - - -
mistral-7b-instruct-v0.3 0.11 0.11 - - - - - -
mistral-nemo-instruct-2407 0.14 0.14 - - - - - -
mistral-small-3.2-24b-instruct-2506 0.1 0.31 - - - - - -
mixtral-8x7b-instruct-v0.1 0.7 0.7 - - - - - -
qwen2.5-vl-72b-instruct 1.01 1.01 - - - - - -
qwen3-32b 0.09 0.25 - - - - - -
qwen3-coder-30b-a3b-instruct 0.07 0.26 - - - - - -
`,
  },
  {
    id: "perplexity",
    api: "https://api\\.perplexity\\.ai",
    models: `
llama-3.1-sonar-large-128k-online 1 1 - - - - - -
llama-3.1-sonar-small-128k-online 0.2 0.2 - - - - - -
r1-1776 2 8 - - - - - -
sonar-pro-search 3 15 - - - - - -
`,
  },
  {
    id: "x-ai",
    api: "https://api\\.x\\.ai",
    models: `
grok-2 2 10 - - - - - -
grok-2-1212 2 10 - - - - - -
grok-2-latest 2 10 - - - - - -
grok-2-vision 2 10 - - - - - -
grok-2-vision-1212 2 10 - - - - - -
grok-2-vision-latest 2 10 - - - - - -
grok-3 3 15 0.75 - - - - -
grok-3-beta 3 15 0.75 - - - - -
grok-3-fast 5 25 1.25 - - - - -
grok-3-fast-beta 5 25 1.25 - - - - -
grok-3-fast-latest 5 25 1.25 - - - - -
grok-3-latest 3 15 0.75 - - - - -
grok-3-mini 0.3 0.5 0.075 - - - - -
grok-3-mini-beta 0.3 0.5 0.075 - - - - -
grok-3-mini-fast 0.6 4 0.15 - - - - -
grok-3-mini-fast-beta 0.6 4 0.15 - - - - -
grok-3-mini-fast-latest 0.6 4 0.15 - - - - -
grok-3-mini-latest 0.3 0.5 0.075 - - - - -
grok-4 3 15 0.75 - - - - -
grok-4-0709 3 15 0.75 - - - - -
grok-4-1-fast 0.2 0.5 0.05 - - - - -
grok-4-1-fast-non-reasoning 0.2 0.5 0.05 - - - - -
grok-4-1-fast-non-reasoning-latest 0.2 0.5 0.05 - - - - -
grok-4-1-fast-reasoning 0.2 0.5 0.05 - - - - -
grok-4-1-fast-reasoning-latest 0.2 0.5 0.05 - - - - -
grok-4-fast 0.2 0.5 0.05 - - - - -
grok-4-fast-non-reasoning 0.2 0.5 0.05 - - - - -
grok-4-fast-non-reasoning-latest 0.2 0.5 0.05 - - - - -
grok-4-fast-reasoning 0.2 0.5 0.05 - - - - -
grok-4-fast-reasoning-latest 0.2 0.5 0.05 - - - - -
grok-4-latest 3 15 0.75 - - - - -
grok-4.20 1.25 2.5 0.2 - - - - - >199999 2.5 5 0.4 - -
grok-4.20-multi-agent 2 6 0.2 - - - - -
grok-4.3 1.25 2.5 0.2 - - - - - >199999 2.5 5 0.4 - -
grok-4.3-latest 1.25 2.5 0.2 - - - - - >199999 2.5 5 0.4 - -
grok-4.5 2 6 0.3 - - - - - >199999 4 12 0.6 - -
grok-4.5-latest 2 6 0.3 - - - - - >199999 4 12 0.6 - -
grok-4.6 2 6 0.5 - - - - - >199999 4 12 1 - -
grok-4.6-latest 2 6 0.5 - - - - - >199999 4 12 1 - -
grok-build-0.1 1 2 0.2 - - - - - >199999 2 4 0.4 - -
grok-code-fast 0.2 1.5 0.02 - - - - -
grok-code-fast-1 0.2 1.5 0.02 - - - - -
grok-code-fast-1-0825 0.2 1.5 0.02 - - - - -
grok-latest 2 6 0.3 - - - - - >199999 4 12 0.6 - -
x-ai/grok-4.3 1.25 2.5 0.2 - - - - - >199999 2.5 5 0.4 - -
x-ai/grok-4.5 2 6 0.3 - - - - - >199999 4 12 0.6 - -
x-ai/grok-4.6 2 6 0.5 - - - - - >199999 4 12 1 - -
`,
  },
  {
    id: "zai",
    api: "https://api\\.z\\.ai",
    models: `
GLM-5.2 1.4 4.4 0.26 - - - - -
GLM-5.3 1.4 4.4 0.26 - - - - -
GLM-5.3-Flash 0.075 0.25 0.015 - - - - -
glm-5.2 1.4 4.4 0.26 - - - - -
glm-5.3 1.4 4.4 0.26 - - - - -
glm-5.3-flash 0.075 0.25 0.015 - - - - -
`,
  },
  {
    id: "zhipuai",
    api: "https://open\\.bigmodel\\.cn",
    models: `
GLM-4-Air 0.069 0.069 0.034 - - - - -
GLM-4-AirX 1.379 1.379 - - - - - -
GLM-4-Assistant 0.69 0.69 - - - - - -
GLM-4-FlashX-250414 0.014 0.014 0.007 - - - - -
GLM-4-Long 0.138 0.138 0.069 - - - - -
GLM-4-Plus 0.69 0.69 0.345 - - - - -
GLM-4.5-Air 0.11 0.276 0.022 - - - - -
GLM-4.7 0.276 1.103 0.055 - - - - -
GLM-4.7-FlashX 0.069 0.414 0.014 - - - - -
GLM-5 0.552 2.483 0.138 - - - - -
GLM-5-Turbo 0.69 3.034 0.166 - - - - -
GLM-5.1 0.828 3.31 0.179 - - - - -
GLM-5.1-20260406 0.828 3.31 0.179 - - - - -
GLM-5.2 1.103 3.862 0.276 - - - - -
GLM-5.3 1.103 3.862 0.276 - - - - -
GLM-5.3-Flash 0.055 0.193 0.016 - - - - -
glm-4-air 0.069 0.069 0.034 - - - - -
glm-4-airx 1.379 1.379 - - - - - -
glm-4-assistant 0.69 0.69 - - - - - -
glm-4-flashx-250414 0.014 0.014 0.007 - - - - -
glm-4-long 0.138 0.138 0.069 - - - - -
glm-4-plus 0.69 0.69 0.345 - - - - -
glm-4.5-air 0.11 0.276 0.022 - - - - -
glm-4.7 0.276 1.103 0.055 - - - - -
glm-4.7-flashx 0.069 0.414 0.014 - - - - -
glm-5 0.552 2.483 0.138 - - - - -
glm-5-turbo 0.69 3.034 0.166 - - - - -
glm-5.1 0.828 3.31 0.179 - - - - -
glm-5.1-20260406 0.828 3.31 0.179 - - - - -
glm-5.2 1.103 3.862 0.276 - - - - -
glm-5.3 1.103 3.862 0.276 - - - - -
glm-5.3-flash 0.055 0.193 0.016 - - - - -
`,
  },
];

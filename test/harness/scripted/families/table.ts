/** All families, and the conversation each vendor holds with an agent. */
import { BEDROCK } from "./bedrock.ts";
import { AZURE, DEEPSEEK, KIMI, MISTRAL } from "./chat-vendors.ts";
import { CLAUDE } from "./claude.ts";
import { COHERE } from "./cohere.ts";
import type { Family } from "./family.ts";
import { GEMINI } from "./gemini.ts";
import { OPENAI, OPENAI_RESPONSES } from "./openai.ts";

export const FAMILIES: readonly Family[] = [
  CLAUDE,
  OPENAI,
  OPENAI_RESPONSES,
  DEEPSEEK,
  KIMI,
  MISTRAL,
  AZURE,
  GEMINI,
  BEDROCK,
  COHERE,
];

/** All agents. */
import type { Agent } from "./agent.ts";
import { OPENCODE, QWEN_CODE, SAMPLING_AGENT } from "./chat-agents.ts";
import { BUDGET_AGENT, CLAUDE_CODE } from "./messages-agents.ts";
import { COHERE_AGENT, CONVERSE_AGENT, GEMINI_CLI } from "./other-agents.ts";
import { CODEX } from "./responses-agents.ts";

export const AGENTS: readonly Agent[] = [
  CLAUDE_CODE,
  BUDGET_AGENT,
  CODEX,
  OPENCODE,
  SAMPLING_AGENT,
  QWEN_CODE,
  GEMINI_CLI,
  CONVERSE_AGENT,
  COHERE_AGENT,
];

/**
 * The options a model behind Converse takes beside the common ones, by its id. A client of another protocol cannot know
 * them, and its request must not be refused for them. Clients of this protocol get what they wrote.
 *
 * Sources, read 2026-11: docs.aws.amazon.com Bedrock user guide (Claude extended and adaptive thinking; Amazon Nova 2
 * reasoning; OpenAI models; structured outputs; tool choice), the SDK's type OutputConfig (effort), BerriAI/litellm
 * (parallel calls of Claude from 4.5 on).
 */
import { claudeTenths } from "../shared/content-blocks/claude-thinking.ts";

export interface ModelRules {
  /** Whose own request fields it takes. An id that tells nothing (an ARN) is most likely a Claude's. */
  readonly family: "claude" | "nova" | "openai" | "other";
  /** temperature, topP and top_k. `one`: temperature or topP, not both. */
  readonly sampling: "all" | "one" | "none";
  /** How reasoning is asked for. `always`: it reasons unasked and takes no word about it. */
  readonly reasoning: "none" | "budget" | "adaptive" | "effort" | "always";
  /** A Claude whose way to think is known here, and whether it takes a budget. null: not known. */
  readonly budget: "taken" | "refused" | null;
  readonly efforts: readonly string[];
  readonly structuredOutput: boolean;
  /** `any` and `tool`; others take `auto` alone. */
  readonly forcedTools: boolean;
  /** Takes `disable_parallel_tool_use`. */
  readonly oneCallAtATime: boolean;
  readonly topK: boolean;
  readonly cacheMarks: boolean;
  /** A mark may say how long it holds. */
  readonly cacheLifetimes: boolean;
  readonly audio: boolean;
  /** A tool's result may say that it is an error. */
  readonly resultStatus: boolean;
}

const CLAUDE: ModelRules = {
  family: "claude",
  sampling: "all",
  reasoning: "budget",
  budget: "taken",
  efforts: [],
  structuredOutput: false,
  forcedTools: true,
  oneCallAtATime: false,
  topK: true,
  cacheMarks: true,
  cacheLifetimes: false,
  audio: false,
  resultStatus: true,
};
/** An id that names no family: sent what long-standing models take. */
const UNKNOWN: ModelRules = { ...CLAUDE, budget: null, structuredOutput: true, cacheLifetimes: true, audio: true };
const OTHER: ModelRules = {
  family: "other",
  sampling: "all",
  reasoning: "none",
  budget: null,
  efforts: [],
  structuredOutput: false,
  forcedTools: false,
  oneCallAtATime: false,
  topK: false,
  cacheMarks: false,
  cacheLifetimes: false,
  audio: false,
  resultStatus: false,
};
const NOVA: ModelRules = {
  ...OTHER,
  family: "nova",
  forcedTools: true,
  topK: true,
  cacheMarks: true,
  resultStatus: true,
};

const CLAUDE_NAME = /claude|anthropic/;
const EFFORTS = ["low", "medium", "high", "xhigh", "max"];

/** Order matters: the first that matches decides. */
const FAMILIES: readonly (readonly [RegExp, ModelRules])[] = [
  [/nova-2.*omni/, { ...NOVA, reasoning: "effort", efforts: ["low", "medium", "high"], audio: true }],
  [/nova-2/, { ...NOVA, reasoning: "effort", efforts: ["low", "medium", "high"] }],
  [/nova/, NOVA],
  [/voxtral/, { ...OTHER, audio: true, forcedTools: true }],
  [
    /openai\.|gpt-oss/,
    { ...OTHER, family: "openai", reasoning: "effort", efforts: ["low", "medium", "high"], structuredOutput: true },
  ],
  [/deepseek\.r1|deepseek-r1|kimi|minimax/, { ...OTHER, reasoning: "always", structuredOutput: true }],
  [/mistral|pixtral|magistral|ministral/, { ...OTHER, forcedTools: true, structuredOutput: true }],
  [/qwen|deepseek|gemma|nemotron|zai\.|glm-/, { ...OTHER, structuredOutput: true }],
  [/meta\.|llama|ai21|jamba|cohere|command-r|titan|writer|palmyra/, OTHER],
];

export function rulesOf(model: string): ModelRules {
  const name = model.toLowerCase();
  if (CLAUDE_NAME.test(name)) return claudeRules(name);
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1] ?? UNKNOWN;
}

function claudeRules(name: string): ModelRules {
  const version = claudeTenths(name.replace(/^.*claude/, ""));
  const current: ModelRules = {
    ...CLAUDE,
    structuredOutput: true,
    oneCallAtATime: true,
    cacheLifetimes: true,
  };
  if (version >= 47 || /fable|mythos/.test(name)) {
    return { ...current, sampling: "none", reasoning: "adaptive", budget: "refused", efforts: EFFORTS, topK: false };
  }
  if (version >= 46) {
    return { ...current, sampling: "one", reasoning: "adaptive", efforts: EFFORTS.filter((word) => word !== "xhigh") };
  }
  if (version >= 45) return { ...current, sampling: "one" };
  if (version >= 37) return { ...CLAUDE, sampling: name.includes("opus") && version >= 41 ? "one" : "all" };
  return { ...CLAUDE, reasoning: "none", budget: "refused" };
}

/** Thinking is asked for in a way that the model does not have. */
export function thinksOtherwise(type: unknown, { budget, reasoning }: ModelRules): boolean {
  if (budget === null) return false;
  return type === "enabled" ? budget === "refused" : type === "adaptive" && reasoning !== "adaptive";
}

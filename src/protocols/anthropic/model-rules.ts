/**
 * The options a Claude model refuses, by its name. A client of another protocol cannot know them, and its request must
 * not be refused for them. Clients of this protocol get what they wrote, but for what `misfits` names.
 *
 * Sources, read 2026-11-21: the vendor's pages on extended and adaptive thinking, effort and structured outputs; the
 * refusals quoted in anomalyco/opencode#28930 (temperature beside top_p), NousResearch/hermes-agent#11137 (4.7 takes
 * neither sampling nor budgets), docs.memberjunction.org UsesAdaptiveThinking (the Claude 5 family likewise).
 */

import type { Effort } from "../../ir/dialect.ts";
import { claudeTenths } from "../shared/content-blocks/claude-thinking.ts";

export interface ModelRules {
  /** temperature, top_p and top_k. `one`: temperature or top_p, not both. */
  readonly sampling: "all" | "one" | "none";
  /** A Claude of a version that is known here. */
  readonly isKnown: boolean;
  /** How thinking is asked for. `adaptive`: the model decides, steered by an effort. */
  readonly thinking: "none" | "budget" | "adaptive";
  /** A model that decides by itself takes a budget too. */
  readonly takesBudget: boolean;
  /** Instructions may stand between turns (platform.claude.com, mid-conversation system messages, read 2026-11-30). */
  readonly systemTurns: boolean;
  /** Refuses `disabled`. */
  readonly alwaysThinks: boolean;
  /** Effort words in rising order; empty: takes none. */
  readonly efforts: readonly Effort[];
  /** `output_config.format` and `strict` tools. */
  readonly structuredOutput: boolean;
}

/** A name that is no Claude's: a compatible server, which is sent what the vendor's long-standing models take. */
const UNKNOWN: ModelRules = {
  sampling: "all",
  isKnown: false,
  thinking: "budget",
  takesBudget: true,
  systemTurns: true,
  alwaysThinks: false,
  efforts: [],
  structuredOutput: true,
};

const FAMILY = /claude|opus|sonnet|haiku|fable|mythos/;

export function rulesOf(model: string): ModelRules {
  const name = model.toLowerCase();
  if (!FAMILY.test(name)) return UNKNOWN;
  const alwaysThinks = /fable|mythos/.test(name);
  const version = claudeTenths(name);
  if (alwaysThinks || version >= 47) return { ...NEWEST, alwaysThinks, systemTurns: alwaysThinks || version >= 48 };
  if (version >= 46) return ADAPTIVE;
  if (version >= 45) return { ...BUDGET, sampling: "one", structuredOutput: true };
  if (version >= 40) return { ...BUDGET, sampling: name.includes("opus") && version >= 41 ? "one" : "all" };
  if (version >= 37) return BUDGET;
  return { ...BUDGET, thinking: "none" };
}

/** Thinking is asked for in a way that the model does not have. */
export function thinksOtherwise(type: unknown, rules: ModelRules): boolean {
  if (!rules.isKnown) return false;
  if (type === "enabled") return rules.thinking === "none" || !rules.takesBudget;
  return type === "adaptive" && rules.thinking !== "adaptive";
}

const NEWEST: ModelRules = {
  sampling: "none",
  isKnown: true,
  thinking: "adaptive",
  takesBudget: false,
  systemTurns: true,
  alwaysThinks: false,
  efforts: ["low", "medium", "high", "xhigh", "max"],
  structuredOutput: true,
};
const ADAPTIVE: ModelRules = {
  ...NEWEST,
  sampling: "one",
  takesBudget: true,
  systemTurns: false,
  efforts: ["low", "medium", "high", "max"],
};
const BUDGET: ModelRules = {
  sampling: "all",
  isKnown: true,
  thinking: "budget",
  takesBudget: true,
  systemTurns: false,
  alwaysThinks: false,
  efforts: [],
  structuredOutput: false,
};

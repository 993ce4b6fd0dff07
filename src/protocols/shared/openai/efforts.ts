/**
 * Effort words of OpenAI's models, in both of its protocols. Which model knows which words: the vendor's reference for
 * `reasoning_effort` and its refusals of others (`unsupported_value`), read 2026-11. Models not listed get low, medium
 * and high, which every vendor with the member knows.
 */

import type { IrReasoningConfig } from "../../../ir/request.ts";
import type { Losses } from "../losses.ts";

/** From least to most. */
const ORDER = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;
type Effort = (typeof ORDER)[number];

export interface KnownEfforts {
  /** None: the model does not reason, and refuses the member. */
  readonly words: readonly Effort[];
  readonly listed: boolean;
}

export type EffortRow = { readonly models: RegExp; readonly words: readonly Effort[] };

/** `name`: without the vendor in front, lower case. `own`: rows of one protocol, after the common ones. */
export function effortsOf(name: string, own: readonly EffortRow[]): KnownEfforts {
  const row = [...EFFORTS, ...own].find(({ models }) => models.test(name));
  return row === undefined ? { words: ["low", "medium", "high"], listed: false } : { words: row.words, listed: true };
}

/** Null: the model decides anyway. */
export function wantedEffort({ mode, effort, budgetTokens }: IrReasoningConfig): Effort | null {
  if (mode === "disabled") return "none";
  if (effort !== null) return ORDER.find((word) => word === effort) ?? "medium";
  if (budgetTokens !== null) {
    if (budgetTokens <= LOW_TOKENS_MAX) return "low";
    return budgetTokens <= MEDIUM_TOKENS_MAX ? "medium" : "high";
  }
  return mode === "enabled" ? "medium" : null;
}

/** Never turns thinking off for who asked for some. Ties go to less thinking: it costs less. */
function nearestWord(wanted: Effort, words: readonly Effort[]): Effort {
  const rank = ORDER.indexOf(wanted);
  const some = words.filter((word) => wanted === "none" || word !== "none");
  const byDistance = some.toSorted((a, b) => Math.abs(ORDER.indexOf(a) - rank) - Math.abs(ORDER.indexOf(b) - rank));
  return byDistance[0] ?? wanted;
}

const LOW_TOKENS_MAX = 4096;
const MEDIUM_TOKENS_MAX = 16_384;

/** First match wins. */
const EFFORTS: readonly EffortRow[] = [
  { models: /^(gpt-3|gpt-4|chatgpt|gpt-[5-9][.\d]*-chat|gpt-audio|gpt-realtime)/, words: [] },
  { models: /^gpt-5-pro/, words: ["high"] },
  { models: /^gpt-5(-(mini|nano|\d{4}).*)?$/, words: ["minimal", "low", "medium", "high"] },
  { models: /^gpt-5-codex/, words: ["low", "medium", "high"] },
  { models: /^gpt-5\.1-codex-max/, words: ["none", "low", "medium", "high", "xhigh"] },
  { models: /^gpt-5\.1/, words: ["none", "low", "medium", "high"] },
  { models: /^gpt-5\.[2-5]/, words: ["none", "low", "medium", "high", "xhigh"] },
  { models: /^gpt-(5\.[6-9]|[6-9])/, words: ["none", "low", "medium", "high", "xhigh", "max"] },
];

/** The word nearest to what is asked for; null: none is written. `member`: how a loss calls it. */
export function writeEffort(
  config: IrReasoningConfig,
  { words, listed }: KnownEfforts,
  member: string,
  losses: Losses,
): string | null {
  const wanted = wantedEffort(config);
  // A model that cannot think takes no word that turns thinking off.
  if (wanted === null || (wanted === "none" && words.length === 0)) return null;
  if (words.length === 0) {
    losses.drop("reasoning", "the model does not reason");
    return null;
  }
  if (wanted === "none" && !words.includes("none") && !listed) {
    losses.drop("reasoning", "whether this model can stop reasoning is not known");
    return null;
  }
  const effort = nearestWord(wanted, words);
  const asked = config.effort ?? (config.mode === "disabled" ? "none" : null);
  if (effort !== asked) losses.approximate("reasoning", `written as ${member} ${effort}`);
  return effort;
}

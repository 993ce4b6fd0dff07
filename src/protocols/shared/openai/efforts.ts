/**
 * How much to think, in the words of OpenAI's two protocols.
 *
 * | asked for | written |
 * |---|---|
 * | an effort word | that word, or the nearest one the model knows |
 * | a budget up to 4,096 / 16,384 / more tokens | low / medium / high |
 * | enabled with neither | medium, the vendor's own default |
 * | adaptive with neither | nothing: the model decides anyway |
 * | disabled | none, or the least the model knows |
 *
 * Which model knows which words is a fact of its dialect; unknown ones get low, medium and high, which every vendor with
 * the member knows.
 */

import { type Dialect, EFFORTS, type Effort } from "../../../ir/dialect.ts";
import type { IrReasoningConfig } from "../../../ir/request.ts";
import type { Losses } from "../losses.ts";

/** Null: the model decides anyway. */
export function wantedEffort({ mode, effort, budgetTokens }: IrReasoningConfig): Effort | null {
  if (mode === "disabled") return "none";
  if (effort !== null) return EFFORTS.find((word) => word === effort) ?? "medium";
  if (budgetTokens !== null) {
    if (budgetTokens <= LOW_TOKENS_MAX) return "low";
    return budgetTokens <= MEDIUM_TOKENS_MAX ? "medium" : "high";
  }
  return mode === "enabled" ? "medium" : null;
}

/** Never turns thinking off for who asked for some. Ties go to less thinking: it costs less. */
function nearestWord(wanted: Effort, words: readonly Effort[]): Effort {
  const rank = EFFORTS.indexOf(wanted);
  const some = words.filter((word) => wanted === "none" || word !== "none");
  const byDistance = some.toSorted((a, b) => Math.abs(EFFORTS.indexOf(a) - rank) - Math.abs(EFFORTS.indexOf(b) - rank));
  return byDistance[0] ?? wanted;
}

const LOW_TOKENS_MAX = 4096;
const MEDIUM_TOKENS_MAX = 16_384;

/** Of a model that nothing is known of. */
const COMMON = ["low", "medium", "high"] as const;

/** The word nearest to what is asked for; null: none is written. `member`: how a loss calls it. */
export function writeEffort(
  config: IrReasoningConfig,
  efforts: Dialect["efforts"],
  member: string,
  losses: Losses,
): string | null {
  const words = efforts ?? COMMON;
  const wanted = wantedEffort(config);
  // A model that cannot think takes no word that turns thinking off.
  if (wanted === null || (wanted === "none" && words.length === 0)) return null;
  if (words.length === 0) {
    losses.drop("reasoning", "the model does not reason");
    return null;
  }
  if (wanted === "none" && efforts === null) {
    losses.drop("reasoning", "whether this model can stop reasoning is not known");
    return null;
  }
  const effort = nearestWord(wanted, words);
  const asked = config.effort ?? (config.mode === "disabled" ? "none" : null);
  if (effort !== asked) losses.approximate("reasoning", `written as ${member} ${effort}`);
  return effort;
}

/**
 * How much to think: budgets and other protocols' words into `reasoning_effort`.
 *
 * | asked for | written |
 * |---|---|
 * | an effort word | that word, or the nearest one the model knows |
 * | a budget up to 4,096 / 16,384 / more tokens | low / medium / high |
 * | enabled with neither | medium, the vendor's own default |
 * | adaptive with neither | nothing: the model decides anyway |
 * | disabled | none, or the least the model knows |
 *
 * Which model knows which words: the vendor's reference for `reasoning_effort` and its refusals of others
 * (`unsupported_value`), read 2026-11. Models not listed get low, medium and high, which every vendor with the member knows.
 */
import { approximated, dropped, type Loss } from "../../ir/loss.ts";
import type { IrReasoningConfig } from "../../ir/request.ts";
import { type EffortRow, effortsOf, type KnownEfforts, nearestEffort, wantedEffort } from "../shared/openai/efforts.ts";
import type { WireEffort } from "./wire.ts";

export function writeEffort(
  config: IrReasoningConfig,
  upstreamModel: string,
): { readonly effort: WireEffort | null; readonly losses: readonly Loss[] } {
  const { words, listed } = knownEfforts(upstreamModel);
  const losses: Loss[] = [];
  if (config.display !== null && config.display !== "omitted") {
    losses.push(dropped("reasoning.display", "the provider decides what it shows of its reasoning"));
  }
  const wanted = wantedEffort(config);
  // A model that cannot think needs no telling not to.
  if (wanted === null || (wanted === "none" && words.length === 0)) return { effort: null, losses };
  if (words.length === 0) {
    losses.push(dropped("reasoning", "the model does not reason"));
    return { effort: null, losses };
  }
  if (wanted === "none" && !words.includes("none") && !listed) {
    losses.push(dropped("reasoning", "whether this model can stop reasoning is not known"));
    return { effort: null, losses };
  }
  const effort = nearestEffort(wanted, words);
  if (effort !== (config.effort ?? (config.mode === "disabled" ? "none" : null)))
    losses.push(approximated("reasoning", `written as reasoning_effort ${effort}`));
  return { effort, losses };
}

/** True for OpenAI's models that take `max_completion_tokens` only; compatible vendors know `max_tokens`. */
export function isNewModel(upstreamModel: string): boolean {
  return NEW_MODEL.test(bareName(upstreamModel));
}

function knownEfforts(upstreamModel: string): KnownEfforts {
  return effortsOf(bareName(upstreamModel), OWN_EFFORTS);
}

/** Aggregators put the vendor in front: `openai/gpt-5`. */
function bareName(upstreamModel: string): string {
  return upstreamModel.slice(upstreamModel.lastIndexOf("/") + 1).toLowerCase();
}

const NEW_MODEL = /^(o\d|gpt-[5-9]|chatgpt)/;

const OWN_EFFORTS: readonly EffortRow[] = [{ models: /^(o\d|gpt-oss)/, words: ["low", "medium", "high"] }];

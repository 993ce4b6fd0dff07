/**
 * How much to think: budgets and other protocols' words into `reasoning.effort`, and whose thoughts come sealed.
 *
 * | asked for | written |
 * |---|---|
 * | an effort word | that word, or the nearest one the model knows |
 * | a budget up to 4,096 / 16,384 / more tokens | low / medium / high |
 * | enabled with neither | medium, the vendor's own default |
 * | adaptive with neither | nothing: the model decides anyway |
 * | disabled | none, or the least the model knows |
 *
 * Which model knows which words: the vendor's reference for `reasoning.effort` and its refusals of others
 * (`unsupported_value`), read 2026-11. Models not listed get low, medium and high, which every vendor with the member knows.
 */
import { approximated, dropped, type Loss } from "../../ir/loss.ts";
import type { IrReasoningConfig } from "../../ir/request.ts";
import type { JsonObject } from "../../std/json.ts";
import { type EffortRow, effortsOf, type KnownEfforts, nearestEffort, wantedEffort } from "../shared/openai/efforts.ts";

export interface WrittenReasoning {
  /** null: no member is written. */
  readonly reasoning: JsonObject | null;
  readonly losses: readonly Loss[];
}

export function writeReasoning(config: IrReasoningConfig, upstreamModel: string): WrittenReasoning {
  const { words, listed } = knownEfforts(upstreamModel);
  const losses: Loss[] = [];
  const wanted = wantedEffort(config);
  // A model that cannot think needs no telling not to.
  if (words.length === 0) {
    if (wanted !== null && wanted !== "none") losses.push(dropped("reasoning", "the model does not reason"));
    return { reasoning: null, losses };
  }
  const summary = wantedSummary(config, losses);
  if (wanted === "none" && !words.includes("none") && !listed) {
    losses.push(dropped("reasoning", "whether this model can stop reasoning is not known"));
    return { reasoning: null, losses };
  }
  const effort = wanted === null ? null : nearestEffort(wanted, words);
  if (effort !== null && effort !== (config.effort ?? (config.mode === "disabled" ? "none" : null))) {
    losses.push(approximated("reasoning", `written as effort ${effort}`));
  }
  if (effort === null && summary === null) return { reasoning: null, losses };
  return {
    reasoning: { ...(effort === null ? {} : { effort }), ...(summary === null ? {} : { summary }) },
    losses,
  };
}

/** True for models known to reason: they alone give their thoughts sealed, and the vendor refuses to be asked by others. */
export function isReasoningModel(upstreamModel: string): boolean {
  const { words, listed } = knownEfforts(upstreamModel);
  return listed && words.length > 0;
}

/** A summary is only asked for when the client asked to see something: the vendor wants a verified account for it. */
function wantedSummary({ display }: IrReasoningConfig, losses: Loss[]): string | null {
  if (display === null || display === "omitted") return null;
  if (SUMMARIES.has(display)) return display;
  losses.push(approximated("reasoning.display", "written as a summary of the vendor's choice"));
  return "auto";
}

function knownEfforts(upstreamModel: string): KnownEfforts {
  return effortsOf(bareName(upstreamModel), OWN_EFFORTS);
}

/** Aggregators put the vendor in front: `openai/gpt-5`, `openai.gpt-oss-20b`. */
function bareName(upstreamModel: string): string {
  return upstreamModel
    .slice(upstreamModel.lastIndexOf("/") + 1)
    .toLowerCase()
    .replace(/^openai\./, "");
}

const SUMMARIES: ReadonlySet<string> = new Set(["auto", "concise", "detailed"]);

const OWN_EFFORTS: readonly EffortRow[] = [{ models: /^(o\d|codex-mini|gpt-oss)/, words: ["low", "medium", "high"] }];

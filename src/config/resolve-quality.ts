/** A quality gate as the exchange reads it. */
import { DEFAULT_EVALUATORS, type EvaluatorSettings, QUALITY_DEFAULTS, type QualitySettings } from "../ir/quality.ts";
import type { ConfigEvaluator, ConfigQuality } from "./schema-quality.ts";

/** `cap`: further lanes after the first, which bounds the answers there are to grade. null: there is no gate. */
export function resolveQuality(written: ConfigQuality | undefined, cap: number): QualitySettings | null {
  if (written === undefined) return null;
  return {
    threshold: written.threshold ?? QUALITY_DEFAULTS.threshold,
    attempts: Math.min(written.attempts ?? QUALITY_DEFAULTS.attempts, cap + 1),
    onBelow: written.on_below === "return_best" ? "return-best" : "next",
    evaluators: evaluatorsOf(written.evaluators),
  };
}

export function evaluatorsOf(written: ConfigQuality["evaluators"]): readonly EvaluatorSettings[] {
  return written === undefined ? DEFAULT_EVALUATORS : written.map(evaluatorOf);
}

function evaluatorOf(written: ConfigEvaluator): EvaluatorSettings {
  switch (written.kind) {
    case "structural":
      return { kind: "structural" };
    case "heuristic":
      return { kind: "heuristic", version: written.version === 1 ? 1 : 2 };
    case "judge":
      return {
        kind: "judge",
        model: written.model ?? "",
        minScore: written.min_score ?? QUALITY_DEFAULTS.judgeMinScore,
        rubric: written.rubric ?? null,
        timeoutMs: written.timeout_ms ?? QUALITY_DEFAULTS.judgeTimeoutMs,
      };
  }
}

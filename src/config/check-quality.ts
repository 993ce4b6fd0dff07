/** A quality gate that can let an answer pass, made of evaluators that have the keys of their kind. */
import { type EvaluatorKind, QUALITY_DEFAULTS, reachableScore } from "../ir/quality.ts";
import type { Findings } from "./findings.ts";
import type { Path } from "./problem.ts";
import { evaluatorsOf } from "./resolve-quality.ts";
import type { ConfigEvaluator, ConfigQuality } from "./schema-quality.ts";

/** Keys beside `kind`. */
const KEYS_OF: Readonly<Record<EvaluatorKind, readonly string[]>> = {
  structural: [],
  heuristic: ["version"],
};

interface GatePlace {
  readonly path: Path;
  /** Further lanes after the first. */
  readonly cap: number;
  /** What the answers are about. */
  readonly task: string;
}

export function checkQuality(
  quality: ConfigQuality | undefined,
  { path, cap, task }: GatePlace,
  findings: Findings,
): void {
  if (quality === undefined) return;
  for (const [at, each] of (quality.evaluators ?? []).entries()) checkKeys(each, [...path, "evaluators", at], findings);
  if (quality.attempts !== undefined && quality.attempts > cap + 1) {
    const message = `is ${quality.attempts}, and failover.cap lets at most ${cap + 1} lanes answer; lower it or raise the cap`;
    findings.error([...path, "attempts"], message);
  }
  const threshold = quality.threshold ?? QUALITY_DEFAULTS.threshold;
  const most = reachableScore(evaluatorsOf(quality.evaluators), task);
  if (threshold > most) {
    const where = quality.threshold === undefined ? path : [...path, "threshold"];
    findings.error(
      where,
      `is ${threshold}, and these evaluators give an answer in words at most ${most}, so none would pass; lower it or add one`,
    );
  }
}

function checkKeys(evaluator: ConfigEvaluator, path: Path, findings: Findings): void {
  for (const key of Object.keys(evaluator)) {
    if (key === "kind" || KEYS_OF[evaluator.kind].includes(key)) continue;
    findings.error([...path, key], `is not a key of the evaluator ${evaluator.kind}; remove it`);
  }
}

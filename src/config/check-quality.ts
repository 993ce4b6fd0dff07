/** A quality gate that can let an answer pass, made of evaluators that have the keys of their kind. */
import { type EvaluatorKind, QUALITY_DEFAULTS, reachableScore } from "../ir/quality.ts";
import type { CheckInput, Findings } from "./findings.ts";
import type { Path } from "./problem.ts";
import { evaluatorsOf } from "./resolve-quality.ts";
import type { ConfigEvaluator, ConfigQuality } from "./schema-quality.ts";

/** Keys beside `kind`. */
const KEYS_OF: Readonly<Record<EvaluatorKind, readonly string[]>> = {
  structural: [],
  heuristic: ["version"],
  judge: ["model", "min_score", "rubric", "timeout_ms"],
};

interface GatePlace {
  readonly path: Path;
  /** Further lanes after the first. */
  readonly cap: number;
  /** What the answers are about. */
  readonly task: string;
  /** Models whose answers they are. */
  readonly members: readonly string[];
  readonly keepsProvider: boolean;
}

export function checkQuality(
  quality: ConfigQuality | undefined,
  place: GatePlace,
  input: CheckInput,
  findings: Findings,
): void {
  if (quality === undefined) return;
  const { path, cap, task } = place;
  for (const [at, each] of (quality.evaluators ?? []).entries()) {
    const here = [...path, "evaluators", at];
    checkKeys(each, here, findings);
    if (each.kind === "judge") checkJudge(each, { path: here, place, input }, findings);
  }
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

interface JudgePlace {
  readonly path: Path;
  readonly place: GatePlace;
  readonly input: CheckInput;
}

/** A judge is another model than those it judges, and it gets to see every prompt it is asked about. */
function checkJudge(
  { model }: ConfigEvaluator,
  { path, place, input: { config, names } }: JudgePlace,
  findings: Findings,
): void {
  if (model === undefined) {
    findings.error(path, "names no model; add model, the name of one that grades the answers");
    return;
  }
  const here = [...path, "model"];
  if (!names.models.has(model) && !names.pools.has(model)) {
    findings.unknown(here, "is under models and pools neither", model, [...names.models, ...names.pools]);
    return;
  }
  const judges = modelsOf(model, config);
  const own = judges.find((each) => place.members.includes(each));
  if (own !== undefined) {
    findings.error(here, `would grade answers of its own: ${own} is in this pool; name another model`);
  }
  const providers = providersOf(place.members, config);
  const others = [...providersOf(judges, config)].filter((provider) => !providers.has(provider));
  if (others.length === 0) return;
  const seenBy = others.join(", ");
  if (place.keepsProvider) {
    const message = `is served by ${seenBy}, and failover.keep: [provider] promises that no other provider sees a prompt`;
    findings.error(here, message);
  } else findings.warn(here, `sends prompts and answers of this pool to ${seenBy} as well`);
}

function modelsOf(name: string, { models, pools }: CheckInput["config"]): readonly string[] {
  if (Object.hasOwn(models, name)) return [name];
  const pool = pools !== undefined && Object.hasOwn(pools, name) ? pools[name] : undefined;
  return (pool?.members ?? []).map(({ target }) => target);
}

function providersOf(names: readonly string[], { models }: CheckInput["config"]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => (Object.hasOwn(models, name) ? [models[name]?.provider ?? ""] : [])));
}

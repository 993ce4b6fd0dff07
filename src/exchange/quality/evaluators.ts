/** The table of evaluators, one line each, and how their opinions become one grade. */
import { clampScore, type EvaluatorSettings, type Grade } from "../../ir/quality.ts";
import { unreachable } from "../../std/unreachable.ts";
import type { Asking, Evaluators, Opinion, Subject } from "./evaluator.ts";
import { heuristic } from "./heuristic.ts";
import { judge } from "./judge.ts";
import { structural } from "./structural.ts";

const EVALUATORS: Evaluators = {
  structural,
  heuristic,
  judge,
};

type Graded = Pick<Grade, "score" | "reasons">;

interface Grading extends Omit<Asking, "score"> {
  readonly subject: Subject;
  readonly evaluators: readonly EvaluatorSettings[];
}

/** No promise where every opinion is known at once. */
export function grade(grading: Grading): Graded | Promise<Graded> {
  return gradeFrom(grading, 0, { score: null, reasons: [] });
}

interface SoFar {
  readonly score: number | null;
  readonly reasons: readonly string[];
}

function gradeFrom(grading: Grading, from: number, given: SoFar): Graded | Promise<Graded> {
  let soFar = given;
  for (const [at, settings] of grading.evaluators.entries()) {
    if (at < from) continue;
    const opinion = ask(grading, settings, soFar.score);
    if (opinion instanceof Promise) {
      const before = soFar;
      return opinion.then((later) => {
        const next = withOpinion(before, settings, later);
        return isUnfit(later) ? done(next) : gradeFrom(grading, at + 1, next);
      });
    }
    soFar = withOpinion(soFar, settings, opinion);
    if (isUnfit(opinion)) return done(soFar);
  }
  return done(soFar);
}

function ask(grading: Grading, settings: EvaluatorSettings, score: number | null): Opinion | Promise<Opinion> {
  const { subject } = grading;
  const asking: Asking = { ...grading, score };
  switch (settings.kind) {
    case "structural":
      return EVALUATORS.structural(subject, settings, asking);
    case "heuristic":
      return EVALUATORS.heuristic(subject, settings, asking);
    case "judge":
      return EVALUATORS.judge(subject, settings, asking);
    default:
      return unreachable(settings);
  }
}

const isUnfit = ({ kind }: Opinion): boolean => kind === "unfit";

function withOpinion({ score, reasons }: SoFar, { kind }: EvaluatorSettings, opinion: Opinion): SoFar {
  switch (opinion.kind) {
    case "none":
      return { score, reasons: opinion.reason === undefined ? reasons : [...reasons, `${kind}: ${opinion.reason}`] };
    case "unfit":
      return { score: 0, reasons: [...reasons, `${kind}: ${opinion.reason}`] };
    case "score":
      return { score: clampScore(opinion.score), reasons: [...reasons, `${kind}: ${clampScore(opinion.score)}`] };
    default:
      return unreachable(opinion);
  }
}

/** Nothing was said against it. */
function done({ score, reasons }: SoFar): Graded {
  return { score: score ?? 1, reasons };
}

/**
 * What an answer must be worth before it may reach the client, and how that is found out. The tables of the heuristic are
 * data here, because the configuration compares a threshold with what they can reach.
 */

export interface QualitySettings {
  /** 0 to 1. */
  readonly threshold: number;
  /** Answers graded for one request, at most. */
  readonly attempts: number;
  /** What the client gets where no answer reaches the threshold: a refusal, or the best of them. */
  readonly onBelow: "next" | "return-best";
  /** In the order they are asked. */
  readonly evaluators: readonly EvaluatorSettings[];
}

export type EvaluatorSettings = StructuralSettings | HeuristicSettings | JudgeSettings;
export type EvaluatorKind = EvaluatorSettings["kind"];

export const EVALUATOR_KINDS = ["structural", "heuristic", "judge"] as const satisfies readonly EvaluatorKind[];

export interface StructuralSettings {
  readonly kind: "structural";
}

export interface HeuristicSettings {
  readonly kind: "heuristic";
  readonly version: HeuristicVersion;
}

export interface JudgeSettings {
  readonly kind: "judge";
  /** A configured name. */
  readonly model: string;
  /** It is asked about answers between this score and the threshold, and where no score was given. */
  readonly minScore: number;
  /** What it grades by; null: a text of ours. */
  readonly rubric: string | null;
  readonly timeoutMs: number;
}

/** Of one verdict, at most: a question, an answer and a rubric of 32 KB and 8 KB; thirty tokens, and reasoning before them. */
export const JUDGE_TOKENS = { inputTokens: 20_000, outputTokens: 2_048 } as const;

/** How long all evaluators together may take: each has a bound of its own, and none is asked beside another. */
export function gradingMsMax(evaluators: readonly EvaluatorSettings[]): number {
  let sumMs = GRADING_MS_MIN;
  for (const each of evaluators) if (each.kind === "judge") sumMs += each.timeoutMs;
  return sumMs;
}

const GRADING_MS_MIN = 1_000;

/** How the settings of one request stand where its client asks for a threshold and the target has no gate of its own. */
export const DEFAULT_EVALUATORS: readonly EvaluatorSettings[] = [
  { kind: "structural" },
  { kind: "heuristic", version: 2 },
];

export const QUALITY_DEFAULTS = { threshold: 0.72, attempts: 3, judgeMinScore: 0.55, judgeTimeoutMs: 20_000 } as const;

/** What one answer came to. */
export interface Grade {
  readonly score: number;
  readonly threshold: number;
  /** What the evaluators found, in their order. */
  readonly reasons: readonly string[];
  /** No other answer is graded for this request. */
  readonly isLast: boolean;
  /** Too low, and it may be served all the same where no answer is better. */
  readonly mayStandIn: boolean;
}

export function isPassing({ score, threshold }: Pick<Grade, "score" | "threshold">): boolean {
  return score >= threshold;
}

// ---------------------------------------------------------------- the heuristic's tables

/** What each sign adds to the score of a text. */
interface HeuristicWeights {
  readonly start: number;
  /** Under 40 characters. */
  readonly short: number;
  /** `short` counts only where the question is long itself. */
  readonly shortForLongQuestions: boolean;
  /** From 120 characters on. */
  readonly medium: number;
  /** From 400 characters on, beside `medium`. */
  readonly long: number;
  readonly refusal: number;
  /** Where a phrase of refusal counts: in any place, or at the beginning of an answer that is short. */
  readonly refusalAt: "anywhere" | "beginning";
  /** The same line again and again. */
  readonly repeats: number;
  /** A block of code that never ends. */
  readonly unclosed: number;
  readonly code: { readonly fenced: number; readonly unfenced: number; readonly path: number };
  readonly research: { readonly link: number };
}

export const HEURISTICS = {
  /** The arithmetic of the router that this one imports from. A plain text cannot reach more than 0.7 by it. */
  1: {
    start: 0.35,
    short: -0.2,
    shortForLongQuestions: false,
    medium: 0.15,
    long: 0.2,
    refusal: -0.7,
    refusalAt: "anywhere",
    repeats: 0,
    unclosed: 0,
    code: { fenced: 0.25, unfenced: -0.3, path: 0.05 },
    research: { link: 0.1 },
  },
  /** Looks for signs of a bad answer: a short answer to a short question is none. */
  2: {
    start: 0.8,
    short: -0.3,
    shortForLongQuestions: true,
    medium: 0.1,
    long: 0.1,
    refusal: -0.7,
    refusalAt: "beginning",
    repeats: -0.5,
    unclosed: -0.2,
    code: { fenced: 0.1, unfenced: -0.25, path: 0.05 },
    research: { link: 0.1 },
  },
} as const satisfies Record<number, HeuristicWeights>;

type HeuristicVersion = keyof typeof HEURISTICS;

/** The most a text can get for a task. */
function heuristicMax(version: HeuristicVersion, task: string): number {
  const { start, medium, long, code, research } = HEURISTICS[version];
  const ofTask = task === "code" ? code.fenced + code.path : task === "research" ? research.link : 0;
  return clampScore(start + medium + long + ofTask);
}

export function clampScore(score: number): number {
  // To a millionth: sums of tenths are compared with thresholds.
  return Math.min(1, Math.max(0, Math.round(score * 1e6) / 1e6));
}

/** The most that an answer in words can get. A threshold above it lets none pass. */
export function reachableScore(evaluators: readonly EvaluatorSettings[], task: string): number {
  let score: number | null = null;
  for (const each of evaluators) {
    switch (each.kind) {
      case "structural":
        break;
      case "heuristic":
        score = heuristicMax(each.version, task);
        break;
      case "judge":
        if (score === null || score >= each.minScore) score = 1;
        break;
    }
  }
  return score ?? 1;
}

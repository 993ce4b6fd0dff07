/** The best of the answers whose grade was too low: it is served where nothing better comes and that is allowed. */
import type { Lane } from "../ir/deployment.ts";
import type { BegunOutcome, FailedOutcome } from "./answer/outcome.ts";
import type { Attempt } from "./attempt.ts";

export interface StandIn {
  readonly lane: Lane;
  readonly attempt: Attempt;
  readonly outcome: BegunOutcome;
  readonly score: number;
}

/** Of equals the first. */
export function betterStandIn(
  best: StandIn | null,
  { lane, attempt, failed }: { readonly lane: Lane; readonly attempt: Attempt; readonly failed: FailedOutcome },
): StandIn | null {
  const { graded } = failed;
  const { grade } = attempt;
  if (graded === undefined || grade === null || !grade.mayStandIn) return best;
  if (best !== null && best.score >= grade.score) return best;
  // Its upstream was let go: what was held is all of it.
  const outcome = graded.kind === "streaming" ? { ...graded, closed: true } : graded;
  return { lane, attempt, outcome, score: grade.score };
}

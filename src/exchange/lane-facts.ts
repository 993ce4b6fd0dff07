/** How lanes stand, as `/stats` and the metrics show it. */
import type { Deployment } from "../ir/deployment.ts";
import type { LaneFacts } from "../observability/stats.ts";
import type { HealthLabel } from "../routing/condition.ts";
import type { Health } from "../routing/health.ts";
import { lanesOf } from "../routing/readiness.ts";

/** Routing's facts in the words of `/stats`, one entry per lane with a cell for every target it serves. */
export function laneFactsOf(deployment: Deployment, health: Health, nowMs: number): LaneFacts[] {
  const targets = Object.values(deployment.targets);
  return Object.values(deployment.lanes).map((lane) => {
    const facts = health.facts(lane, nowMs);
    const serving = targets.filter((target) => lanesOf(target).includes(lane.id));
    const conditions = serving.map((target) => ({ target, condition: health.condition(target, lane, nowMs) }));
    return {
      lane: lane.id,
      inflight: facts.inflight,
      ok: facts.ok,
      err: facts.err,
      clientFault: facts.clientFault,
      usable: conditions.some(({ condition }) => condition.eligible),
      label: worstLabel(conditions.map(({ condition }) => condition.label)),
      hardOut: conditions.some(({ condition }) => condition.because === "hard-out") ? facts.failure : null,
      waitRemainingMs: facts.cooldownMs,
      budgetLeft: facts.requestsLeft,
      quotas: facts.quotas,
      cells: conditions.map(({ target, condition }) => ({
        target: target.name,
        state:
          condition.because === "breaker-open" ? "open" : condition.because === "half-open" ? "half-open" : "closed",
        usable: condition.eligible,
        cooldownRemainingMs: condition.untilMs === null ? 0 : Math.max(0, condition.untilMs - nowMs),
        streak: facts.streak,
      })),
    };
  });
}

/** Worst first; a lane is shown as it stands where it stands worst. */
const LABELS_WORST_FIRST = [
  "disabled",
  "auth-failed",
  "exhausted",
  "rate-limited",
  "cooling-down",
  "pressure",
  "unknown",
  "healthy",
] as const satisfies readonly HealthLabel[];

function worstLabel(labels: readonly HealthLabel[]): HealthLabel {
  return LABELS_WORST_FIRST.find((label) => labels.includes(label)) ?? "unknown";
}

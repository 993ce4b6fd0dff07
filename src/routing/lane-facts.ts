/** How lanes stand, as `/stats` and the metrics show it: one entry a lane, with a cell for every target it serves. */
import type { Target } from "../ir/deployment.ts";
import { HEALTH_LABELS, type HealthLabel, type LaneFacts } from "../ir/lane-facts.ts";
import { answersLeft, conditionOf, type LanePage, standings } from "./book.ts";
import { quotasLeft } from "./quota.ts";
import type { Slots } from "./slots.ts";
import { isOut } from "./standing.ts";

export function factsOf(page: LanePage, serving: readonly Target[], slots: Slots, nowMs: number): LaneFacts {
  const cells = [...page.cells.values()];
  const out = standings(page).find((each) => isOut(each, nowMs));
  const ends = [
    ...cells.map((each) => (each.kind === "closed" ? nowMs : each.untilMs)),
    ...standings(page).map((each) => (each.kind === "free" ? nowMs : each.untilMs)),
  ];
  const streak = Math.max(0, ...cells.map((cell) => cell.streak));
  const conditions = serving.map((target) => ({ target, condition: conditionOf(page, target, slots, nowMs) }));
  const isHardOut = conditions.some(({ condition }) => condition.because === "hard-out");
  return {
    lane: page.lane.id,
    inflight: page.inflight,
    ok: page.ok,
    err: page.err,
    clientFault: page.clientFault,
    usable: conditions.some(({ condition }) => condition.eligible),
    label: worstLabel(conditions.map(({ condition }) => condition.label)),
    hardOut: isHardOut && out?.kind === "out" ? out.failure.kind : null,
    waitRemainingMs: Math.max(0, ...ends.map((each) => each - nowMs)),
    budgetLeft: answersLeft(page),
    cells: conditions.map(({ target, condition: { because, eligible, untilMs } }) => ({
      target: target.name,
      state: because === "breaker-open" ? "open" : because === "half-open" ? "half-open" : "closed",
      usable: eligible,
      cooldownRemainingMs: untilMs === null ? 0 : Math.max(0, untilMs - nowMs),
      streak,
    })),
    quotas: quotasLeft(page, nowMs),
  };
}

/** A lane is shown as it stands where it stands worst. */
function worstLabel(labels: readonly HealthLabel[]): HealthLabel {
  return HEALTH_LABELS.findLast((label) => labels.includes(label)) ?? "unknown";
}

/** How lanes stand, as `/stats` and the metrics show it: one entry a lane, with a cell for every target it serves. */
import type { Target } from "../ir/deployment.ts";
import { HEALTH_LABELS, type HealthLabel, type LaneFacts } from "../ir/lane-facts.ts";
import { answersLeft, conditionOf, type LaneState, outagesOf } from "./health-state.ts";
import { isOut } from "./outage.ts";
import { quotasLeft } from "./quota.ts";
import type { Slots } from "./slots.ts";

export function factsOf(state: LaneState, serving: readonly Target[], slots: Slots, nowMs: number): LaneFacts {
  const cells = [...state.cells.values()];
  const out = outagesOf(state).find((each) => isOut(each, nowMs));
  const ends = [
    ...cells.map((each) => (each.kind === "closed" ? nowMs : each.untilMs)),
    ...outagesOf(state).map((each) => (each.kind === "free" ? nowMs : each.untilMs)),
  ];
  const streak = Math.max(0, ...cells.map((cell) => cell.streak));
  const conditions = serving.map((target) => ({ target, condition: conditionOf(state, target, slots, nowMs) }));
  const isHardOut = conditions.some(({ condition }) => condition.because === "hard-out");
  return {
    lane: state.lane.id,
    inflight: state.inflight,
    ok: state.ok,
    err: state.err,
    clientFault: state.clientFault,
    usable: conditions.some(({ condition }) => condition.eligible),
    label: worstLabel(conditions.map(({ condition }) => condition.label)),
    ...(state.lane.parked === true ? { isParked: true as const } : {}),
    ...(state.lane.notListedSinceMs === undefined ? {} : { notListedSinceMs: state.lane.notListedSinceMs }),
    disabledBy: isHardOut && out?.kind === "out" ? out.failure.kind : null,
    waitRemainingMs: Math.max(0, ...ends.map((each) => each - nowMs)),
    budgetLeft: answersLeft(state),
    cells: conditions.map(({ target, condition: { because, eligible, untilMs } }) => ({
      target: target.name,
      state: because === "breaker-open" ? "open" : because === "half-open" ? "half-open" : "closed",
      usable: eligible,
      cooldownRemainingMs: untilMs === null ? 0 : Math.max(0, untilMs - nowMs),
      streak,
    })),
    quotas: quotasLeft(state, nowMs),
  };
}

/** A lane is shown as it stands where it stands worst. */
function worstLabel(labels: readonly HealthLabel[]): HealthLabel {
  return HEALTH_LABELS.findLast((label) => labels.includes(label)) ?? "unknown";
}

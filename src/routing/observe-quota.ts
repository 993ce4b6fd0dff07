/** What a vendor told of its limits, taken into the health state: labels may change, and no lane is left out. */
import type { QuotaFact } from "../ir/quota.ts";
import type { Change } from "./condition.ts";
import { type AccountState, type LaneState, labelEverywhere } from "./health-state.ts";
import { pressedForMs, takeQuota } from "./quota.ts";

/** One change for each lane whose label it changed. */
export function observeQuotas(state: LaneState, facts: readonly QuotaFact[], nowMs: number): Change[] {
  const concerned = facts.some(({ scope }) => scope === "account") ? state.account.lanes : [state];
  return relabelled(concerned, "quota", nowMs, () => {
    const { pressureBelow } = state.lane;
    for (const fact of facts) {
      takeQuota(fact.scope === "lane" ? state.quotas : state.account.quotas, fact, nowMs, pressureBelow);
    }
  });
}

/** An account that has reached the soft part of a cap is under pressure until the cap's window ends. */
export function demoteAccount({ quotas, lanes }: AccountState, untilMs: number, nowMs: number): Change[] {
  return relabelled(lanes, "cap", nowMs, () => {
    quotas.cappedUntilMs = untilMs;
  });
}

function relabelled(lanes: readonly LaneState[], because: string, nowMs: number, change: () => void): Change[] {
  const before = lanes.map((each) => labelEverywhere(each, nowMs));
  change();
  return lanes.flatMap((each, index) => {
    const [from, to] = [before[index] ?? "unknown", labelEverywhere(each, nowMs)];
    if (from === to) return [];
    const forMs = to === "pressure" ? pressedForMs(each, nowMs) : null;
    return [{ target: null, lane: each.lane.id, from, to, because, forMs }];
  });
}

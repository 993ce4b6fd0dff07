/** Whether anything can be served now. */
import type { Deployment } from "../ir/deployment.ts";
import type { Health } from "./health.ts";
import { lanesOf } from "./target.ts";

/** True while a lane of any target may serve, or would if it had a free slot. */
export function hasUsableLane(deployment: Deployment, health: Pick<Health, "condition">, nowMs: number): boolean {
  return Object.values(deployment.targets).some((target) =>
    lanesOf(target).some((id) => {
      const lane = deployment.lanes[id];
      if (lane === undefined) return false;
      const { eligible, full } = health.condition(target, lane, nowMs);
      return eligible || full;
    }),
  );
}

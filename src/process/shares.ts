/** Divides what a deployment allows as a whole among workers that do not talk about it. */
import type { Deployment, Lane } from "../ir/deployment.ts";

/**
 * The floor for everybody and the remainder for the first. A worker needs at least one slot to serve at all, so a cap
 * smaller than the number of workers is exceeded in total: by at most one request per worker.
 */
export function shareOf(deployment: Deployment, worker: { readonly index: number; readonly of: number }): Deployment {
  if (worker.of === 1) return deployment;
  const part = (whole: number): number => {
    const floor = Math.floor(whole / worker.of);
    return worker.index === 0 ? whole - floor * (worker.of - 1) : floor;
  };
  const lanes = Object.entries(deployment.lanes).map(([id, lane]): [string, Lane] => [
    id,
    {
      ...lane,
      slots: { ...lane.slots, max: Math.max(1, part(lane.slots.max)) },
      queue: { ...lane.queue, max: lane.queue.max === 0 ? 0 : Math.max(1, part(lane.queue.max)) },
      maxRequests: lane.maxRequests === null ? null : part(lane.maxRequests),
    },
  ]);
  return { ...deployment, lanes: Object.fromEntries(lanes) };
}

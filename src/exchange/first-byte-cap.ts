/** How long one lane may keep a request waiting while others could still serve it in time. */
import type { Lane, Target } from "../ir/deployment.ts";
import type { World } from "./contract.ts";
import type { SharedState } from "./shared-state.ts";

interface CappedRun {
  readonly world: Pick<World, "effects">;
  readonly shared: Pick<SharedState, "health">;
  readonly deadlineMs: number;
}

/** Of what is left of the failover deadline, while another lane could still serve within it. */
const FIRST_BYTE_SHARE = 2 / 3;
/** A lane is not given up sooner for the sake of another. */
const FIRST_BYTE_CAP_MS_MIN = 10_000;

/**
 * How long one lane may keep a request waiting for its first byte. By default the deadline is as long as the limit for
 * a first byte. Without a cap a silent lane would use all of it, and no other lane would be tried.
 */
export function firstByteCapOf({ world, shared, deadlineMs }: CappedRun, target: Target, lane: Lane): number {
  const now = world.effects.nowMs();
  const capMs = Math.max(FIRST_BYTE_CAP_MS_MIN, Math.floor((deadlineMs - now) * FIRST_BYTE_SHARE));
  if (target.select !== "ordered") return capMs;
  // Each recovery is tried by a request that another lane could serve. A slow lane gets twice the time the next time.
  const { probing, failedTests } = shared.health.condition(target, lane, now);
  return probing ? Math.min(capMs, FIRST_BYTE_CAP_MS_MIN * 2 ** failedTests) : capMs;
}

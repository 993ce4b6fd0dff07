/** Whether another lane served than the one meant for the request: the one that has its session, else the one asked first. */
import { isSameModel } from "../ir/canonical.ts";
import { isKnownToServe, type Needs, TIERS } from "../ir/capability.ts";
import type { Lane } from "../ir/deployment.ts";
import type { LaneSwitch } from "../ir/record.ts";
import type { LaneChoice } from "../routing/decide.ts";

export interface IntendedLane {
  readonly id: string;
  /** Why it did not serve: the failure, or why it was left out; null: it may. */
  reason: string | null;
}

type Lanes = Readonly<Record<string, Lane>>;

/** `stuckTo`: the lane that has the session; null: none. null: no lane is meant for it yet. */
export function intendedLane(stuckTo: string | null, { pick, left }: LaneChoice, lanes: Lanes): IntendedLane | null {
  if (stuckTo === null || stuckTo === pick?.id) return pick === null ? null : { id: pick.id, reason: null };
  // Neither picked nor left out: it has yet to show that it is back.
  const standing = Object.hasOwn(lanes, stuckTo) ? "half-open" : "removed";
  return { id: stuckTo, reason: left.find(({ lane }) => lane === stuckTo)?.because ?? standing };
}

/** null: the lane that was meant served. */
export function laneSwitch(
  intended: IntendedLane | null,
  served: Lane,
  { lanes, needs }: { readonly lanes: Lanes; readonly needs: Needs },
): LaneSwitch | null {
  if (intended === null || intended.id === served.id) return null;
  const meant = Object.hasOwn(lanes, intended.id) ? lanes[intended.id] : undefined;
  const tier = tierOf(meant, served);
  const told = { from: intended.id, to: served.id, reason: intended.reason ?? "full", tier };
  return isUnverified(meant, served, needs) ? { ...told, unverified: true } : told;
}

/** The operator lets it stand in although it is not known to be able. */
function isUnverified(meant: Lane | undefined, served: Lane, needs: Needs): boolean {
  if (served.unknown !== "allow" || (meant !== undefined && isSameModel(meant, served))) return false;
  return !isKnownToServe(needs, served.capabilities);
}

function tierOf(meant: Lane | undefined, served: Lane): LaneSwitch["tier"] {
  if (meant === undefined) return "unknown";
  if (meant.model === served.model || isSameModel(meant, served)) return "same";
  const [before, after] = [meant.capabilities.tier, served.capabilities.tier];
  if (before === null || after === null) return "unknown";
  const step = TIERS.indexOf(after) - TIERS.indexOf(before);
  return step === 0 ? "same" : step > 0 ? "up" : "down";
}

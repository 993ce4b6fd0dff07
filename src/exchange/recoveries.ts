/**
 * The end of a cooldown, a wait or a hard-out is a change that no exchange makes: time does. Whoever folds transitions
 * is told of it when it happens, and not when the next request happens to look.
 */
import type { Deployment } from "../ir/deployment.ts";
import type { Change, HealthLabel } from "../routing/index.ts";
import type { Cancel, Effects } from "../std/effects.ts";
import type { Standing } from "./standing.ts";

export interface Recoveries {
  /** Changes that last for a time. */
  watch(changes: readonly Change[]): void;
  stop(): void;
}

/** Labels that end by themselves. */
const PASSING: ReadonlySet<HealthLabel> = new Set<HealthLabel>([
  "cooling-down",
  "rate-limited",
  "exhausted",
  "auth-failed",
]);

export function createRecoveries(options: {
  readonly deployment: Deployment;
  readonly effects: Pick<Effects, "nowMs" | "setTimer">;
  readonly standing: Standing;
}): Recoveries {
  const { deployment, effects, standing } = options;
  /** One for each cell and one for each lane at most; a later change of the same replaces it. */
  const timers = new Map<string, Cancel>();

  const tell = ({ target: name, lane: id, to: from }: Change): void => {
    const lane = deployment.lanes[id];
    const target = name === null ? targetOf(deployment, id) : deployment.targets[name];
    if (lane === undefined || target === undefined) return;
    const to = standing.health.label(target, lane, effects.nowMs());
    // Out again or still out for another reason: that was told by whoever put it out.
    if (PASSING.has(to)) return;
    standing.onChanges(target, [{ target: name, lane: id, from, to, because: "cooldown ended", forMs: null }]);
  };
  return {
    watch(changes) {
      for (const change of changes) {
        const key = JSON.stringify([change.target, change.lane]);
        timers.get(key)?.();
        timers.delete(key);
        if (change.forMs === null || !PASSING.has(change.to)) continue;
        timers.set(
          key,
          effects.setTimer(change.forMs, () => {
            timers.delete(key);
            tell(change);
          }),
        );
      }
    },
    stop() {
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

/** Any that it serves: what concerns the lane everywhere shows in each. */
function targetOf({ targets }: Deployment, lane: string): Deployment["targets"][string] | undefined {
  return Object.values(targets).find(({ members }) => members.some(({ lanes }) => lanes.includes(lane)));
}

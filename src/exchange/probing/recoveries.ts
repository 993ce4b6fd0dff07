/**
 * The end of a cooldown, a wait or a hard-out is a change that time makes and no exchange. The sinks of
 * transitions are told when it happens, not when the next request looks.
 */

import type { Deployment } from "../../ir/deployment.ts";
import type { HealthLabel } from "../../ir/lane-facts.ts";
import type { Change } from "../../routing/condition.ts";
import type { Cancel, Effects } from "../../std/effects.ts";
import type { SharedState } from "../shared-state.ts";

export interface Recoveries {
  /** Changes that last for a time. */
  watch(changes: readonly Change[]): void;
  /** What is watched already is told there, if its lane and target still exist. */
  reconfigure(place: RecoveryPlace): void;
  stop(): void;
}

/** What ended, where it was no cooldown. */
const ENDED: Readonly<Partial<Record<HealthLabel, string>>> = { pressure: "quota" };

/** Labels that end by themselves and that only an attempt gives. Pressure ends by itself too, but it takes no lane out. */
const OUT: ReadonlySet<HealthLabel> = new Set<HealthLabel>([
  "cooling-down",
  "rate-limited",
  "exhausted",
  "auth-failed",
]);

interface RecoveryPlace {
  readonly deployment: Deployment;
  readonly shared: SharedState;
}

export function createRecoveries(options: {
  readonly effects: Pick<Effects, "nowMs" | "setTimer">;
  readonly place: RecoveryPlace;
}): Recoveries {
  const { effects } = options;
  let { deployment, shared } = options.place;
  /** One for each cell and one for each lane at most; a later change of the same replaces it. */
  const timers = new Map<string, Cancel>();

  const tell = ({ target: name, lane: id, to: from }: Change): void => {
    const lane = deployment.lanes[id];
    const target = name === null ? targetOf(deployment, id) : deployment.targets[name];
    if (lane === undefined || target === undefined) return;
    const to = shared.health.label(target, lane, effects.nowMs());
    // Out again, or still out for another reason: the change that put it out has told that.
    if (OUT.has(to)) return;
    const forMs = to === "pressure" ? shared.health.pressedForMs(lane, effects.nowMs()) : null;
    const change: Change = { target: name, lane: id, from, to, because: ENDED[from] ?? "cooldown ended", forMs };
    // Still under pressure, by what was told since.
    if (to === from) watch([change]);
    else shared.onChanges([change]);
  };
  const watch = (changes: readonly Change[]): void => {
    for (const change of changes) {
      const key = JSON.stringify([change.target, change.lane]);
      timers.get(key)?.();
      timers.delete(key);
      if (change.forMs === null || !(OUT.has(change.to) || change.to === "pressure")) continue;
      timers.set(
        key,
        effects.setTimer(change.forMs, () => {
          timers.delete(key);
          tell(change);
        }),
      );
    }
  };
  return {
    watch,
    reconfigure(place) {
      ({ deployment, shared } = place);
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

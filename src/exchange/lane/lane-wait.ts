/** One wait for a lane, whatever it waits for: a slot, the end of a cooldown or a window, another request's test. Never polls. */
import type { Lane } from "../../ir/deployment.ts";
import type { Cancel } from "../../std/effects.ts";
import type { World } from "../contract.ts";
import type { ClientCall } from "../request/call.ts";
import type { SharedState } from "../shared-state.ts";

/** What may end a wait. */
interface LaneWait {
  /** Lanes whose slots are all taken, first come first served. */
  readonly full: readonly Lane[];
  /** Ids of lanes that may come back at a moment that is not known. */
  readonly changing: ReadonlySet<string>;
  /** The earliest moment at which a lane comes back by itself; null: none does. */
  readonly backAtMs: number | null;
  /** The wait ends here in any case. */
  readonly untilMs: number;
}

/** woken: look again. late: nothing changed in time. abandoned: the client left. */
export type LaneWaitEnd = "woken" | "late" | "abandoned";

interface Waiting {
  readonly world: Pick<World, "effects">;
  readonly shared: Pick<SharedState, "health" | "waiters">;
  readonly call: Pick<ClientCall, "signal">;
}

export function waitForLane({ world, shared, call }: Waiting, wait: LaneWait): Promise<LaneWaitEnd> {
  const { effects } = world;
  const { full, changing, backAtMs, untilMs } = wait;
  const isBackInTime = backAtMs !== null && backAtMs <= untilMs;
  return new Promise((resolve) => {
    const cancels: Cancel[] = [];
    const finish = (end: LaneWaitEnd): void => {
      for (const cancel of cancels) cancel();
      call.signal.removeEventListener("abort", onAbort);
      resolve(end);
    };
    const onAbort = (): void => finish("abandoned");
    const wake = (): void => finish("woken");
    if (full.length > 0) cancels.push(shared.health.onFree(full, wake));
    if (changing.size > 0) cancels.push(shared.waiters.onChange(changing, wake));
    // A timer rounds down, and a lane that is looked at too soon is still out.
    const forMs = Math.ceil((isBackInTime ? backAtMs : untilMs) - effects.nowMs());
    cancels.push(effects.setTimer(Math.max(0, forMs), () => finish(isBackInTime ? "woken" : "late")));
    call.signal.addEventListener("abort", onAbort, { once: true });
  });
}

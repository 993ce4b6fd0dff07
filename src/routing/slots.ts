/**
 * Concurrency: how many attempts each slot group has under way, and who waits for a slot, first come first served. A
 * group belongs to a model or to an account; lanes that name it share it.
 */
import type { Lane } from "../ir/deployment.ts";
import type { Cancel } from "../std/effects.ts";

export interface Slots {
  hasFree(lane: Lane): boolean;
  /** False when none is free. */
  take(lane: Lane): boolean;
  /** Wakes the first in line, and a further one for each slot that lies free beside. */
  give(lane: Lane): void;
  /** A cancel from inside `wake` only says "heard". One that comes later passes an unused slot to the next in line. */
  onFree(lanes: readonly Lane[], wake: () => void): Cancel;
  /** The limits of these lanes from now on. Slots in use and requests in line stay; a higher limit wakes the first in line. */
  reconfigure(lanes: readonly Lane[]): void;
}

interface SlotGroup {
  max: number;
  used: number;
  /** A Set iterates in order of arrival. */
  readonly waiters: Set<Waiter>;
}

interface Waiter {
  readonly groups: readonly SlotGroup[];
  readonly wake: () => void;
}

export function createSlots(lanes: readonly Lane[]): Slots {
  let groups = new Map<string, SlotGroup>();

  const groupOf = ({ slots }: Lane): SlotGroup => {
    const known = groups.get(slots.group);
    if (known !== undefined) return known;
    // An exchange that began before its lane was taken out of the configuration may still come back to it.
    const made: SlotGroup = { max: slots.max, used: 0, waiters: new Set() };
    groups.set(slots.group, made);
    return made;
  };
  const reconfigure = (next: readonly Lane[]): void => {
    const known = groups;
    groups = new Map([...known].filter(([, { used, waiters }]) => used > 0 || waiters.size > 0));
    const limited = new Set<SlotGroup>();
    for (const lane of next) {
      const group = groupOf(lane);
      // Lanes of a group state one limit; should they differ, the smaller one harms no vendor.
      group.max = limited.has(group) ? Math.min(group.max, lane.slots.max) : lane.slots.max;
      limited.add(group);
    }
    for (const group of limited) wakeForFree(group);
  };

  /** As many of the first in line as there are free slots are called; each leaves every line it stands in. */
  const wakeForFree = (group: SlotGroup): void => {
    if (group.waiters.size === 0) return;
    const first = [...group.waiters].slice(0, Math.max(0, group.max - group.used));
    for (const waiter of first) {
      for (const each of waiter.groups) each.waiters.delete(waiter);
      waiter.wake();
    }
  };

  reconfigure(lanes);
  return {
    hasFree: (lane) => isFree(groupOf(lane)),
    take(lane) {
      const group = groupOf(lane);
      if (!isFree(group)) return false;
      group.used++;
      return true;
    },
    give(lane) {
      const group = groupOf(lane);
      if (group.used === 0) throw new Error(`a slot of ${lane.slots.group} was given back twice`);
      group.used--;
      wakeForFree(group);
    },
    onFree(waitedFor, wake) {
      const groups = [...new Set(waitedFor.map(groupOf))];
      let state: "waiting" | "waking" | "woken" | "over" = "waiting";
      const waiter: Waiter = {
        groups,
        wake: () => {
          state = "waking";
          wake();
          if (state === "waking") state = "woken";
        },
      };
      for (const group of groups) group.waiters.add(waiter);
      return () => {
        const before = state;
        state = "over";
        if (before === "waiting") for (const group of groups) group.waiters.delete(waiter);
        // Woken for a slot that was not used after all (client gone, lane gone bad): the next in line may have it.
        if (before === "woken") for (const group of groups) wakeForFree(group);
      };
    },
    reconfigure,
  };
}

function isFree(group: SlotGroup): boolean {
  return group.used < group.max;
}

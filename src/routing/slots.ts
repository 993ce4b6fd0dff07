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
  /** Wakes the first who waits for that group. */
  give(lane: Lane): void;
  onFree(lanes: readonly Lane[], wake: () => void): Cancel;
}

interface Group {
  readonly max: number;
  used: number;
  /** A Set iterates in order of arrival. */
  readonly waiters: Set<Waiter>;
}

interface Waiter {
  readonly groups: readonly Group[];
  readonly wake: () => void;
}

export function createSlots(lanes: readonly Lane[]): Slots {
  const groups = new Map<string, Group>();
  for (const { slots } of lanes) {
    const known = groups.get(slots.group);
    // Lanes of a group state one limit; should they differ, the smaller one harms nobody.
    groups.set(slots.group, { max: Math.min(slots.max, known?.max ?? slots.max), used: 0, waiters: new Set() });
  }

  const groupOf = (lane: Lane): Group => {
    const group = groups.get(lane.slots.group);
    if (group === undefined) throw new Error(`no slot group ${lane.slots.group} in this deployment`);
    return group;
  };

  /** The first in line hears of a free slot; it leaves every line it stands in. null: nobody waits. */
  const wakeFirst = (group: Group): void => {
    for (const waiter of group.waiters) {
      for (const each of waiter.groups) each.waiters.delete(waiter);
      waiter.wake();
      return;
    }
  };

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
      wakeFirst(group);
    },
    onFree(waitedFor, wake) {
      const waiter: Waiter = { groups: [...new Set(waitedFor.map(groupOf))], wake };
      for (const group of waiter.groups) group.waiters.add(waiter);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        const wasWoken = !waiter.groups.some((group) => group.waiters.delete(waiter));
        for (const group of waiter.groups) {
          group.waiters.delete(waiter);
          // Woken for a slot that was not used after all (client gone, lane gone bad): the next in line may have it.
          if (wasWoken && isFree(group)) wakeFirst(group);
        }
      };
    },
  };
}

function isFree(group: Group): boolean {
  return group.used < group.max;
}

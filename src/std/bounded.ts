/** Collections that cannot grow without end: a least-recently-used map with an age limit, and a ring of the newest. */

interface BoundedMap<K, V> {
  /** Undefined when absent or too old. A hit makes the entry the most recently used; it does not make it younger. */
  get(key: K, nowMs: number): V | undefined;
  /** Makes room by dropping the least recently used entry. Setting a key again restarts its age. */
  set(key: K, value: V, nowMs: number): void;
  /** True when there was an entry. */
  delete(key: K): boolean;
  /** Entries held, those that are too old but not yet dropped included. */
  size(): number;
  /** Entries that are not too old, least recently used first. */
  entries(nowMs: number): [K, V][];
}

/** `ttlMs` is the age at which an entry is gone; null keeps it until it is pushed out. */
export function createBoundedMap<K, V>(entriesMax: number, ttlMs: number | null): BoundedMap<K, V> {
  assertPositive(entriesMax);
  // A Map iterates in insertion order, so re-inserting on use keeps the oldest use first.
  const slots = new Map<K, { value: V; setMs: number }>();
  const isOld = (setMs: number, nowMs: number) => ttlMs !== null && nowMs - setMs >= ttlMs;
  return {
    get(key, nowMs) {
      const slot = slots.get(key);
      if (slot === undefined) return undefined;
      slots.delete(key);
      if (isOld(slot.setMs, nowMs)) return undefined;
      slots.set(key, slot);
      return slot.value;
    },
    set(key, value, nowMs) {
      slots.delete(key);
      if (slots.size >= entriesMax) {
        for (const oldest of slots.keys()) {
          slots.delete(oldest);
          break;
        }
      }
      slots.set(key, { value, setMs: nowMs });
    },
    delete: (key) => slots.delete(key),
    size: () => slots.size,
    entries(nowMs) {
      const live: [K, V][] = [];
      for (const [key, slot] of slots) if (!isOld(slot.setMs, nowMs)) live.push([key, slot.value]);
      return live;
    },
  };
}

interface WeighedMap<V> {
  /** Undefined when absent or too old. A hit makes the entry the most recently used; it does not make it younger. */
  get(key: string, nowMs: number): V | undefined;
  /** Makes room by dropping the least recently used entries. One that is heavier than the whole map may be is not kept. */
  set(key: string, value: V, nowMs: number): void;
  size(): number;
  weight(): number;
}

/** As a bounded map, with a bound on the sum of weights beside. */
export function createWeighedMap<V>(bounds: {
  readonly entriesMax: number;
  readonly weightMax: number;
  readonly ttlMs: number;
  readonly weigh: (value: V) => number;
}): WeighedMap<V> {
  const { entriesMax, weightMax, ttlMs, weigh } = bounds;
  const slots = new Map<string, { readonly value: V; readonly setMs: number; readonly weight: number }>();
  let total = 0;
  const drop = (key: string): void => {
    total -= slots.get(key)?.weight ?? 0;
    slots.delete(key);
  };
  return {
    get(key, nowMs) {
      const slot = slots.get(key);
      if (slot === undefined) return undefined;
      if (nowMs - slot.setMs >= ttlMs) {
        drop(key);
        return undefined;
      }
      slots.delete(key);
      slots.set(key, slot);
      return slot.value;
    },
    set(key, value, nowMs) {
      drop(key);
      const weight = weigh(value);
      if (weight > weightMax) return;
      for (const oldest of slots.keys()) {
        if (slots.size < entriesMax && total + weight <= weightMax) break;
        drop(oldest);
      }
      slots.set(key, { value, setMs: nowMs, weight });
      total += weight;
    },
    size: () => slots.size,
    weight: () => total,
  };
}

export interface Ring<T> {
  /** Pushes out the oldest item when full. */
  push(item: T): void;
  /** Newest first. */
  list(): T[];
  size(): number;
}

export function createRing<T>(max: number): Ring<T> {
  assertPositive(max);
  const items: T[] = [];
  let next = 0; // where the next item goes; once the ring is full, also the oldest item
  return {
    push(item) {
      items[next] = item;
      next = (next + 1) % max;
    },
    list() {
      return [...items.slice(next), ...items.slice(0, next)].reverse();
    },
    size: () => items.length,
  };
}

function assertPositive(max: number): void {
  if (!Number.isSafeInteger(max) || max < 1) throw new RangeError(`a bound must be a whole number above zero: ${max}`);
}

/** Where each session was served last: a lane by target and session, until it has been quiet for its time. In memory, in each worker for itself. */
import type { Target } from "../ir/deployment.ts";
import { createBoundedMap } from "../std/bounded.ts";

export interface Sessions {
  /** Lane id; null: the session is new, or was quiet for too long. */
  laneOf(target: Target, key: string, nowMs: number): string | null;
  /** The session was served there; its time begins anew. */
  served(target: Target, key: string, laneId: string, nowMs: number): void;
  /** Sessions remembered. */
  size(): number;
}

/** The one quiet for longest is forgotten first. About 300 bytes each. */
export const SESSIONS_MAX = 20_000;

interface Place {
  readonly lane: string;
  readonly servedMs: number;
}

export function createSessions(): Sessions {
  const places = createBoundedMap<string, Place>(SESSIONS_MAX, null);
  return {
    laneOf({ name, affinity }, key, nowMs) {
      const id = idOf(name, key);
      const place = places.get(id, nowMs);
      if (place === undefined || affinity === null) return null;
      if (nowMs - place.servedMs < affinity.ttlMs) return place.lane;
      places.delete(id);
      return null;
    },
    served: ({ name }, key, lane, nowMs) => places.set(idOf(name, key), { lane, servedMs: nowMs }, nowMs),
    size: () => places.size(),
  };
}

function idOf(target: string, key: string): string {
  return `${key}/${target}`;
}

/** What a worker knows of a lease it holds: how much room there is, who stands on it, and what the writer last told. */
import type { Grant, HoldName } from "./store.ts";

export interface Lease {
  readonly hold: HoldName;
  /** Less than nothing: more was spent than was leased. */
  room: number;
  /** Requests that stand on it. */
  standing: number;
  usedMs: number;
  endsWallMs: number | null;
  limit: number | null;
  left: number;
  resetAtMs: number | null;
  warn: number | null;
}

export function newLease({ amount, period, endsWallMs }: Grant): Lease {
  return {
    hold: { amount, period },
    room: 0,
    standing: 0,
    usedMs: 0,
    endsWallMs,
    limit: null,
    left: 0,
    resetAtMs: null,
    warn: null,
  };
}

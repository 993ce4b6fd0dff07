/**
 * The rank of lanes that may all serve: pin, health, sort key, least recently used, stable id. Same inputs, same order.
 * For a session its own choice stands in the place of use, so that a new one finds the same lane in every worker.
 */
import type { Lane } from "../../ir/deployment.ts";
import type { HealthLabel } from "../../ir/lane-facts.ts";
import { byAffinity } from "../affinity.ts";
import type { Candidate } from "./policy.ts";

export function byRank(candidates: readonly Candidate[], affinityKey: string | null): readonly Candidate[] {
  if (candidates.length < 2) return candidates;
  if (affinityKey === null) return candidates.toSorted(standAlike(candidates) ? compareUse : compareRank);
  const chosen = byAffinity(affinityKey, candidates, { id: ({ lane }) => lane.id, weight: () => 1 });
  return chosen.toSorted(compareStanding);
}

function compareRank(one: Candidate, other: Candidate): number {
  return compareStanding(one, other) || compareUse(one, other);
}

function compareUse(one: Candidate, other: Candidate): number {
  return usedMs(one) - usedMs(other) || (comesFirst(one.lane, other.lane) ? -1 : 1);
}

/** Where nothing else tells lanes apart. */
export function comesFirst(one: Lane | undefined, other: Lane | undefined): boolean {
  return one !== undefined && other !== undefined && one.id < other.id;
}

/** No label ranks before it. */
export function isWell({ label }: Pick<Candidate, "label">): boolean {
  return HEALTH_RANK[label] === 0;
}

/** As a pool of many well accounts does, where only use tells them apart. */
function standAlike(candidates: readonly Candidate[]): boolean {
  const [first] = candidates;
  return first === undefined || candidates.every((each) => compareStanding(first, each) === 0);
}

function compareStanding(one: Candidate, other: Candidate): number {
  return (
    Number(isPreferred(other)) - Number(isPreferred(one)) ||
    HEALTH_RANK[one.label] - HEALTH_RANK[other.label] ||
    one.lane.sortKey - other.lane.sortKey
  );
}

/** A pin holds while its lane is well, or nothing is known of it yet: a fresh start has no healthy lane. */
function isPreferred({ lane, label }: Candidate): boolean {
  return lane.pinned && (label === "healthy" || label === "unknown");
}

/** Far in the past, but finite: two that were never used must compare as equal. */
export const NEVER_USED_MS = -Number.MAX_SAFE_INTEGER;

function usedMs(candidate: Candidate): number {
  return candidate.lastUsedMs ?? NEVER_USED_MS;
}

/**
 * Unknown ranks with healthy: nothing stands against it, and a lane back from a cooldown would otherwise never be asked
 * again while another is healthy. Its test costs one request, which fails over. The labels after `pressure` belong to
 * lanes that are not offered, except the last one, which is compared with none.
 */
const HEALTH_RANK = {
  healthy: 0,
  unknown: 0,
  pressure: 1,
  "cooling-down": 2,
  "rate-limited": 3,
  exhausted: 4,
  "auth-failed": 5,
  disabled: 6,
} as const satisfies Record<HealthLabel, number>;

/** How a lane stands, as routing tells it and `/stats`, metrics and displays show it. */
import type { FailureKind } from "./failure.ts";
import type { QuotaFact } from "./quota.ts";

/** For people, from best to worst; derived, and decided on for the order of lanes alone. `pressure`: little is left of a vendor's limit. */
export const HEALTH_LABELS = [
  "healthy",
  "unknown",
  "pressure",
  "cooling-down",
  "rate-limited",
  "exhausted",
  "auth-failed",
  "disabled",
] as const;
export type HealthLabel = (typeof HEALTH_LABELS)[number];

/** One lane over all targets it serves. Counters are since the start of this process. */
export interface LaneFacts {
  readonly lane: string;
  readonly inflight: number;
  /** Attempts: answered, failed by the upstream's fault, refused by the client's. */
  readonly ok: number;
  readonly err: number;
  readonly clientFault: number;
  /** Any cell would admit a request now. */
  readonly usable: boolean;
  /** The worst of all targets. */
  readonly label: HealthLabel;
  /** Why the lane or its account is hard out; null: it is not, also once it has recovered. */
  readonly disabledBy: FailureKind | null;
  /** Taken out of service by the operator. Absent: it is not. */
  readonly isParked?: true;
  /** Its vendor's list lacks it since then; wall clock. Absent: it does not. */
  readonly notListedSinceMs?: number;
  /** Left of the longest cooldown, wait or hard-out; 0: none. */
  readonly waitRemainingMs: number;
  /** Answers it may still give; null: no limit. */
  readonly budgetLeft: number | null;
  readonly cells: readonly CellFacts[];
  /** What is left of its vendor's limits, its account's included; empty: nothing is known. */
  readonly quotas: readonly QuotaLeft[];
}

/** Breaker state of one (pool, lane). */
interface CellFacts {
  readonly target: string;
  readonly state: "closed" | "open" | "half-open";
  readonly usable: boolean;
  readonly cooldownRemainingMs: number;
  /** Most failures in a row in any cell of the lane. */
  readonly streak: number;
}

/** What is left of one limit. */
export interface QuotaLeft {
  readonly window: string;
  readonly scope: QuotaFact["scope"];
  /** 0 to 1. */
  readonly leftShare: number;
  readonly resetsInMs: number;
}

/** The words routing uses for a lane's state: why it is left out, how it stands now, what changed. Types only. */
import type { Lane } from "../ir/deployment.ts";
import type { Failure } from "../ir/failure.ts";
import type { HealthLabel } from "../ir/lane-facts.ts";

/** Why a lane is not offered. The first that holds, in the order of the checks in `decide`. */
export type Exclusion =
  | "disabled" // its member has no weight
  | "not-routed" // configured, but not to be routed to
  | "parked" // taken out of service by the operator
  | "not-listed" // its vendor's list held it and lacks it now
  | "excluded" // named in `failover.exclusions`
  | "other-protocol"
  | "no-operation"
  | "unpriced" // its price is unknown, and only what has a price is used
  | "capped" // its account's caps leave too little for one more
  | "lacks-capability"
  | "data-policy" // it is not known to keep what the request says of its data
  | "held-elsewhere" // it cannot look up what the request refers to
  | "breaks-keep"
  | "budget" // what is left of the caller's budget is too little for it
  | "tried" // earlier in this exchange
  | "too-small" // no more room than a lane that was too small already
  | "used-up" // its lifetime of answers is spent
  | "hard-out"
  | "waiting"
  | "breaker-open"
  | "half-open" // another request is testing it
  | "full";

/** How one lane stands for one target at one moment. */
export interface Condition {
  readonly eligible: boolean;
  /** null: eligible. */
  readonly because: Exclusion | null;
  /** Moment the exclusion ends by itself; null: eligible, or unknown. */
  readonly untilMs: number | null;
  /** What put it out, for `waiting` and `hard-out`; without the bytes of the answer, which belonged to another client. */
  readonly failure: Failure | null;
  /** No slot is free. True beside any other exclusion too. */
  readonly full: boolean;
  /** True when the next attempt would be the one that tests whether it works again, or such a test is under way. */
  readonly probing: boolean;
  /** Tests that its breaker failed since it was last closed. */
  readonly failedTests: number;
  readonly label: HealthLabel;
}

/** One lane's label changed. Folds of transitions take it. */
export interface Change {
  /** Target whose cell it is; null: the lane changed everywhere. */
  readonly target: string | null;
  readonly lane: string;
  readonly from: HealthLabel;
  readonly to: HealthLabel;
  /** Failure kind, "probe", "quota", "cap" or "cooldown ended". */
  readonly because: string;
  /** How long it lasts by itself; null: not by itself. */
  readonly forMs: number | null;
}

/** Why a lane with `routing: false` is left out: the operator's order, or the configuration. */
export function whyNotRouted({ parked }: Pick<Lane, "parked">): Exclusion {
  return parked === true ? "parked" : "not-routed";
}

/**
 * Routing: which lane may serve, in which order, and what is said when none may. It knows cells, waits, hard-outs,
 * slots, weights, ranks and promises; it never opens a connection, reads a clock or rolls dice: those are arguments.
 */
export { affinityKey } from "./affinity.ts";
export type { Change, Condition, Exclusion, HealthLabel } from "./condition.ts";
export { type DecideInput, type Decision, decide, type LeftOut } from "./decide.ts";
export { couldEverServe, leastBad, mayAttemptAgain, type NothingLeft, nothingLeft } from "./failover.ts";
export type { Guard } from "./guard.ts";
export { createHealth, type Health, type LaneFacts } from "./health.ts";
export { satisfiesKeep } from "./keep.ts";
export { POLICIES } from "./policies/index.ts";
export type { ProbeGuard } from "./probing.ts";
export type { QuotaLeft } from "./quota.ts";
export type { Selection } from "./swrr.ts";
export { findTarget } from "./target.ts";

/** What outlives an exchange: health, selection and who waits. Bounded by the configuration. */
import type { Change } from "../routing/condition.ts";
import type { Health } from "../routing/health.ts";
import type { Selection } from "../routing/swrr.ts";

/** What outlives an exchange: bounded by the configuration (one entry per target, one per lane). */
export interface SharedState {
  readonly health: Health;
  readonly selections: Map<string, Selection>;
  readonly lastUsedMs: Map<string, number>;
  onChanges(changes: readonly Change[]): void;
  /** Requests waiting for a slot right now, by target. */
  readonly waiting: Map<string, number>;
  /** The same ones by each model they would take. */
  readonly queued: Map<string, number>;
}

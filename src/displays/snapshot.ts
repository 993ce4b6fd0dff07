/**
 * What displays show: a fold of records and transitions into a few figures per lane. Its size is fixed by the
 * deployment, whatever the traffic.
 */
import type { Deployment } from "../ir/deployment.ts";
import { inputTokens } from "../ir/usage.ts";
import type { AttemptRecord, ExchangeRecord } from "../observability/record.ts";
import type { Sink } from "../observability/sinks.ts";
import type { Transition } from "../observability/transition.ts";

/** The health label of a lane, from best to worst. */
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

export interface LaneSnapshot {
  readonly lane: string;
  readonly provider: string;
  readonly account: string;
  readonly model: string;
  readonly label: HealthLabel;
  /** Requests this lane answered, in part or whole. */
  readonly served: number;
  /** Of everything served, 0 to 1; null: nothing was served yet. */
  readonly share: number | null;
  /** Attempts that failed, breaks in the middle included. */
  readonly failures: number;
  /** Requests that went on to another lane after this one failed. */
  readonly failovers: number;
  readonly tokens: number;
  /** Of the answers with a known price; null: there was none. */
  readonly costNanos: number | null;
  /** Requests served per second, over the last ten. */
  readonly perSecond: number;
}

export interface Snapshot {
  readonly wallMs: number;
  /** In the order of the configuration; lanes that are not routed to are left out. */
  readonly lanes: readonly LaneSnapshot[];
  /** Newest first, at most `TRANSITIONS_MAX`. */
  readonly transitions: readonly Transition[];
  readonly requests: number;
  /** Requests that ended in an error the client saw, its own mistakes excepted. */
  readonly failed: number;
  /** Requests that another lane than the first one answered. */
  readonly rescued: number;
  readonly failovers: number;
  readonly tokens: number;
  /** Of the answers with a known price; null: there was none. */
  readonly costNanos: number | null;
  readonly perSecond: number;
}

export interface SnapshotFold {
  readonly sink: Sink;
  snapshot(wallMs: number): Snapshot;
}

/** Transitions kept for display. */
export const TRANSITIONS_MAX = 8;

/** Rates are means over this many whole seconds. */
const RATE_SECONDS = 10;

export function createSnapshot(deployment: Deployment): SnapshotFold {
  const lanes = new Map(
    Object.values(deployment.lanes)
      .filter((lane) => lane.routing)
      .map((lane) => [lane.id, createLaneFold(lane)]),
  );
  const totals = { requests: 0, failed: 0, rescued: 0, failovers: 0, tokens: 0 };
  let costNanos: number | null = null;
  const rate = createRate();
  let transitions: readonly Transition[] = [];
  return {
    sink: {
      name: "displays",
      record(record) {
        totals.requests += 1;
        totals.failed += isFailed(record) ? 1 : 0;
        totals.rescued += record.outcome === "answered" && record.attempts.length > 1 ? 1 : 0;
        totals.failovers += Math.max(0, record.attempts.length - 1);
        totals.tokens += tokensOf(record);
        costNanos = plus(costNanos, record.costNanos);
        rate.count(record.startedWallMs + record.durationMs);
        for (const [index, attempt] of record.attempts.entries()) {
          lanes.get(attempt.lane)?.attempt(record, attempt, index === record.attempts.length - 1);
        }
      },
      transition(transition) {
        transitions = [transition, ...transitions].slice(0, TRANSITIONS_MAX);
        lanes.get(transition.lane)?.transition(transition);
      },
    },
    snapshot(wallMs) {
      const shown = [...lanes.values()].map((lane) => lane.show(wallMs));
      const served = shown.reduce((sum, lane) => sum + lane.served, 0);
      return {
        wallMs,
        lanes: shown.map((lane) => ({ ...lane, share: served === 0 ? null : lane.served / served })),
        transitions,
        ...totals,
        costNanos,
        perSecond: rate.perSecond(wallMs),
      };
    },
  };
}

interface LaneFold {
  attempt(record: ExchangeRecord, attempt: AttemptRecord, isLast: boolean): void;
  transition(transition: Transition): void;
  show(wallMs: number): Omit<LaneSnapshot, "share">;
}

function createLaneFold(lane: Deployment["lanes"][string]): LaneFold {
  const counts = { served: 0, failures: 0, failovers: 0, tokens: 0 };
  let costNanos: number | null = null;
  const rate = createRate();
  const health = createHealth();
  return {
    attempt(record, attempt, isLast) {
      const isServed = attempt.outcome === "answered" || attempt.outcome === "cut";
      counts.served += isServed ? 1 : 0;
      counts.failures += attempt.outcome === "answered" || attempt.outcome === "abandoned" ? 0 : 1;
      counts.failovers += isLast ? 0 : 1;
      if (attempt.outcome === "answered") health.answered();
      if (isServed) rate.count(record.startedWallMs + record.durationMs);
      if (!isLast) return;
      // Use and money of an exchange belong to the lane whose answer the client had.
      counts.tokens += tokensOf(record);
      costNanos = plus(costNanos, record.costNanos);
    },
    transition: (transition) => health.transition(transition),
    show: (wallMs) => ({
      lane: lane.id,
      provider: lane.provider,
      account: lane.account,
      model: lane.model,
      label: health.label(wallMs),
      ...counts,
      costNanos,
      perSecond: rate.perSecond(wallMs),
    }),
  };
}

/** Unknown and unknown stay unknown. */
function plus(sum: number | null, more: number | null): number | null {
  return sum === null || more === null ? (sum ?? more) : sum + more;
}

function tokensOf({ usage }: ExchangeRecord): number {
  return usage === null ? 0 : (inputTokens(usage) ?? 0) + (usage.outputTokens ?? 0);
}

function isFailed({ outcome, status }: ExchangeRecord): boolean {
  return outcome === "cut" || (outcome !== "client-gone" && status >= 500);
}

// ---------------------------------------------------------------- health

/**
 * A lane has a standing of its own and one in each pool; the worst one is shown. Bounded by the number of pools that
 * hold the lane.
 */
function createHealth() {
  const standings = new Map<string | null, { readonly label: HealthLabel; readonly untilWallMs: number | null }>();
  let isProven = false;
  return {
    answered(): void {
      isProven = true;
    },
    transition({ target, to, wallMs, forMs }: Transition): void {
      const label = HEALTH_LABELS.find((each) => each === to) ?? "unknown";
      // The lane itself has to answer anew after anything that took it out, so "unknown" needs no standing of its own.
      if (target === null && label !== "healthy") isProven = false;
      if (label === "healthy" || (target === null && label === "unknown")) standings.delete(target);
      else standings.set(target, { label, untilWallMs: forMs === null ? null : wallMs + forMs });
    },
    label(wallMs: number): HealthLabel {
      const labels = [...standings.values()].map(
        ({ label, untilWallMs }): HealthLabel =>
          // What lasted until a moment that has passed is over, but nothing has shown yet that the lane is well again.
          untilWallMs !== null && wallMs >= untilWallMs ? "unknown" : label,
      );
      labels.push(isProven ? "healthy" : "unknown");
      return labels.reduce((worst, label) =>
        HEALTH_LABELS.indexOf(label) > HEALTH_LABELS.indexOf(worst) ? label : worst,
      );
    },
  };
}

// ---------------------------------------------------------------- rates

/** Counts per whole second in a ring. A wall clock that jumps back makes a rate wrong for ten seconds, nothing more. */
function createRate() {
  const slots = Array.from({ length: RATE_SECONDS }, () => ({ second: Number.NaN, count: 0 }));
  return {
    count(wallMs: number): void {
      const second = Math.floor(wallMs / 1000);
      const slot = slots[((second % RATE_SECONDS) + RATE_SECONDS) % RATE_SECONDS];
      if (slot === undefined) return;
      slot.count = slot.second === second ? slot.count + 1 : 1;
      slot.second = second;
    },
    perSecond(wallMs: number): number {
      const second = Math.floor(wallMs / 1000);
      const recent = slots.filter((slot) => slot.second > second - RATE_SECONDS && slot.second <= second);
      return recent.reduce((sum, slot) => sum + slot.count, 0) / RATE_SECONDS;
    },
  };
}

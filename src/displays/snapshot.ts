/**
 * What displays show: a fold of records and transitions into a few figures per lane, and of what others know about what
 * is left. Its size is fixed by the deployment, whatever the traffic.
 */
import type { Allowance } from "../ir/allowance.ts";
import type { Deployment } from "../ir/deployment.ts";
import { HEALTH_LABELS, type HealthLabel } from "../ir/lane-facts.ts";
import { type AttemptRecord, type ExchangeRecord, totalOf } from "../ir/record.ts";
import { inputTokens } from "../ir/usage.ts";
import type { Sink } from "../observability/sinks.ts";
import type { Transition } from "../observability/transition.ts";
import { ALLOWANCES_MAX } from "./allowance.ts";
import { createQuotas } from "./quotas.ts";
import { createBurn, createDay, plus, type Spent, type Used } from "./spent.ts";

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
  /** Since the day began: requests this lane answered, and what they came to. */
  readonly today: Spent;
}

/** A pool or model that clients ask for. */
export interface TargetSnapshot {
  readonly name: string;
  readonly kind: "pool" | "model";
  /** None of its lanes takes requests. */
  readonly isOut: boolean;
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
  /** In the order of the configuration; those without a lane that is routed to are left out. */
  readonly targets: readonly TargetSnapshot[];
  readonly today: Spent & { readonly failovers: number; readonly sinceWallMs: number };
  /** Use in the last hour, in equal parts, oldest first. */
  readonly burn: readonly Spent[];
  /** At most `ALLOWANCES_MAX`; empty: none is known. */
  readonly allowances: readonly Allowance[];
  /** Lane that answered last; null: none has. */
  readonly lastLane: string | null;
}

export interface SnapshotOptions {
  /** Asked at every look: what is limited beside the vendors' own quotas, and how much of it is used. */
  readonly allowances?: () => readonly Allowance[];
  /** When the day of a moment began, at which figures of a day begin anew. The day in UTC unless given. */
  readonly dayOf?: (wallMs: number) => number;
}

export interface SnapshotFold {
  readonly sink: Sink;
  snapshot(wallMs: number): Snapshot;
}

const DAY_MS = 86_400_000;

/** Transitions kept for display. */
export const TRANSITIONS_MAX = 8;

/** Rates are means over this many whole seconds. */
const RATE_SECONDS = 10;

/** A lane with one of these takes no requests. */
const OUT: ReadonlySet<HealthLabel> = new Set(["cooling-down", "rate-limited", "exhausted", "auth-failed", "disabled"]);

export function isOut(label: HealthLabel): boolean {
  return OUT.has(label);
}

export function createSnapshot(deployment: Deployment, options: SnapshotOptions = {}): SnapshotFold {
  const dayOf = options.dayOf ?? ((wallMs) => Math.floor(wallMs / DAY_MS) * DAY_MS);
  const lanes = new Map(
    Object.values(deployment.lanes)
      .filter((lane) => lane.routing)
      .map((lane) => [lane.id, createLaneFold(lane, dayOf)]),
  );
  const targets = targetsOf(deployment, new Set(lanes.keys()));
  const totals = { requests: 0, failed: 0, rescued: 0, failovers: 0, tokens: 0 };
  let costNanos: number | null = null;
  const rate = createRate();
  const today = createDay(dayOf);
  const failoversToday = createDay(dayOf);
  const burn = createBurn();
  const quotas = createQuotas();
  let lastLane: string | null = null;
  let transitions: readonly Transition[] = [];
  return {
    sink: {
      name: "displays",
      record(record) {
        totals.requests += 1;
        totals.failed += isFailed(record) ? 1 : 0;
        totals.rescued += record.outcome === "answered" && record.attempts.length > 1 ? 1 : 0;
        totals.failovers += Math.max(0, record.attempts.length - 1);
        const used = usedBy(record);
        totals.tokens += used.tokens;
        costNanos = plus(costNanos, used.costNanos);
        const endedWallMs = record.startedWallMs + record.durationMs;
        rate.count(endedWallMs);
        today.add(endedWallMs, used);
        burn.add(endedWallMs, used);
        for (let more = 1; more < record.attempts.length; more += 1) failoversToday.add(endedWallMs, NOTHING);
        if (record.outcome === "answered") lastLane = record.attempts.at(-1)?.lane ?? lastLane;
        for (const [index, attempt] of record.attempts.entries()) {
          if (lanes.has(attempt.lane)) quotas.take(attempt, endedWallMs);
          const isLast = index === record.attempts.length - 1;
          lanes.get(attempt.lane)?.attempt(record, attempt, isLast ? used : null);
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
      const out = new Set(shown.flatMap((lane) => (isOut(lane.label) ? [lane.lane] : [])));
      return {
        wallMs,
        lanes: shown.map((lane) => ({ ...lane, share: served === 0 ? null : lane.served / served })),
        targets: targets.map(({ name, kind, lanes }) => ({ name, kind, isOut: lanes.every((lane) => out.has(lane)) })),
        today: { ...today.show(wallMs), failovers: failoversToday.show(wallMs).requests, sinceWallMs: dayOf(wallMs) },
        burn: burn.show(wallMs),
        allowances: [...(options.allowances?.() ?? []), ...quotas.show(wallMs)].slice(0, ALLOWANCES_MAX),
        lastLane,
        transitions,
        ...totals,
        costNanos,
        perSecond: rate.perSecond(wallMs),
      };
    },
  };
}

const NOTHING = { tokens: 0, costNanos: null, isPriced: true };

function targetsOf(deployment: Deployment, routed: ReadonlySet<string>) {
  return Object.values(deployment.targets).flatMap(({ name, kind, members, substitutes }) => {
    const lanes = [...members.flatMap((member) => member.lanes), ...substitutes].filter((lane) => routed.has(lane));
    return lanes.length === 0 ? [] : [{ name, kind, lanes }];
  });
}

interface LaneFold {
  /** `used`: by the exchange, whose last attempt this was; null: another one followed. */
  attempt(record: ExchangeRecord, attempt: AttemptRecord, used: Used | null): void;
  transition(transition: Transition): void;
  show(wallMs: number): Omit<LaneSnapshot, "share">;
}

function createLaneFold(lane: Deployment["lanes"][string], dayOf: (wallMs: number) => number): LaneFold {
  const counts = { served: 0, failures: 0, failovers: 0, tokens: 0 };
  let costNanos: number | null = null;
  const rate = createRate();
  const today = createDay(dayOf);
  const health = createHealth();
  return {
    attempt(record, attempt, used) {
      const isServed = attempt.outcome === "answered" || attempt.outcome === "cut";
      counts.served += isServed ? 1 : 0;
      counts.failures += attempt.outcome === "answered" || attempt.outcome === "abandoned" ? 0 : 1;
      counts.failovers += used === null ? 1 : 0;
      if (attempt.outcome === "answered") health.answered(record.target, record.startedWallMs + attempt.startedMs);
      const endedWallMs = record.startedWallMs + record.durationMs;
      if (isServed) rate.count(endedWallMs);
      if (used === null) return;
      if (isServed) today.add(endedWallMs, used);
      // Use and money of an exchange belong to the lane whose answer the client had.
      counts.tokens += used.tokens;
      costNanos = plus(costNanos, used.costNanos);
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
      today: today.show(wallMs),
    }),
  };
}

function usedBy(record: ExchangeRecord): Used {
  const { usage, costNanos } = totalOf(record);
  const tokens = usage === null ? 0 : (inputTokens(usage) ?? 0) + (usage.outputTokens ?? 0);
  return { tokens, costNanos, isPriced: costNanos !== null || tokens === 0 };
}

function isFailed({ outcome, status }: ExchangeRecord): boolean {
  return outcome === "cut" || (outcome !== "client-gone" && status >= 500);
}

// ---------------------------------------------------------------- health

interface LaneStanding {
  readonly label: HealthLabel;
  readonly sinceWallMs: number;
  /** null: it does not end by itself. */
  readonly untilWallMs: number | null;
}

/**
 * A lane has a standing of its own and one in each pool; the worst one is shown. Bounded by the number of pools that
 * hold the lane.
 */
function createHealth() {
  const standings = new Map<string | null, LaneStanding>();
  let isProven = false;
  return {
    answered(target: string, startedWallMs: number): void {
      isProven = true;
      // A worker that knew it to be out may be gone, and the one in its place has nothing to take back.
      for (const each of [null, target]) {
        const standing = standings.get(each);
        if (standing === undefined || standing.label === "pressure") continue;
        if (standing.sinceWallMs < startedWallMs) standings.delete(each);
      }
    },
    transition({ target, to, wallMs, forMs }: Transition): void {
      const label = HEALTH_LABELS.find((each) => each === to) ?? "unknown";
      // The lane itself has to answer anew after anything that took it out, so "unknown" needs no standing of its own.
      if (target === null && label !== "healthy" && label !== "pressure") isProven = false;
      if (label === "healthy" || (target === null && label === "unknown")) standings.delete(target);
      else standings.set(target, { label, sinceWallMs: wallMs, untilWallMs: forMs === null ? null : wallMs + forMs });
    },
    label(wallMs: number): HealthLabel {
      const labels = [...standings.values()].map(({ label, untilWallMs }): HealthLabel => {
        if (untilWallMs === null || wallMs < untilWallMs) return label;
        // What lasted until a moment that has passed is over, but nothing has shown yet that the lane is well again.
        return label === "pressure" ? "healthy" : "unknown";
      });
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

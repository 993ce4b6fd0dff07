/**
 * What is known of every lane and account now: cells, waits, hard-outs, counters. The mutable page the pure steps are
 * written into, and the pure looks at it. Bounded by the configuration: cells are targets times lanes, made when used.
 */
import type { Deployment, Lane, Target } from "../ir/deployment.ts";
import { type Cell, FRESH_CELL, isDue } from "./breaker.ts";
import type { Condition, HealthLabel } from "./condition.ts";
import type { Slots } from "./slots.ts";
import { FREE, isBeingTested, isOut, isTestDue, type OutStanding, type Standing, standingLabel } from "./standing.ts";

export interface Book {
  laneOf(laneId: string): LanePage;
}

export interface LanePage {
  readonly lane: Lane;
  readonly account: AccountPage;
  standing: Standing;
  /** By target name. */
  readonly cells: Map<string, Cell>;
  /** Attempts that hold a slot. */
  inflight: number;
  /** Attempts that have not said yet how they ended; they may still spend a lifetime answer. */
  unreported: number;
  ok: number;
  err: number;
  clientFault: number;
  /** True when it has answered well since it was last put out. */
  proven: boolean;
}

/** One credential at one provider: what is wrong with it is wrong for all its lanes. */
export interface AccountPage {
  standing: Standing;
  readonly lanes: LanePage[];
}

export function createBook(deployment: Deployment): Book {
  const accounts = new Map<string, AccountPage>();
  const lanes = new Map<string, LanePage>();
  for (const lane of Object.values(deployment.lanes)) {
    const accountId = `${lane.provider}/${lane.account}`;
    const account = accounts.get(accountId) ?? { standing: FREE, lanes: [] };
    accounts.set(accountId, account);
    const counters = { inflight: 0, unreported: 0, ok: 0, err: 0, clientFault: 0, proven: false };
    const page: LanePage = { lane, account, standing: FREE, cells: new Map(), ...counters };
    account.lanes.push(page);
    lanes.set(lane.id, page);
  }
  return {
    laneOf(laneId) {
      const page = lanes.get(laneId);
      if (page === undefined) throw new Error(`no lane ${laneId} in this deployment`);
      return page;
    },
  };
}

export function cellOf(page: LanePage, target: Target): Cell {
  return page.cells.get(target.name) ?? FRESH_CELL;
}

/** What weighs most first: a dead account says more than a waiting lane. */
export function standings(page: LanePage): readonly Standing[] {
  return [page.account.standing, page.standing];
}

/** Lifetime answers left; null: no limit. Those that may still be spent by attempts under way are not left. */
export function answersLeft(page: LanePage): number | null {
  const { maxRequests } = page.lane;
  return maxRequests === null ? null : Math.max(0, maxRequests - page.ok - page.unreported);
}

export function conditionOf(page: LanePage, target: Target, slots: Slots, nowMs: number): Condition {
  const cell = cellOf(page, target);
  const full = !slots.hasFree(page.lane);
  const label = labelOf(page, target, nowMs);
  const probing =
    cell.kind === "half-open" || isDue(cell, nowMs) || standings(page).some((each) => isInTest(each, nowMs));
  const without = (
    because: NonNullable<Condition["because"]>,
    untilMs: number | null,
    by: OutStanding | null = null,
  ): Condition => ({
    eligible: false,
    because,
    untilMs,
    failure: by?.failure ?? null,
    full,
    probing,
    label,
  });
  if (!page.lane.routing) return without("not-routed", null);
  if (answersLeft(page) === 0) return without("used-up", null);
  for (const standing of standings(page)) {
    if (isOut(standing, nowMs))
      return without(standing.how === "wait" ? "waiting" : "hard-out", standing.untilMs, standing);
  }
  if (cell.kind !== "closed" && !isDue(cell, nowMs)) {
    return cell.kind === "open" ? without("breaker-open", cell.untilMs) : without("half-open", null);
  }
  if (full) return without("full", null);
  return { eligible: true, because: null, untilMs: null, failure: null, full, probing, label };
}

function isInTest(standing: Standing, nowMs: number): boolean {
  return isTestDue(standing, nowMs) || isBeingTested(standing, nowMs);
}

export function labelOf(page: LanePage, target: Target, nowMs: number): HealthLabel {
  const everywhere = labelEverywhere(page, nowMs);
  return everywhere === "healthy" || everywhere === "unknown"
    ? worse(everywhere, cellLabel(cellOf(page, target), nowMs))
    : everywhere;
}

/** The lane's label as far as no target's cell is concerned. */
export function labelEverywhere(page: LanePage, nowMs: number): HealthLabel {
  if (!page.lane.routing) return "disabled";
  const labels = standings(page).map((each) => (each.kind === "out" ? standingLabel(each, nowMs) : null));
  return (
    labels.find((label) => label !== null && label !== "unknown") ??
    (page.proven && !labels.includes("unknown") ? "healthy" : "unknown")
  );
}

/** Half-open, or open with its cooldown over, is unknown: nobody can tell before the test. */
export function cellLabel(cell: Cell, nowMs: number): HealthLabel {
  if (cell.kind === "closed") return "healthy";
  return cell.kind === "open" && nowMs < cell.untilMs ? "cooling-down" : "unknown";
}

function worse(standing: "healthy" | "unknown", cell: HealthLabel): HealthLabel {
  return cell === "healthy" ? standing : cell;
}

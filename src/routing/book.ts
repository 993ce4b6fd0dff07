/**
 * What is known of every lane and account now: cells, waits, hard-outs, counters. The mutable page the pure steps are
 * written into, and the pure looks at it. Bounded by the configuration: cells are targets times lanes, made when used.
 */

import type { Deployment, Lane, Target } from "../ir/deployment.ts";
import type { HealthLabel } from "../ir/lane-facts.ts";
import { sha256Hex } from "../std/digest.ts";
import { type Cell, FRESH_CELL, isDue } from "./breaker.ts";
import type { Condition } from "./condition.ts";
import { isPressed, newQuotas, type Quotas } from "./quota.ts";
import { noRecentAttempts, type RecentAttempts } from "./recent-attempts.ts";
import type { Slots } from "./slots.ts";
import { FREE, isBeingTested, isOut, isTestDue, type OutStanding, type Standing, standingLabel } from "./standing.ts";

export interface Book {
  laneOf(lane: Lane): LanePage;
  /** `provider/account`; null: no lane of this deployment uses it. */
  accountOf(accountId: string): AccountPage | null;
  lanes(): Iterable<LanePage>;
  accounts(): Iterable<AccountPage>;
  /** Keeps what is known of lanes, cells and accounts that stay, by their identity; everything else goes. */
  reconfigure(deployment: Deployment): void;
}

export interface LanePage {
  /** As the newest deployment has it. */
  lane: Lane;
  account: AccountPage;
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
  readonly quotas: Quotas;
  readonly recent: RecentAttempts;
}

/** One credential at one provider: what is wrong with it is wrong for all its lanes. */
export interface AccountPage {
  /** Its name and a digest of its credential's reference. */
  readonly identity: string;
  standing: Standing;
  lanes: LanePage[];
  readonly quotas: Quotas;
}

export function createBook(deployment: Deployment): Book {
  let accounts = new Map<string, AccountPage>();
  let lanes = new Map<string, LanePage>();
  const accountOf = (lane: Lane, known: ReadonlyMap<string, AccountPage>): AccountPage => {
    const id = `${lane.provider}/${lane.account}`;
    const made = accounts.get(id);
    if (made !== undefined) return made;
    const identity = accountIdentity(lane);
    const before = known.get(id);
    const account =
      before?.identity === identity ? before : { identity, standing: FREE, lanes: [], quotas: newQuotas() };
    account.lanes = [];
    accounts.set(id, account);
    return account;
  };
  const pageOf = (lane: Lane, knownLanes: ReadonlyMap<string, LanePage>, account: AccountPage): LanePage => {
    const page = knownLanes.get(lane.id) ?? newPage(lane, account);
    page.lane = lane;
    page.account = account;
    account.lanes.push(page);
    lanes.set(lane.id, page);
    return page;
  };
  const book: Book = {
    // An exchange that began before its lane was taken out of the configuration may still look at it.
    laneOf: (lane) => lanes.get(lane.id) ?? pageOf(lane, lanes, accountOf(lane, accounts)),
    accountOf: (accountId) => accounts.get(accountId) ?? null,
    lanes: () => lanes.values(),
    accounts: () => accounts.values(),
    reconfigure(next) {
      const [knownLanes, knownAccounts] = [lanes, accounts];
      lanes = new Map();
      accounts = new Map();
      for (const lane of Object.values(next.lanes)) {
        const page = pageOf(lane, knownLanes, accountOf(lane, knownAccounts));
        for (const target of page.cells.keys()) if (!Object.hasOwn(next.targets, target)) page.cells.delete(target);
      }
    },
  };
  book.reconfigure(deployment);
  return book;
}

function newPage(lane: Lane, account: AccountPage): LanePage {
  const counters = { inflight: 0, unreported: 0, ok: 0, err: 0, clientFault: 0, proven: false };
  return {
    lane,
    account,
    standing: FREE,
    cells: new Map(),
    quotas: newQuotas(),
    recent: noRecentAttempts(),
    ...counters,
  };
}

const DIGEST_CHARS = 16;

/** What is known of an account ends with its credential. The digest of where that is kept tells one from another. */
function accountIdentity({ provider, account, credential }: Lane): string {
  return `${provider}/${account} ${sha256Hex(JSON.stringify(credential)).slice(0, DIGEST_CHARS)}`;
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
  const { account, standing } = page;
  const full = !slots.hasFree(page.lane);
  const label = labelOf(page, target, nowMs);
  const probing =
    cell.kind === "half-open" || isDue(cell, nowMs) || isInTest(account.standing, nowMs) || isInTest(standing, nowMs);
  const because = exclusionOf(page, cell, full, nowMs);
  if (because === null) return { eligible: true, because, untilMs: null, failure: null, full, probing, label };
  const out = because === "waiting" || because === "hard-out" ? outOf(page, nowMs) : null;
  const untilMs = out?.untilMs ?? (because === "breaker-open" && cell.kind === "open" ? cell.untilMs : null);
  return { eligible: false, because, untilMs, failure: out?.failure ?? null, full, probing, label };
}

/** The first reason that holds; null: it may serve. */
function exclusionOf(page: LanePage, cell: Cell, full: boolean, nowMs: number): Condition["because"] {
  if (!page.lane.routing) return "not-routed";
  if (answersLeft(page) === 0) return "used-up";
  const out = outOf(page, nowMs);
  if (out !== null) return out.how === "wait" ? "waiting" : "hard-out";
  if (cell.kind !== "closed" && !isDue(cell, nowMs)) return cell.kind === "open" ? "breaker-open" : "half-open";
  return full ? "full" : null;
}

/** What keeps it out now, the account before the lane; null: nothing does. */
function outOf(page: LanePage, nowMs: number): OutStanding | null {
  const { account, standing } = page;
  if (isOut(account.standing, nowMs)) return account.standing;
  return isOut(standing, nowMs) ? standing : null;
}

function isInTest(standing: Standing, nowMs: number): boolean {
  return isTestDue(standing, nowMs) || isBeingTested(standing, nowMs);
}

export function labelOf(page: LanePage, target: Target, nowMs: number): HealthLabel {
  const everywhere = labelEverywhere(page, nowMs);
  return isServing(everywhere) ? worse(everywhere, cellLabel(cellOf(page, target), nowMs)) : everywhere;
}

/** Labels of lanes that may be asked. */
type ServingLabel = "healthy" | "unknown" | "pressure";

function isServing(label: HealthLabel): label is ServingLabel {
  return label === "healthy" || label === "unknown" || label === "pressure";
}

/** The lane's label as far as no target's cell is concerned. */
export function labelEverywhere(page: LanePage, nowMs: number): HealthLabel {
  const label = labelOfStandings(page, nowMs);
  return isServing(label) && isPressed(page, nowMs) ? "pressure" : label;
}

function labelOfStandings(page: LanePage, nowMs: number): HealthLabel {
  if (!page.lane.routing) return "disabled";
  if (page.account.standing.kind === "free" && page.standing.kind === "free")
    return page.proven ? "healthy" : "unknown";
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

function worse(standing: ServingLabel, cell: HealthLabel): HealthLabel {
  return cell === "healthy" ? standing : cell;
}

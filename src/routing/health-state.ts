/**
 * What is known of every lane and account now: cells, waits, hard-outs, counters. The pure steps
 * are written into it, and the pure looks read it. Bounded by the configuration: cells are targets times lanes, made when used.
 */
import type { Deployment, Lane, Target } from "../ir/deployment.ts";
import { failure } from "../ir/failure.ts";
import type { HealthLabel } from "../ir/lane-facts.ts";
import { sha256Hex } from "../std/digest.ts";
import { type Cell, FRESH_CELL, isDue, recoveredCell } from "./breaker.ts";
import { type Condition, whyNotRouted } from "./condition.ts";
import { isBeingTested, isOut, isTestDue, NO_OUTAGE, type OngoingOutage, type Outage, outageLabel } from "./outage.ts";
import { forgetQuotas, isPressed, newQuotas, type Quotas } from "./quota.ts";
import { noRecentAttempts, type RecentAttempts } from "./recent-attempts.ts";
import type { Slots } from "./slots.ts";

export interface HealthState {
  laneOf(lane: Lane): LaneState;
  /** `provider/account`; null: no lane of this deployment uses it. */
  accountOf(accountId: string): AccountState | null;
  lanes(): Iterable<LaneState>;
  accounts(): Iterable<AccountState>;
  /** Keeps what is known of lanes, cells and accounts that stay, by their identity; everything else goes. */
  reconfigure(deployment: Deployment): void;
}

export interface LaneState {
  /** As the newest deployment has it. */
  lane: Lane;
  account: AccountState;
  outage: Outage;
  /** By target name. */
  readonly cells: Map<string, Cell>;
  /** Attempts that hold a slot. */
  inflight: number;
  /** Attempts that have not said yet how they ended; they may still spend a lifetime answer. */
  unreported: number;
  ok: number;
  err: number;
  clientFault: number;
  /** True when it has answered well since it was last disabled. */
  proven: boolean;
  readonly quotas: Quotas;
  readonly recent: RecentAttempts;
}

/** One credential at one provider: what is wrong with it is wrong for all its lanes. */
export interface AccountState {
  /** Its name and a digest of its credential's reference. */
  readonly identity: string;
  outage: Outage;
  lanes: LaneState[];
  readonly quotas: Quotas;
}

export function createHealthState(deployment: Deployment): HealthState {
  let accounts = new Map<string, AccountState>();
  let lanes = new Map<string, LaneState>();
  const accountOf = (lane: Lane, known: ReadonlyMap<string, AccountState>): AccountState => {
    const id = `${lane.provider}/${lane.account}`;
    const made = accounts.get(id);
    if (made !== undefined) return made;
    const identity = accountIdentity(lane);
    const before = known.get(id);
    const account =
      before?.identity === identity ? before : { identity, outage: NO_OUTAGE, lanes: [], quotas: newQuotas() };
    account.lanes = [];
    accounts.set(id, account);
    return account;
  };
  const stateOf = (lane: Lane, knownLanes: ReadonlyMap<string, LaneState>, account: AccountState): LaneState => {
    const state = knownLanes.get(lane.id) ?? newLaneState(lane, account);
    // What was said to another credential says nothing to this one.
    if (state.account.identity !== account.identity) forget(state);
    state.lane = lane;
    state.account = account;
    account.lanes.push(state);
    lanes.set(lane.id, state);
    return state;
  };
  const states: HealthState = {
    // An exchange that began before its lane was taken out of the configuration may still look at it.
    laneOf: (lane) => lanes.get(lane.id) ?? stateOf(lane, lanes, accountOf(lane, accounts)),
    accountOf: (accountId) => accounts.get(accountId) ?? null,
    lanes: () => lanes.values(),
    accounts: () => accounts.values(),
    reconfigure(next) {
      const [knownLanes, knownAccounts] = [lanes, accounts];
      lanes = new Map();
      accounts = new Map();
      for (const lane of Object.values(next.lanes)) {
        const state = stateOf(lane, knownLanes, accountOf(lane, knownAccounts));
        for (const target of state.cells.keys()) if (!Object.hasOwn(next.targets, target)) state.cells.delete(target);
      }
    },
  };
  states.reconfigure(deployment);
  return states;
}

function newLaneState(lane: Lane, account: AccountState): LaneState {
  const counters = { inflight: 0, unreported: 0, ok: 0, err: 0, clientFault: 0, proven: false };
  return {
    lane,
    account,
    outage: NO_OUTAGE,
    cells: new Map(),
    quotas: newQuotas(),
    recent: noRecentAttempts(),
    ...counters,
  };
}

/** Nothing stands against it any more; what attempts under way will say belongs to the time before. */
export function forget(owner: Pick<AccountState, "outage" | "quotas"> & { readonly cells?: Map<string, Cell> }): void {
  owner.outage = { kind: "free", epoch: owner.outage.epoch + 1 };
  forgetQuotas(owner.quotas);
  for (const [target, cell] of owner.cells ?? []) owner.cells?.set(target, recoveredCell(cell));
}

const DIGEST_CHARS = 16;

/** What is known of an account ends with its credential. The digest of where that is kept tells one from another. */
function accountIdentity({ provider, account, credential }: Lane): string {
  return `${provider}/${account} ${sha256Hex(JSON.stringify(credential)).slice(0, DIGEST_CHARS)}`;
}

export function cellOf(state: LaneState, target: Target): Cell {
  return state.cells.get(target.name) ?? FRESH_CELL;
}

/** What weighs most first: a dead account says more than a waiting lane. */
export function outagesOf(state: LaneState): readonly Outage[] {
  return [state.account.outage, state.outage];
}

/** Lifetime answers left; null: no limit. Those that may still be spent by attempts under way are not left. */
export function answersLeft(state: LaneState): number | null {
  const { maxRequests } = state.lane;
  return maxRequests === null ? null : Math.max(0, maxRequests - state.ok - state.unreported);
}

/** Nothing stands against it, and nothing has to be worked out: as nearly every lane is at nearly every look. */
function isPlainlyWell({ lane, account, outage, cells }: LaneState, target: Target): boolean {
  if (!lane.routing || lane.notListedSinceMs !== undefined || lane.maxRequests !== null) return false;
  if (account.outage.kind !== "free" || outage.kind !== "free") return false;
  const cell = cells.get(target.name);
  return cell === undefined || cell.kind === "closed";
}

const WELL = { eligible: true, because: null, untilMs: null, failure: null, full: false, probing: false } as const;
const PLAINLY = {
  healthy: { ...WELL, failedTests: 0, label: "healthy" },
  unknown: { ...WELL, failedTests: 0, label: "unknown" },
} as const satisfies Record<string, Condition>;

export function conditionOf(state: LaneState, target: Target, slots: Slots, nowMs: number): Condition {
  if (isPlainlyWell(state, target) && slots.hasFree(state.lane) && !isPressed(state, nowMs))
    return state.proven ? PLAINLY.healthy : PLAINLY.unknown;
  const cell = cellOf(state, target);
  const { account, outage } = state;
  const full = !slots.hasFree(state.lane);
  const label = labelOf(state, target, nowMs);
  const probing =
    cell.kind === "half-open" || isDue(cell, nowMs) || isInTest(account.outage, nowMs) || isInTest(outage, nowMs);
  const because = exclusionOf(state, cell, full, nowMs);
  const failedTests = cell.kind === "closed" ? 0 : cell.openings - 1;
  const standing = { full, probing, failedTests, label };
  if (because === null) return { eligible: true, because, untilMs: null, failure: null, ...standing };
  const out = because === "waiting" || because === "hard-out" ? outOf(state, nowMs) : null;
  const untilMs = out?.untilMs ?? (because === "breaker-open" && cell.kind === "open" ? cell.untilMs : null);
  const failed = because === "not-listed" ? NOT_LISTED : (out?.failure ?? null);
  return { eligible: false, because, untilMs, failure: failed, ...standing };
}

const NOT_LISTED = failure("model-missing", "The model is no longer in its vendor's list.");

/** The first reason that holds; null: it may serve. */
function exclusionOf(state: LaneState, cell: Cell, full: boolean, nowMs: number): Condition["because"] {
  if (!state.lane.routing) return whyNotRouted(state.lane);
  if (state.lane.notListedSinceMs !== undefined) return "not-listed";
  if (answersLeft(state) === 0) return "used-up";
  const out = outOf(state, nowMs);
  if (out !== null) return out.how === "wait" ? "waiting" : "hard-out";
  if (cell.kind !== "closed" && !isDue(cell, nowMs)) return cell.kind === "open" ? "breaker-open" : "half-open";
  return full ? "full" : null;
}

/** What keeps it out now, the account before the lane; null: nothing does. */
function outOf(state: LaneState, nowMs: number): OngoingOutage | null {
  const { account, outage } = state;
  if (isOut(account.outage, nowMs)) return account.outage;
  return isOut(outage, nowMs) ? outage : null;
}

function isInTest(outage: Outage, nowMs: number): boolean {
  return isTestDue(outage, nowMs) || isBeingTested(outage, nowMs);
}

export function labelOf(state: LaneState, target: Target, nowMs: number): HealthLabel {
  const everywhere = labelEverywhere(state, nowMs);
  return isServing(everywhere) ? worse(everywhere, cellLabel(cellOf(state, target), nowMs)) : everywhere;
}

/** Labels of lanes that may be asked. */
type ServingLabel = "healthy" | "unknown" | "pressure";

function isServing(label: HealthLabel): label is ServingLabel {
  return label === "healthy" || label === "unknown" || label === "pressure";
}

/** The lane's label as far as no target's cell is concerned. */
export function labelEverywhere(state: LaneState, nowMs: number): HealthLabel {
  const label = labelOfStandings(state, nowMs);
  return isServing(label) && isPressed(state, nowMs) ? "pressure" : label;
}

function labelOfStandings(state: LaneState, nowMs: number): HealthLabel {
  if (!state.lane.routing || state.lane.notListedSinceMs !== undefined) return "disabled";
  if (state.account.outage.kind === "free" && state.outage.kind === "free") return state.proven ? "healthy" : "unknown";
  const labels = outagesOf(state).map((each) => (each.kind === "out" ? outageLabel(each, nowMs) : null));
  return (
    labels.find((label) => label !== null && label !== "unknown") ??
    (state.proven && !labels.includes("unknown") ? "healthy" : "unknown")
  );
}

/** Half-open, or open with its cooldown over, is unknown: only a test tells. */
export function cellLabel(cell: Cell, nowMs: number): HealthLabel {
  if (cell.kind === "closed") return "healthy";
  return cell.kind === "open" && nowMs < cell.untilMs ? "cooling-down" : "unknown";
}

function worse(everywhere: ServingLabel, cell: HealthLabel): HealthLabel {
  return cell === "healthy" ? everywhere : cell;
}

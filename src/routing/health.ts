/**
 * The one authority on which lane may be tried now: cells, waits, hard-outs and slots. A mutable state with pure steps
 * inside; time and chance are arguments. Look and take without a wait between the two, or another
 * request takes the lane.
 */
import type { Deployment, Lane, Target } from "../ir/deployment.ts";
import type { Failure } from "../ir/failure.ts";
import type { HealthLabel, LaneFacts } from "../ir/lane-facts.ts";
import type { QuotaFact } from "../ir/quota.ts";
import type { StandingRow } from "../ir/standing.ts";
import type { Cancel } from "../std/effects.ts";
import type { Change, Condition } from "./condition.ts";
import { createGuard, type Guard, moveAccount } from "./guard.ts";
import {
  type AccountState,
  conditionOf,
  createHealthState,
  type HealthState,
  type LaneState,
  labelOf,
  outagesOf,
} from "./health-state.ts";
import { factsOf } from "./lane-facts.ts";
import { demoteAccount, observeQuotas } from "./observe-quota.ts";
import { isOut, type Outage, outageTicket } from "./outage.ts";
import { createProbe, type ProbeGuard, takeCellTest, takeOutageTest } from "./probing.ts";
import { pressedForMs } from "./quota.ts";
import { figuresOf, type LaneFigures } from "./recent-attempts.ts";
import { createSlots, type Slots } from "./slots.ts";
import { type HealthSnapshot, restoreInto, snapshotOf } from "./snapshot.ts";
import { resetIn, restoreStanding, standingOf } from "./standing.ts";
import { lanesOf } from "./target.ts";

export interface Health {
  /** Pure look; never takes a half-open test. */
  condition(target: Target, lane: Lane, nowMs: number): Condition;
  /**
   * Takes the lane for one attempt: a slot, and the single half-open test where one is due. null: another
   * request was faster. `ignoreBreaker` tries a lane whose breaker is open or under test: the last lane
   * (`Decision.ignoreBreaker`), and for least-bad. It overrides statistics only, never a wait, a hard-out, a slot or a spent lifetime.
   */
  admit(target: Target, lane: Lane, nowMs: number, ignoreBreaker?: boolean): Guard | null;
  /**
   * Calls back once, when a slot of one of these lanes' groups becomes free. First come first served. Call the returned
   * cancel when the slot was taken or is no longer needed: an unused slot passes to the next in line.
   */
  onFree(lanes: readonly Lane[], wake: () => void): Cancel;
  label(target: Target, lane: Lane, nowMs: number): HealthLabel;
  facts(lane: Lane, nowMs: number): LaneFacts;
  /** For policies: how busy the lane is, how fast and reliable it was lately. */
  figures(lane: Lane, nowMs: number): LaneFigures;
  /** True while a breaker is not closed, or a wait or hard-out has not been followed by a success. */
  isInDoubt(lane: Lane): boolean;
  /** What a vendor told of its limits beside an answer to our own credential. Changes the label, and with it the rank. */
  observeQuota(lane: Lane, facts: readonly QuotaFact[], nowMs: number): Change[];
  /** How long the lane is under pressure by what is known; null: it is not. */
  pressedForMs(lane: Lane, nowMs: number): number | null;
  /**
   * Takes an account out of service for a reason that no attempt found. `account` is `provider/account`; of one without
   * a lane here it changes nothing.
   */
  disable(account: string, failure: Failure, nowMs: number): Change[];
  /** Ranks an account's lanes behind others until then. */
  demote(account: string, untilMs: number, nowMs: number): Change[];
  /** A test of the gateway's own, for every target the lane serves. Takes no slot; report how it ended. */
  probe(lane: Lane, nowMs: number): ProbeGuard;
  /** Earliest moment one of these lanes may serve again by itself, now at the earliest; null: none will. */
  recoversAtMs(target: Target, lanes: readonly Lane[], nowMs: number): number | null;
  /**
   * Goes on with another deployment. Lanes stay what they are by their ids, cells by lane and target, accounts by name
   * and credential. Attempts under way report and give their slots back as before.
   */
  reconfigure(deployment: Deployment): void;
  /** Ends all that stands against a lane (its id), or an account (`provider/account`) with all its lanes. */
  reset(id: string, nowMs: number): Change[];
  /** What stands against lanes and accounts now, for a file. */
  standing(nowMs: number, wallMs: number): StandingRow[];
  /** Takes such rows over; what is over, or belongs to none of this deployment's, is left out. */
  restoreStanding(rows: readonly StandingRow[], nowMs: number, wallMs: number): void;
  /** What is known now, as plain data that a message or a file can carry. */
  snapshot(nowMs: number): HealthSnapshot;
  /** Takes over what is known of lanes and accounts that this deployment has too. `takenMs`: its moment on this clock. */
  restore(snapshot: HealthSnapshot, takenMs: number): void;
}

export function createHealth(deployment: Deployment, random: () => number): Health {
  const states: HealthState = createHealthState(deployment);
  const slots: Slots = createSlots(Object.values(deployment.lanes));
  const stateOf = (lane: Lane): LaneState => states.laneOf(lane);
  let targets = Object.values(deployment.targets);
  const namedBy = (lane: Lane): Target[] => targets.filter((target) => lanesOf(target).includes(lane.id));
  const targetsOf = (lane: Lane): Target[] => targets.filter((target) => serves(target, lane));
  return {
    condition: (target, lane, nowMs) => conditionOf(stateOf(lane), target, slots, nowMs),
    admit: (target, lane, nowMs, ignoreBreaker = false) =>
      admitTo({ state: stateOf(lane), target, slots, random, nowMs, ignoreBreaker }),
    onFree: (lanes, wake) => slots.onFree(lanes, wake),
    label: (target, lane, nowMs) => labelOf(stateOf(lane), target, nowMs),
    facts: (lane, nowMs) => factsOf(stateOf(lane), namedBy(lane), slots, nowMs),
    figures: (lane, nowMs) => figuresOf(stateOf(lane).recent, stateOf(lane).inflight, nowMs),
    isInDoubt: (lane) => isInDoubt(stateOf(lane)),
    observeQuota: (lane, facts, nowMs) => observeQuotas(stateOf(lane), facts, nowMs),
    demote(account, untilMs, nowMs) {
      const state = states.accountOf(account);
      return state === null ? [] : demoteAccount(state, untilMs, nowMs);
    },
    disable: (account, failure, nowMs) => disableAccount(states.accountOf(account), failure, nowMs),
    pressedForMs: (lane, nowMs) => pressedForMs(stateOf(lane), nowMs),
    probe: (lane, nowMs) => createProbe({ state: stateOf(lane), targets: targetsOf(lane), random, nowMs }),
    recoversAtMs(target, lanes, nowMs) {
      const moments = lanes
        .map((lane) => recoveryMs(stateOf(lane), target, slots, nowMs))
        .filter((each) => each !== null);
      return moments.length === 0 ? null : Math.max(nowMs, Math.min(...moments));
    },
    reconfigure(next) {
      targets = Object.values(next.targets);
      states.reconfigure(next);
      slots.reconfigure(Object.values(next.lanes));
    },
    reset: (id, nowMs) => resetIn(states, id, nowMs),
    standing: (nowMs, wallMs) => standingOf(states, nowMs, wallMs),
    restoreStanding: (rows, nowMs, wallMs) => restoreStanding(states, rows, nowMs, wallMs),
    snapshot: (nowMs) => snapshotOf(states, nowMs),
    restore: (snapshot, takenMs) => restoreInto(states, snapshot, takenMs),
  };
}

/** Members of no weight and excluded models are never asked there. */
function serves({ members, substitutes, failover }: Target, { id, model }: Lane): boolean {
  if (failover.exclusions.includes(model)) return false;
  return substitutes.includes(id) || members.some(({ weight, lanes }) => weight > 0 && lanes.includes(id));
}

interface Admission {
  readonly state: LaneState;
  readonly target: Target;
  readonly slots: Slots;
  readonly random: () => number;
  readonly nowMs: number;
  readonly ignoreBreaker: boolean;
}

function admitTo(admission: Admission): Guard | null {
  const { state, target, slots, random, nowMs, ignoreBreaker } = admission;
  const { because } = conditionOf(state, target, slots, nowMs);
  const isStatistical = because === "breaker-open" || because === "half-open";
  if (because !== null && !(ignoreBreaker && isStatistical)) return null;
  if (!slots.take(state.lane)) return null;
  const tickets = {
    account: takeOutageTest(state.account, nowMs),
    lane: takeOutageTest(state, nowMs),
    cell: takeCellTest({ state, target, random, nowMs }),
  };
  state.inflight++;
  state.unreported++;
  return createGuard({ state, lane: state.lane, target, tickets, slots, random, startedMs: nowMs });
}

function disableAccount(account: AccountState | null, failure: Failure, nowMs: number): Change[] {
  if (account === null || isOutAsLong(account.outage, failure, nowMs)) return [];
  const ticket = outageTicket(account.outage, false);
  return moveAccount(account, { kind: "disabled", how: "hard-out", failure, ticket }, nowMs);
}

/** By less than a second's difference, because moments of two clocks are compared. */
function isOutAsLong(outage: Outage, { kind, retryAfterMs }: Failure, nowMs: number): boolean {
  if (retryAfterMs === null || !isOut(outage, nowMs) || outage.failure.kind !== kind) return false;
  return outage.untilMs > nowMs + retryAfterMs - 1_000;
}

/** null: it needs a person, or a test whose result is open. */
function recoveryMs(state: LaneState, target: Target, slots: Slots, nowMs: number): number | null {
  const { because, untilMs, failure } = conditionOf(state, target, slots, nowMs);
  switch (because) {
    case "not-routed":
    case "parked":
    case "not-listed":
    case "used-up":
      return null;
    case "hard-out":
      // A dead credential or a missing model does not mend itself; a bill does, if its reset is known.
      return failure?.kind === "billing" && failure.retryAfterMs !== null ? untilMs : null;
    default:
      return untilMs ?? nowMs;
  }
}

function isInDoubt(state: LaneState): boolean {
  return (
    [...state.cells.values()].some((cell) => cell.kind !== "closed") ||
    outagesOf(state).some(({ kind }) => kind === "out")
  );
}

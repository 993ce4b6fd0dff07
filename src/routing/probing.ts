/**
 * What a test from outside exchanges does to a lane. A probe takes no slot, because it is the gateway's own request.
 * Where a breaker or a hard-out waits for its single test, the probe is that test; a probe without a result gives the
 * test back.
 */
import type { Target } from "../ir/deployment.ts";
import type { Failure } from "../ir/failure.ts";
import { isDue, plainTicket, stepCell, type Ticket } from "./breaker.ts";
import type { Change } from "./condition.ts";
import { giveTestsBack, moveAccount, moveLane, recoverCells, stepByFailure, type Tested } from "./guard.ts";
import { cellOf, type LaneState } from "./health-state.ts";
import { isTestDue, type Outage, outageTicket, stepOutage } from "./outage.ts";

/** One probe under way. The first call counts, later ones do nothing. */
export interface ProbeGuard {
  succeeded(nowMs: number): Change[];
  failed(failure: Failure, nowMs: number): Change[];
  abandoned(nowMs: number): Change[];
}

interface ProbeInput {
  readonly state: LaneState;
  /** All that the lane serves. */
  readonly targets: readonly Target[];
  readonly random: () => number;
  readonly nowMs: number;
}

export function createProbe({ state, targets, random, nowMs }: ProbeInput): ProbeGuard {
  const account = takeOutageTest(state.account, nowMs);
  const lane = takeOutageTest(state, nowMs);
  const cells = targets.map((target) => ({ target, ticket: takeCellTest({ state, target, random, nowMs }) }));
  let isReported = false;
  const once = (tell: () => Change[]): Change[] => {
    if (isReported) return [];
    isReported = true;
    return tell();
  };
  const tested: Tested = { state, random, tickets: { account, lane }, cells };
  return {
    succeeded: (now) => once(() => recoverLane(state, now)),
    failed: (failed, now) => once(() => stepByFailure(tested, failed, now)),
    abandoned: (now) => once(() => giveTestsBack(tested, now)),
  };
}

/** Everything that stood against the lane and its account is over. */
function recoverLane(state: LaneState, nowMs: number): Change[] {
  state.proven = true;
  return [
    ...moveAccount(state.account, { kind: "recovered" }, nowMs),
    ...moveLane(state, { kind: "recovered" }, nowMs),
    ...recoverCells(state, nowMs),
  ];
}

/** Takes the test of a hard-out that is over, where one is due. */
export function takeOutageTest(owner: { outage: Outage }, nowMs: number): Ticket {
  const isTest = isTestDue(owner.outage, nowMs);
  if (isTest) owner.outage = stepOutage(owner.outage, { kind: "probe-taken" }, nowMs);
  return outageTicket(owner.outage, isTest);
}

/** Takes the single half-open test, where one is due. */
export function takeCellTest({
  state,
  target,
  random,
  nowMs,
}: Omit<ProbeInput, "targets"> & { target: Target }): Ticket {
  const cell = cellOf(state, target);
  if (!isDue(cell, nowMs)) return plainTicket(cell);
  const taken = stepCell(cell, { kind: "probe-taken" }, nowMs, target.breaker, random);
  state.cells.set(target.name, taken);
  return { epoch: taken.epoch, probe: taken.kind === "half-open" ? taken.probe : null };
}

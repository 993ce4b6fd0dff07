/**
 * What a test from outside exchanges does to a lane. It takes no slot, because it is the gateway's own and not a
 * client's; where a breaker or a hard-out waits for its single test, it is that test, and gives it back if it says nothing.
 */
import type { Target } from "../ir/deployment.ts";
import type { Failure } from "../ir/failure.ts";
import { cellOf, type LanePage } from "./book.ts";
import { isDue, plainTicket, stepCell, type Ticket } from "./breaker.ts";
import type { Change } from "./condition.ts";
import { giveTestsBack, moveAccount, moveLane, recoverCells, stepByFailure, type Tested } from "./guard.ts";
import { isTestDue, type Standing, standingTicket, stepStanding } from "./standing.ts";

/** One probe under way. The first call counts, later ones do nothing. */
export interface ProbeGuard {
  succeeded(nowMs: number): Change[];
  failed(failure: Failure, nowMs: number): Change[];
  abandoned(nowMs: number): Change[];
}

export interface ProbeInput {
  readonly page: LanePage;
  /** All that the lane serves. */
  readonly targets: readonly Target[];
  readonly random: () => number;
  readonly nowMs: number;
}

export function createProbe({ page, targets, random, nowMs }: ProbeInput): ProbeGuard {
  const account = takeStanding(page.account, nowMs);
  const lane = takeStanding(page, nowMs);
  const cells = targets.map((target) => ({ target, ticket: takeCell({ page, target, random, nowMs }) }));
  let isReported = false;
  const once = (tell: () => Change[]): Change[] => {
    if (isReported) return [];
    isReported = true;
    return tell();
  };
  const tested: Tested = { page, random, tickets: { account, lane }, cells };
  return {
    succeeded: (now) => once(() => recoverLane(page, now)),
    failed: (failed, now) => once(() => stepByFailure(tested, failed, now)),
    abandoned: (now) => once(() => giveTestsBack(tested, now)),
  };
}

/** Everything that stood against the lane and its account is over. */
function recoverLane(page: LanePage, nowMs: number): Change[] {
  page.proven = true;
  return [
    ...moveAccount(page.account, { kind: "recovered" }, nowMs),
    ...moveLane(page, { kind: "recovered" }, nowMs),
    ...recoverCells(page, nowMs),
  ];
}

/** Takes the test of a hard-out that is over, where one is due. */
export function takeStanding(owner: { standing: Standing }, nowMs: number): Ticket {
  const isTest = isTestDue(owner.standing, nowMs);
  if (isTest) owner.standing = stepStanding(owner.standing, { kind: "probe-taken" }, nowMs);
  return standingTicket(owner.standing, isTest);
}

/** Takes the single half-open test, where one is due. */
export function takeCell({ page, target, random, nowMs }: Omit<ProbeInput, "targets"> & { target: Target }): Ticket {
  const cell = cellOf(page, target);
  if (!isDue(cell, nowMs)) return plainTicket(cell);
  const taken = stepCell(cell, { kind: "probe-taken" }, nowMs, target.breaker, random);
  page.cells.set(target.name, taken);
  return { epoch: taken.epoch, probe: taken.kind === "half-open" ? taken.probe : null };
}

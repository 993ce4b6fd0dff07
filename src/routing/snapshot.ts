/**
 * What is known of lanes and accounts as plain data, for another process or a later start. Moments count from the moment
 * the snapshot is taken, because the clocks of two processes have different zeros. Attempts under way are not part of it.
 */
import type { Failure } from "../ir/failure.ts";
import type { Cell } from "./breaker.ts";
import type { AccountState, HealthState, LaneState } from "./health-state.ts";
import { NO_OUTAGE, type Outage } from "./outage.ts";
import { type Quota, type Quotas, restoreQuotas } from "./quota.ts";
import { attemptsOf, type EndedAttempt, noteAttempt } from "./recent-attempts.ts";
import { addOutcome, type Outcomes } from "./window.ts";

export interface HealthSnapshot {
  /** By lane id. */
  readonly lanes: Readonly<Record<string, LaneHealth>>;
  /** By name and digest of the credential's reference. */
  readonly accounts: Readonly<Record<string, AccountHealth>>;
}

interface AccountHealth {
  /** null: nothing stands against it. */
  readonly out: OutHealth | null;
  readonly quotas: readonly Quota[];
}

interface LaneHealth extends AccountHealth {
  /** By target name. */
  readonly cells: Readonly<Record<string, CellHealth>>;
  readonly ok: number;
  readonly err: number;
  readonly clientFault: number;
  readonly proven: boolean;
  /** Oldest first. */
  readonly recent: readonly EndedAttempt[];
}

interface OutHealth {
  readonly how: "wait" | "hard-out";
  readonly failure: Failure;
  readonly untilMs: number;
  readonly lengthMs: number;
  readonly times: number;
}

type CellHealth =
  | { readonly kind: "closed"; readonly streak: number; readonly outcomes: readonly OutcomeHealth[] }
  | { readonly kind: "open"; readonly streak: number; readonly openings: number; readonly untilMs: number };

/** Newest first. */
interface OutcomeHealth {
  readonly atMs: number;
  readonly failed: boolean;
}

export function snapshotOf(states: HealthState, nowMs: number): HealthSnapshot {
  return {
    lanes: Object.fromEntries([...states.lanes()].map((state) => [state.lane.id, laneHealth(state, nowMs)])),
    accounts: Object.fromEntries([...states.accounts()].map((state) => [state.identity, accountHealth(state, nowMs)])),
  };
}

/** Into lanes and accounts of the same identity; of all others nothing is taken over. */
export function restoreInto(states: HealthState, { lanes, accounts }: HealthSnapshot, takenMs: number): void {
  for (const state of states.accounts()) {
    if (Object.hasOwn(accounts, state.identity)) restoreAccount(state, accounts[state.identity], takenMs);
  }
  for (const state of states.lanes()) {
    const known = Object.hasOwn(lanes, state.lane.id) ? lanes[state.lane.id] : undefined;
    if (known === undefined) continue;
    restoreAccount(state, known, takenMs);
    for (const [target, cell] of Object.entries(known.cells)) state.cells.set(target, cellFrom(cell, takenMs));
    state.ok = known.ok;
    state.err = known.err;
    state.clientFault = known.clientFault;
    state.proven = known.proven;
    for (const { endedMs, firstByteMs } of known.recent) noteAttempt(state.recent, firstByteMs, takenMs + endedMs);
  }
}

// ---------------------------------------------------------------- out

function laneHealth(state: LaneState, nowMs: number): LaneHealth {
  const { ok, err, clientFault, proven } = state;
  const cells = [...state.cells].map(([target, cell]) => [target, cellHealth(cell, nowMs)] as const);
  const recent = attemptsOf(state.recent).map((each) => ({ ...each, endedMs: each.endedMs - nowMs }));
  return { ...accountHealth(state, nowMs), cells: Object.fromEntries(cells), ok, err, clientFault, proven, recent };
}

function accountHealth({ outage, quotas }: Pick<AccountState, "outage" | "quotas">, nowMs: number): AccountHealth {
  return {
    out: outHealth(outage, nowMs),
    quotas: [...quotas.known.values()].map((quota) => ({ ...quota, untilMs: quota.untilMs - nowMs })),
  };
}

function outHealth(outage: Outage, nowMs: number): OutHealth | null {
  if (outage.kind === "free") return null;
  const { how, failure, untilMs, lengthMs, times } = outage;
  return { how, failure, untilMs: untilMs - nowMs, lengthMs, times };
}

/** A half-open cell is an open one whose test is due: the test under way stays where it is. */
function cellHealth(cell: Cell, nowMs: number): CellHealth {
  const { streak } = cell;
  if (cell.kind !== "closed") {
    return { kind: "open", streak, openings: cell.openings, untilMs: cell.untilMs - nowMs };
  }
  const outcomes: OutcomeHealth[] = [];
  for (let each = cell.outcomes; each !== null; each = each.older) {
    outcomes.push({ atMs: each.atMs - nowMs, failed: each.failed });
  }
  return { kind: "closed", streak, outcomes };
}

// ---------------------------------------------------------------- back

function restoreAccount(
  state: { outage: Outage; readonly quotas: Quotas },
  known: AccountHealth | undefined,
  takenMs: number,
): void {
  if (known === undefined) return;
  const { out, quotas } = known;
  const test = { probe: null, probeSinceMs: 0, probesTaken: 0 };
  state.outage = out === null ? NO_OUTAGE : { kind: "out", epoch: 1, ...out, untilMs: takenMs + out.untilMs, ...test };
  restoreQuotas(
    state.quotas,
    quotas.map((quota) => ({ ...quota, untilMs: takenMs + quota.untilMs })),
  );
}

function cellFrom(cell: CellHealth, takenMs: number): Cell {
  const { streak } = cell;
  if (cell.kind === "open") {
    return { kind: "open", epoch: 1, streak, openings: cell.openings, untilMs: takenMs + cell.untilMs, probesTaken: 0 };
  }
  const outcomes = cell.outcomes.reduceRight<Outcomes | null>(
    (older, { atMs, failed }) => addOutcome(older, { atMs: takenMs + atMs, failed }),
    null,
  );
  return { kind: "closed", epoch: 0, streak, outcomes };
}

/**
 * What is known of lanes and accounts as plain data, for another process or a later start. Moments count from the moment
 * the snapshot is taken, because the clocks of two processes have different zeros. Attempts under way are not part of it.
 */
import type { Failure } from "../ir/failure.ts";
import type { AccountPage, Book, LanePage } from "./book.ts";
import type { Cell } from "./breaker.ts";
import { type Quota, type Quotas, restoreQuotas } from "./quota.ts";
import { attemptsOf, type EndedAttempt, noteAttempt } from "./recent-attempts.ts";
import { FREE, type Standing } from "./standing.ts";
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

export function snapshotOf(book: Book, nowMs: number): HealthSnapshot {
  return {
    lanes: Object.fromEntries([...book.lanes()].map((page) => [page.lane.id, laneHealth(page, nowMs)])),
    accounts: Object.fromEntries([...book.accounts()].map((page) => [page.identity, accountHealth(page, nowMs)])),
  };
}

/** Into lanes and accounts of the same identity; of all others nothing is taken over. */
export function restoreInto(book: Book, { lanes, accounts }: HealthSnapshot, takenMs: number): void {
  for (const page of book.accounts()) {
    if (Object.hasOwn(accounts, page.identity)) restoreAccount(page, accounts[page.identity], takenMs);
  }
  for (const page of book.lanes()) {
    const known = Object.hasOwn(lanes, page.lane.id) ? lanes[page.lane.id] : undefined;
    if (known === undefined) continue;
    restoreAccount(page, known, takenMs);
    for (const [target, cell] of Object.entries(known.cells)) page.cells.set(target, cellFrom(cell, takenMs));
    page.ok = known.ok;
    page.err = known.err;
    page.clientFault = known.clientFault;
    page.proven = known.proven;
    for (const { endedMs, firstByteMs } of known.recent) noteAttempt(page.recent, firstByteMs, takenMs + endedMs);
  }
}

// ---------------------------------------------------------------- out

function laneHealth(page: LanePage, nowMs: number): LaneHealth {
  const { ok, err, clientFault, proven } = page;
  const cells = [...page.cells].map(([target, cell]) => [target, cellHealth(cell, nowMs)] as const);
  const recent = attemptsOf(page.recent).map((each) => ({ ...each, endedMs: each.endedMs - nowMs }));
  return { ...accountHealth(page, nowMs), cells: Object.fromEntries(cells), ok, err, clientFault, proven, recent };
}

function accountHealth({ standing, quotas }: Pick<AccountPage, "standing" | "quotas">, nowMs: number): AccountHealth {
  return {
    out: outHealth(standing, nowMs),
    quotas: [...quotas.known.values()].map((quota) => ({ ...quota, untilMs: quota.untilMs - nowMs })),
  };
}

function outHealth(standing: Standing, nowMs: number): OutHealth | null {
  if (standing.kind === "free") return null;
  const { how, failure, untilMs, lengthMs, times } = standing;
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
  page: { standing: Standing; readonly quotas: Quotas },
  known: AccountHealth | undefined,
  takenMs: number,
): void {
  if (known === undefined) return;
  const { out, quotas } = known;
  const test = { probe: null, probeSinceMs: 0, probesTaken: 0 };
  page.standing = out === null ? FREE : { kind: "out", epoch: 1, ...out, untilMs: takenMs + out.untilMs, ...test };
  restoreQuotas(
    page.quotas,
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

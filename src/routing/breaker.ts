/**
 * The circuit breaker of one cell (target, lane), as pure steps. Failures count in a trip window and only a trip opens
 * the cell: one blip opens no cell. An open cell is tested by a single attempt once its cooldown is over.
 *
 * Every attempt carries a ticket that says when it was admitted. An attempt that began before the last opening or
 * closing says nothing about the present. A late success does not close the cell, and a late failure does not trip it.
 */
import type { BreakerSettings } from "../ir/deployment.ts";
import { unreachable } from "../std/unreachable.ts";
import { addOutcome, type Outcomes, tally } from "./window.ts";

export type Cell = ClosedCell | OpenCell | HalfOpenCell;

interface ClosedCell {
  readonly kind: "closed";
  /** Counts openings and closings. */
  readonly epoch: number;
  /** Failures in a row. */
  readonly streak: number;
  /** Newest first; null: none. Kept only where a rate decides. */
  readonly outcomes: Outcomes | null;
}

interface OpenCell {
  readonly kind: "open";
  readonly epoch: number;
  readonly streak: number;
  /** Openings since it was last closed: 1 after a trip, one more for each failed test. */
  readonly openings: number;
  readonly untilMs: number;
  /** Tests taken and given back since this opening: numbers are never used twice, so that a lost test stays lost. */
  readonly probesTaken: number;
}

interface HalfOpenCell {
  readonly kind: "half-open";
  readonly epoch: number;
  readonly streak: number;
  readonly openings: number;
  /** When the cooldown ended; kept for the case that the test is given back. */
  readonly untilMs: number;
  readonly probe: number;
  readonly probeSinceMs: number;
}

/** What an attempt was admitted as. `probe`: the number of the test it is; null: an ordinary attempt. */
export interface Ticket {
  readonly epoch: number;
  readonly probe: number | null;
}

export type CellSignal =
  | { readonly kind: "probe-taken" }
  | { readonly kind: "succeeded"; readonly ticket: Ticket }
  /** `hintMs`: wait asked for by the answer; a floor for the cooldown. */
  | { readonly kind: "failed"; readonly ticket: Ticket; readonly hintMs: number | null }
  /** It says nothing of the lane: the client's fault, or it never started. */
  | { readonly kind: "neutral"; readonly ticket: Ticket };

/** A test that has reported nothing for so long was lost: the longest answer we wait for by default. */
export const PROBE_SILENT_MS_MAX = 600_000;
/** The longest wait believed of an upstream. */
export const HINT_MS_MAX = 86_400_000;
/** Beyond this many doublings every cooldown is at its maximum; keeps the power finite. */
const DOUBLINGS_MAX = 60;

export const FRESH_CELL: ClosedCell = { kind: "closed", epoch: 0, streak: 0, outcomes: null };

/** True when the next attempt may be the test. */
export function isDue(cell: Cell, nowMs: number): boolean {
  switch (cell.kind) {
    case "closed":
      return false;
    case "open":
      return nowMs >= cell.untilMs;
    case "half-open":
      return nowMs - cell.probeSinceMs >= PROBE_SILENT_MS_MAX;
    default:
      return unreachable(cell);
  }
}

/** The ticket of an attempt that is not the test. */
export function plainTicket(cell: Cell): Ticket {
  return { epoch: cell.epoch, probe: null };
}

export function stepCell(
  cell: Cell,
  signal: CellSignal,
  nowMs: number,
  settings: BreakerSettings,
  random: () => number,
): Cell {
  if (signal.kind === "probe-taken") return takeProbe(cell, nowMs);
  if (signal.ticket.epoch !== cell.epoch) return cell;
  switch (cell.kind) {
    case "closed":
      return stepClosed(cell, signal, nowMs, settings, random);
    case "open":
      // The attempt ignored the breaker. A good answer closes, because it began after the trip; a bad one prolongs nothing.
      if (signal.kind === "succeeded") return closed(cell);
      return signal.kind === "failed" ? { ...cell, streak: cell.streak + 1 } : cell;
    case "half-open":
      return stepHalfOpen(cell, signal, nowMs, settings, random);
    default:
      return unreachable(cell);
  }
}

/** After a good probe outside exchanges: what came before is forgotten, attempts under way included. */
export function recoveredCell(cell: Cell): Cell {
  const isQuiet = cell.kind === "closed" && cell.streak === 0 && cell.outcomes === null;
  return isQuiet ? cell : closed(cell);
}

type Report = Exclude<CellSignal, { kind: "probe-taken" }>;

function stepClosed(
  cell: ClosedCell,
  report: Report,
  nowMs: number,
  settings: BreakerSettings,
  random: () => number,
): Cell {
  if (report.kind === "neutral") return cell;
  const failed = report.kind === "failed";
  const isRated = settings.trip.mode === "error_rate";
  // Nothing to note: without a rate a success changes only a streak there is.
  if (!failed && !isRated && cell.streak === 0 && cell.outcomes === null) return cell;
  const next: ClosedCell = {
    kind: "closed",
    epoch: cell.epoch,
    streak: failed ? cell.streak + 1 : 0,
    outcomes: isRated ? addOutcome(cell.outcomes, { atMs: nowMs, failed }) : null,
  };
  if (!failed || !trips(next, nowMs, settings)) return next;
  return opened(next, { openings: 1, hintMs: report.hintMs, nowMs, settings, random });
}

function stepHalfOpen(
  cell: HalfOpenCell,
  report: Report,
  nowMs: number,
  settings: BreakerSettings,
  random: () => number,
): Cell {
  if (report.kind === "succeeded") return closed(cell);
  const isTheTest = report.ticket.probe === cell.probe;
  if (report.kind === "failed") {
    const next = { ...cell, streak: cell.streak + 1 };
    if (!isTheTest) return next;
    return opened(next, { openings: cell.openings + 1, hintMs: report.hintMs, nowMs, settings, random });
  }
  if (!isTheTest) return cell;
  const { epoch, streak, openings, untilMs, probe } = cell;
  return { kind: "open", epoch, streak, openings, untilMs, probesTaken: probe };
}

/** A cell that is not due stays as it is: asking early is a bug of the caller, not a second test. */
function takeProbe(cell: Cell, nowMs: number): Cell {
  if (cell.kind === "closed" || !isDue(cell, nowMs)) return cell;
  const { epoch, streak, openings, untilMs } = cell;
  const probe = (cell.kind === "half-open" ? cell.probe : cell.probesTaken) + 1;
  return { kind: "half-open", epoch, streak, openings, untilMs, probe, probeSinceMs: nowMs };
}

function trips(cell: ClosedCell, nowMs: number, settings: BreakerSettings): boolean {
  const { trip } = settings;
  if (trip.mode === "consecutive") return cell.streak >= trip.failures;
  const { total, failed } = tally(cell.outcomes, nowMs - trip.windowMs);
  return total >= trip.minRequests && failed / total >= trip.threshold;
}

function closed(cell: Cell): ClosedCell {
  return { ...FRESH_CELL, epoch: cell.epoch + 1 };
}

interface Opening extends CooldownInput {
  readonly nowMs: number;
}

function opened(cell: Cell, opening: Opening): OpenCell {
  const { openings, nowMs } = opening;
  const untilMs = nowMs + cooldownMs(opening);
  return { kind: "open", epoch: cell.epoch + 1, streak: cell.streak, openings, untilMs, probesTaken: 0 };
}

interface CooldownInput {
  /** 1 or more. */
  readonly openings: number;
  readonly hintMs: number | null;
  readonly settings: BreakerSettings;
  readonly random: () => number;
}

/**
 * The first cooldown is the base (not twice the base), each further one doubles up to the maximum and stays there. Jitter is
 * a tenth either way, within [half, maximum]. A hint is a floor that may exceed the maximum, up to 24 hours.
 */
export function cooldownMs(input: CooldownInput): number {
  const { openings, hintMs, settings, random } = input;
  const doublings = Math.min(Math.max(openings - 1, 0), DOUBLINGS_MAX);
  const plainMs = Math.min(settings.baseCooldownMs * 2 ** doublings, settings.maxCooldownMs);
  const reachMs = Math.max(1, Math.floor(plainMs / 10));
  const jitterMs = Math.floor(random() * (2 * reachMs + 1)) - reachMs;
  const waitMs = Math.min(Math.max(plainMs + jitterMs, Math.floor(plainMs / 2)), settings.maxCooldownMs);
  return hintMs === null ? waitMs : Math.max(waitMs, Math.min(hintMs, HINT_MS_MAX));
}

/**
 * The ledger's wall clock, which windows go by. Where the machine's clock has gone back it runs on from the latest moment there
 * was, so that no window opens twice and each ends after its length. At the end of a month it goes by the machine again: every
 * window has ended once by then, and the month that comes back has all that was spent in it. An hour or a day in which that
 * happens may last once more its length.
 */
import { periodOf } from "./windows.ts";

export interface LedgerClock {
  wallMs(): number;
  /** How far it is ahead of the machine's. */
  aheadMs(): number;
}

interface LedgerClockOptions {
  readonly wallMs: () => number;
  readonly nowMs: () => number;
  /** The latest of an earlier start. */
  readonly fromWallMs: number;
  /** For the operator, once each time it goes back. */
  readonly say: (level: "warning", line: string) => void;
}

/** A clock that is set by the network trembles by less; it is waited for. */
const BEHIND_MS = 60_000;
const HOUR_MS = 3_600_000;

export function createLedgerClock({ wallMs, nowMs, fromWallMs, say }: LedgerClockOptions): LedgerClock {
  let latest = fromWallMs;
  let lookedMs = nowMs();
  let isTold = false;

  const read = (): number => {
    const [now, machine] = [nowMs(), wallMs()];
    const runOn = latest + now - lookedMs;
    const behindMs = runOn - machine;
    const isFarBehind = behindMs >= BEHIND_MS;
    lookedMs = now;
    if (isFarBehind && !isTold) say("warning", wentBack(behindMs));
    isTold = isFarBehind;
    const isMonthOver = periodOf("monthly", runOn).id !== periodOf("monthly", latest).id;
    if (isFarBehind) latest = isMonthOver ? machine : runOn;
    else latest = Math.max(latest, machine);
    return latest;
  };
  return {
    wallMs: read,
    aheadMs: () => Math.max(0, read() - wallMs()),
  };
}

function wentBack(byMs: number): string {
  return `The clock went back by up to ${Math.ceil(byMs / HOUR_MS)} h; budgets stay in the window they are in until it is over.`;
}

/** The ledger's wall clock: windows never go back, whatever the machine's clock does. */

export interface LedgerClock {
  /** The latest there was. */
  wallMs(): number;
  /** The machine's clock is behind it. */
  isBehind(): boolean;
}

interface LedgerClockOptions {
  readonly wallMs: () => number;
  /** The latest of an earlier start. */
  readonly fromWallMs: number;
  /** For the operator, once each time it goes back. */
  readonly say: (level: "warning", line: string) => void;
}

/** A clock that is set by the network trembles by less. */
const BEHIND_MS = 60_000;
const HOUR_MS = 3_600_000;

export function createLedgerClock({ wallMs, fromWallMs, say }: LedgerClockOptions): LedgerClock {
  let latest = fromWallMs;
  let isTold = false;
  return {
    wallMs() {
      const now = wallMs();
      const behindMs = latest - now;
      if (behindMs >= BEHIND_MS && !isTold) {
        const hours = Math.ceil(behindMs / HOUR_MS);
        say(
          "warning",
          `The clock went back by up to ${hours} h; budgets stay in the window they are in until it is over.`,
        );
      }
      isTold = behindMs >= BEHIND_MS;
      latest = Math.max(latest, now);
      return latest;
    },
    isBehind: () => wallMs() < latest,
  };
}

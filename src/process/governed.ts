/** A worker's keys and its side of the ledger, joined to the supervisor by messages. */
import type { Governed } from "../compose.ts";
import { createKeyRing } from "../governance/keys.ts";
import { createLedgerClient } from "../governance/ledger-client.ts";
import type { Booking, CappedAccount, LedgerReply } from "../governance/ledger-messages.ts";
import type { Effects } from "../std/effects.ts";
import type { FromWorker, Plan, SendMessage } from "./messages.ts";

interface GovernedOptions {
  readonly plan: Plan;
  readonly effects: Pick<Effects, "nowMs" | "wallMs" | "setTimer">;
  readonly send: SendMessage<FromWorker>;
  /** Rows could not be put into their spool: the log is left for them, one a line. */
  readonly onUnspooled: (file: string, lines: readonly string[], error: unknown) => void;
}

export interface GovernedWorker extends Governed {
  receive(reply: LedgerReply): void;
  /** Rows are in the ledger or in a spool. Never rejects. */
  flushed(): Promise<void>;
}

/** Null: neither keys nor remembered answers are in use. */
export function createGoverned({ plan, effects, send, onUnspooled }: GovernedOptions): GovernedWorker | null {
  const { holder, deployment } = plan;
  if (holder === null) return null;
  const ring = createKeyRing();
  let capped: readonly CappedAccount[] = [];
  let onCapped: ((capped: readonly CappedAccount[]) => void) | null = null;
  let part = 0;
  let spooling = Promise.resolve();
  const spool = (bookings: readonly Booking[]): void => {
    const dbPath = deployment.governance?.dbPath;
    if (dbPath === undefined || bookings.length === 0) return;
    part += 1;
    const place = { holder, part };
    spooling = spooling.then(async () => {
      // Only a worker without a supervisor needs it, and the file module takes milliseconds to load.
      const { spoolLines, spoolPath, writeSpool } = await import("../governance/stores/spool.ts");
      try {
        writeSpool(dbPath, place, bookings);
      } catch (error) {
        onUnspooled(spoolPath(dbPath, place), spoolLines(bookings), error);
      }
    });
  };
  const ledger = createLedgerClient({
    send: (message) => send("ledger", message),
    spool,
    onKeys: ({ keys, removed }) => ring.update(keys, removed),
    onCapped(accounts) {
      capped = accounts;
      onCapped?.(accounts);
    },
    nowMs: effects.nowMs,
    wallMs: effects.wallMs,
    setTimer: effects.setTimer,
  });
  return {
    ring,
    ledger,
    receive: ledger.receive,
    async flushed() {
      await ledger.flushed();
      await spooling;
    },
    onCapped(tell) {
      onCapped = tell;
      // Told before anything was served.
      if (capped.length > 0) tell(capped);
    },
  };
}

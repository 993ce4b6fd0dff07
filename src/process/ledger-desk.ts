/** Which worker is which spender of the ledger: each process gets a name of its own, because its leases are its own. */

import type { LedgerMessage } from "../governance/ledger-messages.ts";
import type { Allowance } from "../ir/allowance.ts";
import type { LedgerHost } from "./ledger.ts";
import type { WorkerProcess } from "./worker-process.ts";

export interface LedgerDesk {
  /** Tells it all keys, and answers what the ledger calls it. */
  join(worker: WorkerProcess): string;
  receive(worker: WorkerProcess, message: LedgerMessage): void;
  /** It is gone. */
  left(worker: WorkerProcess): void;
  allowances(): readonly Allowance[];
  close(): Promise<void>;
}

/** `name` is one that no other start had. */
export function createLedgerDesk(host: LedgerHost, name: string): LedgerDesk {
  const holders = new Map<WorkerProcess, string>();
  let given = 0;
  return {
    join(worker) {
      given += 1;
      const holder = `${name}-${given}`;
      holders.set(worker, holder);
      host.attach(holder, (reply) => worker.send({ kind: "ledger", reply }));
      return holder;
    },
    receive(worker, message) {
      const holder = holders.get(worker);
      if (holder !== undefined) host.receive(holder, message);
    },
    left(worker) {
      const holder = holders.get(worker);
      if (holder !== undefined) host.detach(holder);
      holders.delete(worker);
    },
    allowances: () => host.allowances(),
    close: () => host.close(),
  };
}

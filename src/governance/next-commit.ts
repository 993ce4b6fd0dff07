/** What a ledger writer collects for its next commit, and what follows once that is on disk. */
import type { Booking, ManageReply, ManageRequest } from "./ledger-messages.ts";
import type { Committed, RememberedRow } from "./ledger-store.ts";

/** Rows that are not on disk. */
export interface Unwritten {
  readonly holder: string;
  readonly bookings: readonly Booking[];
}

/** Rows of one message, and what follows once they are on disk. */
export interface Batch extends Unwritten {
  readonly onDisk: () => void;
}

/** What the next commit holds, and what follows it. */
export interface NextCommit {
  batches: Batch[];
  rows: number;
  changes: { readonly request: ManageRequest; readonly resolve: (reply: ManageReply) => void }[];
  remembered: RememberedRow[];
  /** Called with what was committed; null: nothing was. */
  after: ((committed: Committed | null) => void)[];
}

export function emptyCommit(): NextCommit {
  return { batches: [], rows: 0, changes: [], remembered: [], after: [] };
}

export function isEmpty({ batches, changes, remembered, after }: NextCommit): boolean {
  return batches.length + changes.length + remembered.length + after.length === 0;
}

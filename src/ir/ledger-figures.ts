/** What the two sides of the ledger count, for metrics. Labels are kinds and groups, never keys: there are too many of those. */

export interface LedgerClientFigures {
  /** Rows that are not known to be on disk. */
  readonly unwrittenRows: number;
  /** Age of the oldest of them; 0: there is none. */
  readonly oldestMs: number;
  readonly refusals: readonly { readonly limit: string; readonly owner: string; readonly count: number }[];
  /** By the key's own group; "": it has none. Of rows whose price is known. */
  readonly spent: readonly { readonly group: string; readonly nanos: number }[];
}

export interface LedgerWriterFigures {
  readonly commits: number;
  readonly failedCommits: number;
  /** The last commit failed. */
  readonly isDegraded: boolean;
  readonly waitingRows: number;
  readonly leases: readonly { readonly kind: "usd" | "slots"; readonly count: number }[];
  readonly leasedNanos: number;
}
